# SPDX-License-Identifier: BSD-3-Clause
"""A picture of all results at one moment, and what part of the data is in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rdf_live.errors import WrongKind
from rdf_live.partial.objects import Builder

__all__ = ["Result", "Snapshot"]


class Result:
    """One booked result of a run: its place, its label, and the user's proxy where this process has it."""

    __slots__ = ("graph", "index", "kind", "label", "proxy")

    def __init__(self, graph: int, index: int, label: str, kind: str, proxy: Any = None) -> None:
        self.graph = graph
        self.index = index
        self.label = label
        self.kind = kind
        self.proxy = proxy

    def __repr__(self) -> str:
        return f"<{self.kind} {self.label!r}>"


class Snapshot(Mapping[Any, Any]):
    """Mapping from results to detached ROOT objects or numbers.

    A key is a result as it was booked (the proxy), its label, or a `Result`. Objects are made when they are first
    asked for, in the thread that asks, and then kept; they belong to no directory and change no more.

    Attributes
    ----------
    fraction : float
        Part of the data that is in it, 0 to 1.
    entries : int
        Entries that are in it; the same number for every result, so that histograms and counts of one snapshot agree.
    entries_total : int
        Entries of the dataset; an estimate until every range has been opened (`total_is_estimate`).
    seq : int
        Grows with every change of the run.
    time : float
        When the hub merged it, in seconds since 1970.
    state : str
        State of the run then.
    """

    def __init__(
        self,
        frame: dict[str, Any],
        results: list[Result],
        builders: list[Builder | None],
        find: Any,
    ) -> None:
        progress = frame["progress"]
        self.fraction: float = progress["fraction"]
        self.entries: int = sum(graph["entries"] for graph in frame["graphs"])
        self.entries_total: int = progress["entries_total"]
        self.total_is_estimate: bool = progress["total_is_estimate"]
        self.seq: int = frame["seq"]
        self.time: float = frame["time"]
        self.state: str = frame["state"]
        self.progress: dict[str, Any] = progress
        self._graphs = frame["graphs"]
        self._results = results
        self._builders = builders
        self._find = find
        self._made: dict[tuple[int, int], Any] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._results)

    def __contains__(self, key: object) -> bool:
        try:
            self._find(key)
        except (KeyError, WrongKind):
            return False
        return True

    def __getitem__(self, key: Any) -> Any:
        """The object or number of one result.

        Raises
        ------
        KeyError
            The result is not one of this run, or nothing of it has arrived (`get` gives None then).
        """
        result: Result = self._find(key)
        place = (result.graph, result.index)
        with self._lock:
            if place not in self._made:
                self._made[place] = self._make(result)
            return self._made[place]

    def _make(self, result: Result) -> Any:
        graph = self._graphs[result.graph]
        builder = self._builders[result.graph]
        if builder is None or not self.has(result):
            raise KeyError(
                f"nothing of {result.label!r} has arrived yet; use snapshot.get(result), or wait for the first update"
            )
        values = np.frombuffer(graph["values"], dtype=np.float64)
        blobs = [held[result.index] for _, held in sorted(graph["held"].items()) if result.index in held]
        return builder.build(result.index, values, blobs)

    def has(self, result: Result) -> bool:
        """True if something of this result has arrived."""
        return self._builders[result.graph] is not None and self._graphs[result.graph]["values"] is not None

    @property
    def ready(self) -> bool:
        """True if every graph of the run has delivered something."""
        return all(b is not None and g["values"] is not None for b, g in zip(self._builders, self._graphs, strict=True))

    def __repr__(self) -> str:
        about = "about " if self.total_is_estimate else ""
        return (
            f"<Snapshot {self.state}: {100 * self.fraction:.3g} % of the data, "
            f"{self.entries:,} of {about}{self.entries_total:,} entries, {len(self)} results>"
        )
