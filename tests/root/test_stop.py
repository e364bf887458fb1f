# SPDX-License-Identifier: BSD-3-Clause
"""Ending early: what is kept, what is free, what can be started again."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import ROOT
from faults import PATIENCE_S, Analysis, Farm, Process, book, farm, oracle, slow, under_way, until

import rdf_live
from rdf_live.errors import PartialResultWarning, RunCancelled

ENTRIES = 100_000
RANGES = 8


@pytest.fixture(scope="module")
def workers() -> Iterator[Farm]:
    with farm(2) as made:
        yield made


#: The aim is one second, and a twentieth of that is usual; a machine that has other things to do gets some more.
IDLE_S = 5.0


def idle_after(workers: Farm, start: float, limit: float = IDLE_S) -> float:
    """Wait until no worker works; seconds since the start."""
    until(workers.idle, "idle workers")
    took = time.monotonic() - start
    assert took < limit
    return took


def kept(run: rdf_live.LiveRun, total: int) -> list[Any]:
    """What local ROOT makes of exactly those entries that the run says it holds."""
    p = run.progress
    part = {place: (entries, size) for _, place, entries, size in p.stopped_ranges}
    length = total // len(p.marks)
    spans = [
        (place * length, place * length + part.get(place, (length, length))[0])
        for place, mark in enumerate(p.marks)
        if mark == 1
    ]
    assert all(0 <= entries < size == length for entries, size in part.values())
    assert sum(stop - start for start, stop in spans) == p.entries
    chosen = " || ".join(f"(rdfentry_ >= {start} && rdfentry_ < {stop})" for start, stop in spans)
    local = Analysis(ROOT.RDataFrame(total).Filter(chosen))
    return local.numbers({result: result.GetValue() for result in local.booked})


def test_while_the_workers_compile(workers: Farm) -> None:
    """They are cold: the stop finds no event loop to end yet."""
    analysis = book(workers.client, ENTRIES, RANGES, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    until(lambda: workers.busy(run), "a range that has begun")
    assert run.progress.entries == 0
    start = time.monotonic()
    run.stop()
    assert run.wait(PATIENCE_S)
    over = time.monotonic() - start
    print(f"\nstop while compiling: over after {over:.2f} s, idle {idle_after(workers, start, PATIENCE_S):.2f} s")
    assert run.state == "stopped"
    assert run.failures == []
    if run.progress.entries:
        with pytest.warns(PartialResultWarning):
            assert analysis.numbers(run.result()) == kept(run, ENTRIES)
    else:
        with pytest.raises(RunCancelled, match="stopped before"):
            run.result()
    assert analysis.numbers(rdf_live.start(analysis.booked).result(PATIENCE_S)) == oracle(ENTRIES)


@pytest.mark.parametrize(
    ("name", "entries", "code"),
    [("fast", 2_000_000_000, ""), ("1 ms", 200_000, slow(1, 1000)), ("20 ms", 20_000, slow(1, 20_000))],
    ids=["fast", "1ms", "20ms"],
)
def test_keeps_the_merge(workers: Farm, name: str, entries: int, code: str) -> None:
    log = workers.log_begins()
    analysis = book(workers.client, entries, RANGES, code)
    run = rdf_live.start(analysis.booked, every=0.1)
    under_way(run, 10)
    until(lambda: len(workers.busy(run)) == 2, "both workers")
    start = time.monotonic()
    run.stop()
    asked = time.monotonic() - start
    assert run.wait(PATIENCE_S)
    over = time.monotonic() - start
    idle = idle_after(workers, start)
    print(f"\nstop, {name} per entry: asked {asked:.3f} s, over {over:.3f} s, idle {idle:.3f} s")
    assert run.state == "stopped"
    with pytest.warns(PartialResultWarning, match="it was stopped"):
        snapshot = run.result()
    p = run.progress
    count, histogram = analysis.count.GetValue(), analysis.plain.GetEntries()
    assert 0 < snapshot.entries == p.entries == count == histogram < entries
    assert snapshot.fraction == pytest.approx(p.entries / entries)
    assert len(p.stopped_ranges) in (1, 2), "one per worker, unless one has just ended its range"
    begun = {place for run_id, _, place, answer in log if (run_id, answer) == (run.id, "go")}
    assert begun == {place for place, mark in enumerate(p.marks) if mark == 1}, "queued ranges never start"
    assert p.waiting == RANGES - len(begun)
    if entries < 1_000_000:
        assert analysis.numbers(snapshot) == kept(run, entries)
    until(lambda: not [k for k in workers.scheduler.tasks if run.id in str(k)], "an empty scheduler")


@pytest.mark.parametrize("mode", ["stop", "cancel"])
def test_comes_by_itself(workers: Farm, mode: str) -> None:
    """Not with the answer to the next partial, which comes 4 s after the first one of a worker."""
    analysis = book(workers.client, ENTRIES, RANGES, slow(1, 1000))
    run = rdf_live.start(analysis.booked, every=30)
    until(lambda: len(workers.showing(run)) == 2, "partials of both workers")
    start = time.monotonic()
    getattr(run, mode)()
    idle_after(workers, start, 2.0)
    assert run.wait(PATIENCE_S)
    assert run.progress.entries < ENTRIES


def test_started_again_at_once(workers: Farm) -> None:
    """The same results in a second run, while the first still ends; the complete values win."""
    analysis = book(workers.client, ENTRIES, RANGES, slow(10, 500))
    first = rdf_live.start(analysis.booked, every=0.1)
    under_way(first)
    first.stop()
    first.stop()
    second = rdf_live.start(analysis.booked, every=0.1)
    with pytest.warns(PartialResultWarning):
        part = first.result(PATIENCE_S)
    assert 0 < part.entries < ENTRIES
    first.cancel()
    assert first.state == "stopped", "a run that is over does not change"
    assert second.result(PATIENCE_S).fraction == 1.0
    assert analysis.count.GetValue() == ENTRIES
    assert analysis.numbers({result: result.GetValue() for result in analysis.booked}) == oracle(ENTRIES)


def test_partial_values_are_started_again(workers: Farm) -> None:
    analysis = book(workers.client, ENTRIES, RANGES, slow(10, 500))
    run = rdf_live.start(analysis.booked, every=0.1)
    under_way(run)
    run.stop()
    with pytest.warns(PartialResultWarning):
        run.result(PATIENCE_S)
    assert 0 < analysis.count.GetValue() < ENTRIES
    again = rdf_live.start(analysis.booked, every=0.1)
    assert analysis.numbers(again.result(PATIENCE_S)) == oracle(ENTRIES)
    assert analysis.count.GetValue() == ENTRIES


def test_no_signal_handler_is_changed(workers: Farm) -> None:
    """Neither by a run nor by waiting for it, whatever the user has put there."""
    ours: Any = lambda number, frame: None  # noqa: E731
    before = signal.signal(signal.SIGINT, ours)
    try:
        handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
        analysis = book(workers.client, 1000, 2)
        run = rdf_live.start(analysis.booked)
        assert analysis.numbers(run.result(PATIENCE_S)) == oracle(1000)
        assert {number: signal.getsignal(number) for number in signal.valid_signals()} == handlers
        assert handlers[signal.SIGINT] is ours
    finally:
        signal.signal(signal.SIGINT, before)


def test_cancel_drops_everything(workers: Farm) -> None:
    log = workers.log_begins()
    analysis = book(workers.client, ENTRIES, RANGES, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    under_way(run)
    start = time.monotonic()
    run.cancel()
    idle = idle_after(workers, start)
    again = rdf_live.start(analysis.booked, every=0.1)
    assert run.wait(PATIENCE_S)
    print(f"\ncancel: idle after {idle:.3f} s")
    assert run.state == "cancelled"
    begun = [place for run_id, _, place, answer in log if (run_id, answer) == (run.id, "go")]
    assert len(begun) in (2, 3), "one per worker, unless one has just ended its range; queued ranges never start"
    for ask in (run.result, run.snapshot):
        with pytest.raises(RunCancelled, match="start it again"):
            ask()
    assert analysis.numbers(again.result(PATIENCE_S)) == oracle(ENTRIES)


def test_two_graphs_of_which_one_has_not_begun(workers: Farm) -> None:
    """What the stop found of the one is kept, and the other says that it has nothing."""
    one = book(workers.client, ENTRIES, 2, slow(1, 1000))
    other = book(workers.client, ENTRIES, 2, slow(1, 1000))
    run = rdf_live.start([one.count, other.count], every=0.1)
    record = workers.record(run)
    until(lambda: record.ledger.progress(0)["entries"], "entries of the first graph")
    begun = bool(record.ledger.progress(1)["running"])
    run.stop()
    with pytest.warns(PartialResultWarning):
        snapshot = run.result(PATIENCE_S)
    assert snapshot[one.count] == one.count.GetValue() > 0
    if not begun:
        assert snapshot.get(other.count) is None


def test_before_there_is_a_worker() -> None:
    with farm(0) as empty:
        one = book(empty.client, 40_000, 2, slow(10, 1000))
        other = book(empty.client, 40_000, 2, slow(10, 1000))
        rdf_live.runs(empty.client)  # installs the hub
        log = empty.log_begins()
        run = rdf_live.start([*one.booked, *other.booked], every=0.1)
        assert run.state == "running"
        run.stop()
        assert run.wait(PATIENCE_S)
        assert run.state == "stopped"
        with pytest.raises(RunCancelled, match="stopped before"):
            run.result()
        assert run.progress.stopped_ranges == []
        empty.cluster.scale(1)
        until(lambda: empty.pids(), "the worker")
        time.sleep(0.5)
        assert log == [], "ranges of a stopped run never start"
        again = rdf_live.start([*one.booked, *other.booked], every=0.1)
        until(lambda: again.progress.entries, "first entries")
        assert empty.record(again).ledger.progress(1)["entries"] == 0, "one worker takes one graph after the other"
        again.stop()
        with pytest.warns(PartialResultWarning, match="no entries of"):
            snapshot = again.result(PATIENCE_S)
        assert snapshot[one.count] == one.count.GetValue() == snapshot.entries > 0
        assert snapshot.get(other.count) is None
        with pytest.raises(KeyError, match="has arrived"):
            snapshot[other.count]
        full = rdf_live.start([*one.booked, *other.booked], every=0.1).result(PATIENCE_S)
        assert one.numbers(full) == other.numbers(full) == oracle(40_000)


# ---- Ctrl-C

INTERRUPT = """
client = Client(sys.argv[1])
{before}
analysis = book(client, 400_000, 8, {code!r})
run = rdf_live.start(analysis.booked, every=0.1)
{after}
under_way(run)
say("running", run.id)
try:
    snapshot = run.result()
    say("result", run.state, snapshot.entries, int(analysis.count.GetValue()), run.progress.waiting)
except KeyboardInterrupt:
    run.wait(60)
    say("interrupted", run.state)
client.close()
"""


@pytest.mark.parametrize("before", ["", "import dask_jobqueue"], ids=["plain", "dask-jobqueue"])
def test_ctrl_c_means_stop(workers: Farm, before: str) -> None:
    with Process(INTERRUPT.format(before=before, after="", code=slow(10, 1000)), workers.address) as process:
        process.heard("running")
        process.interrupt()
        state, entries, count, waiting = process.heard("result").split()
        assert (state, entries) == ("stopped", count)
        assert 0 < int(count) < 400_000
        assert int(waiting) > 0
        assert process.end() == 0, process.text


#: With dask-jobqueue imported since the last start().
LATER = """
ROOT.gROOT.SetBatch()
client = Client(sys.argv[1])
analysis = book(client, 400_000, 8, {code!r})
if sys.argv[2] == "watched":
    import dask_jobqueue
    rdf_live.LiveVisualize({{analysis.plain: lambda h: say("running")}})
    say("result", int(analysis.plain.GetEntries()))
else:
    run = rdf_live.attach(rdf_live.start(analysis.booked, every=0.1).id, client=client)
    import dask_jobqueue
    under_way(run)
    say("running")
    say("result", run.result().entries)
client.close()
"""


@pytest.mark.parametrize("how", ["watched", "attached"])
def test_ctrl_c_means_stop_without_a_start(workers: Farm, how: str) -> None:
    with Process(LATER.format(code=slow(10, 1000)), workers.address, how) as process:
        process.heard("running")
        process.interrupt()
        assert 0 < int(process.heard("result")) < 400_000
        assert process.end() == 0, process.text


@pytest.mark.parametrize("where", ["waiting", "asking"])
def test_second_ctrl_c_means_cancel(workers: Farm, where: str) -> None:
    """The second one comes while the stop takes its time on the cluster, or while it is still asked for."""
    after = 'stop = run.stop; run.stop = lambda: (say("stopping"), time.sleep(60), stop())' if where == "asking" else ""
    script = INTERRUPT.format(before="", after=after, code="if (rdfentry_ % 50000 == 200) usleep(8000000)")
    with Process(script, workers.address) as process:
        run_id = process.heard("running")
        time.sleep(0.5)
        process.interrupt()
        if where == "asking":
            process.heard("stopping")
        else:
            record = workers.scheduler.plugins["rdf_live-hub"].registry.get(run_id)
            until(lambda: record.ledger.stopping or record.over, "the stop")
        process.interrupt()
        assert process.heard("interrupted") == "cancelled"
        assert process.end() == 0, process.text
