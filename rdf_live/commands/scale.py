# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live scale``."""

from __future__ import annotations

import argparse

from rdf_live.commands.settings import reached

__all__ = ["add", "run"]


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = "Change the number of workers of a cluster; a run that goes on uses what there is."
    parser.add_argument("name", metavar="NAME", help="of the cluster")
    parser.add_argument(
        "workers", metavar="N", help="that many, or MIN:MAX for as many as there is work for, for example 0:50"
    )


def run(arguments: argparse.Namespace) -> int:
    """Tell the cluster."""
    import rdf_live
    from rdf_live.errors import BadInput

    low, colon, high = arguments.workers.partition(":")
    if not low.isdigit() or (colon and not high.isdigit()):
        raise BadInput(f"got {arguments.workers!r}, expected a number of workers such as 20, or limits such as 0:50")
    with reached(arguments.name) as client:
        if colon:
            status = rdf_live.scale(client, minimum=int(low), maximum=int(high))
        else:
            status = rdf_live.scale(client, int(low))
        print(status)
    return 0
