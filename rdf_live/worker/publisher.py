# SPDX-License-Identifier: BSD-3-Clause
"""What a worker tells the hub, over the connection that the worker itself opened.

The plugin installs itself from the first task: nothing has to reach the worker from outside.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from distributed import Worker, WorkerPlugin

from rdf_live.worker import interrupt
from rdf_live.worker.frames import Monitor

__all__ = ["ASKED_S", "Attempt", "Publisher"]

logger = logging.getLogger("rdf_live.worker")

#: The size of a range without files is told after this long, unless a partial or the commit has told it.
OPENED_S = 0.1
#: A worker whose event loop is busy for longer than this begins a range that the hub may not have heard of.
ASKED_S = 0.1
#: A hub that does not answer for this long is gone, and with it the run.
PATIENCE_S = 120.0


@dataclass
class Attempt:
    """One execution of a range, as the publisher sees it."""

    run: str
    graph: int
    range: int
    attempt: str
    digest: str = ""
    schema: dict[str, Any] | None = None
    size: int = -1
    trees: dict[str, int] | None = None
    files: list[str] = field(default_factory=list)
    monitor: Monitor | None = None
    interval: float | None = None  # s
    seq: int = 0
    ended: str | None = None  # "stop", "cancel" or "stale": leave the event loop
    asked: threading.Event = field(default_factory=threading.Event)  # the question to the hub has left
    begun: asyncio.Event = field(default_factory=asyncio.Event)  # the hub knows of it, or does not want it
    in_flight: bool = False
    send_schema: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def identity(self) -> dict[str, Any]:
        """What names this attempt in every message."""
        return {"run": self.run, "graph": self.graph, "range": self.range, "attempt": self.attempt}

    def watch(self, monitor: Monitor | None) -> None:
        """Attach the monitor (or detach it); a stop that came before takes effect."""
        with self.lock:
            self.monitor = monitor
            if monitor is not None and self.ended:
                monitor.stop()
            elif monitor is not None and self.interval is not None:
                monitor.set_interval(self.interval)

    def set_interval(self, seconds: float) -> None:
        """Least time between two pictures. Any thread."""
        with self.lock:
            self.interval = seconds
            if self.monitor is not None:
                self.monitor.set_interval(seconds)

    def end(self, why: str) -> None:
        """Ask the event loop to end. Any thread."""
        with self.lock:
            self.ended = self.ended or why
            if self.monitor is not None:
                self.monitor.stop()

    def message(self, entries: int, values: bytes | None, blobs: dict[int, bytes]) -> dict[str, Any]:
        """A partial or commit of this attempt."""
        with self.lock:  # the event loop and the thread of the task ask for one
            self.seq += 1
            seq = self.seq
        return self.identity | {
            "seq": seq,
            "entries": entries,
            "size": self.size,
            "trees": self.trees,
            "digest": self.digest,
            "values": values,
            "blobs": blobs,
            "schema": self.schema if self.send_schema else None,
        }


class Publisher(WorkerPlugin):
    """Sends partials and commits of the attempts on this worker, and hears when to stop.

    ``setup``, ``teardown``, `_ready` and `_stop` run on the worker's event loop; `send`, `begin`, `opened` and `close`
    in the thread of the task.

    Attributes
    ----------
    closing : bool
        The worker leaves, and what it computes with it.
    """

    name = "rdf_live-publisher"
    _installing = threading.Lock()

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}
        self.closing = False

    @classmethod
    def of(cls, worker: Worker) -> Publisher:
        """The publisher of this worker; installed when there is none. Called from a task's thread."""
        with cls._installing:
            found = worker.plugins.get(cls.name)
            if found is None:
                found = cls()
                loop: Any = worker.loop
                adding = worker.plugin_add(plugin=found, name=cls.name, catch_errors=False)
                asyncio.run_coroutine_threadsafe(adding, loop.asyncio_loop).result()
        assert isinstance(found, Publisher)
        return found

    def setup(self, worker: Worker) -> None:
        """Open the pipe by which C++ wakes this loop, and listen for stops."""
        self._worker = worker
        interrupt.ignore(worker)
        loop: Any = worker.loop
        self._loop: asyncio.AbstractEventLoop = loop.asyncio_loop
        self._read, self.notify_fd = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self.notify_fd, False)
        self._loop.add_reader(self._read, self._ready)
        worker.stream_handlers["rdf-live-stop"] = self._stop

    def teardown(self, worker: Worker) -> None:
        """Let attempts that still run end, which Dask would wait for; and stop listening to the pipe.

        Their worker leaves the cluster, and their ranges with it. The handler stays, because Dask ends a worker that
        gets a message for which it has none. So does the pipe: an event loop that still runs would write into whatever
        had got its number.
        """
        self.closing = True
        for attempt in list(self._attempts.values()):
            attempt.end("stale")
        self._loop.remove_reader(self._read)

    # ---- from the task's thread

    def send(self, operation: str, /, **message: Any) -> Future[dict[str, Any]]:
        """Tell the hub something.

        A lost connection is tried again for two minutes, unless the worker closes: every message of ours may arrive
        twice.

        Returns
        -------
        Future
            Of the answer; an OSError if there was none for that long.
        """
        return asyncio.run_coroutine_threadsafe(self._call(operation, message), self._loop)

    def begin(self, attempt: Attempt, **message: Any) -> Future[dict[str, Any]]:
        """Ask the hub whether it wants this attempt; from now on it is stopped when its run is.

        Does not wait: what is computed meanwhile is sent only when the hub has agreed, and ends at once if it has not.
        """
        self._attempts[attempt.attempt] = attempt
        return asyncio.run_coroutine_threadsafe(self._begin(attempt, message), self._loop)

    def opened(self, attempt: Attempt) -> None:
        """Tell the size and files of the range: for the total of the run, and for who is to blame if this process dies.

        Does not wait. Without files it waits a little, because a partial or the commit may tell it as well.
        """

        def tell() -> None:
            if attempt.attempt in self._attempts and attempt.seq == 0:
                self._loop.create_task(self._tell_size(attempt))

        self._loop.call_soon_threadsafe(self._loop.call_later, OPENED_S if attempt.trees is None else 0, tell)

    def close(self, attempt: Attempt) -> None:
        """The attempt is over."""
        attempt.watch(None)
        self._attempts.pop(attempt.attempt, None)

    # ---- on the worker's event loop

    async def _begin(self, attempt: Attempt, message: dict[str, Any]) -> dict[str, Any]:
        wanted = False
        call = asyncio.ensure_future(self._call("rdf_live_begin", attempt.identity | message))
        try:
            # In one turn of the loop it comes as far as to wait for the answer.
            await asyncio.sleep(0)
            attempt.asked.set()
            reply = await call
            wanted = reply["status"] == "go"
            if wanted:
                attempt.set_interval(reply["interval"])
            return reply
        finally:
            if not wanted:
                attempt.end("stale")
            attempt.begun.set()

    async def _tell_size(self, attempt: Attempt) -> None:
        await attempt.begun.wait()
        if attempt.seq == 0 and not attempt.ended:
            await self._send(attempt, attempt.message(0, None, {}))

    async def _call(self, operation: str, message: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_S
        wait_s = 0.1
        while True:
            try:
                call: Callable[..., Any] = getattr(self._worker.scheduler, operation)
                reply: dict[str, Any] = await call(**message)
                return reply
            except OSError:  # includes Dask's CommClosedError
                if self.closing or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, 5.0)

    def _ready(self) -> None:
        try:
            while len(os.read(self._read, 4096)) == 4096:
                pass
        except BlockingIOError:
            pass
        for attempt in list(self._attempts.values()):
            if not attempt.in_flight:
                self._loop.create_task(self._push(attempt))

    async def _push(self, attempt: Attempt) -> None:
        """Send pictures until there is no newer one. One message in flight: of those that wait, the newest wins."""
        attempt.in_flight = True
        try:
            await attempt.begun.wait()
            while True:
                with attempt.lock:
                    frame = attempt.monitor.take() if attempt.monitor is not None and not attempt.ended else None
                if frame is None:
                    return
                await self._send(attempt, attempt.message(frame.entries, frame.values, frame.blobs))
        finally:
            attempt.in_flight = False

    async def _send(self, attempt: Attempt, message: dict[str, Any]) -> None:
        if self.closing:
            return
        try:
            reply = await self._worker.scheduler.rdf_live_partial(**message)
        except OSError as error:
            logger.debug("a partial was lost, the next one will do: %s", error)
            return
        status = reply["status"]
        if status == "ok":
            attempt.send_schema = bool(reply["need_schema"])
            attempt.set_interval(reply["interval"])
            if reply["stop"]:
                attempt.end(reply["stop"])
        elif status == "stale":
            attempt.end("stale")
        elif status == "error":
            logger.error("rdf_live: the hub refused a partial: %s", reply["message"])

    def _stop(self, run: str, mode: str, **_: Any) -> None:
        for attempt in list(self._attempts.values()):
            if attempt.run == run:
                attempt.end(mode)
