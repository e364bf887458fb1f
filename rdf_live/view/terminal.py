# SPDX-License-Identifier: BSD-3-Clause
"""A run in the terminal: a bar, and below it a line per result, updated in place."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

from rdf_live._interrupts import held
from rdf_live.errors import RunCancelled
from rdf_live.view.text import amount, clock, percent, state_text, value_text

if TYPE_CHECKING:
    from rdf_live.run import LiveRun, Progress
    from rdf_live.snapshot import Snapshot

__all__ = ["watch"]

_REFRESH_S = 0.2
_MOST_LINES = 12
#: Kinds of results that one line can say something about, and that cost nothing to make at every update.
_SHOWN = ("Count", "Max", "Mean", "Min", "StdDev", "Sum", "TGraph", "TH1", "TH2", "TH3", "THnD", "TProfile", "TStat")
#: Without a terminal: at most a line per this part of the data, and none before this many seconds have passed.
_STEP, _PAUSE_S = 0.1, 2.0


def watch(run: LiveRun, file: TextIO | None = None) -> bool:
    """Show a run until it is over.

    In a terminal, a bar with the fraction, entries per second and time left, and below it the entries and mean of the
    first histograms. Elsewhere (a log file, a pipe) some ten lines. Failed ranges are reported as they come.

    Ctrl-C means stop: the run ends early, and this returns when it has. A second Ctrl-C means cancel, and is raised.

    Parameters
    ----------
    run : LiveRun
        From `rdf_live.start` or `rdf_live.attach`.
    file : text file, optional
        Where to write; standard error otherwise.

    Returns
    -------
    bool
        True if there is a result to take: it is done or was stopped.
    """
    file = sys.stderr if file is None else file
    show = _Bars(run, file) if file.isatty() else _Lines(run, file)
    latest: Snapshot | None = None
    reported = 0

    def keep(snapshot: Snapshot) -> None:
        nonlocal latest
        latest = snapshot

    try:
        over = False
        while not over:
            try:
                over = run._wait(_REFRESH_S, keep)
                for failure in run.failures[reported:]:
                    reported += 1
                    show.say(_failure_text(failure))
                with held():
                    show.update(run.progress, latest, over)
            except RunCancelled:
                over = True
            except KeyboardInterrupt:
                # It came while something was drawn, not while waiting.
                run._interrupted()
    finally:
        show.close()
    progress = run.progress
    end = state_text(run.state, progress.fraction, progress.entries)
    file.write(f"{_name(run)} {end}, {clock(progress.elapsed_s)}\n")
    file.flush()
    return run.state in ("done", "stopped")


def _failure_text(failure: dict[str, Any]) -> str:
    files = ", ".join(failure.get("files") or []) or "unknown files"
    message = str(failure["message"]).strip().splitlines() or [""]
    return f"range {failure['range']} failed ({files}): {failure['type']}: {message[0]}"


def _name(run: LiveRun) -> str:
    return run.name if len(run.name) <= 24 else run.name[:23] + "…"


def _speed(progress: Progress) -> str:
    """Entries, entries per second, time left: what is known of it."""
    about = "~" if progress.total_is_estimate else ""
    parts = [f"{amount(progress.entries)} of {about}{amount(progress.entries_total)} entries"]
    if progress.fraction < 0.01:
        return parts[0]  # too early to say
    if progress.rate > 0:
        parts.append(f"{amount(progress.rate)}/s")
    if progress.waiting_for:
        parts.append(f"waiting for workers: {progress.waiting_for}")
    elif progress.eta_s is not None:
        parts.append(f"{clock(progress.eta_s)} left")
    return ", ".join(parts)


def _before_entries(progress: Progress) -> str:
    """What happens until the first entry. The first thing a worker does is to compile the graph: seconds."""
    if progress.waiting_for:
        return f"waiting for workers: {progress.waiting_for}"
    return "compiling" if progress.running else "starting"


class _Bar(tqdm):  # type: ignore[misc]
    """With words of its own at the end: tqdm puts a comma before its postfix."""

    about = ""

    @property
    def format_dict(self) -> dict[str, Any]:
        """What the layout of a bar can name."""
        return {**super().format_dict, "about": self.about}


class _Bars:
    """In a terminal."""

    def __init__(self, run: LiveRun, file: TextIO) -> None:
        self._file = file
        self._run = run
        height = shutil.get_terminal_size().lines
        shown = [r for r in run.results if r.kind.startswith(_SHOWN) and not r.label.endswith(" variations")]
        self._results = shown[: max(1, min(_MOST_LINES, height - 4))]
        self._width = max((len(r.label) for r in self._results), default=0)
        self._left_out = len(run.results) - len(self._results)
        self._seq = -1
        self._bar = self._line(0, "{desc} {bar:30} {about}", total=1.0, desc=_name(run))
        self._say("starting")
        count = len(self._results) + (self._left_out > 0)
        self._lines = [self._line(1 + i, "{desc}", total=0) for i in range(count)]
        if self._left_out:
            self._lines[-1].set_description_str(f"  and {self._left_out} more")

    def _line(self, position: int, layout: str, **about: Any) -> Any:
        return _Bar(file=self._file, position=position, bar_format=layout, dynamic_ncols=True, **about)

    def _say(self, text: str) -> None:
        self._bar.about = text
        self._bar.refresh()

    def update(self, progress: Progress, snapshot: Snapshot | None, over: bool) -> None:
        """Draw what is new."""
        self._bar.n = progress.fraction
        state = self._run.state
        before = "" if state == "running" else f"{state}, "
        if progress.entries:
            self._say(f"{before}{percent(progress.fraction)}, {_speed(progress)}")
        else:
            self._say(f"{before}{_before_entries(progress)}")
        if snapshot is None or snapshot.seq == self._seq:
            return
        self._seq = snapshot.seq
        for result, line in zip(self._results, self._lines, strict=False):
            value = snapshot.get(result)
            if value is not None:
                line.set_description_str(f"  {result.label:{self._width}}  {value_text(value)}")

    def say(self, text: str) -> None:
        """A line above the bar."""
        tqdm.write(text, file=self._file)

    def close(self) -> None:
        """Leave the last state on the screen."""
        for bar in (self._bar, *self._lines):
            bar.close()


class _Lines:
    """Without a terminal."""

    def __init__(self, run: LiveRun, file: TextIO) -> None:
        self._file = file
        self._name = _name(run)
        self._next = 0.0
        self._not_before = time.monotonic() + _PAUSE_S
        self._waiting = ""

    def update(self, progress: Progress, snapshot: Snapshot | None, over: bool) -> None:
        """Write a line if it is time for one."""
        if progress.waiting_for != self._waiting:
            self._waiting = progress.waiting_for
            if self._waiting:
                self.say(f"{self._name} waiting for workers: {self._waiting}")
        if over or snapshot is None or progress.fraction < self._next or time.monotonic() < self._not_before:
            return
        self._next = progress.fraction + _STEP
        self._not_before = time.monotonic() + _PAUSE_S
        self.say(f"{self._name} {percent(progress.fraction)}, {_speed(progress)}")

    def say(self, text: str) -> None:
        """A line."""
        self._file.write(text + "\n")
        self._file.flush()

    def close(self) -> None:
        """Nothing to do."""
