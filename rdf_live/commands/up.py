# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live up``."""

from __future__ import annotations

import argparse

from rdf_live.commands.settings import add_settings, settings

__all__ = ["add", "run"]


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = (
        "Begin a cluster of batch jobs, or find it where it runs already, and wait for its first worker. It lives on "
        "until `rdf-live down`, or until nobody has used it for long. rdf_live.connect(PROFILE) in a notebook is the "
        "same."
    )
    parser.add_argument("profile", metavar="PROFILE", help="naf, lxplus, htcondor, ...; see rdf-live profile")
    parser.add_argument("--name", help="of the cluster (that of the profile otherwise)")
    parser.add_argument("--workers", type=int, metavar="N", help="number of workers (as the profile says otherwise)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="give up waiting after that (never otherwise)")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Connect, say what there is, leave."""
    import rdf_live

    with rdf_live.connect(
        arguments.profile,
        name=arguments.name,
        workers=arguments.workers,
        timeout=arguments.timeout,
        **settings(arguments),
    ) as client:
        print(rdf_live.cluster_status(client))
    return 0
