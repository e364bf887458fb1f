# SPDX-License-Identifier: BSD-3-Clause
"""A line between browser and server that can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading


class CutLine:
    """Passes everything on to a port of this machine, until it is cut.

    Parameters
    ----------
    port : int
        Where the server listens.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._connections: set[socket.socket] = set()
        self._broken = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and let none through from now on."""
        self._broken = True
        for connection in list(self._connections):
            self._end(connection)

    def mend(self) -> None:
        """Let connections through again."""
        self._broken = False

    def close(self) -> None:
        """Cut for good."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                if self._broken:
                    here.close()
                    continue
                there = socket.create_connection(("127.0.0.1", self._server))
                self._connections |= {here, there}
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for connection in (source, target):
            self._end(connection)

    def _end(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            # A thread that waits for its data would keep a socket open that is only closed.
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        self._connections.discard(connection)
