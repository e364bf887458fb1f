# SPDX-License-Identifier: BSD-3-Clause
"""What it costs to be live: 20 Define + Filter + Histo1D strings over a TTree."""

from __future__ import annotations

from typing import Any

import ROOT
from common import Booked, cluster, dasks_own, events, header, interleave, line, plain, ratios

import rdf_live

#: The same number of ranges for both, where the comparison is of the mechanism.
RANGES = 12


def book(client: Any, path: str, ranges: int | None) -> list[Any]:
    """The graph, booked afresh."""
    arguments = {} if ranges is None else {"npartitions": ranges}
    frame = ROOT.RDataFrame("t", path, executor=client, **arguments)
    results = []
    for i in range(20):
        a, b = f"x{i % 10}", f"x{(i + 3) % 10}"
        made = frame.Define(f"y{i}", f"({a} - {b}) / ({a} + {b} + 1) * sqrt({a} * {a} + {b} * {b})").Filter(
            f"{a} + {b} > {i % 5}"
        )
        results.append(made.Histo1D((f"h{i}", "", 100, -16, 16), f"y{i}"))
    return results


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """Live, and plain ROOT in the same processes, in those of Dask at the same JIT level, and as it comes; in turn."""
    path = events(400_000 if quick else 14_000_000)
    with dasks_own(1) as plain_1, dasks_own(2) as plain_2, cluster() as at_2:
        times = interleave(
            pairs,
            live=Booked(lambda: book(at_2, path, RANGES), lambda booked: rdf_live.start(booked, every=0.5).result()),
            plain_same=Booked(lambda: book(at_2, path, RANGES), lambda booked: plain(at_2, booked)),
            plain_dask=Booked(lambda: book(plain_2, path, RANGES), lambda booked: plain(plain_2, booked)),
            plain_comes=Booked(lambda: book(plain_1, path, None), lambda booked: plain(plain_1, booked)),
        )
    header()
    return {
        "live_s": line("live, every=0.5, -O2", times["live"], "s"),
        "plain_same_s": line(f"plain ROOT, -O2, {RANGES} partitions, our workers", times["plain_same"], "s"),
        "plain_dask_s": line(f"plain ROOT, -O2, {RANGES} partitions, Dask's workers", times["plain_dask"], "s"),
        "plain_comes_s": line("plain ROOT as it comes (-O1, partitions and workers too)", times["plain_comes"], "s"),
        "live_over_plain_same": line(
            "live / plain at the same level, our workers (aim <= 1.02)", ratios(times, "live", "plain_same")
        ),
        "live_over_plain_dask": line(
            "live / plain at the same level, Dask's workers", ratios(times, "live", "plain_dask")
        ),
        "live_over_plain_comes": line("live / plain as it comes (aim <= 0.8)", ratios(times, "live", "plain_comes")),
    }
