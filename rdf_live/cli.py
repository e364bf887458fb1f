# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live`` on the command line."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from rdf_live import __version__
from rdf_live.commands import bench, demo, doctor, down, logs, profile, ps, runs, scale, up
from rdf_live.errors import RdfLiveError

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


_COMMANDS: dict[str, tuple[Any, str]] = {
    "demo": (demo, "watch histograms of dimuon events, or of your files, fill"),
    "up": (up, "begin a cluster of batch jobs, or find it"),
    "ps": (ps, "list your clusters"),
    "scale": (scale, "change the number of workers of a cluster"),
    "logs": (logs, "what a cluster or one of its jobs wrote"),
    "down": (down, "end a cluster"),
    "profile": (profile, "what a profile says, and the submit file it gives"),
    "doctor": (doctor, "check what a distributed run at a batch site needs"),
    "runs": (runs, "list the runs of a cluster"),
    "bench": (bench, "measure"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rdf-live", description="Distributed ROOT RDataFrame, live.")
    parser.add_argument("--version", action="version", version=f"rdf-live {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, meaning) in _COMMANDS.items():
        # The benchmarks know their arguments, --help too.
        module.add(commands.add_parser(name, help=meaning, add_help=module is not bench))
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
        return int(_COMMANDS[arguments.command][0].run(arguments))
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
