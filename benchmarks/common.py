# SPDX-License-Identifier: BSD-3-Clause
"""What the benchmarks share: interleaved timing, medians, tables, clusters."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dask
from distributed import Client, LocalCluster

import rdf_live


def seconds(function: Callable[[], Any]) -> float:
    """Wall time of one call, whatever it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        function()
        return time.perf_counter() - start


def plain(client: Client, results: list[Any]) -> None:
    """Run the dataframe the way ROOT does. The list keeps all results alive: ROOT prunes those that nobody holds.

    ROOT hands its tasks to Dask's current client, which is the one made last, whatever client the dataframe has.
    """
    with client.as_current():
        results[0].GetValue()


class Booked(NamedTuple):
    """What is timed after something that is not: ``run(book())``. Booking costs the same whoever runs it."""

    book: Callable[[], Any]
    run: Callable[[Any], Any]


def interleave(pairs: int, **functions: Callable[[], Any] | Booked) -> dict[str, list[float]]:
    """Time the functions in turn, A B C A B C, after one turn that does not count."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(pairs + 1):
        for name, function in functions.items():
            if isinstance(function, Booked):
                took = seconds(functools.partial(function.run, function.book()))
            else:
                took = seconds(function)
            if turn:
                times[name].append(took)
        print("." if turn else "warm", end="", flush=True)
    print()
    return times


def ratios(times: dict[str, list[float]], name: str, of: str) -> list[float]:
    """Ratio pair by pair."""
    return [a / b for a, b in zip(times[name], times[of], strict=True)]


def line(text: str, values: list[float], unit: str = "") -> dict[str, float]:
    """Print minimum, median and maximum, and give them back."""
    figures = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    print(f"  {text:<64} {figures['min']:9.3f} {figures['median']:9.3f} {figures['max']:9.3f} {unit}", flush=True)
    return figures


def header() -> None:
    """Head of the table."""
    print(f"  {'':<64} {'min':>9} {'median':>9} {'max':>9}")


@contextlib.contextmanager
def cluster(workers: int = 2) -> Iterator[Client]:
    """A local cluster of ours, whose processes compile at -O2 from the start."""
    with dask.config.set({"rdf-live.jit-level": 2}):
        client = rdf_live.connect("local", workers=workers)
    try:
        yield client
    finally:
        client.close()
        client.cluster.close()


@contextlib.contextmanager
def dasks_own(jit_level: int, workers: int = 2) -> Iterator[Client]:
    """A local cluster as Dask starts it, which rdf_live has nothing to do with; ROOT by itself compiles at level 1."""
    key = "distributed.nanny.environ"
    with (
        dask.config.set({key: {**dask.config.get(key, {}), "EXTRA_CLING_ARGS": f"-O{jit_level}"}}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def cache_dir() -> Path:
    """Where generated input lies between two benchmarks."""
    place = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rdf_live"
    with contextlib.suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        return place
    return Path(tempfile.gettempdir())


def events(entries: int) -> str:
    """A TTree of ten columns in many clusters, made once."""
    import ROOT

    path = cache_dir() / f"bench_{entries}.root"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.root")
        frame = ROOT.RDataFrame(entries)
        for i in range(10):
            frame = frame.Define(f"x{i}", f"(rdfentry_ * {2 * i + 1}ull * 2654435761ull % 1000003) / 1000003.0 * 10")
        options = ROOT.RDF.RSnapshotOptions()
        options.fAutoFlush = max(entries // 100, 1)
        frame.Snapshot("t", str(part), ROOT.std.vector["std::string"]([f"x{i}" for i in range(10)]), options)
        part.replace(path)
    return str(path)
