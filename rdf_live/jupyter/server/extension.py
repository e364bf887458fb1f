# SPDX-License-Identifier: BSD-3-Clause
"""The extension as the Jupyter server loads it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from traitlets import Unicode, default

from rdf_live.jupyter.journal import Store
from rdf_live.jupyter.server import follow, runs_handlers
from rdf_live.jupyter.server.connection import journaled
from rdf_live.jupyter.server.lasting import Lasting
from rdf_live.jupyter.server.rounds import Rounds
from rdf_live.jupyter.server.service import Service

__all__ = ["ReconnectionApp"]

_EVENTS = "https://events.jupyter.org/jupyter_server"
_CLASS = "kernel_websocket_connection_class"
#: It executes cells in the server, keeps their outputs itself, and has a connection class of its own.
_KEEPS_OUTPUTS = "jupyter_server_documents"


class ReconnectionApp(ExtensionApp):
    """Keeps what the kernels of notebooks do while no page looks."""

    name = "rdf_live"
    extension_url = "/rdf-live"

    folder = Unicode(help="Where the journals lie.").tag(config=True)

    @default("folder")
    def _default_folder(self) -> str:
        return str(Path(jupyter_data_dir()) / "rdf_live" / "journal")

    def initialize_settings(self) -> None:
        """Begin to listen."""
        self._service: Service | None = None
        server: Any = self.serverapp
        other = server.extension_manager.extensions.get(_KEEPS_OUTPUTS)
        if other is not None and other.enabled:
            self.log.info("rdf_live: jupyter-server-documents keeps outputs itself; no journal is kept beside it")
            return
        try:
            store = Store(Path(self.folder) / _name_of(server))
        except OSError as error:
            self.log.error("rdf_live: no journal is kept: %s", error)
            return
        self._service = Service(server, store, Lasting(server, _name_of(server), self.log), self.log)
        self._rounds = Rounds(self._service, self.log)
        self.settings[_CLASS] = journaled(self.settings[_CLASS], self._service)
        self._taken_up = False
        if not server.io_loop.asyncio_loop.is_running():
            # Before a page can ask for a kernel of its notebook, and gets a new one.
            server.io_loop.run_sync(self._take_up)
        events = server.event_logger
        events.add_listener(schema_id=f"{_EVENTS}/kernel_actions/v1", listener=self._service.on_kernel)
        events.add_listener(schema_id=f"{_EVENTS}/contents_service/v1", listener=self._service.on_contents)

    def initialize_handlers(self) -> None:
        """Add the addresses below ``rdf-live/api``."""
        self.handlers.extend(runs_handlers.handlers("/"))
        if self._service is not None:
            self.handlers.extend(follow.handlers(self._service))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self._service is not None:
            await self._take_up()
            self._rounds.start()

    async def _take_up(self) -> None:
        if self._service is not None and not self._taken_up:
            self._taken_up = True
            await self._service.take_up()

    async def stop_extension(self) -> None:
        """Flush, write back and close, when the server stops."""
        if self._service is not None:
            await self._rounds.stop()


def _name_of(server: Any) -> str:
    """Tells apart servers whose notebooks lie in different places: their paths begin there."""
    root = getattr(server.contents_manager, "root_dir", None) or server.root_dir
    return hashlib.sha256(str(root).encode()).hexdigest()[:16]
