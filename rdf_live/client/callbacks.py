# SPDX-License-Identifier: BSD-3-Clause
"""Calling the user's functions with snapshots."""

from __future__ import annotations

import threading
import traceback
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rdf_live.run import LiveRun

__all__ = ["Callbacks", "report"]


def report(function: Callable[..., Any], error: Exception) -> None:
    """Say once that a callback raised and is not called again."""
    name = getattr(function, "__qualname__", repr(function))
    text = "".join(traceback.format_exception(error))
    warnings.warn(
        f"the callback {name} raised and is not called again; the run goes on.\n{text}", RuntimeWarning, stacklevel=2
    )


class _Function:
    """One of the user's, and the last update that it has seen."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.seen = -1


class Callbacks:
    """The functions of one run, called in one thread, which exists only if there are any.

    The thread keeps the handle alive: a user who gave a callback need not keep it.
    """

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._functions: list[_Function] = []
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, function: Callable[..., Any]) -> None:
        """From now on, call this function too."""
        with self._lock:
            self._functions.append(_Function(function))
            self._news.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="rdf-live-callbacks", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """There is news. Any thread."""
        self._news.set()

    def _work(self) -> None:
        while self._news.wait():
            self._news.clear()
            run = self._run
            with run._condition:
                frame, lost, over = run._frame, run._lost is not None, run._is_over()
                usable = run._has_values() and not lost
            if frame is not None and usable and frame["state"] != "cancelled":
                self._call_all(frame)
            if (lost or over) and self._ends():
                return

    def _ends(self) -> bool:
        """Nothing is left to do, and who comes now needs another thread."""
        with self._lock:
            if self._news.is_set():
                return False
            self._thread = None
            return True

    def _call_all(self, frame: dict[str, Any]) -> None:
        for each in list(self._functions):
            if each.seen < frame["seq"]:
                each.seen = frame["seq"]
                # One of its own: what a function does to the objects must not show anywhere else.
                self._call(each, self._run._take(own=True, frame=frame))

    def _call(self, each: _Function, snapshot: Any) -> None:
        try:
            each.function(snapshot)
        except Exception as error:
            with self._lock:
                self._functions.remove(each)
            report(each.function, error)
