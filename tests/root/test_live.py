# SPDX-License-Identifier: BSD-3-Clause
"""Runs while they run: snapshots in the middle of a range, several runs, callbacks, and the user's own results."""

from __future__ import annotations

import signal
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
import ROOT
from compare import assert_same
from conftest import Files, Gate, watch
from distributed import Client

import rdf_live
from rdf_live.client import hub
from rdf_live.view.content import panes_of
from rdf_live.view.panel.layout import Pane
from rdf_live.view.panel.plots import plot_of


def source(gate: Gate, client: Client, n: int = 20_000, npartitions: int = 1) -> Any:
    """A dataframe whose entries wait for the gate."""
    return gate.on(ROOT.RDataFrame(n, executor=client, npartitions=npartitions)).Define("x", "0.01 * (rdfentry_ % 997)")


def histogram(df: Any, name: str = "h") -> Any:
    return df.Histo1D((name, "t", 20, 0, 10), "x")


def test_snapshots_grow_inside_a_single_range(client: Client, gate: Gate) -> None:
    """There is one range, so everything before the end comes from the middle of it; each snapshot is one moment."""
    df = source(gate, client)
    h, count, total, varied = histogram(df), df.Count(), df.Sum("x"), histogram(df.Vary("x", "ROOT::RVecD{x, -x}", 2))
    both = ROOT.RDF.Distributed.VariationsFor(varied)
    run = rdf_live.start([h, count, total, both], every=0.05)
    seen = watch(run, 5)
    assert run.state == "running"
    for snapshot in seen:
        n = snapshot.entries
        assert 0 < n < 20_000
        assert snapshot[h].GetEntries() == snapshot[count] == n
        assert sum(snapshot[h].GetBinContent(i) for i in range(22)) == n
        assert snapshot[total] == pytest.approx(0.01 * sum(i % 997 for i in range(n)), rel=1e-12)
        assert {key: snapshot[both][key].GetEntries() for key in snapshot[both].GetKeys()} == dict.fromkeys(
            ["nominal", "x:0", "x:1"], n
        )
        assert snapshot.fraction == pytest.approx(n / 20_000)
        assert snapshot.entries_total == 20_000
        assert not snapshot.total_is_estimate
    assert [s.seq for s in seen] == sorted({s.seq for s in seen})
    progress = run.progress
    assert (progress.ranges, progress.running, progress.committed, progress.workers) == (1, 1, 0, 1)
    assert len(progress.marks) == 1
    assert 0 < progress.marks[0] < 1
    gate.open()
    final = run.result(60)
    assert (final[count], final.fraction, run.state) == (20_000, 1, "done")
    assert run.progress.marks == [1]


def test_a_graph_too_large_to_be_copied_shows_only_committed_ranges(client: Client) -> None:
    """It is at the entry of everything else or empty, never behind; and who looks at it is told."""
    n, most = 40_000, 2**18 // 16
    df = ROOT.RDataFrame(n, executor=client, npartitions=1)
    df = df.Define("x", "if (rdfentry_ % 100 == 0) usleep(10000); return double(rdfentry_);")
    large, count = df.Graph("x", "x"), df.Count()
    run = rdf_live.start([large, count], every=0.05)
    seen: list[tuple[int, int]] = []
    said: set[tuple[int, str | None, str]] = set()

    def look(snapshot: rdf_live.Snapshot) -> None:
        seen.append((snapshot[count], snapshot[large].GetN()))
        result = snapshot._find(large)
        note = plot_of(Pane((result,)), snapshot)["note"]
        said.add((snapshot.lacking(result), note, panes_of(snapshot, large)[0].note))

    run.on_update(look)
    final = run.result(60)
    assert final[large].GetN() == n
    why = "without 1 running range: too large until it ends"
    assert said == {(0, None, ""), (1, why, why)}
    middle = [points for points in seen if points[0] < n]
    assert {entries < most for entries, _ in middle} == {True, False}
    assert middle == [(entries, entries if entries < most else 0) for entries, _ in middle]


def test_several_graphs_in_one_run(client: Client, gate: Gate, files: Files) -> None:
    """Dataframes of different sources run side by side; each keeps its own results, snapshots hold both."""
    slow = source(gate, client, npartitions=2)
    quick = ROOT.RDataFrame("events", files.trees, executor=client, npartitions=3)
    h, n = histogram(slow), slow.Count()
    other, m = quick.Histo1D(("o", "t", 20, 0, 10), "x"), quick.Count()
    run = rdf_live.start([h, other, n, m], every=0.05)
    wait_for(lambda: run.snapshot().ready)
    snapshot = run.snapshot()
    assert snapshot[n] < 10_000, "the quick one waits for no range of the slow one"
    assert snapshot[h].GetEntries() == snapshot[n]
    assert snapshot[other].GetEntries() == snapshot[m]
    gate.open()
    final = run.result(60)
    assert (final[n], final[m]) == (20_000, sum(files.entries))
    assert final.entries == 20_000 + sum(files.entries)
    local = ROOT.RDataFrame("events", files.trees)
    assert_same(final[other], local.Histo1D(("o", "t", 20, 0, 10), "x"))
    assert final.progress["ranges"] == 5


def test_several_runs_at_once(client: Client, gate: Gate, tmp_path: Path) -> None:
    """A run does not wait for another one, and each has its own results."""
    first, later = source(gate, client), Gate(tmp_path / "open")
    later.open()
    frames = [source(later, client, n=n, npartitions=2) for n in (5000, 6000)]
    slow = rdf_live.start(histogram(first), every=0.05, name="slow")
    quick = [rdf_live.start([histogram(df), df.Count()], name=f"quick {i}") for i, df in enumerate(frames)]
    finals = [run.result(60) for run in quick]
    assert [final["Count"] for final in finals] == [5000, 6000]
    assert not slow.over
    assert {run.id for run in (slow, *quick)} <= {known["run"] for known in rdf_live.runs(client)}
    gate.open()
    assert slow.result(60)["h"].GetEntries() == 20_000


def test_callbacks(client: Client, gate: Gate) -> None:
    """Any callable; called with snapshots, a last time when the run is over."""

    class Watcher:
        def __init__(self) -> None:
            self.seen: list[rdf_live.Snapshot] = []

        def update(self, snapshot: rdf_live.Snapshot) -> None:
            self.seen.append(snapshot)

    nested: list[rdf_live.Snapshot] = []
    anonymous: list[int] = []
    watcher = Watcher()

    def inner(snapshot: rdf_live.Snapshot) -> None:
        nested.append(snapshot)

    h = histogram(source(gate, client))
    run = rdf_live.start(h, every=0.05, callback=inner)
    run.on_update(lambda snapshot: anonymous.append(snapshot.entries))
    run.on_update(watcher.update)
    watch(run, 3)
    gate.open()
    run.result(60)
    wait_for(lambda: all(seen and seen[-1].state == "done" for seen in (nested, watcher.seen)))
    wait_for(lambda: anonymous[-1] == 20_000)
    for seen in (nested, watcher.seen):
        assert [s.entries for s in seen] == sorted(s.entries for s in seen)
        assert seen[-1][h].GetEntries() == 20_000
    late: list[rdf_live.Snapshot] = []
    run.on_update(late.append)
    wait_for(lambda: len(late) == 1)


def test_callback_that_raises(client: Client, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported once and not called again; others and the run go on."""
    reported: list[str] = []
    monkeypatch.setattr(warnings, "warn", lambda text, *_, **__: reported.append(str(text)))
    calls: list[int] = []
    fine: list[int] = []

    def broken(snapshot: rdf_live.Snapshot) -> None:
        calls.append(1)
        raise ZeroDivisionError("on purpose")

    run = rdf_live.start(histogram(source(gate, client)), every=0.05, callback=broken)
    run.on_update(lambda snapshot: fine.append(snapshot.entries))
    watch(run, 4)
    wait_for(lambda: len(fine) > 2)
    gate.open()
    run.result(60)
    wait_for(lambda: fine[-1] == 20_000)
    mine = [text for text in reported if "broken" in text]
    assert len(calls) == len(mine) == 1
    assert "ZeroDivisionError: on purpose" in mine[0]
    assert "goes on" in mine[0]


def test_changed_objects_do_not_reach_the_final_ones(client: Client, gate: Gate, tmp_path: Path) -> None:
    """What a callback, or who has a snapshot, does to a histogram stays with it; so does what the user does to his."""
    df = source(gate, client)
    h = histogram(df)
    run = rdf_live.start(h, every=0.05, callback=lambda snapshot: snapshot[h].Scale(1 / snapshot[h].Integral()))
    watch(run, 2)
    gate.open()
    run.result(60)
    wait_for(lambda: "rdf-live-callbacks" not in {thread.name for thread in threading.enumerate()})
    run.snapshot()[h].Rebin()
    assert (h.GetValue().GetEntries(), h.GetValue().Integral(), h.GetValue().GetNbinsX()) == (20_000, 20_000, 20)
    h.GetValue().Scale(2)
    assert (run.result()[h].Integral(), run.result()[h].GetNbinsX()) == (20_000, 20)
    file = ROOT.TFile(str(run.save(tmp_path / "h.root")))
    assert (file.Get("h").Integral(), file.Get("h").GetNbinsX()) == (20_000, 20)
    file.Close()


def test_value_after_a_cancel(client: Client, gate: Gate) -> None:
    """ROOT's own way of asking runs what was cancelled, and says nothing of it."""
    df = source(gate, client, n=4000)
    h = histogram(df)
    run = rdf_live.start(h)
    run.cancel()
    gate.open()
    assert h.GetValue().GetEntries() == 4000
    assert run.state == "cancelled"


def test_value_after_a_failure(client: Client, tmp_path: Path) -> None:
    """Who waits for a run that fails hears of it once; the next one who asks gets a new run."""
    mended = tmp_path / "mended"
    code = f'if (gSystem->AccessPathName("{mended}")) throw std::runtime_error("not mended"); return 1.;'
    df = ROOT.RDataFrame(100, executor=client, npartitions=1).Define("x", code)
    total = df.Sum("x")
    rdf_live.start(total, max_attempts=1)
    for _ in range(2):
        with pytest.raises(rdf_live.errors.RunFailed, match="not mended"):
            total.GetValue()
    mended.touch()
    assert df.Count().GetValue() == total.GetValue() == 100


@pytest.mark.parametrize("operation", ["rdf_live_open", "rdf_live_adopt"])
def test_interrupted_start(client: Client, gate: Gate, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Nothing is left of it, and the results can be started again."""
    gate.open()
    h = histogram(source(gate, client, n=1000))
    before = {run["run"] for run in rdf_live.runs(client)}
    call = hub.call

    def interrupt(to: Client, asked: str, /, **message: Any) -> Any:
        reply = call(to, asked, **message)
        if asked == operation:
            signal.raise_signal(signal.SIGINT)
        return reply

    monkeypatch.setattr(hub, "call", interrupt)
    with pytest.raises(KeyboardInterrupt):
        rdf_live.start(h)
    monkeypatch.undo()
    # Fewer, if the hub has dropped one to make room.
    assert {run["run"] for run in rdf_live.runs(client)} <= before
    wait_for(lambda: not [key for key in client.futures if str(key).startswith("rdf-live-")])
    assert rdf_live.start(h).result(150)[h].GetEntries() == 1000


def test_value_of_a_run_that_goes_on(client: Client, gate: Gate) -> None:
    """Asking the user's own result for its value waits for the run, and does not compute anything twice."""
    df = source(gate, client)
    h, count = histogram(df), df.Count()
    before = {known["run"] for known in rdf_live.runs(client)}
    run = rdf_live.start([h, count], every=0.05)
    watch(run, 1)
    timer = threading.Timer(0.3, gate.open)
    timer.start()
    assert h.GetEntries() == 20_000
    assert run.state == "done"
    assert count.GetValue() == 20_000
    assert_same(h, run.snapshot()[h])
    assert {known["run"] for known in rdf_live.runs(client)} - before == {run.id}
    timer.join()


def test_booked_later_on_the_same_dataframe(client: Client, gate: Gate) -> None:
    """What is booked after a start is computed by the next one, without computing the first results again."""
    df = source(gate, client, n=4000, npartitions=2)
    first = histogram(df, "first")
    run = rdf_live.start(first)
    second = histogram(df.Filter("x > 5"), "second")
    gate.open()
    run.result(60)
    again = rdf_live.start(second)
    assert [r.label for r in again.results] == ["second"]
    assert again.result(60)[second].GetEntries() == sum(i % 997 > 500 for i in range(4000))
    assert first.GetEntries() == 4000
    third = df.Mean("x")  # not started: ROOT's own way of asking runs it
    assert third.GetValue() == pytest.approx(0.01 * sum(i % 997 for i in range(4000)) / 4000, rel=1e-12)


def test_same_dataframe_again_after_a_stop(client: Client, gate: Gate) -> None:
    df = source(gate, client)
    h, count = histogram(df), df.Count()
    run = rdf_live.start([h, count], every=0.05)
    watch(run, 2)
    run.stop()
    with pytest.warns(rdf_live.errors.PartialResultWarning, match="was stopped"):
        part = run.result(60)
    assert 0 < part.entries < 20_000
    assert h.GetEntries() == count.GetValue() == part[count] == part.entries
    [[graph, place, entries, size]] = run.progress.stopped_ranges
    assert (graph, place, entries, size) == (0, 0, part.entries, 20_000)
    gate.open()
    whole = rdf_live.start([h, count]).result(60)
    assert whole[h].GetEntries() == whole[count] == count.GetValue() == 20_000


def test_main_thread_uses_root_meanwhile(client: Client, gate: Gate) -> None:
    """A run started and waited for in another thread does not mind what the main thread does with ROOT."""
    df = source(gate, client, n=4000, npartitions=2)
    h = histogram(df)
    done: list[Any] = []

    def work() -> None:
        try:
            run = rdf_live.start(h, every=0.05)
            run.on_update(lambda snapshot: snapshot[h].GetMean())
            done.append(run.result(100))
        except BaseException as error:
            done.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    for i in range(30):
        assert (
            ROOT.RDataFrame(1000 + i).Define("y", "1. * rdfentry_").Histo1D(("l", "", 10, 0, 1e4), "y").GetEntries()
            == 1000 + i
        )
    gate.open()
    while thread.is_alive():
        ROOT.TH1D("local", "", 10, 0, 1).FillRandom("gaus", 10)
        thread.join(0.01)
    [final] = done
    assert final[h].GetEntries() == 4000


def test_lines_that_root_prints(client: Client) -> None:
    """A warning of C++ in an event loop, which runs without Python's lock, does not end the worker."""
    warn = 'if (rdfentry_ == 50) ::Warning("here", "on purpose"); return 1.;'
    df = ROOT.RDataFrame(100, executor=client, npartitions=1)
    run = rdf_live.start(df.Define("x", warn).Sum("x"), max_attempts=1)
    assert run.result(60)["Sum(x)"] == 100


def wait_for(condition: Any) -> None:
    """Callbacks run in a thread of their own; the time limit of the test ends a wait in vain."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.01)
