# SPDX-License-Identifier: BSD-3-Clause
"""From ``stop()`` or ``cancel()`` to workers that are idle."""

from __future__ import annotations

import time
from typing import Any

import ROOT
from common import cluster, events, header, line

import rdf_live

FAST = "sqrt(x0 * x1)"
SLOW = "std::this_thread::sleep_for(std::chrono::milliseconds(20)); return x0;"


def working(dask_worker: Any) -> int:
    """Threads of a worker that work on a task: the scheduler forgets a task before its thread has ended it."""
    return len(dask_worker.active_threads)


def once(client: Any, path: str, column: str, end: str = "stop") -> float:
    """Seconds until no thread of any worker works on a task."""
    y = ROOT.RDataFrame("t", path, executor=client, npartitions=12).Define("y", column).Histo1D(("y", "", 9, 0, 9), "y")
    run = rdf_live.start(y)
    run.snapshot()
    time.sleep(0.3)
    start = time.perf_counter()
    getattr(run, end)()
    while any(client.run(working).values()):
        time.sleep(0.002)
    took = time.perf_counter() - start
    run.wait()
    return took


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """A fast graph and one of 20 ms per entry."""
    path = events(400_000 if quick else 20_000_000)
    with cluster() as client:
        once(client, path, FAST)
        once(client, path, SLOW)
        times = [
            (once(client, path, FAST), once(client, path, SLOW), once(client, path, SLOW, "cancel"))
            for _ in range(pairs)
        ]
    header()
    return {
        "fast_s": line("stop, fast graph (aim <= 0.5)", [t for t, _, _ in times], "s"),
        "slow_s": line("stop, 20 ms per entry (aim <= 0.5)", [t for _, t, _ in times], "s"),
        "cancel_s": line("cancel, 20 ms per entry (aim <= 1)", [t for _, _, t in times], "s"),
    }
