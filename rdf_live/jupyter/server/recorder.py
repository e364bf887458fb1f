# SPDX-License-Identifier: BSD-3-Clause
"""The process beside a kernel that outlives its server: ``python -m rdf_live.jupyter.server.recorder FILE PID PLACE``.

FILE is the kernel's connection file, PID the number of its process. It remembers what the kernel has said last, for a
server that comes later; where to ask it stands in the file PLACE. When the kernel has ended, what it has said last is
in PLACE, for the case that no server was there at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

from rdf_live.jupyter.server.lasting_record import began

__all__ = ["Said", "ask", "main", "message_id"]

#: What is older than the newest of that many bytes is forgotten.
_MOST_BYTES = 64_000_000
_LOOK_S = 0.5
#: The server may have heard a little more than this process.
_PATIENCE_S = 2.0
_DELIMITER = b"<IDS|MSG>"
Parts = list[bytes]


def message_id(parts: Parts) -> str:
    """Id of a message of iopub, as it is sent."""
    try:
        return str(json.loads(parts[parts.index(_DELIMITER) + 2])["msg_id"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""


class Said:
    """What a kernel has said last."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._messages: deque[Parts] = deque()
        self._bytes = 0
        self._forgotten = False
        self._more = threading.Condition()

    def add(self, parts: Parts) -> None:
        """Remember one more."""
        with self._more:
            self._messages.append(parts)
            self._bytes += sum(map(len, parts))
            while self._bytes > self._most_bytes:
                self._bytes -= sum(map(len, self._messages.popleft()))
                self._forgotten = True
            self._more.notify_all()

    def since(self, last: str, until: str = "") -> tuple[bool, list[Parts]]:
        """What was said after the message `last`, at least up to the message `until`.

        Returns
        -------
        tuple
            Whether nothing is missing between, and the messages.
        """
        end = time.monotonic() + _PATIENCE_S
        with self._more:
            while until and not any(message_id(one) == until for one in reversed(self._messages)):
                if not self._more.wait(end - time.monotonic()):
                    break
            after: list[Parts] = []
            for parts in reversed(self._messages):
                if message_id(parts) == last:
                    return True, after[::-1]
                after.append(parts)
            # What came before this process has listened was heard by the server that has started it. But a process
            # that has heard nothing at all knows nothing.
            return bool(after or not last) and not self._forgotten, after[::-1]


def ask(place: Path, key: bytes, last: str, until: str) -> tuple[bool, list[Parts]] | None:
    """What the kernel of that place has said after `last`; None if nobody knows.

    Blocks until the answer is there.
    """
    # That process may have been killed, and the file may be damaged in any way.
    with contextlib.suppress(Exception):
        known = place.read_bytes()
        if known.startswith(b"{"):
            with Client(json.loads(known)["address"], authkey=key) as line:
                line.send((last, until))
                answer: tuple[bool, list[Parts]] = line.recv()
                return answer
        said = Said()
        for parts in pickle.loads(known):
            said.add(parts)
        return said.since(last)
    return None


def main(argv: list[str]) -> int:
    """Remember until the kernel ends.

    Returns
    -------
    int
        Exit status.
    """
    file, pid, place = Path(argv[0]), int(argv[1]), Path(argv[2])
    os.umask(0o077)
    client = BlockingKernelClient()
    client.load_connection_file(str(file))
    said, messages = Said(), _subscribe(client)
    # In a folder of its own, below /tmp, where nobody else may look: not every home directory can have it.
    listener = Listener(family="AF_UNIX", authkey=client.session.key)
    _write(place, json.dumps({"address": listener.address}).encode())
    threading.Thread(target=_answer, args=(listener, said), daemon=True).start()
    # Not its child, but the server's, or nobody's: it must not be taken for a later process with the same number.
    born = began(pid)
    while born is not None and began(pid) == born:
        if messages.poll(1000 * _LOOK_S):
            for parts in _waiting(messages):
                said.add(parts)
    for parts in _waiting(messages):
        said.add(parts)
    if place.exists():
        _write(place, pickle.dumps(said.since("")[1]))
        # A server that has shut the kernel down has forgotten it, perhaps in this moment.
        if not place.with_name(f"{place.name.partition('.')[0]}.json").exists():
            place.unlink(missing_ok=True)
    return 0


def _subscribe(client: Any) -> Any:
    context: Any = zmq.Context()
    # As many messages as come: the kernel drops what nobody takes.
    context.setsockopt(zmq.RCVHWM, 0)
    client.context = context
    messages = client.connect_iopub()
    messages.set(zmq.LINGER, 0)
    return messages


def _waiting(messages: Any) -> Iterator[Parts]:
    with contextlib.suppress(zmq.Again):
        while True:
            yield messages.recv_multipart(zmq.NOBLOCK)


def _answer(listener: Listener, said: Said) -> None:
    while True:
        # Whoever does not know the key.
        with contextlib.suppress(Exception), listener.accept() as line:
            assert isinstance(line, Connection)
            line.send(said.since(*line.recv()))


def _write(place: Path, data: bytes) -> None:
    with contextlib.suppress(OSError):
        new = place.with_suffix(".new")
        new.write_bytes(data)
        new.replace(place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
