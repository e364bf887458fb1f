# SPDX-License-Identifier: BSD-3-Clause
"""What simulated publishers cost the scheduler: 100 histograms of 100 bins each, no ROOT anywhere."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from common import header, line
from distributed import Client
from distributed.core import rpc

import rdf_live
from rdf_live.client import hub
from rdf_live.hub.ledger import Ledger
from rdf_live.partial.schema import layout_digest

HISTOGRAMS, CELLS = 100, 102 + 5
LENGTH = HISTOGRAMS * CELLS
CONNECTIONS = 40
#: Long enough for what the hub does seldom, as the frames of thousands of publishers.
WINDOW_S = 8.0


def schema() -> dict[str, Any]:
    """As a worker would describe 100 TH1D."""
    results = [
        {"kind": "TH1D", "name": f"h{i}", "offset": i * CELLS, "length": CELLS, "weighted": False, "variations": []}
        for i in range(HISTOGRAMS)
    ]
    digest = layout_digest(LENGTH, [], results)
    return {"digest": digest, "length": LENGTH, "rules": [], "results": results, "templates": b""}


class Publishers:
    """Simulated ones. The clock of the measurement starts when each has published once: that fills the memory."""

    def __init__(self, number: int, length_s: float) -> None:
        self.number = number
        self.length_s = length_s
        self.sent = 0
        self.heard: set[int] = set()
        self.stop_at = float("inf")
        self.all_heard = asyncio.Event()

    def note(self, place: int) -> None:
        """One message has been sent."""
        self.sent += 1
        self.heard.add(place)
        if len(self.heard) == self.number and not self.all_heard.is_set():
            self.stop_at = time.time() + self.length_s
            self.sent = 0
            self.all_heard.set()


async def publish(address: str, worker: str, run: str, publishers: Publishers) -> None:
    """All publishers in one loop: each sends when the hub's pace says so."""
    made = schema()
    values = np.ones(LENGTH).tobytes()
    free: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(rpc(address))

    async def call(operation: str, **message: Any) -> Any:
        connection = await free.get()
        try:
            return await getattr(connection, operation)(**message)
        finally:
            free.put_nowait(connection)

    def who(place: int) -> dict[str, Any]:
        return {"run": run, "graph": 0, "range": place, "attempt": f"a{place}"}

    async def begin(place: int) -> Any:
        return await call("rdf_live_begin", **who(place), worker=worker, versions={}, have_payload=False)

    async def one(place: int, reply: Any, wait: float) -> None:
        seq = 0
        await asyncio.sleep(wait * place / publishers.number)
        while time.time() < publishers.stop_at:
            seq += 1
            reply = await call(
                "rdf_live_partial",
                **who(place),
                seq=seq,
                entries=seq,
                size=10_000,
                trees=None,
                digest=made["digest"],
                values=values,
                blobs={},
                schema=made if reply.get("need_schema") else None,
            )
            publishers.note(place)
            await asyncio.sleep(min(reply["interval"], max(publishers.stop_at - time.time(), 0)))

    # The last one is told the interval that holds for so many; they take their turns in it.
    begun = await asyncio.gather(*(begin(place) for place in range(publishers.number)))
    wait = max(reply["interval"] for reply in begun)
    await asyncio.gather(*(one(place, reply, wait) for place, reply in enumerate(begun)))
    while not free.empty():
        await free.get_nowait().close_rpc()


def one(publishers: int, length_s: float) -> dict[str, Any]:
    """One scheduler process, one idle worker to publish for, one watching client."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        python = [sys.executable, "-W", "ignore", "-m"]
        common = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        scheduler = subprocess.Popen(
            [*python, "distributed.cli.dask_scheduler", *common, "--port", "0"],
            **quiet,
        )
        worker = subprocess.Popen(
            [*python, "distributed.cli.dask_worker", *common, "--nthreads", "1"],
            **quiet,
        )
        try:
            with Client(scheduler_file=str(file), timeout=60) as client:
                client.wait_for_workers(1)
                return _measure(client, scheduler.pid, publishers, length_s)
        finally:
            worker.terminate()
            scheduler.terminate()
            worker.wait()
            scheduler.wait()


def _measure(client: Client, pid: int, publishers: int, length_s: float) -> dict[str, Any]:
    hub.install(client)
    address = client.scheduler.address
    worker = next(iter(client.scheduler_info(n_workers=-1)["workers"]))
    run = f"bench{os.getpid()}x{publishers}"
    graphs = [{"payload": b"", "ranges": publishers, "labels": []}]
    options = {"every": 0.5, "on_error": "raise", "max_attempts": 1}
    hub.call(client, "rdf_live_open", run=run, name=run, client=client.id, graphs=graphs, options=options, versions={})
    watching = rdf_live.attach(run, client=client)  # takes every frame, as a notebook does
    process = psutil.Process(pid)
    rows: list[tuple[float, float, float]] = []

    process.cpu_percent()
    time.sleep(4)
    idle = process.cpu_percent()

    async def watch() -> int:
        crowd = Publishers(publishers, length_s)
        sending = asyncio.create_task(publish(address, worker, run, crowd))
        heard = asyncio.create_task(crowd.all_heard.wait())
        done, _ = await asyncio.wait({sending, heard}, return_when=asyncio.FIRST_COMPLETED)
        if sending in done:
            await sending
        while time.time() < crowd.stop_at - 0.1:
            cpu, start = sum(process.cpu_times()[:2]), time.time()
            await asyncio.sleep(min(WINDOW_S, length_s / 3, max(crowd.stop_at - time.time(), 0.05)))
            used = (sum(process.cpu_times()[:2]) - cpu) / (time.time() - start)
            rows.append((time.time(), 100 * used, process.memory_info().rss / 2**20))
        await sending
        return crowd.sent

    sent = asyncio.run(watch())
    hub.call(client, "rdf_live_stop", run=run, mode="cancel")
    half = len(rows) // 2
    seen = watching._current()["seq"]
    print(
        f"  {publishers} publishers, {sent} messages of {8 * LENGTH / 1000:.0f} kB in {length_s:.0f} s, "
        f"the client is at {seen}, {sum(r[1] for r in rows) / len(rows) - idle:.1f} % on the average"
    )
    header()
    found = {
        "messages": sent,
        "seen_by_the_client": seen,
        "idle_percent": line("CPU of the idle scheduler before", [idle], "%"),
        "cpu_percent": line("CPU of the scheduler above that (aim <= 5)", [r[1] - idle for r in rows], "%"),
        "memory_first_half_mib": line("memory, first half", [r[2] for r in rows[:half]], "MiB"),
        "memory_second_half_mib": line("memory, second half", [r[2] for r in rows[half:]], "MiB"),
    }
    return found


def ledger_cost(ranges: int) -> float:
    """Microseconds per message of the ledger alone."""
    ledger = Ledger([ranges], 3, "raise", time.time)
    start = time.perf_counter()
    for place in range(ranges):
        ledger.begin(0, place, f"a{place}", f"w{place % 100}")
    for seq in range(3):
        for place in range(ranges):
            ledger.partial(0, place, f"a{place}", seq, seq, 100)
    for place in range(ranges):
        ledger.commit(0, place, f"a{place}", 100, 100, True)
    return 1e6 * (time.perf_counter() - start) / (5 * ranges)


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """200, 1000 and 5000 publishers."""
    found: dict[str, Any] = {str(n): one(n, 6 if quick else 40) for n in ((50,) if quick else (200, 1000, 5000))}
    header()
    costs = [ledger_cost(5000) for _ in range(pairs)]
    return found | {"ledger_us": line("ledger, per message, 5000 ranges (aim < 50)", costs, "us")}
