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


class Callbacks:
    """The functions of one run, called in one thread, which exists only if there are any.

    The thread keeps the handle alive: a user who gave a callback need not keep it.
    """

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._functions: list[Callable[..., Any]] = []
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, function: Callable[..., Any]) -> None:
        """From now on, call this function too."""
        self._functions.append(function)
        self._news.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="rdf-live-callbacks", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """There is news. Any thread."""
        self._news.set()

    def _work(self) -> None:
        seen = -1
        while self._news.wait():
            self._news.clear()
            run = self._run
            with run._condition:
                lost, over = run._lost is not None, run._is_over()
                usable = run._has_values() and run._frame is not None and run._frame["state"] != "cancelled"
            snapshot = run._take() if usable and not lost else None
            if snapshot is not None and snapshot.seq > seen:
                seen = snapshot.seq
                for function in list(self._functions):
                    self._call(function, snapshot)
            if lost or over:
                return

    def _call(self, function: Callable[..., Any], snapshot: Any) -> None:
        try:
            function(snapshot)
        except Exception as error:
            self._functions.remove(function)
            report(function, error)
