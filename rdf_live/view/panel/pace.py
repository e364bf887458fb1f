# SPDX-License-Identifier: BSD-3-Clause
"""How often a panel is updated, and with which panes. Pure."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Collection, Mapping

__all__ = ["Cost", "choose", "interval", "picture_due"]

#: Parts of one core that the updates and the pictures in them may take: 4 % in all.
SHARE, PICTURE_SHARE = 0.025, 0.015
#: Seconds between two pictures when a page draws by itself: they are needed for saving only.
WATCHED_S = 20.0
#: Panes in one update when nobody has said which are in sight.
WINDOW = 12


class Cost:
    """CPU seconds that one kind of work typically takes.

    The median of the last three times. The first time of all is not counted: it loads and compiles.
    """

    def __init__(self) -> None:
        self._last = deque([0.0], maxlen=3)

    def add(self, cpu_s: float) -> None:
        """It was done once more."""
        self._last.append(cpu_s)

    @property
    def typical(self) -> float:
        """In seconds; 0 as long as nothing is known."""
        return statistics.median_low(self._last)


def interval(every: float, cost: Cost) -> float:
    """Seconds between two updates.

    Parameters
    ----------
    every : float
        What the run was asked for.
    cost : Cost
        Of an update without its picture.
    """
    return max(every, cost.typical / SHARE)


def picture_due(since: float | None, cost: Cost, watched: bool) -> bool:
    """Whether an update gets a new picture.

    Parameters
    ----------
    since : float or None
        Seconds since the last one; None if there was none.
    cost : Cost
        Of a picture.
    watched : bool
        A page is there that draws by itself.
    """
    return since is None or since >= max(cost.typical / PICTURE_SHARE, WATCHED_S if watched else 0.0)


def choose(count: int, sent: Mapping[int, int], visible: Collection[int] | None) -> list[int]:
    """Panes of the next update, the one to send first at the front.

    Parameters
    ----------
    count : int
        Number of panes.
    sent : mapping
        Number of the update in which a pane was sent last.
    visible : collection of int or None
        Panes in sight; None if nobody has said.

    Returns
    -------
    list of int
        All panes in sight; else the `WINDOW` that have waited longest.
    """
    known = range(count) if visible is None else sorted(i for i in visible if 0 <= i < count)
    waited = sorted(known, key=lambda index: sent.get(index, -1))
    return waited if visible is not None else waited[:WINDOW]
