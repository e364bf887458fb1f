# SPDX-License-Identifier: BSD-3-Clause
"""The live view, with a run that is played from a list."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest

from rdf_live.errors import RunCancelled
from rdf_live.view import terminal

TOTAL = 1_000_000


class Snapshot(dict[Any, Any]):
    """A mapping with a number."""

    def __init__(self, seq: int, values: dict[Any, Any]) -> None:
        super().__init__(values)
        self.seq = seq


class Result:
    """One that was booked."""

    kind = "TH1D"

    def __init__(self, label: str) -> None:
        self.label = label


class Run:
    """Plays one step per wait: a fraction, or an exception to raise."""

    def __init__(self, steps: list[Any], results: int = 2) -> None:
        self.steps = steps
        self.name = "demo"
        self.results = [Result(f"h{i}") for i in range(results)]
        self.state = "running"
        self.failures: list[dict[str, Any]] = []
        self.fraction = 0.0
        self.seq = 0
        self.interrupts = 0
        self.waiting_for = ""

    @property
    def progress(self) -> SimpleNamespace:
        entries = round(TOTAL * self.fraction)
        return SimpleNamespace(
            fraction=self.fraction,
            entries=entries,
            entries_total=TOTAL,
            total_is_estimate=self.fraction < 0.5,
            rate=1e5,
            eta_s=7.0,
            elapsed_s=3.0,
            running=2,
            waiting_for=self.waiting_for,
        )

    def _wait(self, timeout: float, pump: Any) -> bool:
        step = self.steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, dict):
            self.failures.append(step)
        elif isinstance(step, str):
            self.state = step
        else:
            self.fraction = step
            self.seq += 1
            pump(Snapshot(self.seq, {r: round(TOTAL * step) for r in self.results}))
        return self.state not in ("running", "stopping")

    def _interrupted(self) -> None:
        self.interrupts += 1
        self.state = "stopping"


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


FRACTIONS = [i / 200 for i in range(1, 201)]


def test_lines_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10_000))
    monkeypatch.setattr(terminal.time, "monotonic", lambda: float(next(clock)))
    file = io.StringIO()
    assert terminal.watch(Run([*FRACTIONS, "done"]), file=file)  # type: ignore[arg-type]
    lines = file.getvalue().splitlines()
    assert 5 <= len(lines) <= 12
    assert lines[-1] == "demo done: 100 % of the data, 1 M entries, 0:03"
    assert "100 k/s, 0:07 left" in lines[3]


def test_terminal_shows_every_result() -> None:
    file = Terminal()
    assert terminal.watch(Run([0.3, 0.31, "stopped"]), file=file)  # type: ignore[arg-type]
    text = file.getvalue()
    assert "h0  310,000" in text
    assert "h1  310,000" in text
    assert "31 %, 310 k of ~1 M entries" in text
    assert text.endswith("demo stopped: 31 % of the data, 310 k entries, 0:03\n")


@pytest.mark.parametrize("file", [io.StringIO, Terminal])
def test_what_a_run_waits_for_is_told(file: Any) -> None:
    shown, run = file(), Run([0.0, 0.0, 0.3, 0.3, "stopped"])
    run.waiting_for = "12 jobs idle"
    terminal.watch(run, file=shown)  # type: ignore[arg-type]
    text = shown.getvalue()
    assert "waiting for workers: 12 jobs idle" in text
    if file is io.StringIO:
        assert text.count("12 jobs idle") == 1


def test_terminal_says_how_many_results_have_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "8")
    file = Terminal()
    terminal.watch(Run([0.5, "done"], results=40), file=file)  # type: ignore[arg-type]
    assert "and 36 more" in file.getvalue()


@pytest.mark.parametrize("file", [io.StringIO, Terminal])
def test_failures_are_told_once(file: Any) -> None:
    failure = {"range": 7, "files": ["a.root"], "type": "OSError", "message": "no such file\nand more"}
    out = file()
    terminal.watch(Run([0.1, failure, 0.2, 0.3, "done"]), file=out)  # type: ignore[arg-type]
    assert out.getvalue().count("range 7 failed (a.root): OSError: no such file") == 1
    assert "and more" not in out.getvalue()


@pytest.mark.parametrize("file", [io.StringIO, Terminal])
def test_cancelled_has_no_result(file: Any) -> None:
    out = file()
    run = Run([0.1, RunCancelled("nothing was kept")])
    run.state = "running"
    original = run._wait

    def wait(timeout: float, pump: Any) -> bool:
        if len(run.steps) == 1:
            run.state = "cancelled"
        return original(timeout, pump)

    run._wait = wait  # type: ignore[method-assign]
    assert not terminal.watch(run, file=out)  # type: ignore[arg-type]
    assert out.getvalue().endswith("demo cancelled: nothing was kept, 0:03\n")


def test_interrupt_while_drawing_means_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run([0.1, 0.2, "stopped"])
    first = iter([True])

    def update(*_: Any) -> None:
        if next(first, False):
            raise KeyboardInterrupt

    monkeypatch.setattr(terminal._Lines, "update", update)
    assert terminal.watch(run, file=io.StringIO())  # type: ignore[arg-type]
    assert run.interrupts == 1
