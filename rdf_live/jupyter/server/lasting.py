# SPDX-License-Identifier: BSD-3-Clause
"""Kernels that outlive the server: found again, with notebook and session, when the next one starts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.gateway.managers import GatewayMappingKernelManager

from rdf_live.jupyter.server.lasting_record import Record
from rdf_live.jupyter.server.messages import message_of
from rdf_live.jupyter.server.provisioner import LastingProvisioner

__all__ = ["Lasting"]

_SESSION = ("id", "path", "name", "type")


class Lasting:
    """The kernels that `LastingProvisioner` has started.

    Parameters
    ----------
    serverapp : ServerApp
        The server.
    name : str
        Tells it apart from servers in other folders: the paths of their sessions begin elsewhere.
    log : Logger
        The server's.
    """

    def __init__(self, serverapp: Any, name: str, log: logging.Logger) -> None:
        self._serverapp = serverapp
        self._name = name
        self._log = log
        self._noted: dict[str, dict[str, str]] = {}

    @property
    def _kernels(self) -> Any:
        return self._serverapp.kernel_manager

    def note(self, sessions: list[dict[str, Any]]) -> None:
        """Keep which session has which kernel: that changes when a page comes, or a notebook gets another path."""
        for session in sessions:
            kernel, about = session["kernel"]["id"], {part: session[part] for part in _SESSION}
            if self._noted.get(kernel) == about or (record := self._record_of(kernel)) is None:
                continue
            with contextlib.suppress(OSError):
                replace(record, server=self._name, session=about).write()
                self._noted[kernel] = about

    def _record_of(self, kernel: str) -> Record | None:
        if kernel not in self._kernels:
            return None
        provisioner = getattr(self._kernels.get_kernel(kernel), "provisioner", None)
        return Record.read(kernel) if isinstance(provisioner, LastingProvisioner) else None

    async def take_up(self, watched_elsewhere: Callable[[str], bool]) -> list[Record]:
        """Find those that live, and those that have died meanwhile.

        Parameters
        ----------
        watched_elsewhere : callable
            True for a kernel whose journal another server keeps.
        """
        found = []
        for record in [] if isinstance(self._kernels, GatewayMappingKernelManager) else Record.all():
            try:
                mine = record.here and not record.has_keeper and record.server in (None, self._name)
                if mine and not watched_elsewhere(record.kernel):
                    if record.alive:
                        await self._take_up(record)
                    found.append(record)
                elif record.old and not (record.here and record.alive):
                    Record.remove(record.kernel)
            except Exception as error:
                self._log.warning("rdf_live: the kernel %s cannot be taken up: %s", record.kernel, error)
        return found

    async def _take_up(self, record: Record) -> None:
        session, sessions = record.session, self._serverapp.session_manager
        given: dict[str, Any] = {}
        if session is not None:
            folder = await ensure_async(self._serverapp.contents_manager.get_kernel_path(path=session["path"]))
            given = {"path": folder, "env": sessions.get_kernel_env(session["path"], session["name"])}
        await self._kernels.start_kernel(kernel_id=record.kernel, kernel_name=record.name, **given)
        manager = self._kernels.get_kernel(record.kernel)
        await asyncio.wrap_future(manager.ready)
        _ask_kernel_info(manager)
        if session is not None and session["id"] not in [one["id"] for one in await sessions.list_sessions()]:
            about = {part: session[part] for part in _SESSION if part != "id"}
            await ensure_async(sessions.save_session(session["id"], **about, kernel_id=record.kernel))
        self._log.info("rdf_live: the kernel %s has outlived its server", record.kernel)

    def staying(self) -> set[str]:
        """Those that go on when the server stops. What nobody could find again is not among them."""
        records = map(self._record_of, self._kernels.list_kernel_ids())
        return {one.kernel for one in records if one is not None and one.session is not None}

    def let_go(self, kernel: str) -> None:
        """The server stops, and the kernel goes on."""
        if kernel not in self._kernels:
            return
        manager = self._kernels.get_kernel(kernel)
        manager.stop_restarter()
        self._kernels.stop_watching_activity(kernel)
        self._kernels.stop_buffering(kernel)
        self._kernels.remove_kernel(kernel)
        self._log.info("rdf_live: the kernel %s goes on without the server", kernel)


def _ask_kernel_info(manager: Any) -> None:
    """Ask what the server asks when the first page comes, which waits for it; but a kernel that is busy answers only
    through the control channel."""
    info: Future[dict[str, Any]] = Future()
    control = manager.connect_control()

    def answered(parts: list[Any]) -> None:
        control.close(linger=0)
        message = message_of(manager.session, parts)
        info.set_result({} if message is None else message["content"])

    control.on_recv(answered)
    manager.session.send(control, "kernel_info_request")
    manager._kernel_info_future = info
