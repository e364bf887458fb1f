# SPDX-License-Identifier: BSD-3-Clause
"""The ranges of one graph and all sums over them, kept up to date so that no message loops over ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["COMMITTED", "FAILED", "RUNNING", "STATES", "WAITING", "FailVerdict", "Range", "RangeTable"]

FailVerdict = Literal["again", "failed", "ended", "stale"]

STATES = WAITING, RUNNING, COMMITTED, FAILED = "waiting", "running", "committed", "failed"


@dataclass(slots=True)
class Range:
    """One range.

    Attributes
    ----------
    attempt, worker : str
        The current attempt, or that of the commit, and where it runs.
    seq : int
        Of the attempt's newest partial.
    entries, size : int
        Entries that count now, tentative or committed; of the whole range, -1 as long as it is not known.
    fill : float
        Fraction that counts now.
    attempts, failed_attempts, lost_attempts : int
        That have begun; of which an error was reported; whose worker was lost.
    complete : bool
        False if a stop ended it early.
    verdict : (attempt, answer) or None
        Of the last attempt that failed: an answer may be lost on its way, and is asked for again.
    """

    state: str = WAITING
    attempt: str | None = None
    worker: str = ""
    seq: int = -1
    entries: int = 0
    size: int = -1
    fill: float = 0.0
    attempts: int = 0
    failed_attempts: int = 0
    lost_attempts: int = 0
    complete: bool = False
    verdict: tuple[str, FailVerdict] | None = None


class RangeTable:
    """All ranges of one graph.

    Attributes
    ----------
    ranges : list of Range
        Written by the ledger, but for state, entries, size and fill, which have methods here.
    marks : list of float
        What a progress bar needs of each range: 0 waiting, between 0 and 1 running, 1 committed, -1 failed.
    counts : dict
        Number of ranges in each state.
    entries : int
        Sum of the ranges' entries.
    known, known_entries : int
        Number of ranges whose size is known, and the sum of these sizes.
    fill : float
        Sum of the ranges' fills.
    stopped : set of int
        Committed ranges that a stop ended early.
    """

    def __init__(self, n: int) -> None:
        self.ranges = [Range() for _ in range(n)]
        self.marks: list[float] = [0] * n
        self.counts = dict.fromkeys(STATES, 0) | {WAITING: n}
        self.entries = self.known = self.known_entries = 0
        self.fill = 0.0
        self.stopped: set[int] = set()

    def move(self, range_: int, state: str) -> None:
        """Put a range into another state."""
        r = self.ranges[range_]
        self.counts[r.state] -= 1
        self.counts[state] += 1
        r.state = state
        self._mark(range_, r)

    def set_entries(self, range_: int, entries: int) -> None:
        """Say how many entries of a range count now."""
        r = self.ranges[range_]
        self.entries += entries - r.entries
        r.entries = entries
        self._mark(range_, r)

    def set_size(self, range_: int, size: int) -> None:
        """Say how many entries a range has; nothing changes if that is not known (-1)."""
        if size < 0:
            return
        r = self.ranges[range_]
        self.known += r.size < 0
        self.known_entries += size - max(r.size, 0)
        r.size = size

    def _mark(self, range_: int, r: Range) -> None:
        if r.state == COMMITTED and r.complete:
            fill = 1.0
        elif r.state in (RUNNING, COMMITTED) and r.size > 0:
            fill = min(r.entries / r.size, 1.0)
        else:
            fill = 0.0
        self.fill += fill - r.fill
        r.fill = fill
        # Whole numbers as int, which take one byte on the wire instead of nine.
        if r.state == COMMITTED:
            self.marks[range_] = 1
        elif r.state == FAILED:
            self.marks[range_] = -1
        elif r.state == RUNNING:
            self.marks[range_] = min(max(fill, 0.001), 0.999)
        else:
            self.marks[range_] = 0
