# SPDX-License-Identifier: BSD-3-Clause
"""Many histograms: what is spent beside the event loops."""

from __future__ import annotations

import contextlib
import statistics
import time
from typing import Any

import dask
import ROOT
from common import Booked, cluster, dasks_own, header, interleave, line, plain, ratios

import rdf_live

RANGES = 32
PER_RANGE = 10_000
WORKERS = 2
#: What Dask does on its own account, which each of three clusters on one machine would feel of all of them.
IDLE = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "2s",
    "distributed.worker.memory.monitor-interval": "1s",
}
X = "double(rdfentry_ % 1000) / 100."


def book(client: Any, histograms: int) -> list[Any]:
    """The graph, booked afresh."""
    frame = ROOT.RDataFrame(RANGES * PER_RANGE, executor=client, npartitions=RANGES).Define("x", X)
    return [frame.Histo1D((f"h{i}", "", 100, 0, 10), "x") for i in range(histograms)]


def bare_loops(histograms: int, loops: int) -> float:
    """Seconds of bare event loops in one process: nothing is cloned, sent or merged in that time."""
    import ROOT as R

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


def clock() -> float:
    """Seconds of the event loops of live runs in this process since it was asked last."""
    from rdf_live.worker.graph import ProcessGraph

    if not hasattr(ProcessGraph, "spent"):
        run = ProcessGraph.run

        def timed(self: ProcessGraph, monitor: Any) -> None:
            start = time.perf_counter()
            run(self, monitor)
            ProcessGraph.spent += time.perf_counter() - start

        ProcessGraph.run = timed
        ProcessGraph.spent = 0.0
    spent, ProcessGraph.spent = ProcessGraph.spent, 0.0
    return spent


def everywhere(client: Any, function: Any, *arguments: Any) -> float:
    """Mean of what the processes of a cluster give."""
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    tasks = [client.submit(function, *arguments, workers=[w], pure=False) for w in workers]
    return statistics.mean(client.gather(tasks))


def turn(histograms: int) -> dict[str, list[float]]:
    """One pair, on fresh clusters.

    Each way has processes of its own, since each leaves a heap that slows down others. And each pair has, since where
    memory comes to lie makes the loops of one process faster by a third than those of another, for as long as it lives.
    """
    bare: list[float] = []
    inside: list[float] = []
    with dask.config.set(IDLE), contextlib.ExitStack() as stack:
        client, own = (stack.enter_context(cluster(workers=WORKERS)) for _ in range(2))
        plainly = stack.enter_context(dasks_own(2, workers=WORKERS))

        def loops() -> None:
            # A run gives its ranges to whoever is free, and each process has half of the bare loops.
            inside.append(everywhere(client, clock))
            bare.append(everywhere(own, bare_loops, histograms, RANGES // WORKERS))

        everywhere(client, clock)
        times = interleave(
            1,
            live=Booked(lambda: book(client, histograms), lambda booked: rdf_live.start(booked).result()),
            plain=Booked(lambda: book(plainly, histograms), lambda booked: plain(plainly, booked)),
            bare=loops,
        )
    return times | {"bare": bare[1:], "inside": inside[1:]}


def one(histograms: int, pairs: int) -> dict[str, Any]:
    """One number of histograms."""
    times: dict[str, list[float]] = {}
    for _ in range(pairs):
        for name, those in turn(histograms).items():
            times.setdefault(name, []).extend(those)
    print(f"  {histograms} TH1D, {RANGES} ranges of {PER_RANGE} entries")
    header()
    aim = 2 if histograms < 1000 else 3
    return {
        "live_s": line("live", times["live"], "s"),
        "plain_s": line("plain ROOT at the same JIT level, Dask's workers", times["plain"], "s"),
        "bare_s": line("bare event loops", times["bare"], "s"),
        "inside_s": line("event loops inside the live run", times["inside"], "s"),
        "plain_over_live": line(f"plain / live (aim >= {aim})", ratios(times, "plain", "live")),
        "live_over_bare": line("live / bare event loops (aim <= 1.2)", ratios(times, "live", "bare")),
        "live_over_inside": line("live / event loops inside it", ratios(times, "live", "inside")),
    }


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """200 and 1000 histograms."""
    return {str(n): one(n, pairs) for n in ((20,) if quick else (200, 1000))}
