# SPDX-License-Identifier: BSD-3-Clause
"""Connections between the doctor and its probe: lines of JSON over TLS, the same code at both ends.

Only the standard library: the probe must be able to tell what is wrong with a node that lacks everything else.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = [
    "MARK",
    "TIMEOUT_S",
    "Door",
    "Unreached",
    "connect",
    "context",
    "free_port",
    "own_address",
    "reached",
    "receive",
    "send",
    "stranger",
    "told",
    "unreadable",
    "visit",
]

#: Begins the lines of the probe among whatever else a job prints.
MARK = "rdf_live-probe: "
#: Seconds that a connection, and an answer over it, may take.
TIMEOUT_S = 6.0
_LONGEST_LINE = 1 << 20


class Unreached(Exception):
    """A connection failed.

    Attributes
    ----------
    how : str
        name (not resolved), silent (no answer: a firewall that drops), refused (nobody listens there, or a firewall
        that rejects), unroutable, or tls.
    """

    def __init__(self, how: str, text: str) -> None:
        super().__init__(text)
        self.how = how


def context(ca: str, certificate: str = "", key: str = "", *, server: bool = False) -> ssl.SSLContext:
    """TLS as Dask has it: both sides show the certificate of the cluster; without one this is a stranger."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(ca)
    if certificate:
        made.load_cert_chain(certificate, key)
    return made


def connect(host: str, port: int, tls: ssl.SSLContext) -> ssl.SSLSocket:
    """Open a connection.

    Raises
    ------
    Unreached
        With the stage at which it failed.
    """
    try:
        plain = socket.create_connection((host, port), timeout=TIMEOUT_S)
    except OSError as error:
        raise unreached(error) from error
    try:
        return tls.wrap_socket(plain, server_hostname=host)
    except OSError as error:  # ssl.SSLError is one
        plain.close()
        raise Unreached("tls", f"the port answers, but not with TLS of this cluster ({error})") from error


def unreached(error: OSError) -> Unreached:
    """What it means that a connection could not be made."""
    if isinstance(error, socket.gaierror):
        return Unreached("name", f"the name is not known there ({error.strerror})")
    if isinstance(error, TimeoutError):
        return Unreached("silent", "no answer")
    if isinstance(error, ConnectionRefusedError):
        return Unreached("refused", "refused")
    return Unreached("unroutable", str(error.strerror or error))


def send(connection: ssl.SSLSocket, message: dict[str, Any]) -> None:
    """Send one message."""
    connection.sendall(json.dumps(message).encode() + b"\n")


def receive(connection: ssl.SSLSocket) -> Iterator[dict[str, Any]]:
    """Messages until the other side closes.

    Raises
    ------
    OSError, ValueError
        The connection broke, or what came is no message.
    """
    with connection.makefile("rb") as lines:
        while line := lines.readline(_LONGEST_LINE):
            message = json.loads(line)
            if not isinstance(message, dict):
                raise ValueError(f"got {line[:40]!r}, expected an object")
            yield message


def told(text: str) -> Iterator[dict[str, Any]]:
    """Messages in what a job has printed so far; a line that is not finished yet is left out."""
    for line in text.splitlines(keepends=True):
        _, mark, rest = line.partition(MARK)
        if mark and rest.endswith("\n"):
            with contextlib.suppress(ValueError):
                message = json.loads(rest)
                if isinstance(message, dict):
                    yield message


def stranger(host: str, port: int, ca: str) -> str:
    """What becomes of a client that speaks TLS but has no certificate: "refused", "let in" or "not reached"."""
    try:
        with connect(host, port, context(ca)) as connection:
            # With TLS 1.3 the client learns only from the answer that it was refused.
            send(connection, {"kind": "stranger"})
            return "let in" if next(receive(connection), None) else "refused"
    except Unreached as error:
        return "refused" if error.how == "tls" else "not reached"
    except (OSError, ValueError):
        return "refused"


def visit(host: str, port: int, tls: ssl.SSLContext, kind: str = "visit") -> dict[str, str]:
    """Go to a door, say something and wait for the answer: ``how`` is "ok" or that of `Unreached`, ``text`` more."""
    try:
        with connect(host, port, tls) as connection:
            send(connection, {"kind": kind})
            if next(receive(connection), None) is not None:
                return {"how": "ok"}
            return {"how": "tls", "text": "the connection was closed without an answer"}
    except Unreached as error:
        return {"how": error.how, "text": str(error)}
    except (OSError, ValueError) as error:
        return {"how": "tls", "text": str(error)}


def reached(host: str, port: int) -> dict[str, str]:
    """Whether anybody listens there, without TLS."""
    try:
        socket.create_connection((host, port), timeout=TIMEOUT_S).close()
    except OSError as error:
        failed = unreached(error)
        return {"how": failed.how, "text": str(failed)}
    return {"how": "ok"}


def free_port(host: str, ports: Iterator[int]) -> socket.socket:
    """A socket that listens at the first port that is free.

    Raises
    ------
    OSError
        None is.
    """
    last: OSError = OSError("no port was given")
    for port in ports:
        try:
            return socket.create_server((host, port), family=_family(host), backlog=16)
        except OSError as error:
            last = error
    raise last


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Door:
    """Accepts connections of the cluster's members in threads of its own, until it is closed.

    Parameters
    ----------
    listening : socket
        Bound.
    tls : SSLContext
        Of a server.
    answer : callable
        Has a conversation, in a thread of its own; a connection that breaks ends it quietly.
    """

    def __init__(self, listening: socket.socket, tls: ssl.SSLContext, answer: Callable[[ssl.SSLSocket], None]) -> None:
        self._listening = listening
        self._tls = tls
        self._answer = answer
        self.port: int = listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept nobody any more."""
        with contextlib.suppress(OSError):
            # Wakes the thread that accepts, which close alone does not.
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(plain,), daemon=True).start()

    def _talk(self, plain: socket.socket) -> None:
        plain.settimeout(TIMEOUT_S)
        with plain, contextlib.suppress(OSError, ValueError), self._tls.wrap_socket(plain, server_side=True) as opened:
            self._answer(opened)


def own_address(towards: str) -> str:
    """The address of this machine on the way to `towards`, as Dask finds that of a worker; nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(_family(towards), socket.SOCK_DGRAM) as found:
        found.connect((towards, 80))
        return str(found.getsockname()[0])
    return "127.0.0.1"


def unreadable(*paths: str) -> str:
    """Why TLS files cannot be used: empty when they can."""
    for path in paths:
        if not os.path.exists(path):
            return f"{Path(path).absolute()} is not there"
        if not os.access(path, os.R_OK):
            return f"{Path(path).absolute()} may not be read"
    return ""
