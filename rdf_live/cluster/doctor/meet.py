# SPDX-License-Identifier: BSD-3-Clause
"""The doctor's end: a port in the place of the scheduler's, and visits to the ports of the node."""

from __future__ import annotations

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from distributed.utils import get_ip

from rdf_live.cluster import ports, tls
from rdf_live.cluster.doctor import wire

__all__ = ["Meeting"]


class Meeting:
    """Waits for the probe where a scheduler would wait for workers, and visits it once it is known where it is.

    Parameters
    ----------
    folder : Path
        With the TLS files of this cluster.
    host : str or None
        Address to listen at and to be reached at, as a profile says it. One that is not of this machine is only told,
        as a scheduler does it.
    among : str or None
        Ports to take the first free one of.

    Raises
    ------
    OSError
        No port is free.

    Attributes
    ----------
    address : str
        As the scheduler's would be.
    hello, report : dict or None
        What the probe has said, whichever way it came.
    told : bool
        The address is not one of this machine: a port of another one leads here.
    direct : bool
        The probe has come in by itself.
    visits : dict
        "worker" and "nanny" to what became of the visit; "own" for one by this machine to its own port.
    stranger : str
        What became of a client without a certificate.
    """

    def __init__(self, folder: Path, host: str | None, among: str | None) -> None:
        self._folder = folder
        self.hello: dict[str, Any] | None = None
        self.report: dict[str, Any] | None = None
        self.direct = False
        self.visits: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()
        self._called = False
        self._host = host or get_ip()
        self.told = host is not None and not ports.own(host)
        listening = wire.free_port("" if host is None or self.told else host, ports.each(among))
        # Dask's own settings, so that what works here works there.
        server: ssl.SSLContext = tls.security(folder).get_listen_args("scheduler")["ssl_context"]
        self._door = wire.Door(listening, server, self._answer)
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.address = f"tls://{shown}:{self._door.port}"
        ca = str(folder / tls.FILES[0])
        self.visits["own"] = wire.visit(self._host, self._door.port, self._tls())
        self.stranger = wire.stranger(self._host, self._door.port, ca)

    def close(self) -> None:
        """Close the port."""
        self._door.close()

    def read(self, printed: str) -> None:
        """Take what the job has printed so far."""
        for message in wire.told(printed):
            self._take(message)
        if self.hello is not None:
            self._call(self.hello)

    def _tls(self) -> ssl.SSLContext:
        return wire.context(*(str(self._folder / name) for name in tls.FILES))

    def _take(self, message: dict[str, Any]) -> None:
        kind = message.get("kind")
        if kind == "hello" and self.hello is None:
            self.hello = message
        # One that ran out of time has what it had until then.
        elif kind == "report" and "facts" in message and (self.report is None or message.get("complete")):
            self.report = message

    def _answer(self, connection: ssl.SSLSocket) -> None:
        for message in wire.receive(connection):
            self._take(message)
            if message.get("kind") == "hello":
                self.direct = True
                # ROOT is tried on the node meanwhile.
                connection.settimeout(None)
                self._call(message)
                wire.send(connection, {"kind": "enough"})
            elif message.get("kind") != "report":
                wire.send(connection, {"kind": "answer"})

    def _call(self, hello: dict[str, Any]) -> None:
        """Visit the ports of the node, once."""
        with self._lock:
            if self._called:
                return
            self._called = True
        address = str(hello.get("address") or "")
        doors = {kind: int(hello.get(f"{kind}_port") or 0) for kind in ("worker", "nanny")}
        known = {kind: port for kind, port in doors.items() if address and port}
        with ThreadPoolExecutor(2) as pool:
            visits = {kind: pool.submit(wire.visit, address, port, self._tls()) for kind, port in known.items()}
            self.visits |= {kind: visit.result() for kind, visit in visits.items()}
        for kind, port in known.items():
            if self.visits[kind]["how"] == "ok":
                wire.visit(address, port, self._tls(), "enough")
                break
