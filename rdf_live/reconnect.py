# SPDX-License-Identifier: BSD-3-Clause
"""Clients of clusters that runs were started on, from what was written down about them."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from pathlib import Path
from urllib.parse import urlsplit

from distributed import Client, default_client

from rdf_live import errors
from rdf_live.client.records import Record
from rdf_live.cluster import detached
from rdf_live.cluster.home import Home

__all__ = ["Clusters"]

#: A scheduler that lives takes a connection at once; a firewall lets one wait.
_KNOCK_S, _ANSWER_S = 3.0, 10


class Clusters:
    """Clients by address, each asked for once; those that were made here are closed by `close`.

    Attributes
    ----------
    made : dict
        Clients that nobody had before, by address. Take out one that is to stay open.
    """

    def __init__(self) -> None:
        self.made: dict[str, Client] = {}
        self._gone: dict[str, str] = {}

    def client(self, record: Record) -> Client:
        """A client of the cluster of that record.

        Raises
        ------
        ClusterTrouble
            It cannot be reached, in a sentence that says why.
        """
        with contextlib.suppress(ValueError):
            present: Client = default_client()
            if not present.asynchronous and present.status == "running" and _address(present) == record.address:
                return present
        if record.address in self._gone:
            raise errors.ClusterTrouble(self._gone[record.address])
        if record.address not in self.made:
            try:
                self.made[record.address] = _ours(record) if record.cluster and record.home else _plain(record)
            except errors.RdfLiveError as error:
                self._gone[record.address] = str(error)
                raise errors.ClusterTrouble(str(error)) from error
        return self.made[record.address]

    def close(self) -> None:
        """Close the clients that were made here."""
        while self.made:
            self.made.popitem()[1].close()


def _ours(record: Record) -> Client:
    home = Home(Path(str(record.home)).parent, str(record.cluster))
    client = detached.reach(home)
    if client is not None and _address(client) != record.address:
        # One of the same name that began later.
        client.close()
        client = None
    if client is None:
        raise errors.ClusterTrouble(f"the cluster {home.name!r} has ended, and its runs with it (log: {home.log})")
    return client


def _plain(record: Record) -> Client:
    address = urlsplit(record.address)
    if address.scheme != "tcp" or address.hostname is None or address.port is None:
        raise errors.ClusterTrouble(
            f"the scheduler at {record.address} cannot be reached by its address alone. "
            "Connect as you did when you started the run, and name that client with client=..."
        )
    if record.host != socket.gethostname() and _only_inside(address.hostname):
        raise errors.ClusterTrouble(f"its cluster was on {record.host}, where alone it can be reached")
    gone = f"no scheduler answers at {record.address}: a cluster that was part of a kernel ends with it"
    try:
        socket.create_connection((address.hostname, address.port), timeout=_KNOCK_S).close()
        return Client(record.address, timeout=_ANSWER_S)
    except OSError as error:
        raise errors.ClusterTrouble(gone) from error


def _only_inside(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(client: Client) -> str | None:
    return getattr(client.scheduler, "address", None)
