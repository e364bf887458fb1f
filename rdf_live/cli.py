# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live`` on the command line."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from rdf_live import __version__
from rdf_live.commands import bench, demo, runs
from rdf_live.errors import RdfLiveError

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rdf-live", description="Distributed ROOT RDataFrame, live.")
    parser.add_argument("--version", action="version", version=f"rdf-live {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo.add(commands.add_parser("demo", help="watch histograms of dimuon events, or of your files, fill"))
    runs.add(commands.add_parser("runs", help="list the runs of a cluster"))
    bench.add(commands.add_parser("bench", help="measure", add_help=False))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process otherwise.

    Returns
    -------
    int
        Exit status: 0, or 1 when it did not work, with a sentence on standard error; 130 after Ctrl-C.
    """
    arguments, rest = _parser().parse_known_args(argv)
    if rest and arguments.command != "bench":
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    _quiet()
    try:
        if arguments.command == "bench":
            return bench.run(rest)
        return {"demo": demo.run, "runs": runs.run}[arguments.command](arguments)
    except (RdfLiveError, ImportError, OSError) as error:
        print(f"rdf-live: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rdf-live: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _quiet() -> None:
    """ROOT's wheel from PyPI says at every import, here and in each worker, that it is an alpha."""
    warnings.filterwarnings("ignore", r"\s*This distribution of ROOT is in alpha stage", UserWarning)
    # Workers inherit it. It has no patterns, so it names the module that says it.
    os.environ["PYTHONWARNINGS"] = ",".join(
        filter(None, (os.environ.get("PYTHONWARNINGS"), "ignore::UserWarning:ROOT"))
    )


if __name__ == "__main__":
    sys.exit(main())
