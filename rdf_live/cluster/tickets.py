# SPDX-License-Identifier: BSD-3-Clause
"""What ``klist`` and ``tokens`` say about Kerberos tickets and AFS tokens."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import time

__all__ = ["output", "ticket_ends", "tokens"]

_PROGRAM_TIMEOUT_S = 10
#: How klist writes times in the C locale: MIT's with two or four digits, then Heimdal's.
_TIMES = (
    (r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d", "%m/%d/%y %H:%M:%S"),
    (r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", "%m/%d/%Y %H:%M:%S"),
    (r"[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}", "%b %d %H:%M:%S %Y"),
)


def output(*command: str) -> tuple[int, str] | None:
    """Exit status and output of a program in the C locale, or None where there is no such program."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *command[1:]],
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROGRAM_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return -1, ""
    return done.returncode, done.stdout


def ticket_ends(listing: str) -> float | None:
    """When the last of the tickets that others are made from ends, in seconds since the epoch."""
    found = []
    for line in listing.splitlines():
        # Those of another realm (krbtgt/B@A) come from that of one's own and do not last longer.
        ticket = re.search(r"\skrbtgt/([^@\s]+)@(\S+)", line)
        if ticket is None or ticket[1] != ticket[2]:
            continue
        for pattern, form in _TIMES:
            times = re.findall(rf"(?<!\d){pattern}(?!\d)", line[: ticket.start()])
            if times:
                found.append(time.mktime(time.strptime(times[-1], form)))
                break
    return max(found, default=None)


def tokens(listing: str) -> dict[str, float | None]:
    """Cells that there are AFS tokens of, and when these end.

    In seconds since the epoch: minus infinity where it has ended, None where nothing is said.
    """
    found: dict[str, float | None] = {}
    for cell, state in re.findall(r"tokens for (?:afs@)?(\S+) \[(.+?)\]", listing):
        found[cell] = -math.inf if "Expired" in state else _ends(state)
    return found


def _ends(state: str) -> float | None:
    """The time in ``Expires Oct  4 09:42``, which names no year."""
    found = re.search(r"Expires ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d)", state)
    if found is None:
        return None
    now = time.time()
    year = time.localtime(now).tm_year
    ends = []
    for each in (year - 1, year, year + 1):
        try:
            ends.append(time.mktime(time.strptime(f"{each} {' '.join(found.groups())}", "%Y %b %d %H:%M")))
        except ValueError:  # 29 February
            continue
    # Tokens last for days: the nearest of the years.
    return min(ends, key=lambda each: abs(each - now), default=None)
