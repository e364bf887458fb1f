# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live logs``."""

from __future__ import annotations

import argparse
from pathlib import Path

from rdf_live.cluster.home import Home
from rdf_live.commands.settings import find

__all__ = ["add", "run"]


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = "Show the last lines of the log of a cluster, or of what one of its jobs wrote."
    parser.add_argument("name", metavar="NAME", help="of the cluster; it may have ended")
    parser.add_argument("job", nargs="?", metavar="JOB", help="number of a job, for example 1234.0")
    parser.add_argument("-n", type=int, default=50, metavar="LINES", help="number of lines (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Print them."""
    home = find(arguments.name)
    if arguments.job:
        job = arguments.job if "." in arguments.job else f"{arguments.job}.0"
        files = [home.jobs / f"worker-{job}.out", home.jobs / f"worker-{job}.err"]
    else:
        files = [home.log]
    shown = [_tail(path, arguments.n) for path in files]
    if not any(shown):
        print(_nothing(home, arguments.job, files))
    print("\n".join(filter(None, shown)))
    return 0


def _nothing(home: Home, job: str | None, files: list[Path]) -> str:
    """Why there is nothing to show."""
    request = home.read("request") or {}
    if job and request.get("profile", {}).get("spool"):
        return (
            f"what job {job} wrote is not here: its files are spooled: they stay with the batch system while it runs, "
            "and are fetched only when it has failed"
        )
    return f"nothing was written to {' or '.join(str(path) for path in files)}"


def _tail(path: Path, lines: int) -> str:
    if not path.exists():
        return ""
    found = path.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join([f"{path}:", *found]) if found else ""
