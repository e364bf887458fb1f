# SPDX-License-Identifier: BSD-3-Clause
"""How soon one sees something: from the first processed entry to the first snapshot in the client."""

from __future__ import annotations

import time
from typing import Any

import ROOT
from common import cluster, events, header, line

import rdf_live

#: A column that holds the time at which its entry was processed; the minimum is when the work began.
NOW = "std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()"


def book(client: Any, path: str) -> tuple[Any, Any]:
    """Histogram and time of the first entry, with default partitions."""
    frame = ROOT.RDataFrame("t", path, executor=client).Define("now", NOW)
    heavy = "double s = 0; for (int i = 0; i < 40; ++i) s += sin(x0 + i); return s;"
    return frame.Define("y", heavy).Histo1D(("y", "", 100, -10, 10), "y"), frame.Min("now")


def live(client: Any, path: str) -> tuple[float, float]:
    """Seconds, and fraction of the data."""
    y, now = book(client, path)
    run = rdf_live.start([y, now])
    snapshot = run.snapshot()
    seen = time.time()
    first, fraction = snapshot[now], snapshot.fraction
    run.cancel()
    run.wait()
    return seen - first, fraction


def roots_own(client: Any, path: str) -> tuple[float, float]:
    """The same with ROOT's LiveVisualize: the first call of its callback."""
    y, now = book(client, path)
    calls: list[tuple[float, float]] = []
    ROOT.RDF.Distributed.LiveVisualize([y], _note(calls))
    y.GetValue()
    return calls[0][0] - now.GetValue(), calls[0][1] / y.GetEntries()


def _note(calls: list[tuple[float, float]]) -> Any:
    import functools

    return functools.partial(note_call, calls)


def note_call(calls, histogram):  # type: ignore[no-untyped-def]  # ROOT parses the source of a callback
    """Write down when, and how much is in it."""
    calls.append((time.time(), histogram.GetEntries()))


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """Both, interleaved."""
    ROOT.gROOT.SetBatch(True)
    path = events(400_000 if quick else 5_000_000)
    ours, theirs = [], []
    import contextlib
    import io

    with cluster() as client:
        for turn in range(pairs + 1):
            with contextlib.redirect_stdout(io.StringIO()):
                found = live(client, path), roots_own(client, path)
            if turn:
                ours.append(found[0])
                theirs.append(found[1])
    header()
    return {
        "live_s": line("first entry to first snapshot (aim <= 0.5)", [t for t, _ in ours], "s"),
        "live_percent": line("part of the data in it (aim <= 2)", [100 * f for _, f in ours], "%"),
        "root_s": line("ROOT's LiveVisualize, first entry to first callback", [t for t, _ in theirs], "s"),
        "root_percent": line("part of the data in it", [100 * f for _, f in theirs], "%"),
    }
