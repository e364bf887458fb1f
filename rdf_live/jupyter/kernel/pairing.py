# SPDX-License-Identifier: BSD-3-Clause
"""Puts together what two sources tell: a kernel's iopub channel, which says what happens, and the kernel itself, which
says in which cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdf_live.jupyter.journal import Change, Journal

__all__ = ["Pairing"]

#: The kernel tells the cell before the cell runs, so a front end without cells is known by then.
_PATIENCE_S = 1.0


class Pairing:
    """Feeds a journal.

    Either source may be first. The messages of an execution wait for its cell, but not for long: a front end without
    cells, as a console is one, has executions that are cells of their own.

    Parameters
    ----------
    journal : Journal
        Of the kernel.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._cells: dict[str, str] = {}
        self._waiting: dict[str, list[Mapping[str, Any]]] = {}
        self._until: dict[str, float] = {}
        #: Whether the kernel has said that it ends.
        self.farewell = False

    def told(self, about: Mapping[str, Any], time: float) -> list[Change]:
        """The kernel says in which cell an execution is.

        Parameters
        ----------
        about : mapping
            ``id`` (message id of the request), ``cell`` or None, ``notebook`` or None; of an execution that began
            before anybody listened also ``source``, ``session`` and ``count``.
        time : float
            Seconds since 1970.
        """
        id = about.get("id")
        notebook, cell = about.get("notebook"), about.get("cell")
        if isinstance(notebook, str):
            self._journal.path = notebook
        if not isinstance(id, str) or id in self._journal.executions:
            return []
        self._cells[id] = cell if isinstance(cell, str) else id
        if "source" in about:
            header = {"msg_id": id, "session": about.get("session")}
            content = {"code": about["source"], "execution_count": about.get("count")}
            self._waiting.setdefault(id, []).insert(0, {"parent_header": header, **_input(content)})
        return self._release(id, time) if id in self._waiting else []

    def heard(self, message: Mapping[str, Any], time: float) -> list[Change]:
        """A message of iopub."""
        kind, id = message["header"].get("msg_type"), message["parent_header"].get("msg_id")
        self.farewell = self.farewell or kind == "shutdown_reply"
        if id in self._waiting:
            self._waiting[id].append(message)
            return []
        if kind == "execute_input" and isinstance(id, str) and id not in self._journal.executions:
            self._waiting[id] = [message]
            self._until[id] = time + _PATIENCE_S
            return self._release(id, time) if id in self._cells else []
        return self._journal.message(message, time)

    def settle(self, time: float, *, at_once: bool = False) -> list[Change]:
        """Take the executions that have waited long enough for their cell."""
        late = [id for id in self._waiting if at_once or self._until.get(id, 0.0) <= time]
        return [change for id in late for change in self._release(id, time)]

    @property
    def waits(self) -> bool:
        """True while executions wait for their cells."""
        return bool(self._waiting)

    def _release(self, id: str, time: float) -> list[Change]:
        messages = self._waiting.pop(id)
        self._until.pop(id, None)
        first = messages[0]
        session, source = first["parent_header"].get("session"), first["content"].get("code")
        changes = [self._journal.request(id, self._cells.pop(id, id), str(session), str(source), time)]
        for message in messages:
            changes += self._journal.message(message, time)
        return changes


def _input(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"header": {"msg_type": "execute_input"}, "metadata": {}, "content": content}
