# SPDX-License-Identifier: BSD-3-Clause
"""Listens where the messages of a page pass: which cell it asks for, when it comes and when it goes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import zmq
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1

if TYPE_CHECKING:
    from rdf_live.jupyter.server.service import Service

__all__ = ["journaled"]

#: Close codes of a browser that went in order: done, going away.
_IN_ORDER = (1000, 1001)
_V1 = "v1.kernel.websocket.jupyter.org"


def journaled(base: type[Any], service: Service) -> type[Any]:
    """The class of kernel websockets that is configured, which also tells `service` what passes."""

    class JournaledConnection(base):  # type: ignore[misc]
        """See the module."""

        _page: Any = None
        #: It waits for the journal.
        _waits = False
        _gone = False

        async def connect(self) -> Any:
            """Connect once the journal listens, so that it misses nothing that this page asks for."""
            self._waits = True
            with _harmless(self):
                self._page = await service.page_comes(self.kernel_id, self.session.session)
            self._waits = False
            if self._gone:
                with _harmless(self):
                    self._leave()
                return None
            with _harmless(self):
                _forget_dead_channels(self.multi_kernel_manager, self.kernel_id)
                self._keep_stdin_of_the_one_before()
            connected = await super().connect()
            with _harmless(self):
                if self._page is not None and self._page.question is not None and "stdin" in self.channels:
                    self.handle_outgoing_message(self.channels["stdin"], self._page.question)
            return connected

        def handle_incoming_message(self, incoming_msg: Any) -> None:
            """Note a request before it goes on to the kernel."""
            with _harmless(self):
                request = _execute_request(incoming_msg, getattr(self, "subprotocol", None))
                if request is not None and self._page is not None:
                    service.request(self.kernel_id, *request)
                if self._page is not None and _answers(incoming_msg, getattr(self, "subprotocol", None)):
                    service.answered(self.kernel_id)
            super().handle_incoming_message(incoming_msg)

        def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
            """Note the end of an execution, for the case that the journal could not hear it."""
            with _harmless(self):
                shell = self._page is not None and getattr(stream, "channel", None) == "shell"
                if shell and (reply := _execute_reply(self.session, outgoing_msg)) is not None:
                    service.replied(self.kernel_id, *reply)
                if self._page is not None and getattr(stream, "channel", None) == "stdin":
                    service.asked(self.kernel_id, outgoing_msg)
            super().handle_outgoing_message(stream, outgoing_msg)

        def disconnect(self) -> Any:
            """Note that the page has gone."""
            if self._waits:
                # It has no channels yet, and the server does not count it yet.
                self._gone = True
                with _harmless(self):
                    if self._open_sessions.get(self.session_key) is self.websocket_handler:
                        del self._open_sessions[self.session_key]
                return None
            with _harmless(self):
                self._leave()
                # What was asked for in its last moment goes to the kernel in the next turn of the loop, or now.
                for stream in self.channels.values():
                    if not stream.closed():
                        stream.flush(zmq.POLLOUT)
                # The server keeps the channels of the last page, and closes those of the others.
                if self.multi_kernel_manager._kernel_connections.get(self.kernel_id, 0) > 1:
                    _hand_over(self.channels, [], self.kernel_id, self.session.session, service)
            return super().disconnect()

        def _keep_stdin_of_the_one_before(self) -> None:
            """The channels that the server has kept for another page are closed now; it may still be asked."""
            kept = self.multi_kernel_manager._kernel_buffers.get(self.kernel_id)
            if kept is not None and kept["session_key"] != self.session_key:
                session = kept["session_key"].removeprefix(f"{self.kernel_id}:")
                _hand_over(kept["channels"], kept["buffer"], self.kernel_id, session, service)

        def _leave(self) -> None:
            page, self._page = self._page, None
            if page is not None:
                service.page_goes(page, clean=getattr(self.websocket_handler, "close_code", None) in _IN_ORDER)

    return JournaledConnection


def _hand_over(channels: dict[str, Any], buffer: list[Any], kernel: str, session: str, service: Service) -> None:
    """Let the service have the stdin channel of a page that is gone, and what has come through it."""
    waiting = [parts for channel, parts in buffer if channel == "stdin"]
    if service.stdin_of(kernel, session, channels.get("stdin"), waiting):
        del channels["stdin"]


def _forget_dead_channels(kernels: Any, kernel: str) -> None:
    """The server keeps the channels of a page that goes, for when it comes back.

    A process that was started meanwhile may have other ports: with the old channels the page would wait for ever.
    """
    kept = kernels._kernel_buffers.get(kernel)
    if kept is None or "iopub" not in kept["channels"]:
        return
    place = kept["channels"]["iopub"].socket.get(zmq.LAST_ENDPOINT).decode()
    if not place.endswith(str(kernels.get_kernel(kernel).iopub_port)):
        kernels.stop_buffering(kernel)


@contextlib.contextmanager
def _harmless(connection: Any) -> Iterator[None]:
    """Whatever goes wrong with the journal, pages and kernels must go on as without it."""
    try:
        yield
    except Exception:
        connection.log.warning("rdf_live: the journal of a kernel cannot be kept", exc_info=True)


def _execute_request(sent: Any, protocol: str | None) -> tuple[str, str, str, str] | None:
    """Id, cell, session and code of a request that is journaled; None for every other message."""
    try:
        if protocol == _V1:
            channel, parts = deserialize_msg_from_ws_v1(sent)  # type: ignore[no-untyped-call]
            if channel != "shell" or b"execute_request" not in parts[0]:
                return None
            header, _, metadata, content = map(json.loads, parts[:4])
        else:
            if not isinstance(sent, str) or "execute_request" not in sent:
                return None
            message = json.loads(sent)
            header, metadata, content = message["header"], message["metadata"], message["content"]
        if header["msg_type"] != "execute_request" or content.get("silent") or not metadata.get("cellId"):
            return None
        return str(header["msg_id"]), str(metadata["cellId"]), str(header["session"]), str(content["code"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        # The server itself says what is wrong with it.
        return None


def _answers(sent: Any, protocol: str | None) -> bool:
    """True for what a page says to a kernel that has asked for it."""
    if protocol == _V1:
        channel, parts = deserialize_msg_from_ws_v1(sent)  # type: ignore[no-untyped-call]
        return channel == "stdin" and b"input_reply" in parts[0]
    return isinstance(sent, str) and '"input_reply"' in sent and json.loads(sent).get("channel") == "stdin"


def _execute_reply(session: Any, sent: list[Any]) -> tuple[str, str] | None:
    """Id of the request, and status of the answer to an execution; None for every other message."""
    try:
        _, (_, header, parent, _, content, *_) = session.feed_identities(sent)
        if b"execute_reply" not in bytes(header) or json.loads(bytes(header))["msg_type"] != "execute_reply":
            return None
        return json.loads(bytes(parent))["msg_id"], str(json.loads(bytes(content))["status"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
