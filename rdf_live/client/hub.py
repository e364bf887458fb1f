# SPDX-License-Identifier: BSD-3-Clause
"""Talking to the hub on the scheduler."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from distributed import Client

import rdf_live
from rdf_live import errors
from rdf_live.hub.plugin import HubPlugin
from rdf_live.partial.messages import check_reply

__all__ = ["call", "check_client", "install"]

_installed: weakref.WeakSet[Client] = weakref.WeakSet()
_lock = threading.Lock()


def check_client(client: Any) -> Client:
    """A client that a run can be started on.

    Raises
    ------
    WrongKind
        It is no synchronous ``distributed.Client``.
    BadInput
        It is closed.
    """
    if not isinstance(client, Client):
        raise errors.WrongKind(
            f"got a {type(client).__name__}, expected a distributed.Client. "
            'Make one with rdf_live.connect("local") or distributed.Client(address).'
        )
    if client.asynchronous:
        raise errors.WrongKind(
            "got an asynchronous client, expected a synchronous one. Make it without asynchronous=True."
        )
    if client.status != "running":
        raise errors.BadInput(
            f"got a client that is {client.status}, expected a running one. "
            "Connect again, and build the dataframe with the new client."
        )
    return client


def call(client: Client, operation: str, /, **message: Any) -> dict[str, Any]:
    """Ask the hub and wait. Any thread but Dask's own.

    Raises
    ------
    RdfLiveError
        What the hub answers.
    RunLost
        The scheduler cannot be reached.
    """

    async def ask() -> dict[str, Any]:
        reply: dict[str, Any] = await getattr(client.scheduler, operation)(**message)
        return reply

    try:
        reply = client.sync(ask)
    except (OSError, RuntimeError, ValueError) as error:  # the last two: Dask's words for a client that has given up
        if client.status == "running" and not isinstance(error, OSError):
            raise
        raise errors.RunLost(
            f"the scheduler cannot be reached ({error}); connect and attach again when the cluster is back"
        ) from error
    return check_reply(reply)


def install(client: Client) -> None:
    """Make sure that the scheduler has a hub, of this version.

    Raises
    ------
    VersionMismatch
        The scheduler has a hub of another version.
    """
    with _lock:
        if client in _installed:
            return
        client.register_plugin(HubPlugin())
        version = call(client, "rdf_live_hello")["version"]
        if version != rdf_live.__version__:
            raise errors.VersionMismatch(
                f"got rdf_live {version} on the scheduler, expected {rdf_live.__version__} as here. "
                "Restart the cluster from the environment that this notebook uses."
            )
        _installed.add(client)
