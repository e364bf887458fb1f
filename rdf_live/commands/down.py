# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live down``."""

from __future__ import annotations

import argparse
import sys

from rdf_live.cluster import detached
from rdf_live.cluster.homes import homes
from rdf_live.cluster.orphans import remove_orphans
from rdf_live.commands.settings import find
from rdf_live.errors import BadInput, ClusterTrouble

__all__ = ["add", "run"]


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = (
        "End a cluster: its jobs leave the batch system, its process ends, its keys are removed. "
        "Runs that go on are lost."
    )
    parser.add_argument("name", nargs="*", metavar="NAME", help="of the cluster")
    parser.add_argument("--all", action="store_true", help="all of your clusters")
    parser.add_argument(
        "--orphans", action="store_true", help="remove the jobs of clusters whose process is gone, for example killed"
    )


def run(arguments: argparse.Namespace) -> int:
    """End them."""
    if not (arguments.name or arguments.all or arguments.orphans):
        raise BadInput("expected the name of a cluster, --all or --orphans; rdf-live ps lists them")
    found = homes() if arguments.all else [find(name) for name in arguments.name]
    status = 0
    for home in found:
        try:
            print(detached.end(home))
        except ClusterTrouble as error:
            # The others are to end all the same.
            print(error, file=sys.stderr)
            status = 1
    if arguments.orphans:
        removed, elsewhere = remove_orphans()
        print(f"jobs of clusters that are gone, removed: {', '.join(removed)}" if removed else "no orphans")
        for host, jobs in elsewhere.items():
            print(f"{jobs} jobs belong to clusters of {host}: type the same there")
    return status
