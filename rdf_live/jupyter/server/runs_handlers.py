# SPDX-License-Identifier: BSD-3-Clause
"""The REST interface of the side panel: the list of runs, and Stop."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from rdf_live.errors import RdfLiveError, UnknownRun
from rdf_live.jupyter.server.runs import Runs

__all__ = ["RunsHandler", "StopHandler", "handlers"]

_KEY = "rdf_live_runs"


def handlers(base_url: str) -> list[tuple[str, type[web.RequestHandler]]]:
    """For ``web_app.add_handlers``."""
    prefix = url_path_join(base_url, "rdf-live", "api", "runs")
    return [(prefix, RunsHandler), (prefix + r"/([\w-]{1,64})/stop", StopHandler)]


class _Handler(APIHandler):
    auth_resource = "kernels"
    # A page that is left open must not keep the server from ending itself when nothing happens.
    _track_activity = False

    @property
    def runs(self) -> Runs:
        """One for all requests of a server."""
        if _KEY not in self.settings:
            self.settings[_KEY] = Runs(str(getattr(self.contents_manager, "root_dir", "") or ""))
        found: Runs = self.settings[_KEY]
        return found

    async def reply(self, content: dict[str, Any]) -> None:
        """Send JSON that no cache keeps."""
        self.set_header("Cache-Control", "no-store")
        await self.finish(content)

    async def refuse(self, status: int, error: RdfLiveError) -> None:
        """Say why it does not work."""
        self.set_status(status)
        await self.reply({"message": str(error)})


class RunsHandler(_Handler):
    """``GET runs``."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """All runs, the newest first, and the clusters."""
        await self.reply(await self.runs.look())


class StopHandler(_Handler):
    """``POST runs/<run>/stop``."""

    @web.authenticated
    @authorized
    async def post(self, run: str) -> None:
        """End the run early and keep what is there."""
        try:
            await self.reply(await self.runs.stop(run))
        except UnknownRun as error:
            await self.refuse(404, error)
        except RdfLiveError as error:
            await self.refuse(502, error)
