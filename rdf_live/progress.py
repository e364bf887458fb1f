# SPDX-License-Identifier: BSD-3-Clause
"""How far a run is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    fraction : float
        Part of the data that has been seen, 0 to 1.
    entries, entries_total : int
        Seen, and in the dataset; the total is an estimate until every range has been opened (`total_is_estimate`).
    ranges, waiting, running, committed, failed : int
        All ranges, and how many are in each state.
    rate : float
        Entries per second, over the last seconds.
    elapsed_s : float
        Since the start.
    eta_s : float or None
        Time left at this rate; None while it is not known.
    workers : int
        Workers that compute for this run now.
    marks : list of float
        One per range: 0 waiting, between 0 and 1 how far a running one is, 1 committed, -1 failed.
    stopped_ranges : list of (graph, range, entries, size)
        Ranges that a stop ended early, and how many of their entries are kept.
    waiting_for : str
        What the run waits for while no worker computes for it, for example "12 jobs idle"; empty otherwise.
    """

    fraction: float
    entries: int
    entries_total: int
    total_is_estimate: bool
    ranges: int
    waiting: int
    running: int
    committed: int
    failed: int
    rate: float
    elapsed_s: float
    eta_s: float | None
    workers: int
    marks: list[float]
    stopped_ranges: list[Any]
    waiting_for: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Progress:
        """Out of what the hub says, where lists have become tuples on the way."""
        own = {"marks": list(given["marks"]), "stopped_ranges": [tuple(row) for row in given["stopped_ranges"]]}
        return cls(**{name: given[name] for name in cls.__slots__ if name in given} | own)
