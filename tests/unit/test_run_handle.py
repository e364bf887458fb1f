# SPDX-License-Identifier: BSD-3-Clause
"""The handle of a run whose frames come from a test: what is whose, who waits for how long, who is called."""

from __future__ import annotations

import pickle
import threading
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import rdf_live.run
from rdf_live.client.finish import finish
from rdf_live.errors import BadInput, PartialResultWarning, RunCancelled, VersionMismatch, WrongKind
from rdf_live.run import LiveRun
from rdf_live.snapshot import Result, Snapshot


class Lists:
    """Makes results that can be changed."""

    def __init__(self, schema: Any) -> None:
        pass

    def build(self, index: int, values: Any, blobs: Any) -> list[float]:
        return [float(values[index])]


class Node:
    """One of the user's results."""

    value: Any = None


@pytest.fixture(autouse=True)
def lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdf_live.run, "Builder", Lists)


def make(*nodes: Node) -> LiveRun:
    """A run of one result, of which nothing is known yet."""
    client: Any = SimpleNamespace(scheduler=None, loop=SimpleNamespace(add_callback=lambda function: None))
    run = LiveRun(client, "0f1e2d3c4b5a", "z", [Result(0, 0, "z", "TH1D")], 0.5, list(nodes))
    run._feed.schemas = [{}]
    return run


def deliver(run: LiveRun, seq: int, value: float | None, state: str = "running", error: Any = None) -> None:
    """A frame from the hub; the value is the number of entries too."""
    values = None if value is None else np.array([value], dtype=float).tobytes()
    graph = {"values": values, "held": {}, "entries": int(value or 0)}
    progress = {"fraction": 0.5, "committed": int(bool(value)), "entries_total": 100, "total_is_estimate": False}
    frame = {"state": state, "seq": seq, "time": 1.0, "progress": progress, "failures": [], "error": error}
    run._deliver(frame | {"graphs": [graph]})


def until_called_all(run: LiveRun) -> None:
    thread = run._callbacks._thread
    if thread is not None:
        thread.join()
    assert run._callbacks._thread is None


class TestWhoseObjects:
    """What somebody does to the objects that he has."""

    def test_of_callbacks(self) -> None:
        node = Node()
        seen: list[list[float]] = []

        def scale(snapshot: Snapshot) -> None:
            snapshot["z"][0] /= 10

        run = make(node)
        run.on_update(scale)
        run.on_update(lambda snapshot: seen.append(snapshot["z"]))
        deliver(run, 1, 7, "done")
        until_called_all(run)
        assert seen == [[7]]
        assert run.snapshot()["z"] == run.result()["z"] == node.value == [7]

    def test_of_snapshots(self) -> None:
        run = make(node := Node())
        deliver(run, 1, 7, "done")
        run.result()
        run.snapshot()["z"][0] = 1
        assert run.snapshot()["z"] == [1]  # the same, so that what was drawn stays
        assert run.result()["z"] == node.value == [7]

    def test_of_the_final_values(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = make(node := Node())
        deliver(run, 1, 7, "done")
        run.result()["z"][0] = 2
        run.snapshot()["z"][0] = 3
        saved: list[Any] = []
        monkeypatch.setattr(Snapshot, "save", lambda snapshot, *_: saved.append(snapshot["z"]))
        run.save("z.root")
        assert saved == [node.value] == [[7]]
        node.value[0] = 4
        run.save("z.root")
        assert saved[1] == [7]

    def test_result_again_leaves_the_values_alone(self) -> None:
        run = make(node := Node())
        deliver(run, 1, 7, "done")
        run.result()
        value = node.value
        run.result()
        assert node.value is value


class TestCancelledAtTheWrongMoment:
    """There were values when it was looked at, and there are none when they are taken."""

    @pytest.fixture
    def run(self, monkeypatch: pytest.MonkeyPatch) -> LiveRun:
        run = make()
        take = run._take

        def late(**how: Any) -> Snapshot:
            deliver(run, 2, None, "cancelled")
            return take(**how)

        monkeypatch.setattr(run, "_take", late)
        deliver(run, 1, 7)
        return run

    def test_wait(self, run: LiveRun) -> None:
        assert run.wait()
        with pytest.raises(RunCancelled):
            run.result()

    def test_callbacks(self, run: LiveRun) -> None:
        seen: list[int] = []
        run.on_update(lambda snapshot: seen.append(snapshot.seq))
        until_called_all(run)
        assert seen == [1]

    def test_frame_that_still_has_values(self) -> None:
        run = make()
        deliver(run, 1, 7, "cancelled")
        assert run.wait()


class TestCallbacks:
    """Who is called, and how often."""

    def test_given_during_the_last_call(self) -> None:
        run = make()
        first: list[int] = []
        late: list[int] = []

        def add(snapshot: Snapshot) -> None:
            first.append(snapshot.seq)
            run.on_update(lambda snapshot: late.append(snapshot.seq))

        run.on_update(add)
        deliver(run, 5, 7, "done")
        until_called_all(run)
        assert (first, late) == ([5], [5])

    def test_given_after_the_end(self) -> None:
        run = make()
        first: list[int] = []
        late: list[int] = []
        deliver(run, 5, 7, "done")
        run.on_update(lambda snapshot: first.append(snapshot.seq))
        until_called_all(run)
        run.on_update(lambda snapshot: late.append(snapshot.seq))
        until_called_all(run)
        assert (first, late) == ([5], [5])


class TestWaiting:
    """How long, and for what."""

    def test_snapshot_in_vain(self) -> None:
        run = make()
        with pytest.raises(TimeoutError, match=r"nothing of run 'z' has come after 0.01 s; it goes on, ask again"):
            run.snapshot(0.01)
        deliver(run, 1, 7)
        assert run.snapshot(0)["z"] == [7]

    def test_snapshot_comes_with_the_first_values(self) -> None:
        run = make()
        deliver(run, 1, None)
        timer = threading.Timer(0.05, deliver, (run, 2, 7))
        timer.start()
        assert run.snapshot()["z"] == [7]
        assert not run.over
        timer.join()

    def test_interrupt_of_a_snapshot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = make()
        asked: list[str] = []

        def call(client: Any, operation: str, mode: str, **_: Any) -> dict[str, Any]:
            asked.append(mode)
            deliver(run, 1, 3, "stopped")
            return {"state": "stopped"}

        def interrupt(seen: int) -> bool:
            monkeypatch.undo()
            monkeypatch.setattr(rdf_live.run, "Builder", Lists)
            monkeypatch.setattr(rdf_live.run.hub, "call", call)
            raise KeyboardInterrupt

        monkeypatch.setattr(run, "_has_news", interrupt)
        assert run.snapshot()["z"] == [3]
        assert asked == ["stop"]

    @pytest.mark.parametrize("ask", ["wait", "result", "snapshot"])
    def test_timeouts_that_are_none(self, ask: str) -> None:
        run = make()
        for thing in ("x", True, [1]):
            with pytest.raises(WrongKind, match=r"timeout: got .*, expected a number of seconds"):
                getattr(run, ask)(thing)
        with pytest.raises(BadInput, match="timeout: got nan, expected a number of seconds"):
            getattr(run, ask)(float("nan"))
        deliver(run, 1, 7, "done")
        assert getattr(run, ask)(float("inf"))
        assert getattr(run, ask)(np.int64(1))


class TestAborted:
    """The hub ended the run for a reason that concerns all ranges: what had been computed is not lost."""

    def end(self, value: float | None) -> VersionMismatch:
        run = make(Node())
        deliver(run, 1, value, "failed", {"error": "VersionMismatch", "message": "another ROOT"})
        with pytest.raises(VersionMismatch, match="another ROOT") as raised:
            finish(run)
        return raised.value

    def test_with_a_part(self) -> None:
        error = self.end(5)
        assert error.partial["z"] == [5]
        assert "50 % of the data, is in error.partial" in str(error)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.partial) == (VersionMismatch, str(error), None)

    @pytest.mark.parametrize("value", [None, 0])
    def test_with_nothing(self, value: float | None) -> None:
        """Nothing at all, or what was tentative only: then the values are there, and are zeros."""
        error = self.end(value)
        assert error.partial is None
        assert str(error) == "another ROOT"


class TestParts:
    """Runs that were stopped, of the same results."""

    def test_newer_part_stays(self) -> None:
        node = Node()
        older, newer = make(node), make(node)
        deliver(older, 1, 3, "stopped")
        deliver(newer, 1, 5, "stopped")
        for run, value in ((older, 3), (newer, 5), (older, 5)):
            with pytest.warns(PartialResultWarning):
                finish(run)
            assert node.value == [value]

    def test_the_whole_wins(self) -> None:
        node = Node()
        older, newer = make(node), make(node)
        deliver(older, 1, 9, "done")
        deliver(newer, 1, 5, "stopped")
        with pytest.warns(PartialResultWarning):
            finish(newer)
        finish(older)
        assert node.value == [9]
        with warnings.catch_warnings(action="ignore"):
            finish(newer)
        assert node.value == [9]
