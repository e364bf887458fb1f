# SPDX-License-Identifier: BSD-3-Clause
"""What a panel costs the kernel, with 4 and with 100 histograms, and how large its updates are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import ROOT
from common import header, line
from distributed import Client

import rdf_live
from rdf_live.view.panel import comm, notebook, panel

EVERY = 0.5
SLOW = "std::this_thread::sleep_for(std::chrono::milliseconds(1)); return rdfentry_ % 997 / 100.;"


class Page:
    """Takes what the panel shows, in the place of IPython, and makes the JSON of it as a kernel does."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.cpu: list[float] = []
        self.last = 0

    def take(self, bundle: dict[str, Any], display_id: str) -> None:
        data = bundle[panel.MIME]
        self.last = len(json.dumps(bundle))
        if data["plots"]:
            self.sizes.append(len(json.dumps(data)))
            self.cpu.append(time.thread_time())


def cpu_s() -> float:
    """Of this process."""
    times = os.times()
    return times.user + times.system


def once(client: Client, histograms: int, updates: int, shown: bool) -> dict[str, Any]:
    """Parts of a core, while a run gives so many updates; its first seconds, which load and compile, do not count."""
    frame = ROOT.RDataFrame(10_000_000, executor=client, npartitions=8).Define("x", SLOW)
    booked = [frame.Histo1D((f"h{i}", "title;x;events", 100, 0, 10), "x") for i in range(histograms)]
    run = rdf_live.start(booked, every=EVERY)
    page = Page()
    notebook.in_kernel, notebook.cell = lambda: True, lambda: 1
    notebook.show = notebook.update = page.take
    comm.know = lambda _: None
    if shown:
        run.panel()
        threads = {t.name: t for t in threading.enumerate()}
        assert "rdf-live-panel" in threads
    run.snapshot()
    time.sleep(6)
    begin, start = cpu_s(), time.monotonic()
    first = len(page.cpu)
    if shown:
        while len(page.cpu) < first + updates:
            time.sleep(EVERY)
    else:
        time.sleep(updates * EVERY)
    wall = time.monotonic() - start
    found: dict[str, Any] = {"process_percent": 100 * (cpu_s() - begin) / wall}
    if shown:
        found["thread_percent"] = 100 * (page.cpu[-1] - page.cpu[first - 1]) / wall
        found["seconds_per_update"] = wall / (len(page.cpu) - first)
    sizes = [size / 1000 for size in page.sizes[first:]]
    run.stop()
    run.wait()  # the panel has shown the end when this returns
    return found | ({"kB": sizes, "last_kB": page.last / 1000} if shown else {})


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """The scheduler and the worker are processes of their own, so that only the client is measured."""
    updates = 10 if quick else 50
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        python = [sys.executable, "-W", "ignore", "-m"]
        common = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        scheduler = subprocess.Popen([*python, "distributed.cli.dask_scheduler", *common, "--port", "0"], **quiet)
        worker = subprocess.Popen([*python, "distributed.cli.dask_worker", *common, "--nthreads", "1"], **quiet)
        try:
            with Client(scheduler_file=str(file), timeout=60) as client:
                client.wait_for_workers(1)
                for histograms in (4, 100):
                    alone = once(client, histograms, updates, shown=False)["process_percent"]
                    figures = once(client, histograms, updates, shown=True)
                    print(f"  {histograms} histograms, {updates} updates")
                    header()
                    found[str(histograms)] = {
                        "thread_percent": line(
                            "CPU of the panel's thread (aim <= 5)", [figures["thread_percent"]], "%"
                        ),
                        "process_percent": line("CPU of the process", [figures["process_percent"]], "%"),
                        "without_percent": line("CPU of the process without a panel", [alone], "%"),
                        "seconds_per_update": line("time between two updates", [figures["seconds_per_update"]], "s"),
                        "update_kB": line("JSON of an update (aim <= 30 with 4)", figures["kB"], "kB"),
                        "last_kB": line("last bundle, picture included", [figures["last_kB"]], "kB"),
                    }
        finally:
            worker.terminate()
            scheduler.terminate()
            worker.wait()
            scheduler.wait()
    return found
