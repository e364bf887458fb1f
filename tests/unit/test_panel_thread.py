# SPDX-License-Identifier: BSD-3-Clause
"""The panel and its thread, with a run that is played and outputs that are kept in a list."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from test_panel_format import VALIDATOR
from test_panel_words import frame

from rdf_live.client.shown import Shown
from rdf_live.errors import RunCancelled, RunLost
from rdf_live.partial.objects import Builder
from rdf_live.snapshot import Result, Snapshot
from rdf_live.view.panel import comm, notebook, panel

PATIENCE_S = 30.0


class Numbers(Builder):
    """Makes counts, and breaks where it is told to."""

    def __init__(self) -> None:
        self.broken = False

    def build(self, index: int, values: Any, blobs: Any) -> Any:
        if self.broken:
            raise RuntimeError("no reason")
        return int(values[index])


class Run(Shown):
    """A run of numbers, whose frames come from a test."""

    every = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.id, self.name = "0f1e2d3c4b5a", "counts"
        self.results = [Result(0, i, f"n{i}", "Count") for i in range(3)]
        self._condition = threading.Condition()
        self._lost: BaseException | None = None
        self._frame: dict[str, Any] | None = None
        self.builder = Numbers()
        self.asked: list[str] = []

    def _find(self, key: Any) -> Any:
        return key

    def _is_over(self) -> bool:
        return self._frame is not None and self._frame["state"] not in ("running", "stopping")

    def _has_values(self) -> bool:
        return self._frame is not None and self._frame["graphs"][0]["values"] is not None

    def _take(self, own: bool = False) -> Snapshot:
        assert self._frame is not None
        return Snapshot(self._frame, self.results, [self.builder], self._find)

    def deliver(self, seq: int, state: str = "running", **more: Any) -> None:
        """A frame from the hub."""
        graph = {"values": bytes(24) if seq else None, "held": {}, "entries": 30, "progress": frame()["progress"]}
        with self._condition:
            self._frame = frame(state, seq=seq, time=1.0, graphs=[graph], **more)
            self._condition.notify_all()

    def lose(self) -> None:
        """No more frames will come."""
        with self._condition:
            self._lost = RunLost("the scheduler went away")
            self._condition.notify_all()

    def stop(self) -> None:
        self.asked.append("stop")

    def cancel(self) -> None:
        self.asked.append("cancel")


class Page:
    """What was shown."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, Any]] = []
        self.shown = 0
        self.broken = False
        self.cell = 1

    def show(self, bundle: dict[str, Any], display_id: str) -> None:
        self.shown += 1
        self.bundles.append(bundle)

    def update(self, bundle: dict[str, Any], display_id: str) -> None:
        assert display_id == bundle[panel.MIME]["panel"]
        self.bundles.append(bundle)
        if self.broken:
            self.broken = False
            raise OSError("no page")

    @property
    def frames(self) -> list[dict[str, Any]]:
        frames = [bundle[panel.MIME] for bundle in self.bundles]
        for shown in frames:
            VALIDATOR.validate(shown)
        return frames

    def until(self, condition: Callable[[list[dict[str, Any]]], Any]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition(self.frames):
            assert time.monotonic() < end, self.frames[-1]
            time.sleep(0.005)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A notebook, and no thread of a panel after the test."""
    page = Page()
    monkeypatch.setattr(notebook, "in_kernel", lambda: True)
    monkeypatch.setattr(notebook, "cell", lambda: page.cell)
    monkeypatch.setattr(notebook, "show", page.show)
    monkeypatch.setattr(notebook, "update", page.update)
    monkeypatch.setattr(comm, "know", lambda shown: comm._panels.__setitem__(shown.id, shown))
    yield page
    for thread in threading.enumerate():
        if thread.name == "rdf-live-panel":
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def test_from_the_first_to_the_last(page: Page) -> None:
    run = Run()
    shown = run.panel()
    assert page.frames[0]["progress"] is None
    run.deliver(0)
    page.until(lambda frames: frames[-1]["progress"] is not None)
    assert page.frames[-1]["numbers"] == []
    run.deliver(1)
    page.until(lambda frames: len(frames[-1]["numbers"]) == 3)
    run.deliver(2, "done")
    page.until(lambda frames: frames[-1]["final"])
    frames = page.frames
    assert page.shown == 1
    assert [f["frame"] for f in frames] == list(range(1, len(frames) + 1))
    assert {f["panel"] for f in frames} == {shown.id}
    assert frames[-1]["numbers"][0] == {"label": "n0", "text": "0"}
    assert page.bundles[-1]["text/plain"].startswith("counts: done: 30 % of the data, 30 entries\nn0  0\n")
    assert "image/png" not in page.bundles[-1]
    shown.settle(PATIENCE_S)
    assert shown.error is None


def test_nothing_new_nothing_sent(page: Page) -> None:
    run = Run()
    run.panel()
    run.deliver(1)
    page.until(lambda frames: frames[-1]["numbers"])
    run._wake()
    time.sleep(0.1)
    count = len(page.bundles)
    run._wake()
    time.sleep(0.1)
    assert len(page.bundles) == count
    run.deliver(2, "done")


def test_time_goes_on_while_nothing_else_does(page: Page) -> None:
    """The numbers of the results stay, and nothing is computed for it."""
    run = Run()
    run.panel()
    run.deliver(1)
    page.until(lambda frames: frames[-1]["numbers"])
    time.sleep(0.1)
    run.builder.broken = True
    run.deliver(1, progress={"elapsed_s": 4.9})
    time.sleep(0.1)
    assert page.frames[-1]["progress"]["elapsed_s"] == 2
    run.deliver(1, progress={"elapsed_s": 5.1})
    page.until(lambda frames: frames[-1]["progress"]["elapsed_s"] == 5.1)
    last = page.frames[-1]
    assert len(last["numbers"]) == 3
    assert (last["plots"], last["final"]) == ({}, False)
    run.builder.broken = False
    run.deliver(2, "done", progress={"elapsed_s": 5.2})


@pytest.mark.parametrize("state", ["cancelled", "failed", "stopped"])
def test_ends(page: Page, state: str) -> None:
    run = Run()
    run.panel()
    run.deliver(1, state)
    page.until(lambda frames: frames[-1]["final"])
    assert page.frames[-1]["run"]["state"] == state
    assert (page.frames[-1]["run"]["message"] is None) == (state == "stopped")
    assert bool(page.frames[-1]["numbers"]) == (state != "cancelled")


def test_cancelled_between_two_looks(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame still has values, and then there is nothing to take: that is no error of the panel."""
    run = Run()
    shown = run.panel()

    def take(own: bool = False) -> Snapshot:
        run.deliver(2, "cancelled")
        raise RunCancelled("run 'counts' was cancelled")

    monkeypatch.setattr(run, "_take", take)
    run.deliver(1)
    page.until(lambda frames: frames[-1]["final"])
    shown.settle(PATIENCE_S)
    assert shown.error is None
    frames = page.frames
    assert [f["frame"] for f in frames] == list(range(1, len(frames) + 1))
    assert frames[-1]["run"]["state"] == "cancelled"
    assert "nothing was kept" in frames[-1]["run"]["message"]


@pytest.mark.parametrize("seq", [None, 0, 1])
def test_lost(page: Page, seq: int | None) -> None:
    run = Run()
    run.panel()
    if seq is not None:
        run.deliver(seq)
    run.lose()
    page.until(lambda frames: frames[-1]["final"])
    assert page.frames[-1]["run"]["state"] == "lost"
    assert page.frames[-1]["run"]["message"] == "the scheduler went away"


def test_over_before_it_is_shown(page: Page) -> None:
    run = Run()
    run.deliver(3, "done")
    shown = run.panel()
    assert [f["final"] for f in page.frames] == [True]
    assert page.frames[0]["numbers"]
    shown._ipython_display_()
    assert page.shown == 1
    page.cell = 2
    shown._ipython_display_()
    assert page.shown == 2
    assert page.bundles[0] is page.bundles[1]


def test_error_ends_the_panel_and_not_the_run(page: Page) -> None:
    run = Run()
    shown = run.panel()
    run.deliver(1)
    page.until(lambda frames: frames[-1]["numbers"])
    page.broken = True
    run.deliver(2)
    page.until(lambda frames: frames[-1]["final"])
    shown.settle(PATIENCE_S)
    assert isinstance(shown.error, OSError)
    last = page.frames[-1]["run"]
    assert last["state"] == "running"
    assert last["message"] == (
        "The panel ended because of an error (OSError: no page). The run goes on; run.panel() shows it again."
    )
    assert not run.asked


def test_error_that_stays_is_no_traceback_in_the_cell(page: Page) -> None:
    run = Run()
    run.builder.broken = True
    shown = run.panel()
    run.deliver(1)
    page.until(lambda frames: frames[-1]["final"])
    assert "RuntimeError: no reason" in page.frames[-1]["run"]["message"]
    shown.settle(PATIENCE_S)


def test_blocking(page: Page) -> None:
    """The panel says while a cell waits; it is shown by the call that waits, unless there is one."""
    run = Run()
    run.deliver(1)
    token = object()
    run._begin_blocking(token, show=True)
    assert page.frames[0]["run"]["blocking"]
    run._begin_blocking(object(), show=True)
    assert page.shown == 1
    run._blocking = {token}
    run._end_blocking(token)
    run._end_blocking(token)
    page.until(lambda frames: not frames[-1]["run"]["blocking"])
    run.deliver(2, "done")
    run._last_look()
    assert page.frames[-1]["final"]


def test_nothing_is_shown_by_who_waits_with_a_timeout(page: Page) -> None:
    run = Run()
    run._begin_blocking(object(), show=False)
    assert run._blocking
    assert page.shown == 0


def test_nothing_is_shown_for_what_is_over(page: Page) -> None:
    run = Run()
    run.deliver(1, "done")
    run._begin_blocking(object(), show=True)
    assert page.shown == 0


def test_end_that_is_held_back(page: Page) -> None:
    run = Run()
    shown = panel.Panel(run, [], hold=True)  # type: ignore[arg-type]
    shown.show()
    run.deliver(1, "done")
    page.until(lambda frames: frames[-1]["run"]["state"] == "done")
    assert not page.frames[-1]["final"]
    shown.settle(PATIENCE_S)  # returns at once
    shown.release()
    shown.settle(PATIENCE_S)
    assert page.frames[-1]["final"]


def test_nobody_holds_the_run(page: Page) -> None:
    """It lives as long as its panel, and nothing lives longer."""
    run = Run()
    name = run.panel().id
    alive = weakref.ref(run)
    del run
    gc.collect()
    assert alive() is not None
    assert name in comm._panels
    alive().deliver(1, "done")  # type: ignore[union-attr]
    page.until(lambda frames: frames[-1]["final"])
    for thread in threading.enumerate():
        if thread.name == "rdf-live-panel":
            thread.join(PATIENCE_S)
    gc.collect()
    assert alive() is None
    assert name not in comm._panels


def test_outside_a_notebook() -> None:
    run = Run()
    shown = run.panel()
    assert repr(shown).startswith("<Panel of <")
    for thing in (run, shown):
        with pytest.raises(NotImplementedError):
            thing._ipython_display_()
    run._begin_blocking(object(), show=True)
    assert not run._panels


class Wire:
    """A comm, as ipykernel gives it to its target."""

    def __init__(self, **data: Any) -> None:
        self.comm_id = f"c{id(self)}"
        self.sent: list[dict[str, Any]] = []
        self.send = self.sent.append
        self.handle_msg: Any = None
        self.handle_close: Any = None
        comm._open(self, {"content": {"data": data}})

    def on_close(self, callback: Any) -> None:
        self.handle_close = callback

    def say(self, **data: Any) -> dict[str, Any] | None:
        before = len(self.sent)
        self.handle_msg({"content": {"data": data}})
        return self.sent[-1] if len(self.sent) > before else None


def test_commands(page: Page) -> None:
    run = Run()
    shown = run.panel()
    run.deliver(1)
    wire = Wire(panel=shown.id, run=run.id)
    assert wire.say(do="stop") == {"heard": "stop"}
    assert wire.say(do="cancel") == {"heard": "cancel"}
    assert run.asked == ["stop", "cancel"]
    assert wire.say(do="visible", panes=[1]) is None
    assert shown._watchers.visible == frozenset({1})
    assert "expected a list of whole numbers" in wire.say(do="visible", panes=[True])["error"]  # type: ignore[index]
    assert "expected stop, cancel or visible" in wire.say(do=["stop"])["error"]  # type: ignore[index]
    wire.handle_close({})
    assert shown._watchers.visible is None
    run.deliver(2, "done")
    shown.settle(PATIENCE_S)
    assert wire.say(do="stop") == {"heard": "stop"}
    assert run.asked == ["stop", "cancel"]  # what is over need not be asked


def test_command_that_nobody_can_hear(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    shown = run.panel()

    def gone() -> None:
        raise RunLost("the scheduler cannot be reached")

    monkeypatch.setattr(run, "stop", gone)
    wire = Wire(panel=shown.id, run=run.id)
    assert wire.say(do="stop") == {"error": "the scheduler cannot be reached"}
    run.deliver(1, "done")
    assert wire.say(do="stop") == {"heard": "stop"}


def test_page_that_missed_the_end(page: Page) -> None:
    """It opens a comm, because its last update was not final: it gets the end, whether or not the panel is there."""
    run = Run()
    shown = run.panel()
    name, number = shown.id, run.id
    run.deliver(1)
    page.until(lambda frames: frames[-1]["numbers"])
    Wire(panel=name, run=number)
    run.deliver(2, "done")
    page.until(lambda frames: frames[-1]["final"])
    shown.settle(PATIENCE_S)
    before = len(page.bundles)
    assert Wire(panel=name, run=number).sent == []
    assert page.bundles[before:] == [page.bundles[before - 1]]
    del shown, run
    gc.collect()
    assert name not in comm._panels
    wire = Wire(panel=name, run=number)
    assert wire.say(do="stop") == {"heard": "stop"}
    assert page.bundles[before + 1 :] == [page.bundles[before - 1]]
    assert Wire(panel=name, run="another").sent[0]["unknown"]
    for _ in range(5):
        over = Run()
        over.deliver(1, "done")
        over.panel()
    assert len(comm._ends) == 5
    assert Wire(panel=name, run=number).sent[0]["unknown"], "only the last few are kept"


@pytest.mark.parametrize("data", [{}, {"panel": "a" * 12, "run": "b"}, {"panel": [1], "run": None}])
def test_page_of_another_kernel(page: Page, data: dict[str, Any]) -> None:
    wire = Wire(**data)
    assert "does not know the run" in wire.sent[0]["error"]
    answer = wire.say(do="stop")
    assert answer is not None
    assert "does not know the run" in answer["error"]
    assert answer["unknown"] is True
