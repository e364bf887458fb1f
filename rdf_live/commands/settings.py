# SPDX-License-Identifier: BSD-3-Clause
"""Arguments that several commands have: which cluster, and values of its profile."""

from __future__ import annotations

import argparse
from typing import Any

from distributed import Client

from rdf_live.cluster import detached, profile
from rdf_live.cluster.home import Home
from rdf_live.cluster.homes import homes
from rdf_live.errors import BadInput, ClusterTrouble

__all__ = ["add_settings", "find", "reached", "settings"]


def add_settings(parser: argparse.ArgumentParser) -> None:
    """``--set KEY=VALUE``, again and again."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a value of the profile, for example memory=4GB"
    )


def settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was set."""
    return profile.settings(arguments.set)


def find(name: str) -> Home:
    """The home of the cluster of that name.

    Raises
    ------
    BadInput
        There is none, or there are several.
    """
    known = homes()
    found = [home for home in known if home.name == name]
    if len(found) != 1:
        have = ", ".join(sorted({home.name for home in known})) or "none"
        where = f" in {' and '.join(str(home.path) for home in found)}" if found else ""
        raise BadInput(f"got the cluster {name!r}{where}, expected one of those that there are: {have}")
    return found[0]


def reached(name: str) -> Client:
    """A client of the cluster of that name.

    Raises
    ------
    ClusterTrouble
        It has ended.
    """
    home = find(name)
    client = detached.reach(home)
    if client is None:
        raise ClusterTrouble(
            f"got the cluster {name!r}, which has ended; begin it again with rdf-live up (log: {home.log})"
        )
    return client
