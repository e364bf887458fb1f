# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C at a moment when Python may raise it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["held", "restore"]


def restore() -> None:
    """Undo what dask-jobqueue does at import: its handler turns Ctrl-C into the end of the process."""
    if threading.current_thread() is threading.main_thread():
        handler = signal.getsignal(signal.SIGINT)
        if (getattr(handler, "__module__", None) or "").startswith("dask_jobqueue"):
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def held() -> Iterator[None]:
    """A Ctrl-C during this block takes effect at its end; a second one at once.

    Python would raise it inside the Python code that ROOT calls from C++ while it makes a class or an object known, and
    that segfaults. The handler that was there comes back with the end of the block. Outside the main thread, where
    Ctrl-C is never raised, this does nothing.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    asked: list[Any] = []

    def note(number: int, frame: Any) -> None:
        asked.append(frame)
        if len(asked) > 1:  # whatever it is that takes so long
            asked.clear()
            before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if asked:
            before(signal.SIGINT, asked[0])
