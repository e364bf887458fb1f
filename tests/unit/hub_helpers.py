# SPDX-License-Identifier: BSD-3-Clause
"""Messages as a worker would send them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rdf_live.hub.run import Run
from rdf_live.partial.schema import layout_digest


def make_schema(length: int = 2, rules: Sequence[Any] = (), nresults: int = 1) -> dict[str, Any]:
    results = [{"kind": "TH1D", "name": "h", "offset": 0, "length": length}]
    results += [{"kind": "Take", "name": f"t{i}", "offset": 0, "length": 0} for i in range(1, nresults)]
    rules = [list(rule) for rule in rules]
    return {
        "digest": layout_digest(length, rules, results),
        "length": length,
        "rules": rules,
        "results": results,
        "templates": b"",
    }


SCHEMA = make_schema()


def make_run(nranges: Sequence[int] = (3,), max_bytes: int = 10**6, **options: Any) -> Run:
    graphs = [
        {
            "payload": b"graph%d" % i,
            "ranges": n,
            "labels": [{"title": "h"}],
        }
        for i, n in enumerate(nranges)
    ]
    return Run("run1", "dimuons", "client1", graphs, options, {"python": "3.11.7"}, max_bytes)


def message(range_: int = 0, attempt: str = "a", seq: int = 1, entries: int = 5, **changes: Any) -> dict[str, Any]:
    """A partial whose values are [entries, 1]."""
    fields: dict[str, Any] = {
        "graph": 0,
        "range": range_,
        "attempt": attempt,
        "seq": seq,
        "entries": entries,
        "size": 10,
        "trees": None,
        "digest": SCHEMA["digest"],
        "values": np.array([entries, 1.0]).tobytes(),
        "blobs": {},
        "schema": SCHEMA,
    }
    return fields | changes


def held(run: Run, graph: int = 0) -> list[float] | None:
    """The merged vector that a client would see."""
    values = run.frame(values=True)["graphs"][graph]["values"]
    return None if values is None else np.frombuffer(values).tolist()
