# SPDX-License-Identifier: BSD-3-Clause
"""Many histograms: what is spent beside the event loops."""

from __future__ import annotations

import time
from typing import Any

import ROOT
from common import Booked, cluster, header, interleave, line, plain, ratios
from distributed import get_worker

import rdf_live

RANGES = 32
PER_RANGE = 10_000
X = "double(rdfentry_ % 1000) / 100."


def book(client: Any, histograms: int) -> list[Any]:
    """The graph, booked afresh."""
    frame = ROOT.RDataFrame(RANGES * PER_RANGE, executor=client, npartitions=RANGES).Define("x", X)
    return [frame.Histo1D((f"h{i}", "", 100, 0, 10), "x") for i in range(histograms)]


def bare_loops(histograms: int, loops: int) -> float:
    """Seconds of bare event loops in one process: nothing is cloned, sent or merged in that time."""
    import ROOT as R

    get_worker()
    total = 0.0
    for _ in range(loops):
        frame = R.RDataFrame(PER_RANGE)
        made = frame.Define("x", X)
        results = [made.Histo1D((f"h{i}", "", 100, 0, 10), "x") for i in range(histograms)]
        start = time.perf_counter()
        R.Internal.RDF.TriggerRun.__release_gil__ = True
        R.Internal.RDF.TriggerRun(R.RDF.AsRNode(frame))
        total += time.perf_counter() - start
        del results
    return total


def one(histograms: int, pairs: int) -> dict[str, Any]:
    """One number of histograms."""
    bare: list[float] = []
    # The bare loops in processes of their own, so that what they leave on the heap slows down none of the others. A run
    # gives its ranges to whoever is free, the bare loops are halved: the ratio may be below 1.
    with cluster() as own, cluster() as client:
        workers = list(own.scheduler_info(n_workers=-1)["workers"])

        def loops() -> None:
            count = RANGES // len(workers)
            tasks = [own.submit(bare_loops, histograms, count, workers=[w], pure=False) for w in workers]
            bare.append(max(own.gather(tasks)))

        times = interleave(
            pairs,
            live=Booked(lambda: book(client, histograms), lambda booked: rdf_live.start(booked).result()),
            plain=Booked(lambda: book(client, histograms), lambda booked: plain(client, booked)),
            bare=loops,
        )
    times["bare"] = bare[1:]
    print(f"  {histograms} TH1D, {RANGES} ranges of {PER_RANGE} entries")
    header()
    aim = 2 if histograms < 1000 else 3
    return {
        "live_s": line("live", times["live"], "s"),
        "plain_s": line("plain ROOT at the same JIT level", times["plain"], "s"),
        "bare_s": line("bare event loops", times["bare"], "s"),
        "plain_over_live": line(f"plain / live (aim >= {aim})", ratios(times, "plain", "live")),
        "live_over_bare": line("live / bare event loops (aim <= 1.2)", ratios(times, "live", "bare")),
    }


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """200 and 1000 histograms."""
    return {str(n): one(n, pairs) for n in ((20,) if quick else (200, 1000))}
