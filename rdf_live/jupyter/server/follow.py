# SPDX-License-Identifier: BSD-3-Clause
"""What pages get: the snapshot of a notebook, and then every change of it, in order and without a gap."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from rdf_live.jupyter.server.presence import Page
from rdf_live.jupyter.server.sessions import local

if TYPE_CHECKING:
    from rdf_live.jupyter.server.service import Service

__all__ = ["FollowHandler", "SnapshotHandler", "handlers"]

_RESOURCE = "kernels"
_IN_ORDER = (1000, 1001)
#: A page that is so far behind gets a new snapshot when it has caught up, instead of every message.
_BEHIND_BYTES = 8_000_000


class SnapshotHandler(APIHandler):
    """``GET journal?path=P[&since=N]``."""

    auth_resource = _RESOURCE

    def initialize(self, service: Service) -> None:
        """Take the service from the list of handlers."""
        self._service = service

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the snapshot of a notebook."""
        path = self.get_argument("path")
        try:
            since = int(self.get_argument("since", "0"))
        except ValueError:
            raise web.HTTPError(400, "got a since that is no number, expected the seq of a snapshot") from None
        snapshot = self._service.snapshot(path, since)
        if snapshot is None:
            raise web.HTTPError(404, f"got no journal of {path}, expected a notebook whose cells were run")
        self.finish(json.dumps(snapshot, default=str))


class FollowHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """The websocket ``journal/follow?path=P&session=S``."""

    auth_resource = _RESOURCE
    #: Milliseconds. A page that vanishes without a word, as when a lid is closed, is missed soon: its connection to the
    #: kernel is asked more seldom.
    ping_interval = 5_000
    ping_timeout = 15_000

    def initialize(self, service: Service) -> None:
        """Take the service from the list of handlers."""
        self._service = service
        self._pending_bytes = 0
        self._behind = False
        self._waiting: set[asyncio.Future[Any]] = set()

    def set_default_headers(self) -> None:
        """A websocket has none."""

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Let those in who may read kernels."""
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, "read", _RESOURCE)):
            raise web.HTTPError(403)
        self._answers = await ensure_async(self.authorizer.is_authorized(self, self.current_user, "execute", _RESOURCE))
        path = local(self.get_argument("path"))
        self.page = Page(self.get_argument("session", ""), path, follows=True)
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Begin to follow."""
        super().open(*args, **kwargs)
        self._service.follow(self)

    def on_close(self) -> None:
        """The page has gone."""
        self._service.unfollow(self, clean=self.close_code in _IN_ORDER)

    def on_message(self, message: str | bytes) -> None:
        """Take what the page says about itself."""
        try:
            said = json.loads(message)
            if said["type"] == "hold":
                self._service.hold(self.page, [str(id) for id in said["ids"]])
            elif said["type"] == "leaving":
                self._service.leaving(self.page)
            elif said["type"] == "answer" and self._answers:
                self._service.answer(self.page.path, str(said["id"]), float(said["time"]), str(said["value"]))
        except (ValueError, KeyError, TypeError):
            self.log.warning("rdf_live: got %.100r from a page, expected hold, leaving or answer", message)

    def tell(self, what: dict[str, Any]) -> None:
        """Send something to the page; never waits for it."""
        if self._behind:
            return
        snapshot = what["type"] == "snapshot"
        if snapshot:
            # The page's clock may be another one.
            what = {**what, "now": time.time()}
        if snapshot or what["type"] == "sessions":
            what = {**what, "outside": self._service.presence.outside(self.page.path)}
        text = json.dumps(what, default=str)
        # A snapshot is what a page gets that is behind: a large one would be followed by itself for ever.
        self._send(text, 0 if snapshot else len(text))
        self._behind = self._pending_bytes > _BEHIND_BYTES

    def _send(self, text: str, size_bytes: int) -> None:
        try:
            sent = asyncio.ensure_future(self.write_message(text))
        except WebSocketClosedError:
            return
        self._pending_bytes += size_bytes
        self._waiting.add(sent)
        sent.add_done_callback(lambda done: self._sent(done, size_bytes))

    def _sent(self, sent: asyncio.Future[Any], size_bytes: int) -> None:
        self._waiting.discard(sent)
        self._pending_bytes -= size_bytes
        if sent.cancelled() or sent.exception() is not None:
            return
        if self._behind and not self._waiting:
            self._behind = False
            self._service.tell_all(self)
            if (written := self._service.writer.written(self.page.path)) is not None:
                self.tell({"type": "written", **written})


def handlers(service: Service) -> list[tuple[str, type[Any], dict[str, Any]]]:
    """The addresses below ``rdf-live/api``, for an extension's list."""
    given = {"service": service}
    return [("/rdf-live/api/journal", SnapshotHandler, given), ("/rdf-live/api/journal/follow", FollowHandler, given)]
