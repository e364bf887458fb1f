# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live ps``."""

from __future__ import annotations

import argparse

from rdf_live.cluster import detached
from rdf_live.cluster.home import Home
from rdf_live.cluster.homes import homes
from rdf_live.commands.settings import find
from rdf_live.errors import RdfLiveError

__all__ = ["add", "run"]


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = "List your clusters: their workers and jobs, what they wait for, and their runs."
    parser.add_argument("name", nargs="?", metavar="NAME", help="of one cluster (all of them otherwise)")


def run(arguments: argparse.Namespace) -> int:
    """Ask each of them."""
    found = [find(arguments.name)] if arguments.name else homes()
    lines = [line for home in found for line in _lines(home)]
    print("\n".join(lines) if lines else "no clusters")
    return 0


def _lines(home: Home) -> list[str]:
    import rdf_live
    from rdf_live.commands.runs import table

    try:
        client = detached.reach(home)
    except RdfLiveError as error:
        return [f"cluster {home.name}: {error}"]
    if client is None:
        if home.locked():
            return [f"cluster {home.name}: begins or ends just now (log: {home.log})"]
        return [detached.why(home, "ended")]
    with client:
        lines = [str(rdf_live.cluster_status(client))]
        if known := rdf_live.runs(client):
            lines += ["  " + line for line in table(known).splitlines()]
    return lines
