# SPDX-License-Identifier: BSD-3-Clause
"""What the extension does by the clock: writes back what no page will save, and keeps the folder tidy."""

from __future__ import annotations

import asyncio
import logging
import time

from tornado import web

from rdf_live.jupyter.journal import Execution, Journal, at, newest_executions
from rdf_live.jupyter.server.service import Service

__all__ = ["Rounds"]

_LOOK_S = 0.5
_TOUCH_S = 60.0
_PRUNE_S = 3600.0
_NOTE_S = 5.0
#: A cell that goes on is written now and then.
_LONG_S = 30.0
#: After a file could not be written.
_AGAIN_S = 10.0
_STOP_S = 3.0
_GONE_S = 1.0
_DAY_S = 86_400.0


class Rounds:
    """Looks at every notebook twice a second; what has not changed costs next to nothing.

    Parameters
    ----------
    service : Service
        Knows pages and journals.
    log : Logger
        The server's.
    """

    def __init__(self, service: Service, log: logging.Logger) -> None:
        self._service = service
        self._log = log
        #: Of each execution the seq with which it was tried to be written, and when.
        self._tried: dict[str, tuple[int, float]] = {}
        self._not_before: dict[str, float] = {}
        #: Kernels that are not on the server's list, and since when.
        self._gone: dict[str, float] = {}
        self._touched = self._pruned = self._noted = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the server's loop."""
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        recovered = False
        while True:
            try:
                if not recovered:
                    recovered = True
                    await self._recover()
                await self._round(time.time())
            except Exception:
                # One that fails must not be the last one.
                self._log.exception("rdf_live: a look at the notebooks failed")
                await asyncio.sleep(_AGAIN_S)
            await asyncio.sleep(_LOOK_S)

    async def _round(self, now: float) -> None:
        store = self._service.store
        if now - self._touched > _TOUCH_S:
            self._touched = now
            store.touch()
        if now - self._pruned > _PRUNE_S:
            self._pruned = now
            store.prune(now, self._service.watchers)
            self._tried = {id: (seq, tried) for id, (seq, tried) in self._tried.items() if now - tried < _DAY_S}
        if now - self._noted > _NOTE_S:
            self._noted = now
            await self._service.note_sessions()
        self._note_gone(now)
        # A console has no notebook.
        for path in {"", *store.paths()}:
            if now >= self._not_before.get(path, 0.0):
                try:
                    await self._look(path, now)
                except Exception as error:
                    # Whatever is wrong with one notebook, the others are looked after.
                    self._put_off(path, now, f"rdf_live: the journal of {path} cannot be looked after: {error}")

    def _put_off(self, path: str, now: float, why: str) -> None:
        if self._not_before.get(path, 0.0) < now - 3600:
            self._log.warning(why)
        self._not_before[path] = now + _AGAIN_S

    def _note_gone(self, now: float) -> None:
        """Not every kernel that goes is announced; one that is restarted may be off the list for a moment."""
        gone = [kernel for kernel in self._service.watchers if kernel not in self._service.kernels]
        self._gone = {kernel: self._gone.get(kernel, now) for kernel in gone}
        for kernel in gone:
            if now - self._gone[kernel] >= _GONE_S:
                self._service.kernel_gone(kernel)

    async def _recover(self) -> None:
        """Read what earlier servers have left, and listen again to the kernels that outlived them."""
        # Each may take a while.
        living = [kernel for kernel in self._service.store.kernels() if kernel in self._service.kernels]
        watched = await asyncio.gather(*map(self._service.watch, living), return_exceptions=True)
        for kernel, error in zip(living, watched, strict=True):
            if isinstance(error, Exception):
                self._log.warning("rdf_live: the journal of the kernel %s cannot be read: %s", kernel, error)
        for kernel in self._service.store.kernels():
            try:
                if kernel in living:
                    continue
                if kernel not in self._service.watchers and not self._service.store.watched_elsewhere(kernel):
                    journal = self._service.store.open(kernel)
                    self._service.end_orphans(journal)
                    if all(one.saved for one in journal.executions.values()):
                        self._service.store.release(kernel)
            except Exception as error:
                self._log.warning("rdf_live: the journal of the kernel %s cannot be read: %s", kernel, error)
            await asyncio.sleep(0)

    async def _look(self, path: str, now: float) -> None:
        journals = self._service.store.loaded(path)
        if not journals or not self._service.presence.nobody(path, now):
            return
        unsaved = [one for _, one in self._unsaved(journals)] if path else []
        due = [one for one in unsaved if self._due(one, now)]
        if due:
            await self._write(path, due, now)
        elif all(one.id in self._tried for one in unsaved):
            # What could not be put into a cell stays on disk for the page that shows it beside.
            for journal in journals:
                if journal.kernel not in self._service.watchers:
                    self._release(journal)

    def _release(self, journal: Journal) -> None:
        if not self._service.store.release(journal.kernel):
            self._service.keeper.changed(journal)

    @staticmethod
    def _unsaved(journals: list[Journal]) -> list[tuple[Journal, Execution]]:
        newest = [(journal, journal.executions[id]) for journal, id in newest_executions(journals)]
        return [(journal, one) for journal, one in newest if not one.saved and one.state != "queued"]

    def _due(self, execution: Execution, now: float) -> bool:
        seq, tried = self._tried.get(execution.id, (0, execution.started or now))
        return execution.seq != seq and (not execution.open or now - tried > _LONG_S)

    async def _write(self, path: str, executions: list[Execution], now: float) -> None:
        seqs = {one.id: one.seq for one in executions}
        reads = self._service.presence.reads(path)
        try:
            written = await self._service.writer.write(path, executions)
        except Exception as error:
            if isinstance(error, web.HTTPError) and error.status_code == 404:
                # The notebook was deleted, and its outputs with it.
                self._tried |= {id: (seq, now) for id, seq in seqs.items()}
                return
            # A contents manager may raise anything, and the next notebook must be written whatever happens to this.
            self._put_off(path, now, f"rdf_live: outputs could not be written into {path}: {error}")
            return
        self._tried |= {id: (seq, now) for id, seq in seqs.items()}
        if written:
            self._log.info("rdf_live: outputs of %d cells were written into %s", len(written), path)
            # Whoever read the notebook meanwhile may have it without them, and must get them from the journal.
            if self._service.presence.reads(path) != reads or self._service.presence.of(path):
                written = []
            for journal in self._service.store.loaded(path):
                same = [id for id in written if id in journal.executions and journal.executions[id].seq == seqs[id]]
                self._service.mark_saved(journal, same)
            self._service.tell_written(path)

    async def stop(self) -> None:
        """The server stops: end what is open, write everything, and let go of the kernels."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        service = self._service
        staying = service.lasting.staying()
        ending = [watcher for kernel, watcher in service.watchers.items() if kernel not in staying]
        reason = f"The Jupyter server was stopped at {at(time.time())}."
        # The server interrupts them anyway, and what a cell says then, or the cells behind it, nobody would hear.
        await asyncio.gather(*(watcher.interrupted(reason) for watcher in ending), return_exceptions=True)
        for watcher in ending:
            watcher.lost(reason, alive=False)
        for watcher in service.watchers.values():
            watcher.close()
        try:
            await asyncio.wait_for(self._write_all(), _STOP_S)
        except TimeoutError:
            self._log.warning("rdf_live: not every notebook could be written before the server stopped")
        journals = [watcher.journal for watcher in service.watchers.values()]
        await asyncio.wait([asyncio.ensure_future(service.keeper.write_all(journals))], timeout=_STOP_S)
        service.keeper.close()
        # Last, as a page that asks meanwhile must not hear that its kernel is gone.
        for kernel in staying:
            service.lasting.let_go(kernel)

    async def _write_all(self) -> None:
        now = time.time()
        if self._service.writer.shared():
            # Shared documents may not get to disk any more: the journal restores it next time.
            return
        for path in self._service.store.paths():
            if not self._service.presence.of(path):
                unsaved = [one for _, one in self._unsaved(self._service.store.loaded(path))]
                if unsaved:
                    await self._write(path, unsaved, now)
