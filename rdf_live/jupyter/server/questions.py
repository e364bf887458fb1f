# SPDX-License-Identifier: BSD-3-Clause
"""What ``input()`` asks when the page that started the cell is gone: kept, so that another page can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jupyter_client.session import Session

__all__ = ["Questions"]

#: Makes a message of its parts; None if the kernel has not signed it.
Read = Callable[[list[Any]], "dict[str, Any] | None"]


class Questions:
    """The stdin channels of the pages of one kernel that are gone. A kernel asks only the page that started the cell.

    Everything runs on the server's event loop.

    Parameters
    ----------
    session : Session
        Signs as the kernel expects.
    read : callable
        Makes a message of its parts.
    asked : callable
        Is given the id of the execution, and ``{"prompt": str, "password": bool}``.
    """

    def __init__(self, session: Session, read: Read, asked: Callable[[str, dict[str, Any]], None]) -> None:
        self._session = session
        self._read = read
        self._asked = asked
        self._kept: dict[str, Any] = {}

    @property
    def sessions(self) -> list[str]:
        """The pages whose channels are kept."""
        return list(self._kept)

    def keep(self, session: str, stream: Any, waiting: Iterable[list[Any]] = ()) -> None:
        """Take the channel of a page that is gone, and what has come through it already."""
        self.let_go(session)
        self._kept[session] = stream
        stream.on_recv(self.take)
        for parts in waiting:
            self.take(parts)

    def take(self, parts: list[Any]) -> None:
        """A message of the kernel on a stdin channel, whoever it was for."""
        message = self._read(parts)
        if message is None or message["header"].get("msg_type") != "input_request":
            return
        content = message["content"]
        question = {"prompt": str(content.get("prompt", "")), "password": content.get("password") is True}
        self._asked(str(message["parent_header"].get("msg_id", "")), question)

    def answer(self, session: str, value: str) -> bool:
        """Answer in the place of a page that is gone; False if its channel is not here."""
        if session not in self._kept:
            return False
        self._session.send(self._kept[session], "input_reply", {"value": value})
        return True

    def let_go(self, session: str) -> None:
        """Close the channel of a page: it comes back, or waits for nothing any more."""
        if (stream := self._kept.pop(session, None)) is not None and not stream.closed():
            stream.close(linger=0)

    def close(self) -> None:
        """Close all."""
        for session in self.sessions:
            self.let_go(session)
