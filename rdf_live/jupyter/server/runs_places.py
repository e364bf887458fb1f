# SPDX-License-Identifier: BSD-3-Clause
"""Which schedulers may know runs of this user: those of kept clusters, and those that runs were started on.

Everything here reads files and may wait for a slow disk: not for an event loop.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed.security import Security

from rdf_live.client.records import Record, all_records
from rdf_live.cluster import tls
from rdf_live.cluster.home import HOST, Home
from rdf_live.cluster.homes import homes
from rdf_live.errors import RdfLiveError

__all__ = ["Found", "Place", "find", "listeners"]

#: Older runs are not looked for; a scheduler that ran for so long is most likely one that rdf_live keeps.
_RECENT_S = 3 * 86400.0
#: Schedulers that are no clusters of rdf_live: each costs a question.
_MOST = 20
_LISTENING = "0A"
_NOT_ASKED = (
    "Not asked: its scheduler is on another machine and has no keys, so somebody else may answer there by now. "
    "rdf_live.attach() in a notebook asks it."
)


@dataclass(frozen=True)
class Place:
    """A scheduler.

    Attributes
    ----------
    name : str
        Of the cluster; empty where it has none.
    address : str
        Empty where nobody knows it.
    connect : str
        Python that gives a client.
    arguments : dict
        How Dask is to connect to it.
    trouble : str
        Why it need not be asked; empty otherwise.
    """

    name: str
    address: str
    connect: str
    arguments: dict[str, Any] = field(default_factory=dict, compare=False)
    trouble: str = ""

    @property
    def kept(self) -> bool:
        """Whether rdf_live keeps the cluster: it is told of also when it cannot be reached."""
        return bool(self.name)


@dataclass(frozen=True)
class Found:
    """Places, those of kept clusters first, and the records of recent runs by id."""

    places: list[Place]
    records: dict[str, Record]


def find(now: float | None = None) -> Found:
    """Look for them."""
    since = (time.time() if now is None else now) - _RECENT_S
    records = [record for record in all_records() if record.started >= since]
    # The folder that a record names may be one that no profile knows.
    folders = [Path(record.home) for record in records if record.home]
    with contextlib.suppress(OSError):  # a folder that this user may not look into any more
        folders += [home.path for home in homes()]
    kept = [place for folder in dict.fromkeys(folders) if (place := _kept(folder)) is not None]
    known = {place.address for place in kept}
    others = [place for place in _others(records) if place.address not in known]
    return Found(kept + others[:_MOST], {record.run: record for record in records})


def _kept(folder: Path) -> Place | None:
    try:
        home = Home(folder.parent, folder.name)
        record, request = home.read("record"), home.read("request") or {}
        connect = _connect(home.name, request)
        if record is None:
            # It has ended and nothing is wrong, or begins just now.
            failure = home.read("failure")
            return Place(home.name, "", connect, trouble=str(failure["message"])) if failure else None
        address = str(record["address"])
        if record["host"] == HOST and not home.locked():
            trouble = f"Its process has ended. More is in {home.log}; rdf-live down {home.name} removes what is left."
            return Place(home.name, address, connect, trouble=trouble)
        return Place(home.name, address, connect, tls.security(home.tls).get_connection_args("client"))
    except (RdfLiveError, OSError, KeyError, TypeError, ValueError) as error:
        return Place(folder.name, "", "", trouble=f"Its folder {folder} cannot be read: {error}")


def _connect(name: str, request: dict[str, Any]) -> str:
    profile = request.get("profile", {}).get("name") or name
    more = "" if profile == name else f", name={json.dumps(name)}"
    return f"rdf_live.connect({json.dumps(profile)}{more})"


def _others(records: Iterable[Record]) -> list[Place]:
    """Schedulers that answer to anybody, or to who has the keys of Dask's configuration."""
    mine = listeners()
    places: dict[str, Place] = {}
    for record in records:
        if record.address in places or record.home or not _may_be(record, mine):
            continue
        if _is_anybodys(record.address):
            places[record.address] = Place("", record.address, "", trouble=_NOT_ASKED)
            continue
        with contextlib.suppress(OSError, TypeError, ValueError, RuntimeError):
            arguments = Security().get_connection_args("client")
            places[record.address] = Place(
                "", record.address, f"rdf_live.connect({json.dumps(record.address)})", arguments
            )
    return list(places.values())


def _may_be(record: Record, mine: set[int] | None) -> bool:
    """Whether the scheduler at the address can be the one of the record. A port may be another user's by now."""
    scheme, _, rest = record.address.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme == "tls" and port.isdigit():
        return True
    if scheme != "tcp" or not port.isdigit():
        return False
    if not _is_here(host.strip("[]")):
        return True
    return record.host == HOST and (mine is None or int(port) in mine)


def _is_anybodys(address: str) -> bool:
    """Whether the port may be somebody else's by now, and nobody can tell: one without keys on another machine.

    Dask runs what a scheduler sends to it, so such a one is asked only where the user says so.
    """
    scheme, _, rest = address.partition("://")
    return scheme == "tcp" and not _is_here(rest.rpartition(":")[0].strip("[]"))


def _is_here(host: str) -> bool:
    """Whether an address is one of this machine."""
    try:
        found = ipaddress.ip_address(host)
        with socket.socket(socket.AF_INET6 if found.version == 6 else socket.AF_INET) as probe:
            probe.bind((host, 0))
    except (OSError, ValueError):
        return False
    return True


def listeners() -> set[int] | None:
    """Ports of this machine at which processes of this user listen; None where the system does not tell."""
    ports: set[int] = set()
    told = False
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            lines = Path(table).read_text().splitlines()[1:]
            told = True
            for _, local, _, state, _, _, _, uid, *_ in map(str.split, lines):
                if state == _LISTENING and int(uid) == os.getuid():
                    ports.add(int(local.rpartition(":")[2], 16))
    return ports if told else None
