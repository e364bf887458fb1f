# SPDX-License-Identifier: BSD-3-Clause
"""What a kernel that outlives its server has said while no server was there."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_client.session import Session

from rdf_live.jupyter.journal import Change, Journal, at
from rdf_live.jupyter.server import recorder
from rdf_live.jupyter.server.lasting_record import Record
from rdf_live.jupyter.server.messages import message_of, sent_at

__all__ = ["Away", "last_words"]

#: A process that does not answer must not keep the server from anything.
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Away:
    """The time between two servers.

    Attributes
    ----------
    record : Record
        Of the kernel.
    since : float
        When something was written of it last, in seconds since 1970.
    """

    record: Record
    since: float

    async def ask(self, last: str, held: list[Any] | None) -> tuple[bool, list[Any]]:
        """What the kernel has said after the message `last`, at least up to the message `held`.

        Returns
        -------
        tuple
            Whether that is all of it, and the messages, as they were sent.
        """
        until = "" if held is None else recorder.message_id([bytes(part) for part in held])
        key = self.record.connection["key"].encode()
        asked = in_thread(recorder.ask, self.record.said, key, last, until)
        with contextlib.suppress(TimeoutError):
            answer: tuple[bool, list[Any]] | None = await asyncio.wait_for(asked, _PATIENCE_S)
            if answer is not None:
                return answer
        return False, []

    @property
    def _when(self) -> str:
        return f"between {at(self.since)} and {at(time.time())}, while the Jupyter server was away"

    @property
    def notice(self) -> str:
        """In the place of what nobody knows."""
        return f"[rdf_live: what was shown {self._when}, is not known]\n"

    @property
    def reason(self) -> str:
        """Why nobody knows how a cell has ended."""
        return f"It ended {self._when}: nobody knows how."


async def last_words(record: Record, journal: Journal) -> list[Change]:
    """Let the journal hear what a kernel has said that died while no server was there."""
    _, said = await Away(record, 0.0).ask(journal.heard, None)
    session = Session(key=record.connection["key"].encode())
    messages = [message_of(session, parts) for parts in said]
    return [change for one in messages if one is not None for change in journal.message(one, sent_at(one))]


def in_thread(function: Callable[..., Any], *given: Any) -> asyncio.Future[Any]:
    """Call it in a thread that nobody waits for, not even at the end of the server."""
    loop = asyncio.get_running_loop()
    result = loop.create_future()

    def settle(value: Any) -> None:
        if not result.done():
            result.set_result(value)

    def call() -> None:
        value = function(*given)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, value)

    threading.Thread(target=call, daemon=True).start()
    return result
