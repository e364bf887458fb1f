# SPDX-License-Identifier: BSD-3-Clause
"""What the hub holds of one graph of a run: committed sums and blobs, tentative partials, the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rdf_live.hub.merge import Accumulator
from rdf_live.partial.messages import Message
from rdf_live.partial.schema import Layout

__all__ = ["GraphRecord"]


@dataclass(slots=True)
class _Tentative:
    """The newest partial of a running attempt."""

    attempt: str
    entries: int  # that the values hold: a later message of progress only may be further
    values: bytes | None
    blobs: dict[int, bytes]
    blob_seq: int

    @property
    def nbytes(self) -> int:
        return len(self.values or b"") + sum(map(len, self.blobs.values()))


class GraphRecord:
    """Values of one graph; whether they count is for the ledger to say.

    Parameters
    ----------
    spec : dict
        payload, ranges (their number) and labels, as the client sends them.

    Attributes
    ----------
    layout : Layout or None
        None until the first worker has sent the schema.
    entries : int
        Of all committed ranges.
    committed_bytes, tentative_bytes : int
        Memory held.
    picture_bytes : int
        Size of the newest picture of a running attempt.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self.payload: bytes | None = spec["payload"]
        self.labels = spec.get("labels")
        self.nranges: int = spec["ranges"]
        self.layout: Layout | None = None
        self.sum: Accumulator | None = None
        self.entries = 0
        self.tentative: dict[int, _Tentative] = {}
        self.files: dict[int, list[str]] = {}
        self.blobs: dict[int, tuple[str, int, dict[int, bytes]]] = {}
        self.committed_bytes = self.tentative_bytes = self.picture_bytes = 0
        self._merged: tuple[int, bytes] | None = None  # (seq of the run, vector): the cache of the frames

    def learn(self, layout: Layout) -> None:
        """Take the schema."""
        self.layout = layout
        self.sum = Accumulator(layout.length, layout.rules)
        self.committed_bytes += Accumulator.bytes_of(layout.length)

    def keep(self, m: Message, room: int) -> bool:
        """Hold a picture instead of the attempt's last one, if it fits into so many bytes more.

        All of it, so that all results are at the same entry: what a picture lacks, because it was too large to be
        copied between two entries, is not held either.

        Returns
        -------
        bool
            Whether the record holds values of that range now.
        """
        old = self.tentative.get(m.range)
        new = _Tentative(m.attempt, m.entries, m.values, m.blobs, m.seq)
        self.picture_bytes = new.nbytes
        self.drop(m.range)
        if new.nbytes > room + (old.nbytes if old else 0):
            return False  # only the live view misses it
        self.tentative[m.range] = new
        self.tentative_bytes += new.nbytes
        return new.values is not None

    def commit(self, m: Message) -> None:
        """Add a range for good."""
        self.drop(m.range)
        if m.values is not None and self.sum is not None:
            self.sum.add(m.values)
        if m.blobs:
            self.blobs[m.range] = (m.attempt, m.seq, m.blobs)
            self.committed_bytes += m.blob_bytes
        self.entries += m.entries
        self.files.pop(m.range, None)

    def drop(self, range_: int) -> None:
        """Forget the tentative partial of a range, if there is one."""
        old = self.tentative.pop(range_, None)
        if old is not None:
            self.tentative_bytes -= old.nbytes

    def drop_tentative(self) -> None:
        """Forget all tentative partials."""
        self.tentative.clear()
        self.tentative_bytes = 0

    def vector(self, seq: int) -> bytes | None:
        """Merge of all that counts; computed once per seq of the run."""
        if self._merged is not None and (self._merged[0] == seq or self.sum is None):
            return self._merged[1]
        if self.sum is None:
            return None
        merged = self.sum.merged(t.values for t in self.tentative.values() if t.values is not None)
        self._merged = (seq, merged.tobytes())
        return self._merged[1]

    def blob_rows(self, held: set[tuple[Any, ...]]) -> list[list[Any]]:
        """[range, attempt, seq, committed, blobs] of each range; blobs are None if (range, attempt, seq) is held."""
        rows = [(i, attempt, seq, True, blobs) for i, (attempt, seq, blobs) in self.blobs.items()]
        rows += [(i, t.attempt, t.blob_seq, False, t.blobs) for i, t in self.tentative.items() if t.blobs]
        return [[i, a, s, sure, None if (i, a, s) in held else blobs] for i, a, s, sure, blobs in rows]

    def close(self, keep: bool) -> None:
        """The run is over: hold what a client may still ask for, and nothing else.

        Parameters
        ----------
        keep : bool
            False after a cancel: then that is nothing.
        """
        self.payload, self.files = None, {}
        self.drop_tentative()
        self._merged = (0, self.sum.merged().tobytes()) if keep and self.sum is not None else None
        self.sum = None
        if not keep:
            self.blobs = {}
        self.committed_bytes = len(self._merged[1]) if self._merged else 0
        self.committed_bytes += sum(len(blob) for _, _, blobs in self.blobs.values() for blob in blobs.values())
