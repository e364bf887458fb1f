# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots of objects that are made here, without a run."""

from __future__ import annotations

import time
from typing import Any

from rdf_live.snapshot import Result, Snapshot

__all__ = ["MISSING", "snapshot_of"]

#: In the place of a value: nothing of this result has arrived.
MISSING = object()


class _Builder:
    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def build(self, index: int, values: Any, blobs: Any) -> Any:
        return self._values[index]


def snapshot_of(values: dict[str, Any], kinds: dict[str, str] | None = None, state: str = "running") -> Snapshot:
    """A snapshot of 31 % of the data that holds these values under these labels."""
    graphs: list[dict[str, Any]] = []
    results = []
    for number, (label, value) in enumerate(values.items()):
        graphs.append({"entries": 0, "values": None if value is MISSING else b"", "held": {}})
        results.append(Result(number, 0, label, (kinds or {}).get(label, type(value).__name__)))
    graphs[0]["entries"] = 1_234_567
    frame = {
        "progress": {"fraction": 0.31, "entries_total": 4_000_000, "total_is_estimate": False},
        "graphs": graphs,
        "seq": 3,
        "time": time.time(),
        "state": state,
    }

    def find(key: Any) -> Result:
        return next(r for r in results if r is key or r.label == key)

    return Snapshot(frame, results, [_Builder([value]) for value in values.values()], find, "my run")  # type: ignore[arg-type, list-item]
