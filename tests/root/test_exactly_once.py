# SPDX-License-Identifier: BSD-3-Clause
"""Each range counts once, whatever happens to workers, tasks and messages."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ROOT
from distributed.comm import CommClosedError
from faults import PATIENCE_S, Analysis, Farm, book, consistent, farm, oracle, slow, under_way, until

import rdf_live

RUNS, ENTRIES = 20, 30_000


@pytest.fixture(scope="module")
def workers() -> Iterator[Farm]:
    with farm(3) as made:
        yield made


@pytest.mark.timeout(900)
def test_random_kills(workers: Farm, tmp_path: Path) -> None:
    """Workers die at random moments, 20 times over; every run is exact, and no snapshot of it is above the total."""
    dice = random.Random(20)
    path = str(tmp_path / "events.root")
    clusters = ROOT.RDF.RSnapshotOptions()
    clusters.fAutoFlush = ENTRIES // 24
    whole = ROOT.RDataFrame(ENTRIES).Define("i", "rdfentry_").Snapshot("events", path, ["i"], clusters).GetValue()
    assert whole.Count().GetValue() == ENTRIES
    expected = oracle(ENTRIES)
    snapshots = total = 0
    start = time.monotonic()
    for turn in range(RUNS):
        # In turn: entries that ROOT makes, and those of a file.
        source = [path] if turn % 2 else []
        arguments: Any = ("events", source) if source else (ENTRIES,)
        frame = ROOT.RDataFrame(*arguments, executor=workers.client, npartitions=12)
        analysis = Analysis(frame, slow(10, 1000), entry="i" if source else "rdfentry_")
        run = rdf_live.start(analysis.booked, every=0.05)
        kills = dice.choice((1, 2))
        seen, due, killed = -1, 0.0, 0
        while not run.over:
            # Some die while they still compile, most in the middle of their entries.
            victims = workers.busy(run) if (turn + killed) % 3 == 0 else workers.showing(run)
            if time.monotonic() > due and killed < kills and victims:
                killed += workers.kill(dice.choice(victims))
                due = time.monotonic() + dice.uniform(0.0, 0.6)
            if run.progress.entries and (snapshot := run.snapshot()).seq > seen:
                seen = snapshot.seq
                snapshots += 1
                consistent(analysis, snapshot, ENTRIES)
            time.sleep(0.02)
        assert killed, "the run was too short"
        total += killed
        assert analysis.numbers(run.result()) == expected
        assert run.failures == []
        p = run.progress
        assert (p.committed, p.entries, p.fraction, p.stopped_ranges) == (12, ENTRIES, 1.0, [])
    assert snapshots > RUNS
    print(f"\n{total} kills in {RUNS} runs, {snapshots} snapshots, {time.monotonic() - start:.0f} s")


def test_partial_of_a_lost_attempt_disappears(workers: Farm) -> None:
    analysis = book(workers.client, 30_000, 1, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.05)
    under_way(run, 1000)
    workers.kill(*workers.busy(run))
    until(lambda: run.progress.entries == 0, "the tentative partial to go")
    assert not run.over
    assert analysis.numbers(run.result(PATIENCE_S)) == oracle(30_000)
    assert int(analysis.count.GetValue()) == 30_000


def die_after_commit(once: str, dask_worker: Any) -> None:
    """The hub gets the first commit of all, Dask never hears of the end of its task."""

    def die() -> None:
        try:
            os.close(os.open(once, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    _hook(dask_worker, "rdf_live_commit", die)


def lose_first_reply(operation: str, dask_worker: Any) -> None:
    """The hub gets the first message of that kind, but the connection breaks before its answer comes."""
    dask_worker.lost = lost = []

    def lose() -> None:
        if not lost:
            lost.append(True)
            raise CommClosedError("lost by the test")

    _hook(dask_worker, operation, lose)


def _hook(dask_worker: Any, operation: str, after: Any) -> None:
    given = dask_worker.scheduler

    class Scheduler:
        def __getattr__(self, name: str) -> Any:
            async def asked(**message: Any) -> Any:
                reply = await getattr(given, name)(**message)
                after()
                return reply

            return asked if name == operation else getattr(given, name)

    dask_worker.scheduler = Scheduler()


def lost_replies(workers: Farm) -> int:
    """How many were lost, of the kind that was asked for last."""
    return sum(workers.client.run(lambda dask_worker: len(dask_worker.lost)).values())


def test_committed_range_is_not_computed_again(workers: Farm, tmp_path: Path) -> None:
    """The worker dies after its commit: Dask runs the task again, and the hub says that it is done."""
    log = workers.log_begins()
    workers.client.run(die_after_commit, str(tmp_path / "once"))
    analysis = book(workers.client, 30_000, 12, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    assert analysis.numbers(run.result(PATIENCE_S)) == oracle(30_000)
    answers = [answer for run_id, _, _, answer in log if run_id == run.id]
    assert answers.count("committed") == 1
    assert answers.count("go") >= 12
    committed = next(place for run_id, _, place, answer in log if (run_id, answer) == (run.id, "committed"))
    assert [answer for run_id, _, place, answer in log if (run_id, place) == (run.id, committed)] == ["go", "committed"]


def test_lost_acknowledgement(workers: Farm) -> None:
    until(lambda: len(workers.pids()) == 3, "three workers")
    log = workers.log_begins()
    workers.client.run(lose_first_reply, "rdf_live_commit")
    analysis = book(workers.client, 30_000, 12)
    run = rdf_live.start(analysis.booked, every=0.1)
    assert analysis.numbers(run.result(PATIENCE_S)) == oracle(30_000)
    assert len([1 for entry in log if entry[0] == run.id]) == 12, "nothing was computed twice"
    assert lost_replies(workers) > 0


def test_lost_answer_to_a_failure(workers: Farm, tmp_path: Path) -> None:
    """The range is tried again, as the hub said the first time."""
    workers.client.run(lose_first_reply, "rdf_live_fail")
    once = (
        f'static bool failed = false; if (!failed && rdfentry_ == 7000 && gSystem->AccessPathName("{tmp_path}/once"))'
    )
    code = (
        once + f'{{ failed = true; gSystem->mkdir("{tmp_path}/once"); throw std::runtime_error("a passing cloud"); }}'
    )
    analysis = book(workers.client, 30_000, 6, code)
    run = rdf_live.start(analysis.booked, every=0.1)
    assert analysis.numbers(run.result(PATIENCE_S)) == oracle(30_000)
    assert run.failures == []
    assert (tmp_path / "once").is_dir()
    assert lost_replies(workers) == 1


def test_retired_worker(workers: Farm) -> None:
    """A worker that leaves politely in the middle of its range."""
    until(lambda: len(workers.pids()) == 3, "three workers")
    analysis = book(workers.client, 60_000, 9, slow(10, 1500))
    run = rdf_live.start(analysis.booked, every=0.1)
    under_way(run)
    workers.client.retire_workers(workers.busy(run)[:1])
    assert analysis.numbers(run.result(PATIENCE_S)) == oracle(60_000)
    assert run.failures == []


def test_stolen_ranges() -> None:
    """All ranges are given to the only worker; those that come later steal from it, and each is computed once."""
    with farm(1, distributed__scheduler__worker_saturation="inf") as own:
        rdf_live.runs(own.client)  # installs the hub
        log = own.log_begins()
        analysis = book(own.client, 60_000, 24, slow(10, 1500))
        run = rdf_live.start(analysis.booked, every=0.1)
        under_way(run)
        (first,) = own.scheduler.workers.values()
        assert len(first.processing) > 12
        own.cluster.scale(3)
        until(lambda: len(own.busy(run)) > 1 or run.over, "another worker at work")
        assert not run.over
        assert analysis.numbers(run.result(PATIENCE_S)) == oracle(60_000)
        assert [answer for entry, _, _, answer in log if entry == run.id] == ["go"] * 24


def test_ranges_begin_before_the_hub_answers(workers: Farm) -> None:
    """Nothing of them is sent until it has agreed, and nothing of one that it refuses counts."""
    rdf_live.runs(workers.client)  # installs the hub
    handlers = workers.scheduler.handlers
    given = {name: handlers[f"rdf_live_{name}"] for name in ("begin", "partial", "commit")}
    wanted: set[str] = set()
    too_early: list[str] = []
    ahead: list[int] = []

    async def begin(**message: Any) -> Any:
        if message["have_payload"]:
            ahead.append(message["range"])
            await asyncio.sleep(0.3)
        if message["range"] == 7:
            return {"status": "ended", "mode": "lost"}
        reply = given["begin"](**message)
        wanted.add(message["attempt"])
        return reply

    def checked(name: str) -> Any:
        def handler(**message: Any) -> Any:
            if message["attempt"] not in wanted:
                too_early.append(name)
            return given[name](**message)

        return handler

    new = {"begin": begin, "partial": checked("partial"), "commit": checked("commit")}
    try:
        handlers.update({f"rdf_live_{name}": handler for name, handler in new.items()})
        analysis = book(workers.client, 12_000, 12, slow(10, 1000))
        run = rdf_live.start(analysis.booked, every=0.05, on_error="skip")
        with pytest.warns(rdf_live.errors.PartialResultWarning, match=r"1 of \d+ ranges failed"):
            snapshot = run.result(PATIENCE_S)
    finally:
        handlers.update({f"rdf_live_{name}": handler for name, handler in given.items()})
    assert too_early == []
    assert len(ahead) >= 6
    assert [failure["range"] for failure in run.failures] == [7]
    assert snapshot[analysis.count] == 11_000
    assert snapshot[analysis.plain].GetEntries() == 11_000
