# SPDX-License-Identifier: BSD-3-Clause
"""The journal of one kernel: what was asked, what became of it, made of the messages that pass."""

from __future__ import annotations

import itertools
import time as clock
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rdf_live.jupyter.journal.execution import Execution
from rdf_live.jupyter.journal.limits import Limits
from rdf_live.jupyter.journal.message_parts import OUTPUTS, count, display_id, mapping, words
from rdf_live.jupyter.journal.outputs import Outputs

__all__ = ["Change", "Journal", "at"]

AFTER_ERROR = "Not run, because a cell before it failed or was interrupted."


def at(time: float) -> str:
    """A time for people: ``10:41``.

    Parameters
    ----------
    time : float
        Seconds since 1970.
    """
    return clock.strftime("%H:%M", clock.localtime(time))


@dataclass(frozen=True)
class Change:
    """One step of the journal.

    Attributes
    ----------
    seq : int
        Larger than that of every change before.
    execution : Execution
        What has changed.
    message : dict or None
        ``msg_type``, ``content`` and ``metadata`` of the message that changed outputs; None if the state changed.
    """

    seq: int
    execution: Execution
    message: dict[str, Any] | None = None


class Journal:
    """Reduces what passes between pages and one kernel to the state of each execution.

    It knows no clock: every method is told the time. It never raises on odd messages.

    Parameters
    ----------
    kernel : str
        Id of the kernel.
    limits : Limits
        Caps of each execution.

    Attributes
    ----------
    path : str
        Of the notebook, as the server names it now.
    seq : int
        Of the last change. It follows the clock, so that the journals of two kernels of one notebook have one order.
    executions : dict
        By id, in the order in which they were asked for.
    heard : str
        Id of the last message of the kernel.
    kernel_info : dict
        ``id``, ``alive``, ``since`` (seconds since 1970) and ``reason`` (a sentence).
    """

    def __init__(self, kernel: str, *, limits: Limits | None = None) -> None:
        self.kernel = kernel
        self.limits = limits or Limits()
        self.path = ""
        self.seq = 0
        self.heard = ""
        self.executions: dict[str, Execution] = {}
        self.kernel_info: dict[str, Any] = {"id": kernel, "alive": True, "since": None, "reason": None}
        #: header.session of the kernel's process, and of those before it.
        self._process: str | None = None
        self._ended_processes: set[str] = set()
        #: Widgets that take what an execution shows now: ``with output:``.
        self._taking: dict[str, str] = {}

    @property
    def running(self) -> Execution | None:
        """The execution that runs now."""
        return next((one for one in self.executions.values() if one.state == "running"), None)

    @property
    def asking(self) -> Execution | None:
        """The execution that waits for an answer; that it runs may be heard a little later."""
        return next((one for one in self.executions.values() if one.asks is not None), None)

    @property
    def queued(self) -> list[Execution]:
        """Those that wait, in order."""
        return [one for one in self.executions.values() if one.state == "queued"]

    def _changed(self, execution: Execution, time: float, message: dict[str, Any] | None = None) -> Change:
        self.seq = max(self.seq + 1, int(time * 1000))
        execution.seq = self.seq
        # What has a hole must not take the place of what a page has.
        execution.saved = execution.saved or execution.incomplete
        return Change(self.seq, execution, message)

    def request(self, id: str, cell: str, session: str, source: str, time: float) -> Change:
        """An execute_request passes on its way to the kernel."""
        outputs = Outputs(self.limits)
        execution = Execution(id=id, cell=cell, session=session, source=source, queued=time, outputs=outputs)
        self.executions.pop(id, None)
        self.executions[id] = execution
        if not self.kernel_info["alive"]:
            self.kernel_info |= {"alive": True, "since": time, "reason": None}
        return self._changed(execution, time)

    def message(self, msg: Mapping[str, Any], time: float) -> list[Change]:
        """Take any message of the kernel's iopub channel.

        Parameters
        ----------
        msg : mapping
            With ``header``, ``parent_header``, ``metadata`` and ``content``.

        Returns
        -------
        list of Change
            Empty for a message that changes nothing here. A display update changes every execution that shows it.
        """
        header, parent, content = (mapping(msg.get(part)) for part in ("header", "parent_header", "content"))
        kind = words(header.get("msg_type"))
        self.heard = words(header.get("msg_id")) or self.heard
        changes = self._note_process(header, parent, time)
        if kind == "shutdown_reply":
            restart = content.get("restart") is True
            done = "restarted" if restart else "shut down"
            return changes + self.kernel_lost(f"The kernel was {done} at {at(time)}.", time, alive=restart)
        execution = self.executions.get(words(parent.get("msg_id")))
        if kind in ("comm_open", "comm_msg"):
            self._note_taking(content)
        elif kind in OUTPUTS and execution is not None and execution.id in self._taking.values():
            # Pages show it in the widget, and not in the cell.
            return changes
        if kind in OUTPUTS:
            sent = {"msg_type": kind, "content": dict(content), "metadata": dict(mapping(msg.get("metadata")))}
            return changes + self._output(execution, sent, time)
        if execution is None:
            return changes
        if kind == "execute_input":
            if execution.count is None:
                execution.count = count(content.get("execution_count")) or 0
                if execution.open or words(header.get("session")) not in self._ended_processes:
                    self._run(execution, time)
                changes.append(self._changed(execution, time))
        elif not execution.open:
            return changes
        elif kind == "status" and content.get("execution_state") == "busy" and execution.state == "queued":
            self._begin(execution, time)
            changes.append(self._changed(execution, time))
        elif kind == "status" and content.get("execution_state") == "idle":
            changes.append(self._end(execution, time))
        return changes

    def replied(self, id: str, status: str, time: float) -> list[Change]:
        """The kernel has answered the page that asked: the execution has ended, also where no message said so.

        Parameters
        ----------
        id : str
            Id of the request.
        status : str
            "ok", "error" or "aborted".
        """
        execution = self.executions.get(id)
        if execution is None or execution.state == status:
            return []
        if status not in ("ok", "error"):
            given_up = execution.open or execution.incomplete
            return [self._abort(execution, time)] if given_up and execution.state != "lost" else []
        if execution.state in ("ok", "error") and not execution.incomplete:
            return []
        # It has run, whatever was said of it. Its number stays open where its beginning was not heard.
        self._supersede(execution)
        execution.state, execution.reason, execution.ended, execution.asks = status, None, time, None
        return [self._changed(execution, time)]

    def _begin(self, execution: Execution, time: float) -> None:
        if execution.state == "queued":
            execution.state = "running"
            execution.started = time

    def _run(self, execution: Execution, time: float) -> None:
        """It runs, also where it had been given up: a new process takes what was sent to the one before it."""
        if not execution.open:
            execution.state, execution.reason, execution.ended, execution.saved = "queued", None, None, False
        self._begin(execution, time)
        self._supersede(execution)

    def _end(self, execution: Execution, time: float) -> Change:
        if execution.count is None and execution.state == "running" and not execution.outputs.items:
            return self._abort(execution, time)
        execution.ended, execution.asks = time, None
        execution.state = "error" if execution.outputs.failed else "ok"
        self._supersede(execution)
        return self._changed(execution, time)

    def _abort(self, execution: Execution, time: float) -> Change:
        execution.ended, execution.asks = time, None
        execution.state, execution.started, execution.reason = "aborted", None, AFTER_ERROR
        return self._changed(execution, time)

    def _supersede(self, execution: Execution) -> None:
        """Of each cell only the newest execution that has run is of use to anybody."""
        before = itertools.takewhile(lambda one: one is not execution, list(self.executions.values()))
        for one in before:
            if one.cell == execution.cell and not one.open:
                del self.executions[one.id]

    def _output(self, execution: Execution | None, sent: dict[str, Any], time: float) -> list[Change]:
        kind, content = sent["msg_type"], sent["content"]
        changes: list[Change] = []
        name = display_id(content) if kind in ("update_display_data", "display_data", "execute_result") else None
        if name is not None:
            # Front ends update what is shown under that name already, whatever kind of message brings it anew.
            update = {**sent, "msg_type": "update_display_data"}
            holders = [one for one in self.executions.values() if name in one.outputs.display_ids]
            for one in holders:
                one.outputs.update(content)
            changes = [self._output_change(one, update, time) for one in holders]
        if kind != "update_display_data" and execution is not None:
            execution.outputs.take(kind, content)
            changes.append(self._output_change(execution, sent, time))
        return changes

    def _output_change(self, execution: Execution, sent: dict[str, Any], time: float) -> Change:
        execution.saved = False
        return self._changed(execution, time, sent)

    def _note_process(self, header: Mapping[str, Any], parent: Mapping[str, Any], time: float) -> list[Change]:
        session = words(header.get("session"))
        # Some kernels answer under the session of whoever asked: that says nothing about their process.
        if not session or session == parent.get("session") or session in self._ended_processes:
            return []
        if session == self._process:
            return []
        known, self._process = self._process, session
        if known is None:
            return []
        self._ended_processes.add(known)
        return self._lose(f"The kernel was restarted at {at(time)}.", time, spare=words(parent.get("msg_id")))

    def _note_taking(self, content: Mapping[str, Any]) -> None:
        """A widget begins to take what an execution shows, or ends it."""
        widget, state = words(content.get("comm_id")), mapping(mapping(content.get("data")).get("state"))
        if "msg_id" in state:
            self._taking.pop(widget, None)
            if taken := words(state["msg_id"]):
                self._taking[widget] = taken

    def asks(self, id: str, question: dict[str, Any], time: float) -> list[Change]:
        """The kernel waits for an answer: ``input()``."""
        execution = self.executions.get(id)
        if execution is None or not execution.open:
            return []
        execution.asks = {**question, "time": time}
        return [self._changed(execution, time)]

    def answered(self, time: float, text: str | None = None) -> list[Change]:
        """It goes on; `text` is what the cell shows of the question and its answer, if no page does that itself."""
        execution = self.asking
        if execution is None:
            return []
        execution.asks = None
        changes = []
        if text is not None:
            sent = {"msg_type": "stream", "content": {"name": "stdout", "text": text}, "metadata": {}}
            changes = self._output(execution, sent, time)
        # Last, for whoever has heard of this state takes all that came before it for known.
        return [*changes, self._changed(execution, time)]

    def kernel_lost(self, reason: str, time: float, *, alive: bool) -> list[Change]:
        """The kernel's process ended.

        Parameters
        ----------
        reason : str
            A sentence.
        alive : bool
            There is a new process in its place.
        """
        if self._process is not None:
            self._ended_processes.add(self._process)
            self._process = None
        self.kernel_info |= {"alive": alive, "since": time, "reason": reason}
        return self._lose(reason, time)

    def _lose(self, reason: str, time: float, spare: str = "") -> list[Change]:
        """End what is open, but for what was asked from `spare` on."""
        self.kernel_info |= {"since": time, "reason": reason}
        self._taking.clear()
        changes = []
        for execution in self.executions.values():
            if spare and execution.id == spare:
                break
            if execution.open:
                execution.state = "lost" if execution.state == "running" else "aborted"
                execution.ended, execution.asks = time, None
                execution.reason = reason
                changes.append(self._changed(execution, time))
        return changes

    def disowned(self, time: float) -> list[Change]:
        """No page is told any more what comes of what it has asked for: all of it is nobody's."""
        left = [one for one in self.executions.values() if one.open and one.session]
        for execution in left:
            execution.session = ""
        return [self._changed(execution, time) for execution in left]

    def unheard(self, notice: str, time: float) -> list[Change]:
        """What the running execution has shown for a while is not known; `notice` says so in its place."""
        sent = {"msg_type": "stream", "content": {"name": "stderr", "text": notice}, "metadata": {}}
        return self._output(self.running, sent, time) if self.running is not None else []

    def ended_unheard(self, ids: Iterable[str], reason: str, time: float) -> list[Change]:
        """These have ended, nobody knows how."""
        left = [self.executions[id] for id in ids if id in self.executions and self.executions[id].open]
        for execution in left:
            execution.state, execution.ended, execution.asks, execution.reason = "lost", time, None, reason
        return [self._changed(execution, time) for execution in left]

    def interrupted(self, ids: Iterable[str], reason: str, time: float) -> list[Change]:
        """These were interrupted by nobody's wish: those that ended by it have that reason."""
        ended = [self.executions[id] for id in ids if id in self.executions]
        changed = []
        for execution in ended:
            if execution.state == "error" and execution.outputs.interrupted:
                execution.state, execution.reason = "lost", reason
                changed.append(execution)
            elif execution.state == "aborted":
                execution.reason = reason
                changed.append(execution)
        return [self._changed(execution, time) for execution in changed]

    def saved(self, ids: Iterable[str], time: float = 0) -> list[Change]:
        """The notebook was saved with the outputs of these executions; those that go on are not touched."""
        found = [self.executions[id] for id in ids if id in self.executions]
        done = [one for one in found if not one.open and not one.saved]
        for execution in done:
            execution.saved = True
        return [self._changed(execution, time) for execution in done]

    def forget(self, before: float, most: int, most_bytes: float = float("inf")) -> None:
        """Drop executions that ended before that time, and the oldest if there is more than `most` of them."""
        number, size_bytes = 0, 0
        for execution in reversed([one for one in self.executions.values() if not one.open]):
            number, size_bytes = number + 1, size_bytes + execution.outputs.size_bytes
            if (execution.ended or 0) < before or number > most or size_bytes > most_bytes:
                del self.executions[execution.id]

    def snapshot(self, since: int = 0) -> dict[str, Any]:
        """Everything that changed after that seq; of each cell only the newest execution."""
        newest = {one.cell: one for one in self.executions.values()}
        chosen = [one for one in self.executions.values() if newest[one.cell] is one and one.seq > since]
        return {
            "version": 1,
            "path": self.path,
            "kernel": dict(self.kernel_info),
            "seq": self.seq,
            "executions": [one.to_json() for one in chosen],
        }
