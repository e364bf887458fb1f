# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live demo``."""

from __future__ import annotations

import argparse

__all__ = ["add", "run"]


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = (
        "Analyse dimuon events on all cores of this machine and watch the histograms fill; at the end there is a "
        "picture. Without files: events that are generated once and kept. Ctrl-C stops early and keeps what is there."
    )
    parser.add_argument("source", nargs="*", metavar="FILE[:TREE]", help="your own files instead (TTree or RNTuple)")
    parser.add_argument("--workers", type=int, metavar="N", help="worker processes (all cores otherwise)")
    parser.add_argument(
        "--picture", default="rdf_live_demo.png", metavar="FILE", help="PNG, PDF or SVG to draw into (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo."""
    from rdf_live.demo.job import run as run_demo

    return run_demo(arguments.source, workers=arguments.workers, picture=arguments.picture)
