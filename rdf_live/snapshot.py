# SPDX-License-Identifier: BSD-3-Clause
"""A picture of all results at one moment, and what part of the data is in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
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
    name : str
        Of the run.
    fraction : float
        Part of the data that is in it, 0 to 1.
    entries : int
        Entries that are in it; the same number for every result, so that histograms and counts of one snapshot agree.
        Results that cannot be had in the middle of a range (AsNumpy, Snapshot, and what travels as bytes of ROOT, of
        more than 256 kB in the range) hold only those of committed ranges; `lacking` counts the others.
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
        name: str = "",
    ) -> None:
        self.name = name
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

    def lacking(self, result: Result) -> int:
        """Number of running ranges whose part of this result is too large to be copied before they end."""
        held = self._graphs[result.graph].get("held", {})
        return 0 if result.kind == "Report" else sum(blobs.get(result.index) == b"" for blobs in held.values())

    def save(self, path: str | Path, results: Any = None, **options: Any) -> Path:
        """Write it into a file; the end of its name says of which kind. The file is replaced at once.

        ``.root``
            Every object under its label (variations one by one, a slash becomes ``_``), numbers as
            ``TParameter<double>``, cut flows as JSON in a ``TNamed``. The title of the ``TNamed`` "rdf_live" is JSON
            too: run, state, fraction, entries, entries_total, time, and what was left out (columns of AsNumpy, and
            what has not arrived yet).
        ``.json``
            The same, objects in ROOT's JSON: ``{"rdf_live": {...}, "results": {...}}``. Numbers have 14 digits there.
        ``.png``, ``.pdf``, ``.svg``
            A picture, with the `options` of `rdf_live.view.picture.png`.

        Parameters
        ----------
        path : str or Path
        results : result, label or iterable of them, optional
            All otherwise; in a picture the first sixteen that can be drawn.

        Returns
        -------
        Path
            Of the file.

        Raises
        ------
        BadInput
            The name ends differently, or nothing can be drawn.
        OSError
            The file cannot be written; one that was there before is as it was.
        """
        from rdf_live.export.suffixes import PICTURES

        if Path(path).suffix.lower() in PICTURES:
            from rdf_live.view.picture import save
        else:
            from rdf_live.export.files import save
        return save(self, path, results, **options)

    def to_hist(self, key: Any) -> Any:
        """One histogram or profile as a ``hist.Hist``, with underflow and overflow.

        ``values()`` and ``variances()`` are ROOT's ``GetBinContent`` and the square of ``GetBinError``; of a profile's
        bin with at most one effective entry the variance is NaN. For all variations of a result: a dict of them.

        Raises
        ------
        ImportError
            The package ``hist`` is missing.
        WrongKind
            It is no histogram.
        """
        from rdf_live.export.hists import result_to_hist

        return result_to_hist(self[key])

    def to_arrow(self, key: Any = None) -> Any:
        """Histograms and profiles as a ``pyarrow.Table``, one row per bin, underflow and overflow included.

        Columns: result, variation, kind ("COUNT" or "MEAN"), then for each axis x_low, x_high, and x_label where bins
        have labels (y, z, axis3, ... likewise; null where a result has fewer axes), value, variance. The outer edges of
        flow bins are infinite. Sparse histograms have rows for filled bins only. Graphs and numbers have no bins and
        are left out. The metadata "rdf_live" of the schema says in JSON what part of the data is in it.

        Parameters
        ----------
        key : result, label or iterable of them, optional
            All histograms otherwise.

        Raises
        ------
        ImportError
            The package ``pyarrow`` is missing.
        WrongKind
            What was asked for is no histogram.
        """
        from rdf_live.export.table import to_arrow

        return to_arrow(self, key)

    def to_parquet(self, path: str | Path, key: Any = None) -> Path:
        """The table of `to_arrow` as a Parquet file, which is replaced at once."""
        from rdf_live.export.table import to_parquet

        return to_parquet(self, path, key)

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
