# SPDX-License-Identifier: BSD-3-Clause
"""Writes journals to disk soon after they change, and not more often than the disk deserves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from rdf_live.jupyter.journal import Journal, Store

__all__ = ["Keeper"]

_PAUSE_S = 0.2
#: Plots that are updated many times a second are written less often than that: their latest frame is what counts.
_BYTES_PER_S = 500_000
_LONGEST_S = 5.0


class Keeper:
    """Writes each journal at most every 0.2 s, and at once when asked.

    The folder may be on a network: it is written to by a thread, one journal after the other. A disk that is full is
    said once in the log; the journals go on in memory, and it is tried again.
    """

    def __init__(self, store: Store, log: logging.Logger) -> None:
        self.store = store
        self._log = log
        self._lock = asyncio.Lock()
        self._waiting: dict[str, tuple[asyncio.TimerHandle, Journal]] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._not_before: dict[str, float] = {}
        #: Kernels whose journal could not be written, and when it is tried again.
        self._failed: dict[str, float] = {}

    def changed(self, journal: Journal, *, at_once: bool = False) -> None:
        """Write it soon, or now. It never waits."""
        loop, kernel = asyncio.get_running_loop(), journal.kernel
        soon = loop.time() if at_once else max(loop.time() + _PAUSE_S, self._not_before.get(kernel, 0.0))
        when = max(soon, self._failed.get(kernel, 0.0))
        if kernel in self._waiting:
            timer, _ = self._waiting[kernel]
            if timer.when() <= when:
                return
            timer.cancel()
        self._waiting[kernel] = loop.call_at(when, self._begin, journal), journal

    def _begin(self, journal: Journal) -> None:
        self._waiting.pop(journal.kernel, None)
        task = asyncio.create_task(self._write(journal))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, journal: Journal) -> None:
        async with self._lock:
            kernel, now = journal.kernel, asyncio.get_running_loop().time
            if now() < self._failed.get(kernel, 0.0):
                # While this one waited for its turn.
                self.changed(journal)
                return
            try:
                written_bytes = await asyncio.to_thread(self.store.prepared(journal))
            except OSError as error:
                if not self._failed:
                    self._log.error("rdf_live: the journal cannot be written and is kept in memory only: %s", error)
                self._failed[kernel] = now() + _LONGEST_S
                self.changed(journal)
                return
            self._not_before[kernel] = now() + min(written_bytes / _BYTES_PER_S, _LONGEST_S)
            if self._failed.pop(kernel, None) is not None and not self._failed:
                self._log.info("rdf_live: the journal is written again")

    async def write_all(self, journals: Iterable[Journal]) -> None:
        """Write these, and what waits; comes back when that was done or has failed."""
        due = {journal.kernel: journal for journal in journals}
        due |= {kernel: journal for kernel, (_, journal) in self._waiting.items()}
        self.close()
        self._failed.clear()
        for journal in due.values():
            self._begin(journal)
        if self._writing:
            await asyncio.wait(self._writing)

    def close(self) -> None:
        """Stop the timers."""
        for timer, _ in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
