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
    """Plain ROOT at both JIT levels, and live, interleaved."""
    path = events(400_000 if quick else 14_000_000)
    with dasks_own() as plain_1, cluster() as at_2:
        times = interleave(
            pairs,
            live=Booked(lambda: book(at_2, path, RANGES), lambda booked: rdf_live.start(booked, every=0.5).result()),
            plain_same=Booked(lambda: book(at_2, path, RANGES), lambda booked: plain(at_2, booked)),
            plain_comes=Booked(lambda: book(plain_1, path, None), lambda booked: plain(plain_1, booked)),
        )
    header()
    return {
        "live_s": line("live, every=0.5, -O2", times["live"], "s"),
        "plain_same_s": line(f"plain ROOT, -O2, {RANGES} partitions", times["plain_same"], "s"),
        "plain_comes_s": line("plain ROOT as it comes (-O1, partitions and workers too)", times["plain_comes"], "s"),
        "live_over_plain_same": line(
            "live / plain at the same level (aim <= 1.02)", ratios(times, "live", "plain_same")
        ),
        "live_over_plain_comes": line("live / plain as it comes (aim <= 0.8)", ratios(times, "live", "plain_comes")),
    }
