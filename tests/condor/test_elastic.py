# SPDX-License-Identifier: BSD-3-Clause
"""More and fewer workers in the middle of a run, and a run that begins with none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ROOT
from condor_pool import Pool, until
from distributed import Client
from wide import CPUS, wide_pool
from work import Site, gated, site_of

import rdf_live
from rdf_live.cluster.control import scale

# isort: split
from compare import assert_same

#: While the gate is closed, a range takes two seconds and a half.
ENTRIES, RANGES = 1_000_000, 40


@pytest.fixture(scope="module")
def wide(pool: Pool) -> Iterator[Pool]:
    with wide_pool(pool) as wide:
        yield wide


@pytest.fixture
def nothing_left(wide: Pool, tmp_path: Path) -> Iterator[Site]:
    with site_of(wide, tmp_path) as site:
        yield site


def book(frame: Any, gate: Path | None = None) -> dict[str, Any]:
    """Numbers that a lost or doubled entry changes. Without a gate a tenth of a millisecond per entry less."""
    slow = gated(gate) if gate is not None else ""
    frame = frame.Define("x", f"{slow}; return 0.5 * (rdfentry_ % 997);").Define(
        "w", "0.25 + 1e-3 * (rdfentry_ % 1009)"
    )
    return {
        "plain": frame.Histo1D(("plain", "", 50, 0, 500), "x"),
        "weighted": frame.Histo1D(("weighted", "", 50, 0, 500), "x", "w"),
        "count": frame.Count(),
        "max": frame.Max("x"),
    }


def exact(run: rdf_live.LiveRun, results: dict[str, Any]) -> None:
    final = run.result(120)
    assert final.entries == final.entries_total == ENTRIES
    for name, expected in book(ROOT.RDataFrame(ENTRIES)).items():
        assert_same(final[results[name]], expected, what=name)


_began = time.monotonic()


def computing(run: rdf_live.LiveRun, workers: int) -> None:
    """Wait until at least that many compute."""
    until(lambda: run.progress.workers >= workers, f"no {workers} workers compute")
    print(f"{time.monotonic() - _began:5.1f} s  {run.progress.workers} workers compute")


def end(site: Site, client: Client) -> None:
    client.close()
    site.command("down", "--all")
    site.gone()


def test_one_to_four_to_one_to_as_many_as_there_is_work_for(nothing_left: Site, tmp_path: Path) -> None:
    client = rdf_live.connect("htcondor", workers=1, timeout=120)
    gate = tmp_path / "gate"
    results = book(ROOT.RDataFrame(ENTRIES, executor=client, npartitions=RANGES), gate)
    run = rdf_live.start(list(results.values()), every=0.1)
    computing(run, 1)

    scale(client, CPUS)
    computing(run, CPUS)  # late ones get work at once, while the first one has most of it queued
    until(lambda: run.progress.committed, "no range commits")

    committed = run.progress.committed
    scale(client, 1)
    nothing_left.all_here(client, 1)
    assert run.progress.committed >= committed, "a committed range was lost with its worker"

    status = scale(client, minimum=0, maximum=CPUS)
    assert status.adapts == (0, CPUS)
    assert len(status.jobs) == CPUS
    computing(run, 2)
    gate.touch()
    exact(run, results)
    end(nothing_left, client)


def test_a_run_begins_with_no_worker(nothing_left: Site) -> None:
    """The number of ranges comes from the data; the workers come for the run, and it says what it waits for."""
    client = rdf_live.connect("htcondor", workers=1, timeout=120)
    scale(client, 0)
    nothing_left.all_here(client, 0)
    scale(client, minimum=0, maximum=2)
    results = book(ROOT.RDataFrame(ENTRIES, executor=client))
    began = time.monotonic()
    run = rdf_live.start(list(results.values()), every=0.1)
    assert run.progress.ranges > 1
    until(lambda: run.progress.waiting_for or run.progress.entries, "the run does not say what it waits for")
    until(lambda: run.progress.entries, f"the run does not begin: {run.progress}")
    print(f"from the start of the run to its first entry, workers submitted between: {time.monotonic() - began:.1f} s")
    exact(run, results)
    end(nothing_left, client)
