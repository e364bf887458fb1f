# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of things that go wrong share: clusters to be hurt, analyses with a known result, patience."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import ROOT
from distributed import Client, LocalCluster

import rdf_live
from rdf_live.client import hub

# Workers cannot import this module: what it sends them goes by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

#: No test waits longer than this for something that has to happen; a machine may be slow.
PATIENCE_S = 150.0

SETTINGS = {
    # Ranges are given up after as many deaths of workers as this; most tests kill without meaning the range.
    "distributed.scheduler.allowed-failures": 1000,
    # On a busy machine a new worker takes longer than the 15 s after which a cluster forgets the place of a lost one.
    "distributed.deploy.lost-worker-timeout": "10 minutes",
    # Killed workers start cold, again and again: what they do then is compile.
    "rdf-live.jit-level": 0,
}


def until(condition: Callable[[], Any], what: str = "the condition", timeout_s: float = PATIENCE_S) -> Any:
    """Poll until the condition is true; gives what it gave."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s for {what}"
        time.sleep(0.005)
    return value


# ---- clusters


class Farm:
    """A cluster of worker processes on this machine, with its scheduler in this process."""

    def __init__(self, cluster: LocalCluster, client: Client) -> None:
        self.cluster, self.client, self.scheduler = cluster, client, cluster.scheduler
        self.address: str = cluster.scheduler_address

    def pids(self) -> dict[str, int]:
        """Process of each worker that the scheduler knows, by address."""
        nannies = list(self.cluster.workers.values())
        return {
            n.worker_address: n.pid
            for n in nannies
            if n.worker_address in self.scheduler.workers and n.pid and n.status.name == "running"
        }

    def kill(self, worker: str) -> bool:
        """kill -9, as an out-of-memory killer would. False if the worker is gone already."""
        try:
            os.kill(self.pids()[worker], signal.SIGKILL)
        except (KeyError, ProcessLookupError):
            return False
        return True

    def record(self, run: rdf_live.LiveRun) -> Any:
        """The hub's own record of a run."""
        return self.scheduler.plugins["rdf_live-hub"].registry.get(run.id)

    def busy(self, run: rdf_live.LiveRun) -> list[str]:
        """Workers that compute for the run now, as the hub knows."""
        return list(self.record(run).ledger.busy)

    def showing(self, run: rdf_live.LiveRun) -> list[str]:
        """Those of them whose partial counts now."""
        record = self.record(run)
        return [
            worker
            for worker, places in list(record.ledger.busy.items())
            if any(place in record._graphs[graph].tentative for graph, place in places)
        ]

    def idle(self) -> bool:
        """No thread of any worker works on a task."""
        return not any(self.client.run(_working).values())

    def log_begins(self) -> list[tuple[str, int, int, str]]:
        """From now on: (run, graph, range, answer of the hub) of every attempt that wanted to begin."""
        hub.install(self.client)
        begin = self.scheduler.handlers["rdf_live_begin"]
        log: list[tuple[str, int, int, str]] = []

        def logged(**message: Any) -> Any:
            reply = begin(**message)
            log.append((message["run"], message["graph"], message["range"], reply["status"]))
            return reply

        self.scheduler.handlers["rdf_live_begin"] = logged
        return log


def _working(dask_worker: Any) -> int:
    return len(dask_worker.active_threads)


@contextlib.contextmanager
def farm(workers: int = 2, **config: Any) -> Iterator[Farm]:
    """A cluster, by default one that forgives any number of dead workers."""
    settings = SETTINGS | {key.replace("__", ".").replace("_", "-"): value for key, value in config.items()}
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield Farm(cluster, client)


# ---- analyses, with whole numbers all over, so that sums have to agree to the bit


class Analysis:
    """A count and two histograms of all entries, one of them weighted."""

    def __init__(self, frame: Any, code: str = "", entry: str = "rdfentry_") -> None:
        x = frame.Define("x", f"{code}; return double(({entry} * 7919) % 1000);")
        w = x.Define("w", f"double({entry} % 7)")
        self.count = x.Count()
        self.plain = x.Histo1D(("plain", "", 50, 20, 980), "x")
        self.weighted = w.Histo1D(("weighted", "", 20, 0, 1000), "x", "w")
        self.booked = [self.count, self.plain, self.weighted]

    def numbers(self, values: Any) -> list[Any]:
        """Every number in the results, out of a snapshot or any other mapping."""
        plain, weighted = values[self.plain], values[self.weighted]
        return [int(values[self.count]), *_numbers(plain), *_numbers(weighted)]


def _numbers(h: Any) -> list[float]:
    cells = range(h.GetNcells())
    moments = [h.GetMean(), h.GetStdDev(), h.GetEntries(), h.GetEffectiveEntries()]
    return [h.GetBinContent(i) for i in cells] + [h.GetBinError(i) for i in cells] + moments


def slow(entries: int, microseconds: int) -> str:
    """C++ that makes every so many entries take that long; less than 100 us each is not to be had."""
    return f"if (rdfentry_ % {entries} == 0) usleep({microseconds})"


def book(client: Client, entries: int, ranges: int, code: str = "") -> Analysis:
    """The analysis on an empty source."""
    return Analysis(ROOT.RDataFrame(entries, executor=client, npartitions=ranges), code)


def oracle(entries: int) -> list[Any]:
    """What plain local ROOT makes of it."""
    local = Analysis(ROOT.RDataFrame(entries))
    return local.numbers({result: result.GetValue() for result in local.booked})


def consistent(analysis: Analysis, snapshot: Any, total: int) -> None:
    """All results of a snapshot are at the same entry, and nothing counts twice."""
    got = (int(snapshot[analysis.count]), int(snapshot[analysis.plain].GetEntries()))
    assert got == (snapshot.entries, snapshot.entries)
    assert snapshot.entries <= total


def under_way(run: rdf_live.LiveRun, entries: int = 1) -> None:
    """Wait until the run has processed something and is not over."""
    until(lambda: run.progress.entries >= entries or run.over, "first entries")
    assert not run.over, "the run was too short for this test"


# ---- other processes

HEAD = """
import faulthandler, os, signal, sys, time, warnings
signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest itself may run in the background
faulthandler.dump_traceback_later(200, exit=True)
warnings.simplefilter("ignore")
sys.path[:0] = {path!r}
def say(*words):
    print(*words, flush=True)
if __name__ == "__main__":
    import ROOT, rdf_live
    from distributed import Client
    from faults import *
"""


class Process:
    """A Python process that runs a script and talks line by line."""

    def __init__(self, script: str, *arguments: str) -> None:
        here = Path(__file__).parent
        path = [str(here), str(Path(rdf_live.__file__).parents[1])]
        lines = "".join(f"    {line}\n" for line in script.strip().splitlines())
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEAD.format(path=path) + lines, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"DASK_RDF_LIVE__JIT_LEVEL": "0"},
            start_new_session=True,
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(pipe: Any, lines: list[str]) -> None:
        for line in pipe:
            lines.append(line.rstrip("\n"))

    def heard(self, word: str) -> str:
        """Wait for a line that starts with the word; gives the rest of it."""

        def look() -> str | None:
            found = next((line for line in self.lines if line.split(" ")[0] == word), None)
            assert found or self.process.poll() is None or any(r.is_alive() for r in self._readers), self.text
            return found

        return str(until(look, f"{word!r} of the other process, which said: {self.text}")).removeprefix(word).strip()

    @property
    def text(self) -> str:
        """All that it said."""
        return "\n".join(self.lines + self.errors)

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Wait for its end; gives the exit status."""
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.close()

    def close(self) -> None:
        """kill -9, if it still runs."""
        self.process.kill()
        self.process.wait(30)
        for reader in self._readers:
            reader.join(10)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
