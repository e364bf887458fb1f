# SPDX-License-Identifier: BSD-3-Clause
"""What ``input()`` asks when the page that started the cell is gone: kept, so that another page can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import zmq
from jupyter_client.session import Session

__all__ = ["Questions"]

#: So long an answer may take to a kernel that does not listen at once.
_LINGER_MS = 1000
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
    connect : callable
        Makes a new stdin channel.
    asked : callable
        Is given the id of the execution, and ``{"prompt": str, "password": bool}``.
    """

    def __init__(
        self, session: Session, read: Read, connect: Callable[[], Any], asked: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._session = session
        self._read = read
        self._connect = connect
        self._asked = asked
        self._kept: dict[str, Any] = {}
        #: What came through a kept channel and was not answered: the page that comes back has to hear it.
        self._open: dict[str, list[Any]] = {}

    @property
    def sessions(self) -> list[str]:
        """The pages whose channels are kept."""
        return list(self._kept)

    def keep(self, session: str, stream: Any, waiting: Iterable[list[Any]] = ()) -> None:
        """Take the channel of a page that is gone, and what has come through it already."""
        self.let_go(session)
        self._kept[session] = stream
        stream.on_recv(lambda parts: self._take_for(session, parts))
        for parts in waiting:
            self._take_for(session, parts)

    def _take_for(self, session: str, parts: list[Any]) -> None:
        if self.take(parts):
            self._open[session] = parts

    def take(self, parts: list[Any]) -> bool:
        """A message of the kernel on a stdin channel, whoever it was for; False if it asks nothing."""
        message = self._read(parts)
        if message is None or message["header"].get("msg_type") != "input_request":
            return False
        content = message["content"]
        question = {"prompt": str(content.get("prompt", "")), "password": content.get("password") is True}
        self._asked(str(message["parent_header"].get("msg_id", "")), question)
        return True

    def answer(self, session: str, value: str) -> None:
        """Answer in the place of a page that is gone."""
        self._open.pop(session, None)
        if (stream := self._kept.get(session)) is not None:
            self._session.send(stream, "input_reply", {"value": value})
            return
        # A kernel takes an answer from whoever knows its key.
        stream = self._connect()
        self._session.send(stream, "input_reply", {"value": value})
        stream.flush(zmq.POLLOUT)
        stream.close(linger=_LINGER_MS)

    def let_go(self, session: str) -> list[Any] | None:
        """Close the channel of a page, which comes back or waits for nothing any more; gives what it is asked still."""
        if (stream := self._kept.pop(session, None)) is not None and not stream.closed():
            stream.close(linger=0)
        return self._open.pop(session, None)

    def close(self) -> None:
        """Close all."""
        for session in self.sessions:
            self.let_go(session)
