# SPDX-License-Identifier: BSD-3-Clause
"""Writes journals to disk soon after they change, and not more often than the disk deserves."""

from __future__ import annotations

import asyncio
import logging
import time

from rdf_live.jupyter.journal import Journal, Store

__all__ = ["Keeper"]

_PAUSE_S = 0.2
#: Plots that are updated many times a second are written less often than that: their latest frame is what counts.
_BYTES_PER_S = 500_000
_LONGEST_S = 5.0


class Keeper:
    """Flushes each journal at most every 0.2 s, and at once when asked.

    A disk that is full is said once in the log; the journals go on in memory, and it is tried again.
    """

    def __init__(self, store: Store, log: logging.Logger) -> None:
        self.store = store
        self._log = log
        self._failed = False
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._not_before: dict[str, float] = {}

    def changed(self, journal: Journal, *, at_once: bool = False) -> None:
        """Write it soon, or now."""
        if at_once:
            self._flush(journal)
        elif journal.kernel not in self._waiting:
            pause = max(_PAUSE_S, self._not_before.get(journal.kernel, 0.0) - time.monotonic())
            loop = asyncio.get_running_loop()
            self._waiting[journal.kernel] = loop.call_later(pause, self._flush, journal)

    def _flush(self, journal: Journal) -> None:
        if (timer := self._waiting.pop(journal.kernel, None)) is not None:
            timer.cancel()
        try:
            written_bytes = self.store.flush(journal)
        except OSError as error:
            if not self._failed:
                self._log.error("rdf_live: the journal cannot be written and is kept in memory only: %s", error)
            self._failed = True
            self._not_before[journal.kernel] = time.monotonic() + _LONGEST_S
            self.changed(journal)
            return
        if self._failed:
            self._log.info("rdf_live: the journal is written again")
            self._failed = False
        self._not_before[journal.kernel] = time.monotonic() + min(written_bytes / _BYTES_PER_S, _LONGEST_S)

    def close(self) -> None:
        """Stop the timers."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
