# SPDX-License-Identifier: BSD-3-Clause
"""Listens to one kernel with a connection of its own, whether a page is there or not."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Container
from typing import Any

import zmq
from jupyter_client.session import Session
from jupyter_core.utils import ensure_async

from rdf_live.jupyter.journal import Change, Journal, at
from rdf_live.jupyter.server.away import Away
from rdf_live.jupyter.server.messages import message_of, sent_at
from rdf_live.jupyter.server.questions import Questions

__all__ = ["Watcher"]

#: A kernel that starts may need so many seconds until it speaks; a page waits for it anyway.
_PATIENCE_S = 10.0
_NUDGE_S = 0.25
#: Messages that may wait; more are dropped, so that a kernel gone wild does not take the memory of the server.
_WAITING = 100_000
#: How long after a refused connection the next one is tried.
_RECONNECT_MS = 10
#: A kernel that sends without end gets this long, and then others have their turn.
_TURN_S = 0.03
#: Messages that come within this time are taken together.
_TOGETHER_S = 0.05
#: A restart that is reported so soon after the end of a process is the restart of that process.
_SAME_S = 30.0
#: In the place of a password, as JupyterLab shows it.
_HIDDEN = "········"
#: What the kernel says to everybody may come so much later than its answer to the page.
_REPLIED_S = 5.0
#: What a cell says when it is interrupted, and those behind it, comes within this.
_LAST_S = 1.0


class Watcher:
    """Feeds the journal of one kernel.

    Parameters
    ----------
    kernels : MappingKernelManager
        The server's kernels.
    journal : Journal
        Of the kernel.
    changed : callable
        Is given every list of changes, in order; an empty one if only the kernel's state changed.
    away : Away or None
        The kernel has outlived the server that heard it last.
    """

    def __init__(
        self, kernels: Any, journal: Journal, changed: Callable[[list[Change]], None], away: Away | None = None
    ) -> None:
        self.journal = journal
        self._kernels = kernels
        self._kernel = kernels.get_kernel(journal.kernel)
        self._changed = changed
        self._heard = asyncio.Event()
        self._subscribing: asyncio.Task[None] | None = None
        self._session = Session(config=self._kernel.session.config, key=self._kernel.session.key)
        self.questions = Questions(self._session, self._message, self._kernel.connect_stdin, self._asked)
        self._stream = self._listen()
        kernels.add_restart_callback(journal.kernel, self._died, "restart")
        kernels.add_restart_callback(journal.kernel, self._died_for_good, "dead")
        self._subscribe()
        #: What is heard while it is asked what was said before, and what it has told then.
        self._held: deque[list[Any]] | None = None
        self._known: set[str] = set()
        self._catching_up: asyncio.Task[None] | None = None
        self._asking: Any = None
        if away is not None:
            self._held = deque(maxlen=_WAITING)
            self._catching_up = asyncio.create_task(self._catch_up(away))

    def _listen(self) -> Any:
        stream = self._kernel.connect_iopub()
        socket = stream.socket
        # The usual limit of 1000 would drop messages of a kernel that sends quickly. It counts for connections that are
        # made after it was set.
        place = socket.get(zmq.LAST_ENDPOINT)
        socket.set(zmq.RCVHWM, _WAITING)
        # A new process may at once run what waits for it; only who is connected by then hears it.
        socket.set(zmq.RECONNECT_IVL, _RECONNECT_MS)
        socket.disconnect(place)
        socket.connect(place)
        # Messages that wait for a kernel that is gone would keep the server from stopping.
        socket.set(zmq.LINGER, 0)
        self._port = self._kernel.iopub_port
        stream.on_recv(self._receive)
        return stream

    def _subscribe(self) -> None:
        """Begin to ask the kernel's process for a sign, as every new process has to take the subscription anew."""
        if self._subscribing is not None:
            self._subscribing.cancel()
        self._heard.clear()
        self._subscribing = asyncio.create_task(self._nudge())

    async def subscribed(self) -> None:
        """Wait until the kernel is heard: it has taken the subscription, and nothing of before is missing."""
        await self._subscribed()
        if self._catching_up is not None:
            await asyncio.wait([self._catching_up])

    async def _subscribed(self) -> None:
        while (subscribing := self._subscribing) is not None and not subscribing.done():
            # One that is cancelled has a successor, or the kernel is gone.
            await asyncio.wait([subscribing])

    async def _nudge(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not self._heard.is_set() and time.monotonic() < deadline:
            self._follow_port()
            control = self._kernel.connect_control() if self._kernel.control_port else None
            try:
                if control is not None:
                    # Answered on the control channel also by a kernel that is busy, with a status that all hear.
                    self._session.send(control, "kernel_info_request")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._heard.wait(), _NUDGE_S)
            finally:
                if control is not None:
                    control.close(linger=0)

    def _follow_port(self) -> None:
        """A new process may have other ports."""
        if self._kernel.iopub_port not in (0, self._port):
            self._stream.close(linger=0)
            self._stream = self._listen()

    def _receive(self, parts: list[Any]) -> None:
        """Take a message, and those that come soon after it together: to wake up is what costs."""
        self._heard.set()
        self._stream.stop_on_recv()
        asyncio.get_running_loop().call_later(_TOGETHER_S, self._drain)
        self._take(parts)

    def _drain(self) -> None:
        if self._stream.closed():
            return
        deadline = time.monotonic() + _TURN_S
        try:
            with contextlib.suppress(zmq.Again):
                while time.monotonic() < deadline:
                    self._take(self._stream.socket.recv_multipart(zmq.NOBLOCK))
        finally:
            # Whatever went wrong with one message, those that follow are heard.
            self._stream.on_recv(self._receive)

    def _take(self, parts: list[Any]) -> None:
        if self._held is not None:
            self._held.append(parts)
            return
        message = self._message(parts)
        if message is None or message["header"].get("msg_id") in self._known:
            return
        # What comes after the first that is new is new too.
        self._known.clear()
        self._note(message, time.time())

    def _note(self, message: dict[str, Any], now: float) -> None:
        alive = self.journal.kernel_info["alive"]
        changes = self.journal.message(message, now)
        self._let_go()
        if changes or alive != self.journal.kernel_info["alive"]:
            self._changed(changes)

    def _message(self, parts: list[Any]) -> dict[str, Any] | None:
        return message_of(self._session, parts)

    async def _catch_up(self, away: Away) -> None:
        """Hear what was said while no server was there, and only then what is said now."""
        assert self._held is not None
        try:
            self._changed(self.journal.disowned(time.time()))
            await self._subscribed()
            complete, said = await away.ask(self.journal.heard, self._held[-1] if self._held else None)
            left = [] if complete else [one.id for one in self.journal.executions.values() if one.open]
            if left:
                self._changed(self.journal.unheard(away.notice, time.time()))
                self._end_when_answered(left, away.reason)
            deadline = time.monotonic() + _TURN_S
            for message in filter(None, map(self._message, said)):
                self._note_past(message)
                if time.monotonic() > deadline:
                    await asyncio.sleep(0)
                    deadline = time.monotonic() + _TURN_S
        finally:
            self._release()

    def _note_past(self, message: dict[str, Any]) -> None:
        self._note(message, sent_at(message))
        self._known.add(message["header"]["msg_id"])

    def _release(self) -> None:
        """Take what was held."""
        held, self._held = self._held, None
        if held is None:
            return
        for message in filter(None, map(self._message, held)):
            if message["header"]["msg_id"] not in self._known:
                self._note_past(message)
        self._tell_state()

    def _tell_state(self) -> None:
        """Let the server know whether the kernel is busy, which it has not heard itself."""
        self._kernel.execution_state = "idle" if self.journal.running is None else "busy"

    def _end_when_answered(self, ids: list[str], reason: str) -> None:
        """What it was asked for before, the kernel has done by the time of its answer."""
        self._asking = stream = self._kernel.connect_shell()

        def answered(parts: list[Any]) -> None:
            stream.close(linger=0)
            asyncio.get_running_loop().call_later(_REPLIED_S, self._end_unheard, ids, reason)

        stream.on_recv(answered)
        self._session.send(stream, "kernel_info_request")

    def _end_unheard(self, ids: list[str], reason: str) -> None:
        if not self._stream.closed() and (changes := self.journal.ended_unheard(ids, reason, time.time())):
            self._changed(changes)
            self._tell_state()

    def waits_for(self, session: str) -> bool:
        """True if a page has asked for something that has not ended, and so may be asked in turn."""
        return any(one.open and one.session == session for one in self.journal.executions.values())

    def _let_go(self) -> None:
        for session in self.questions.sessions:
            if not self.waits_for(session):
                self.questions.let_go(session)

    def _asked(self, id: str, question: dict[str, Any]) -> None:
        self._changed(self.journal.asks(id, question, time.time()))

    def answered(self) -> None:
        """The page that was asked has answered."""
        if changes := self.journal.answered(time.time()):
            self._changed(changes)

    def answer(self, id: str, asked: float, value: str, there: Container[str]) -> None:
        """Another page answers in the place of one that is gone.

        Parameters
        ----------
        id : str
            Of the execution.
        asked : float
            When it asked: an answer that comes late is not for the next question.
        there : container of str
            Pages that can answer themselves.
        """
        execution = self.journal.asking
        if execution is None or execution.id != id or execution.asks is None or execution.session in there:
            return
        if execution.asks["time"] == asked:
            self.questions.answer(execution.session, value)
            shown = _HIDDEN if execution.asks["password"] else value
            self._changed(self.journal.answered(time.time(), f"{execution.asks['prompt']}{shown}\n"))

    def request(self, id: str, cell: str, session: str, source: str) -> None:
        """A page asks for an execution."""
        self._changed([self.journal.request(id, cell, session, source, time.time())])

    def replied(self, id: str, status: str) -> None:
        """The kernel has answered a page, which it does at the end of an execution."""
        asyncio.get_running_loop().call_later(_REPLIED_S, self._take_reply, id, status)

    def _take_reply(self, id: str, status: str) -> None:
        if self._stream.closed():
            return
        if changes := self.journal.replied(id, status, time.time()):
            self._changed(changes)

    def lost(self, reason: str, *, alive: bool) -> None:
        """The kernel's process has ended."""
        if self._catching_up is not None and self._held is not None:
            self._catching_up.cancel()
            self._release()
        self._drain()
        self.questions.close()
        self._changed(self.journal.kernel_lost(reason, time.time(), alive=alive))
        if alive:
            self._subscribe()

    async def interrupted(self, reason: str) -> None:
        """Interrupt what runs, and hear what comes of it and of what is queued behind it: for a moment."""
        left = [one.id for one in self.journal.executions.values() if one.open]
        if not left:
            return
        try:
            await asyncio.wait_for(ensure_async(self._kernels.interrupt_kernel(self.journal.kernel)), _LAST_S)
        except Exception:
            # It has gone already, or cannot be interrupted.
            return
        end = time.monotonic() + _LAST_S
        while any(one.open for one in self.journal.executions.values()) and time.monotonic() < end:
            await asyncio.sleep(_TOGETHER_S)
        self._drain()
        self._changed(self.journal.interrupted(left, reason, time.time()))

    def _died(self) -> None:
        self.lost(f"The kernel died at {at(time.time())} and was started again.", alive=True)

    def _died_for_good(self) -> None:
        self.lost(f"The kernel died at {at(time.time())} and could not be started again.", alive=False)

    def restarted(self) -> None:
        """The server says that the kernel was restarted; the kernel itself may have said so before."""
        since = self.journal.kernel_info["since"]
        known = since is not None and time.time() - since < _SAME_S
        if not known:
            self.lost(f"The kernel was restarted at {at(time.time())}.", alive=True)
        elif not self.journal.kernel_info["alive"]:
            self.journal.kernel_info["alive"] = True
            self._changed([])
        if known:
            self._subscribe()

    def shut_down(self) -> None:
        """The kernel is gone."""
        if self.journal.kernel_info["alive"]:
            self.lost(f"The kernel was shut down at {at(time.time())}.", alive=False)
        self.close()

    def close(self) -> None:
        """Stop listening. An iopub connection that stays open keeps the server from stopping."""
        self.questions.close()
        # What is held comes after what this server has yet to ask for: the next one asks for both.
        self._held = None
        for task in (self._subscribing, self._catching_up):
            if task is not None:
                task.cancel()
        self._subscribing = self._catching_up = None
        if self._asking is not None and not self._asking.closed():
            self._asking.close(linger=0)
        if not self._stream.closed():
            self._stream.on_recv(None)
            self._stream.close(linger=0)
        if self.journal.kernel in self._kernels:
            self._kernels.remove_restart_callback(self.journal.kernel, self._died, "restart")
            self._kernels.remove_restart_callback(self.journal.kernel, self._died_for_good, "dead")
