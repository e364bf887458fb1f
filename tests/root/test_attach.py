# SPDX-License-Identifier: BSD-3-Clause
"""Runs outlive their clients, and leave nothing behind where they were."""

from __future__ import annotations

import gc
import json
import os
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import ROOT
import test_actions
from conftest import Files
from distributed import Client
from faults import PATIENCE_S, Farm, Process, book, farm, oracle, slow, under_way, until

import rdf_live
from rdf_live.errors import PartialResultWarning, UnknownRun

ENTRIES = 100_000
KEEP_RUNS = 4

#: A client that starts a run and waits to be killed.
CLIENT = f"""
client = Client(sys.argv[1])
analysis = book(client, {ENTRIES}, 10, slow(10, int(sys.argv[2])))
run = rdf_live.start(analysis.booked, every=0.1, name=sys.argv[3])
say("id", run.id)
time.sleep(600)
"""

#: A process that knows of a run what the cluster knows, and computes the same with local ROOT.
WATCHER = """
import json, ROOT, test_actions
from compare import assert_same
ROOT.gInterpreter.ProcessLine(".O0")  # the same bits, compiled in half of the time
files, labels = json.loads(sys.argv[3]), json.loads(sys.argv[4])
final = rdf_live.attach(sys.argv[2], client=Client(sys.argv[1])).result(PATIENCE_S)
expected = test_actions.book(ROOT.RDataFrame("events", files), ROOT.RDF.Experimental.VariationsFor)
for name, label in labels.items():
    assert_same(final[label], expected[name], what=name)
    say("same", name)
"""

#: Labels of the results, in the order in which `book` books them.
LABELS = ["Count", "plain", "weighted"]


@pytest.fixture(scope="module")
def workers() -> Iterator[Farm]:
    with farm(2, rdf_live__hub__keep_runs=KEEP_RUNS) as made:
        yield made


def orphan(workers: Farm, microseconds: int, name: str) -> str:
    """A run whose client was killed in the middle of it."""
    with Process(CLIENT, workers.address, str(microseconds), name) as process:
        run_id = process.heard("id")
        record = workers.scheduler.plugins["rdf_live-hub"].registry.get(run_id)
        until(lambda: record.ledger.progress()["entries"], "first entries")
        assert not record.over
        process.close()
    until(lambda: record.client not in workers.scheduler.clients, "the client to be gone")
    assert record.state == "running"
    return run_id


def by_label(snapshot: Any) -> list[Any]:
    """The numbers of `Analysis.numbers`, of a run that this process has not booked."""
    from faults import _numbers

    count, plain, weighted = (snapshot[label] for label in LABELS)
    return [int(count), *_numbers(plain), *_numbers(weighted)]


def test_client_is_killed(workers: Farm) -> None:
    """The run goes on; a new client sees it live, and its result is that of an undisturbed run."""
    run_id = orphan(workers, 1000, "overnight")
    (listed,) = [r for r in rdf_live.runs(workers.client) if r["run"] == run_id]
    assert (listed["name"], listed["state"]) == ("overnight", "running")
    assert listed["progress"]["entries"] > 0
    run = rdf_live.attach(run_id, client=workers.client)
    assert (run.id, run.name) == (run_id, "overnight")
    assert [result.label for result in run.results] == LABELS
    snapshot = run.snapshot()
    assert 0 < snapshot["Count"] == snapshot.entries == snapshot["plain"].GetEntries() <= ENTRIES
    until(lambda: run.snapshot().entries > snapshot.entries, "progress")
    assert by_label(run.result(PATIENCE_S)) == oracle(ENTRIES)
    assert (run.state, run.progress.fraction, run.failures) == ("done", 1.0, [])


def test_stopped_by_another_client(workers: Farm) -> None:
    run_id = orphan(workers, 5000, "long")
    with Client(workers.address) as other:
        run = rdf_live.attach("long", client=other)
        assert run.id == run_id
        run.stop()
        with pytest.warns(PartialResultWarning):
            snapshot = run.result(PATIENCE_S)
        assert 0 < snapshot["Count"] == snapshot.entries == snapshot["plain"].GetEntries() < ENTRIES
        assert run.progress.stopped_ranges
    again = rdf_live.attach(run_id, client=workers.client)
    with pytest.warns(PartialResultWarning):
        assert by_label(again.result(PATIENCE_S)) == by_label(snapshot)


def test_two_clients_watch(workers: Farm) -> None:
    analysis = book(workers.client, ENTRIES, 10, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    with Client(workers.address) as other:
        watcher = rdf_live.attach(run.id, client=other)
        seen: dict[str, list[int]] = {"mine": [], "other": []}
        run.on_update(lambda snapshot: seen["mine"].append(snapshot.entries))
        watcher.on_update(lambda snapshot: seen["other"].append(snapshot.entries))
        assert by_label(watcher.result(PATIENCE_S)) == analysis.numbers(run.result(PATIENCE_S)) == oracle(ENTRIES)
        for entries in seen.values():
            until(lambda entries=entries: entries[-1:] == [ENTRIES], "the last update")
            assert entries == sorted(entries)
            assert len(entries) > 3


def test_finished_runs_are_kept(workers: Farm) -> None:
    """Up to the configured number; after that, the oldest goes."""
    ids = []
    for _ in range(KEEP_RUNS + 1):
        analysis = book(workers.client, 1000, 2)
        run = rdf_live.start(analysis.booked, every=0.1)
        run.result(PATIENCE_S)
        ids.append(run.id)
    until(lambda: [r["run"] for r in rdf_live.runs(workers.client)] == ids[1:], "the oldest to go")
    assert by_label(rdf_live.attach(ids[1], client=workers.client).result(PATIENCE_S)) == oracle(1000)
    with pytest.raises(UnknownRun, match="no such run") as caught:
        rdf_live.attach(ids[0], client=workers.client)
    for known in ids[1:]:
        assert known in str(caught.value)
    with pytest.raises(UnknownRun, match=f"{KEEP_RUNS} runs of that name"):
        rdf_live.attach("Count", client=workers.client)


@pytest.mark.timeout(600)
def test_every_kind_of_result_in_another_process(workers: Farm, files: Files) -> None:
    frame = ROOT.RDataFrame("events", files.trees, executor=workers.client, npartitions=5)
    booked = test_actions.book(frame, ROOT.RDF.Distributed.VariationsFor)
    run = rdf_live.start(list(booked.values()))
    run.result(PATIENCE_S)
    labels = {name: run._find(booked[name]).label for name in test_actions.names()}
    with Process(WATCHER, workers.address, run.id, json.dumps(files.trees), json.dumps(labels)) as process:
        assert process.end() == 0, process.text
    assert [line for line in process.lines if line.startswith("same ")] == [f"same {name}" for name in labels]


# ---- nothing stays behind


def threads() -> list[str]:
    """Our threads in this process."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rdf-live")]


def test_handles_and_threads_go(workers: Farm) -> None:
    """Those of a run that is over, those of a watcher, and those of a run that somebody else still computes."""

    def watch() -> tuple[Any, list[int]]:
        analysis = book(workers.client, 20_000, 4, slow(10, 500))
        run = rdf_live.start(analysis.booked, every=0.1)
        watcher = rdf_live.attach(run.id, client=workers.client)
        entries: list[int] = []
        watcher.on_update(lambda snapshot: entries.append(snapshot.entries))
        run.on_update(lambda snapshot: None)
        run.result(PATIENCE_S)
        until(lambda: entries[-1:] == [20_000], "the last update")
        return [weakref.ref(run), weakref.ref(watcher)], entries

    handles, _ = watch()
    until(lambda: not threads(), "the end of the callbacks' threads")

    def gone() -> bool:
        gc.collect()
        return not any(handle() for handle in handles)

    until(gone, "the handles to go")

    analysis = book(workers.client, ENTRIES, 10, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    handles = [weakref.ref(rdf_live.attach(run.id, client=workers.client))]
    until(gone, "a handle that nobody holds to go while the run goes on")
    run.cancel()
    until(lambda: run.over, "the end")


def _held_by_worker(dask_worker: Any) -> tuple[int, int, int, int]:
    from rdf_live.worker import graph

    publisher = dask_worker.plugins["rdf_live-publisher"]
    return len(graph._graphs), graph.KEEP, len(publisher._attempts), len(os.listdir("/proc/self/fd"))


def test_workers_keep_a_bounded_number_of_graphs(workers: Farm) -> None:
    def several(n: int) -> list[tuple[int, int, int, int]]:
        for _ in range(n):
            analysis = book(workers.client, 1000, 4)
            rdf_live.start(analysis.booked, every=0.1).result(PATIENCE_S)
        until(workers.idle, "idle workers")
        return list(workers.client.run(_held_by_worker).values())

    before, after = several(6), several(6)
    for (_, _, _, files), (graphs, limit, attempts, files_after) in zip(before, after, strict=True):
        assert graphs <= limit
        assert attempts == 0
        assert files_after <= files + 2


def test_hub_drops_what_a_run_no_longer_needs(workers: Farm) -> None:
    analysis = book(workers.client, 40_000, 4, slow(10, 500))
    run = rdf_live.start(analysis.booked, every=0.05)
    under_way(run)
    record = workers.record(run)
    vector = record.message_bytes(0)
    until(lambda: record._graphs[0].tentative_bytes > 0 or record.over, "a tentative partial")
    while not record.over:
        assert record._graphs[0].tentative_bytes <= 2 * vector, "one per running range"
    run.result(PATIENCE_S)
    assert record.nbytes == vector
    assert record._graphs[0].payload is None
    until(lambda: not [k for k in workers.scheduler.tasks if run.id in str(k)], "an empty scheduler")
    assert f"rdf-live-{run.id}" not in workers.scheduler.clients
