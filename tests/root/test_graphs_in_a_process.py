# SPDX-License-Identifier: BSD-3-Clause
"""What a worker process keeps of a graph from one range to the next, and from one run to the next."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ROOT
import test_actions
from compare import assert_same
from conftest import COLUMNS, Files
from faults import PATIENCE_S, Farm, farm

import rdf_live
from rdf_live.client import hub


@pytest.fixture(scope="module")
def workers() -> Iterator[Farm]:
    with farm(1) as made:
        yield made


def columns(frame: Any) -> Any:
    for name, expression in COLUMNS.items():
        frame = frame.Define(name, expression.format(first=0))
    return frame


def held(dask_worker: Any) -> list[tuple[str, int]]:
    """Runs and graphs in the process."""
    from rdf_live.worker import graph

    return list(graph._graphs)


def test_all_actions_cloned_ahead(workers: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without files the results of the next range are made while the last one is on its way, also where that next range
    is then refused."""
    hub.install(workers.client)
    given = workers.scheduler.handlers["rdf_live_begin"]
    ahead: list[int] = []
    refused = 5

    async def begin(**message: Any) -> Any:
        if not message["have_payload"]:
            return given(**message)
        ahead.append(message["range"])
        await asyncio.sleep(0.02)  # the range has begun by then
        return {"status": "ended", "mode": "lost"} if message["range"] == refused else given(**message)

    monkeypatch.setitem(workers.scheduler.handlers, "rdf_live_begin", begin)
    entries, ranges = 4800, 12
    got = test_actions.book(
        columns(ROOT.RDataFrame(entries, executor=workers.client, npartitions=ranges)),
        ROOT.RDF.Distributed.VariationsFor,
    )
    with pytest.warns(rdf_live.errors.PartialResultWarning, match="1 of 12 ranges failed"):
        final = rdf_live.start(list(got.values()), every=0.05, on_error="skip").result(PATIENCE_S)
    assert len(ahead) >= ranges - 1
    first, end = refused * entries // ranges, (refused + 1) * entries // ranges
    there = ROOT.RDataFrame(entries).Filter(f"rdfentry_ < {first} || rdfentry_ >= {end}")
    expected = test_actions.book(columns(there), ROOT.RDF.Experimental.VariationsFor)
    for name in expected.keys() - (test_actions.AUTO | test_actions.HALF).keys():
        assert_same(final[got[name]], expected[name], what=name)


def count_bookings() -> None:
    from rdf_live.worker.graph import ProcessGraph

    if hasattr(ProcessGraph, "_bookings"):
        ProcessGraph._bookings = 0
        return
    ProcessGraph._bookings = 0  # type: ignore[attr-defined]
    book = ProcessGraph._book_all

    def counted(self: Any, *arguments: Any) -> None:
        ProcessGraph._bookings += 1  # type: ignore[attr-defined]
        book(self, *arguments)

    ProcessGraph._book_all = counted  # type: ignore[method-assign]


def bookings() -> int:
    from rdf_live.worker.graph import ProcessGraph

    return int(ProcessGraph._bookings)  # type: ignore[attr-defined]


@pytest.mark.parametrize("entries", [800, None], ids=["entries", "files"])
def test_booked_once(workers: Farm, files: Files, entries: int | None) -> None:
    """All further ranges of a process have clones."""
    workers.client.run(count_bookings)
    source = (entries,) if entries else ("events", files.trees)
    df = ROOT.RDataFrame(*source, executor=workers.client, npartitions=4)
    df = df.Define("u", "0.01 * rdfentry_")
    run = rdf_live.start([df.Histo1D(("h", "", 20, 0, 8), "u"), df.Sum("u"), df.Count()])
    run.result(PATIENCE_S)
    assert run.progress.committed == 4
    assert list(workers.client.run(bookings).values()) == [1]


def without_memory(on: bool) -> None:
    """A process that cannot clone, or can again."""
    from rdf_live.worker.graph import ProcessGraph

    def fail(self: Any) -> None:
        raise MemoryError("no clones")

    if on:
        ProcessGraph._cloned, ProcessGraph._clone = ProcessGraph._clone, fail  # type: ignore[attr-defined,method-assign]
    else:
        ProcessGraph._clone = ProcessGraph._cloned  # type: ignore[attr-defined,method-assign]


def test_no_memory_for_the_next_range(workers: Farm) -> None:
    """What is finished counts; the next range books afresh."""
    workers.client.run(without_memory, True)
    try:
        df = ROOT.RDataFrame(800, executor=workers.client, npartitions=8).Define("x", "0.01 * rdfentry_")
        h, count = df.Histo1D(("h", "", 20, 0, 8), "x"), df.Count()
        run = rdf_live.start([h, count], max_attempts=1)
        assert run.result(PATIENCE_S)[count] == 800
    finally:
        workers.client.run(without_memory, False)
    assert_same(h.GetValue(), ROOT.RDataFrame(800).Define("x", "0.01 * rdfentry_").Histo1D(("h", "", 20, 0, 8), "x"))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_of_large_results(workers: Farm) -> None:
    """The graphs that a process keeps have their results, the last copy of them, and nothing else of that size."""
    cells = 128 * 128 * 128
    grown = []
    for _ in range(7):
        df = ROOT.RDataFrame(100, executor=workers.client, npartitions=4).Define("x", "rdfentry_ / 100.")
        h = df.Histo3D(("h", "", 126, 0, 1, 126, 0, 1, 126, 0, 1), "x", "x", "x")
        rdf_live.start(h).result(PATIENCE_S)
        grown.append(next(iter(workers.client.run(resident_bytes).values())))
    per_graph = np.diff(grown[:4])
    assert np.median(per_graph) < 3 * 8 * cells
    assert grown[-1] - grown[3] < 4 * 8 * cells, "of graphs of earlier runs four are kept"


def test_a_run_of_more_graphs_than_are_kept_of_others(workers: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its ranges alternate between them: each is booked once all the same."""
    from rdf_live.worker.graph import KEEP

    frames = [ROOT.RDataFrame(400, executor=workers.client, npartitions=4) for _ in range(KEEP + 2)]
    counts = [frame.Define("x", f"{i}.").Sum("x") for i, frame in enumerate(frames)]
    hub.install(workers.client)
    given = workers.scheduler.handlers["rdf_live_begin"]
    log: list[tuple[str, int]] = []

    def begin(**message: Any) -> Any:
        if not message["have_payload"]:
            log.append((message["run"], message["graph"]))
        return given(**message)

    monkeypatch.setitem(workers.scheduler.handlers, "rdf_live_begin", begin)
    run = rdf_live.start(counts)
    final = run.result(PATIENCE_S)
    assert [final[count] for count in counts] == [400 * i for i in range(len(frames))]
    assert sorted(graph for run_id, graph in log if run_id == run.id) == list(range(len(frames)))
    assert {key for key in next(iter(workers.client.run(held).values())) if key[0] == run.id} == {
        (run.id, graph) for graph in range(len(frames))
    }
