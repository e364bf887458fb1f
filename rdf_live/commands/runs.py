# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live runs``."""

from __future__ import annotations

import argparse
import time
from typing import Any

from rdf_live.view.text import amount, clock, percent

__all__ = ["add", "run", "table"]

_COLUMNS = ("run", "state", "data", "entries", "elapsed", "started", "name")


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = (
        "List the runs that a cluster knows, the newest last. rdf_live.attach(RUN, client=...) opens one."
    )
    parser.add_argument("address", metavar="ADDRESS", help="of the scheduler, for example tcp://host:8786")


def run(arguments: argparse.Namespace) -> int:
    """Ask the scheduler and print."""
    import rdf_live

    with rdf_live.connect(arguments.address) as client:
        print(table(rdf_live.runs(client)))
    return 0


def table(found: list[dict[str, Any]]) -> str:
    """Lines of text for what `rdf_live.runs` gives."""
    if not found:
        return "no runs"
    rows = [_COLUMNS, *(_row(entry) for entry in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    progress = entry["progress"]
    return (
        str(entry["run"]),
        str(entry["state"]),
        percent(progress["fraction"]),
        amount(progress["entries"]),
        clock(progress["elapsed_s"]),
        time.strftime("%d %b %H:%M", time.localtime(entry["created"])),
        str(entry["name"]),
    )
