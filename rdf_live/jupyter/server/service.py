# SPDX-License-Identifier: BSD-3-Clause
"""What happens in the server: kernels are watched, pages follow, and journals are kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async

from rdf_live.jupyter.journal import Change, Journal, Store, at, merged
from rdf_live.jupyter.server.away import Away, last_words
from rdf_live.jupyter.server.keeper import Keeper
from rdf_live.jupyter.server.lasting import Lasting
from rdf_live.jupyter.server.lasting_record import Record
from rdf_live.jupyter.server.presence import Page, Presence
from rdf_live.jupyter.server.sessions import local, renamed, session_of
from rdf_live.jupyter.server.watcher import Watcher
from rdf_live.jupyter.server.writeback import Writer

if TYPE_CHECKING:
    from rdf_live.jupyter.server.follow import FollowHandler

__all__ = ["Service"]

#: A page that was connected at the end of an execution has its outputs after this time at the latest.
_ARRIVED_S = 2.0
_UNKNOWN = {"id": None, "alive": True, "since": None, "reason": None}


class Service:
    """Knows the kernels, the pages and the journals. All but writing to disk runs in the server's one thread.

    Parameters
    ----------
    serverapp : ServerApp
        The server.
    store : Store
        The journals on disk.
    lasting : Lasting
        The kernels that outlive the server.
    log : Logger
        The server's.
    """

    def __init__(self, serverapp: Any, store: Store, lasting: Lasting, log: logging.Logger) -> None:
        self._serverapp = serverapp
        self._log = log
        self.store = store
        self.lasting = lasting
        self.keeper = Keeper(store, log)
        self.writer = Writer(serverapp)
        self.presence = Presence(time.time())
        self.watchers: dict[str, Watcher] = {}
        self._followers: set[FollowHandler] = set()
        self._kernels_told: dict[str, dict[str, Any]] = {}
        #: Of the kernels that have outlived a server and are not listened to yet.
        self._away: dict[str, Away] = {}

    @property
    def kernels(self) -> Any:
        """The server's kernels."""
        return self._serverapp.kernel_manager

    # Kernels.

    async def watch(self, kernel_id: str) -> Journal:
        """Listen to a kernel, if nobody does yet; comes back when it is heard."""
        if kernel_id not in self.watchers:
            journal, away = self.store.open(kernel_id), self._away.pop(kernel_id, None)
            self.watchers[kernel_id] = Watcher(self.kernels, journal, lambda got: self._changed(journal, got), away)
        watcher = self.watchers[kernel_id]
        await watcher.subscribed()
        journal = watcher.journal
        if (session := await session_of(self._serverapp.session_manager, kernel_id)) is not None:
            self.lasting.note([session])
            if session["type"] == "notebook":
                journal.path = local(session["path"])
        return journal

    async def take_up(self) -> None:
        """Find the kernels that have outlived the server before this one."""
        for record in await self.lasting.take_up(self.store.watched_elsewhere):
            try:
                await self._taken_up(record)
            except Exception as error:
                # Whatever is wrong with one, the others are taken up.
                self._log.warning("rdf_live: the journal of the kernel %s cannot go on: %s", record.kernel, error)

    async def _taken_up(self, record: Record) -> None:
        kernel = record.kernel
        if kernel in self.kernels:
            heard = self.store.heard(kernel) if kernel in self.store.kernels() else time.time()
            self._away[kernel] = Away(record, heard)
            if any(one.open for one in self.store.open(kernel).executions.values()):
                self.kernels.get_kernel(kernel).execution_state = "busy"
            return
        if kernel in self.store.kernels():
            journal = self.store.open(kernel)
            changes = await last_words(record, journal)
            reason = "The kernel died while the Jupyter server was away."
            self._changed(journal, changes + journal.kernel_lost(reason, time.time(), alive=False))
        record.remove(kernel)

    async def note_sessions(self) -> None:
        """Which kernel has which notebook may change without a word."""
        self.lasting.note(await ensure_async(self._serverapp.session_manager.list_sessions()))

    def request(self, kernel_id: str, id: str, cell: str, session: str, source: str) -> None:
        """A page asks a kernel for an execution."""
        if kernel_id in self.watchers:
            self.watchers[kernel_id].request(id, cell, session, source)

    def replied(self, kernel_id: str, id: str, status: str) -> None:
        """A kernel answers the page that asked for an execution."""
        if kernel_id in self.watchers:
            self.watchers[kernel_id].replied(id, status)

    def asked(self, kernel_id: str, parts: list[Any]) -> None:
        """A kernel asks a page something."""
        if kernel_id in self.watchers:
            self.watchers[kernel_id].questions.take(parts)

    def answered(self, kernel_id: str) -> None:
        """A page answers."""
        if kernel_id in self.watchers:
            self.watchers[kernel_id].answered()

    def answer(self, path: str, id: str, asked: float, value: str) -> None:
        """A page answers in the place of the one that was asked, and is gone."""
        for watcher in self.watchers.values():
            if watcher.journal.path == path:
                watcher.answer(id, asked, value, self._connected(path))

    def _connected(self, path: str) -> set[str]:
        """The pages that have a connection to the kernel of a notebook."""
        return {page.session for page in self.presence.of(path) if not page.follows}

    def stdin_of(self, kernel_id: str, session: str, stream: Any, waiting: list[list[Any]]) -> bool:
        """A page goes; True if its stdin channel is kept, as somebody may still be asked through it."""
        watcher = self.watchers.get(kernel_id)
        if watcher is None or stream is None or stream.closed() or not watcher.waits_for(session):
            return False
        if session in self._connected(watcher.journal.path):
            # It is back already, through another connection.
            return False
        watcher.questions.keep(session, stream, waiting)
        return True

    async def on_kernel(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        """The server did something to a kernel."""
        kernel_id = data.get("kernel_id", "")
        if data.get("status") != "success" or kernel_id not in self.watchers:
            return
        if data["action"] == "restart":
            self.watchers[kernel_id].restarted()

    def kernel_gone(self, kernel_id: str) -> None:
        """The server has no such kernel any more."""
        self.watchers.pop(kernel_id).shut_down()

    def _changed(self, journal: Journal, changes: list[Change]) -> None:
        at_once = False
        for change in changes:
            execution = change.execution
            if change.message is None:
                at_once = at_once or execution.state != "running"
                if not execution.open:
                    self._ended(journal, execution.id, execution.session)
            self._tell_change(journal.path, change)
        self._tell_kernel(journal)
        self.keeper.changed(journal, at_once=at_once)

    def _ended(self, journal: Journal, id: str, session: str) -> None:
        for page in self.presence.of(journal.path):
            if page.session == session:
                page.held.add(id)

    def end_orphans(self, journal: Journal) -> None:
        """End what a server that is gone has left open, unless the kernel lives or somebody else watches it."""
        kernel_id = journal.kernel
        left = [one for one in journal.executions.values() if one.open]
        if not left or kernel_id in self.kernels or self.store.watched_elsewhere(kernel_id):
            return
        reason = f"The Jupyter server went away; it was last heard at {at(self.store.heard(kernel_id))}."
        self._changed(journal, journal.kernel_lost(reason, time.time(), alive=False))

    # Pages.

    async def page_comes(self, kernel_id: str, session: str) -> Page:
        """A page connects to a kernel."""
        journal = await self.watch(kernel_id)
        # It makes its own channel, under the same name.
        question = self.watchers[kernel_id].questions.let_go(session)
        page = Page(session, journal.path, question=question)
        self.presence.come(page)
        self._tell_sessions(page.path)
        # The same page as before: the server gives it what it missed.
        page.held |= {one.id for one in journal.executions.values() if one.session == session and not one.open}
        return page

    def page_goes(self, page: Page, *, clean: bool) -> None:
        """A page's connection to a kernel, or to us, is closed."""
        self.presence.go(page, clean=clean, time=time.time())
        self._tell_sessions(page.path)

    def follow(self, follower: FollowHandler) -> None:
        """A page begins to follow its notebook."""
        self.presence.come(follower.page)
        self._tell_sessions(follower.page.path)
        self._followers.add(follower)
        self.tell_all(follower)
        if (written := self.writer.written(follower.page.path)) is not None:
            follower.tell({"type": "written", **written})

    def unfollow(self, follower: FollowHandler, *, clean: bool) -> None:
        """A page does not follow any more."""
        self._followers.discard(follower)
        self.page_goes(follower.page, clean=clean)

    def hold(self, page: Page, ids: Iterable[str]) -> None:
        """A page has restored these executions."""
        page.held |= set(ids)

    def leaving(self, page: Page) -> None:
        """A page goes for good."""
        self.presence.leave(page.session)

    # What pages are told.

    def journals(self, path: str) -> list[Journal]:
        """The journals of a notebook."""
        journals = self.store.journals(path)
        for journal in journals:
            if journal.kernel not in self.watchers:
                self.end_orphans(journal)
        return journals

    def snapshot(self, path: str, since: int = 0) -> dict[str, Any] | None:
        """The snapshot of a notebook; None if it has no journal."""
        journals = self.journals(local(path))
        return merged(journals, since) if journals else None

    def tell_all(self, follower: FollowHandler) -> None:
        """Send the whole snapshot."""
        path, session = follower.page.path, follower.page.session
        nothing = {"version": 1, "path": path, "kernel": _UNKNOWN, "seq": 0, "executions": []}
        pages = {"sessions": self.presence.sessions(path), "left": self.presence.left(path, session)}
        follower.tell({"type": "snapshot", **(self.snapshot(path) or nothing), **pages})

    def _tell_sessions(self, path: str) -> None:
        self._tell(path, {"type": "sessions", "sessions": self.presence.sessions(path)})

    def _tell(self, path: str, what: dict[str, Any], *, but: str | None = None) -> None:
        for follower in list(self._followers):
            if follower.page.path == path and follower.page.session != but:
                follower.tell(what)

    def _tell_change(self, path: str, change: Change) -> None:
        execution = change.execution
        if change.message is None:
            state = execution.to_json(outputs=False)
            self._tell(path, {"type": "state", "seq": change.seq, "execution": state})
        else:
            # The page that asked has it from the kernel.
            sent = {"type": "message", "seq": change.seq, "id": execution.id, "message": change.message}
            self._tell(path, sent, but=execution.session)

    def _tell_kernel(self, journal: Journal) -> None:
        if self._kernels_told.get(journal.kernel) != journal.kernel_info:
            self._kernels_told[journal.kernel] = dict(journal.kernel_info)
            self._tell(journal.path, {"type": "kernel", "kernel": journal.kernel_info})

    def tell_written(self, path: str) -> None:
        """The file has a new version, made by us."""
        if (written := self.writer.written(path)) is not None:
            self._tell(path, {"type": "written", **written})

    # Files.

    async def on_contents(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        """The server did something to a file."""
        action, path = data.get("action", ""), local(data.get("path", ""))
        if action == "rename":
            await self._renamed(local(data.get("source_path", "")), path)
        elif action == "delete" and path:
            self.writer.forget(path)
            for journal in self.store.drop(path, self.watchers):
                self.keeper.changed(journal, at_once=True)
        elif self.writer.ours(action, path):
            return
        elif action == "save":
            self.writer.forget(path)
            self._page_saved(path)
        elif action == "get" and not self.writer.shared():
            # Perhaps a page that opens. Shared documents look at their files all the time.
            self.presence.read(path, time.time())

    def _page_saved(self, path: str) -> None:
        pages = self.presence.of(path)
        held: set[str] = set().union(*(page.held for page in pages))
        arrived = time.time() - _ARRIVED_S
        for journal in self.store.loaded(path):
            mine = [id for id in held if id in journal.executions]
            self.mark_saved(journal, [id for id in mine if (journal.executions[id].ended or 0) < arrived])

    def mark_saved(self, journal: Journal, ids: Iterable[str]) -> None:
        """These are in the file."""
        if changes := journal.saved(ids, time.time()):
            self._changed(journal, changes)

    async def _renamed(self, old: str, new: str) -> None:
        """A notebook, or a folder, has another path now."""
        below = [path for path in self._paths() if path == old or path.startswith(f"{old}/")]
        for journal in self.store.rename(old, new):
            self.keeper.changed(journal, at_once=True)
        for path in below:
            now = new + path[len(old) :]
            self.presence.rename(path, now)
            self.writer.rename(path, now)
            self._tell(now, {"type": "renamed", "path": now})
        self.lasting.note(await renamed(self._serverapp.session_manager, old, new))

    def _paths(self) -> set[str]:
        return self.store.paths() | {page.path for page in self.presence.pages}
