# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live doctor``."""

from __future__ import annotations

import argparse
import sys
import time

from rdf_live.commands.settings import add_settings, settings

__all__ = ["add", "run"]

#: Seconds between two lines about the job, where there is no terminal on which one replaces the other.
_LINE_S = 30.0


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = (
        "Check everything that a run on a batch system needs: this machine, the batch system, and with a job of less "
        "than a minute a node and the connections. Prints a table that says what to do; it holds no secrets and can "
        "go into a mail."
    )
    parser.add_argument(
        "profile", nargs="?", metavar="PROFILE", help="naf, lxplus, htcondor, ...; that of this host otherwise"
    )
    parser.add_argument("--no-job", action="store_true", help="check this machine only")
    parser.add_argument(
        "--timeout",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="give up when the job has not started by then (%(default).0f)",
    )
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check and print."""
    from rdf_live.cluster.detect import detect
    from rdf_live.cluster.doctor.examine import examine
    from rdf_live.cluster.profile import load

    profile = load(arguments.profile or detect() or "local", settings(arguments))
    return examine(
        profile,
        send=not arguments.no_job,
        timeout_s=arguments.timeout,
        show=lambda text: print(text, flush=True),
        progress=_Progress(),
    )


class _Progress:
    """One line on a terminal, rewritten; elsewhere a line now and then.  Not on standard output: the table is there."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said, self._when = "", -_LINE_S

    def __call__(self, text: str) -> None:
        if self._terminal:
            print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
            return
        now = time.monotonic()
        # "is idle" and "runs" are news, the seconds are not.
        news = " ".join(text.split()[:3])
        if text and (news != self._said or now - self._when >= _LINE_S):
            print(text, file=sys.stderr, flush=True)
            self._said, self._when = news, now
