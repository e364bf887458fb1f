# SPDX-License-Identifier: BSD-3-Clause
"""What the doctor sends to a node in the place of a worker: ``python -m rdf_live.cluster.doctor.probe ...``.

It takes the command line of a worker. What it finds goes two ways: as marked lines to its standard output, which the
batch system brings home whatever the firewalls do, and over a TLS connection to the doctor where that works.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from rdf_live.cluster import ports
from rdf_live.cluster.doctor import wire
from rdf_live.cluster.doctor.facts import facts, root_process, root_result

__all__ = ["DEADLINE_S", "main"]

#: Seconds after which it ends by itself, with what it has.
DEADLINE_S = 50.0
#: Seconds after which ROOT is given up, and those for which the doctor's visit is waited for.
_ROOT_S, _VISIT_S = 40.0, 20.0


def main(argv: Sequence[str]) -> int:
    """Find out what this node has and whom it reaches.

    Parameters
    ----------
    argv : sequence of str
        As a Dask worker gets it; what is of no use here is ignored.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("scheduler")
    for name in ("--worker-port", "--nanny-port", "--local-directory"):
        parser.add_argument(name, default="")
    for name in ("--tls-ca-file", "--tls-cert", "--tls-key"):
        parser.add_argument(name, default="")
    Probe(parser.parse_known_args(argv)[0]).run()
    return 0


class Probe:
    """One visit to a node.

    Parameters
    ----------
    arguments : Namespace
        Of the command line.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._begin = time.monotonic()
        self._arguments = arguments
        self._report: dict[str, Any] = {"kind": "report", "complete": False}
        self._connection: ssl.SSLSocket | None = None
        # The doctor has tried everything.
        self._visited = threading.Event()
        address = urlsplit(arguments.scheduler)
        self._host, self._port = address.hostname or "", address.port or 0

    def run(self) -> None:
        """Do everything and tell it."""
        # In a thread: a file system that hangs must not keep the slot.
        watchdog = threading.Timer(DEADLINE_S, self._give_up)
        watchdog.daemon = True
        watchdog.start()
        scratch = self._arguments.local_directory or os.getcwd()
        self._report["facts"] = facts(scratch)
        root = root_process()
        doors = self._doors()
        self._reach()
        self._tell({"kind": "hello", **doors, "host": self._report["facts"]["host"]})
        visit_ends = time.monotonic() + _VISIT_S
        if address := doors["address"]:
            self._report["self"] = self._call_self(address, doors["worker_port"])
        self._report["root"] = root_result(root, self._begin + _ROOT_S - time.monotonic())
        # At least a moment, for what the doctor has sent meanwhile.
        self._wait(max(visit_ends - time.monotonic(), 1.0))
        self._report["complete"] = True
        self._tell(self._report)

    def _give_up(self) -> None:
        # Not over the connection, which somebody may be using.
        print("\n" + wire.MARK + json.dumps(self._report), flush=True)
        os._exit(0)

    def _tell(self, message: dict[str, Any]) -> None:
        print(wire.MARK + json.dumps(message), flush=True)
        if self._connection is not None:
            with contextlib.suppress(OSError):
                wire.send(self._connection, message)

    def _files(self) -> tuple[str, str, str]:
        given = self._arguments
        return given.tls_ca_file, given.tls_cert, given.tls_key

    def _doors(self) -> dict[str, Any]:
        """Listen where a worker and its nanny would."""
        found: dict[str, Any] = {"address": "", "worker_port": 0, "nanny_port": 0}
        if reason := wire.unreadable(*self._files()):
            self._report["tls"] = reason
            return found
        self._report["tls"] = ""
        found["address"] = wire.own_address(self._host)
        tls = wire.context(*self._files(), server=True)
        for kind, given in (("worker", self._arguments.worker_port), ("nanny", self._arguments.nanny_port)):
            try:
                door = wire.Door(wire.free_port("", ports.each(given)), tls, self._answer)
            except OSError as error:
                self._report[f"{kind}_door"] = f"{given}: {error.strerror or error}"
            else:
                found[f"{kind}_port"] = door.port
        return found

    def _answer(self, connection: ssl.SSLSocket) -> None:
        """Somebody with the certificate has come in: the doctor."""
        for message in wire.receive(connection):
            wire.send(connection, {"kind": "answer"})
            if message.get("kind") == "enough":
                self._visited.set()

    def _reach(self) -> None:
        """Go where a worker would go first."""
        if self._report["tls"]:
            # Whether a firewall is in the way can be seen without any key: TLS without one is refused, but by somebody.
            self._report["scheduler"] = wire.reached(self._host, self._port)
            return
        try:
            self._connection = wire.connect(self._host, self._port, wire.context(*self._files()))
            self._report["scheduler"] = {"how": "ok"}
        except wire.Unreached as error:
            self._report["scheduler"] = {"how": error.how, "text": str(error)}
            return
        self._report["stranger"] = wire.stranger(self._host, self._port, self._arguments.tls_ca_file)

    def _wait(self, seconds: float) -> None:
        """Until the doctor has tried the doors."""
        if self._connection is None:
            self._visited.wait(seconds if not self._report["tls"] else 0)
            return
        # Read here and not in a thread: a TLS connection is not to be read and written at the same time.
        self._connection.settimeout(seconds)
        with contextlib.suppress(OSError, ValueError):
            for message in wire.receive(self._connection):
                if message.get("kind") == "enough":
                    return

    def _call_self(self, address: str, port: int) -> dict[str, str]:
        """As one worker calls another on the same node."""
        return wire.visit(address, port, wire.context(*self._files())) if port else {"how": "closed"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
