# SPDX-License-Identifier: BSD-3-Clause
"""The hub as a plugin of Dask's scheduler: handlers for workers and clients, hooks for what Dask knows.

All of it runs in the scheduler's event loop: no handler may block, and each costs the cluster its time.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dask.config
from dask.utils import parse_bytes
from distributed.diagnostics.plugin import SchedulerPlugin

import rdf_live
from rdf_live.errors import BadInput, RdfLiveError, RunLost, VersionMismatch
from rdf_live.hub.guard import guard
from rdf_live.hub.pace import Pace, transport_s
from rdf_live.hub.registry import Registry
from rdf_live.hub.run import Run
from rdf_live.hub.tasks import Tasks, task_key
from rdf_live.hub.versions import check_threads, check_versions
from rdf_live.hub.where import place_of

if TYPE_CHECKING:
    from distributed.scheduler import Scheduler

__all__ = ["HubPlugin"]

#: Name of the plugin of a cluster that rdf_live keeps; its ``waiting()`` says what a run without workers waits for,
#: and ``wanted()`` how many workers are to come.
CLUSTER_PLUGIN = "rdf_live-cluster"

Reply = dict[str, Any]

_ADOPT_TIMEOUT_S = 60.0
_MAX_POLL_S = 60.0


class HubPlugin(SchedulerPlugin):
    """Register with ``client.register_plugin(HubPlugin())``; a second registration changes nothing.

    Configuration (read on the scheduler when the plugin starts)::

        rdf-live:
          hub:
            budget: 0.05          # CPU seconds per second that everything live may cost the scheduler
            max-rate: 50MB        # bytes per second of live partials
            max-run-bytes: 2GiB   # vectors and blobs of one run
            keep-runs: 20         # finished runs that stay attachable, up to
            keep-bytes: 1GiB
            stop-timeout: 10      # seconds after which a silent attempt no longer holds up a stop
    """

    name = "rdf_live-hub"
    idempotent = True

    async def start(self, scheduler: Scheduler) -> None:
        """Register the handlers: runs once, when the plugin arrives at the scheduler."""

        def config(key: str, default: Any) -> Any:
            return dask.config.get(f"rdf-live.hub.{key}", default)

        self.scheduler = scheduler
        self.max_run_bytes = int(parse_bytes(config("max-run-bytes", "2GiB")))
        self.stop_timeout_s = float(config("stop-timeout", 10))
        self.registry = Registry(int(config("keep-runs", 20)), int(parse_bytes(config("keep-bytes", "1GiB"))))
        self.pace = Pace(float(config("budget", 0.05)), parse_bytes(config("max-rate", "50MB")), transport_s())
        self._versions: dict[str, dict[str, Any]] = {}  # of workers, as far as they have begun something
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.tasks = Tasks(scheduler, self.registry)
        scheduler.handlers.update(
            {
                "rdf_live_begin": guard(self._begin),
                "rdf_live_partial": guard(self._partial),
                "rdf_live_commit": guard(self._commit),
                "rdf_live_fail": guard(self._fail),
                "rdf_live_hello": guard(self._hello),
                "rdf_live_open": guard(self._open),
                "rdf_live_adopt": guard(self._adopt),
                "rdf_live_watch": guard(self._watch),
                "rdf_live_schema": guard(self._schema),
                "rdf_live_describe": guard(self._describe),
                "rdf_live_stop": guard(self._stop),
                "rdf_live_runs": guard(self._runs),
                "rdf_live_forget": guard(self._forget),
            }
        )

    async def close(self) -> None:
        """Runs when the scheduler closes."""
        for timer in self._timers.values():
            timer.cancel()

    # ---- hooks: they run inside the scheduler's own work and must not change tasks, so _settle waits

    def transition(self, key: Any, start: str, finish: str, *args: Any, **kwargs: Any) -> None:
        """A task of ours that Dask gave up, or that ended without a commit, is a failed range."""
        place = self.tasks.place(key) if finish in ("erred", "memory", "released") else None
        if place is None:
            return
        run, graph, range_ = place
        if finish == "released":
            if start == "processing" and not run.ledger.stopping:
                self.tasks.taken_back(key)
            return
        if finish == "memory":
            run.gone(graph, range_, "its task ended without a commit")
            self.tasks.done(run, key)
        else:
            died = f"{self.tasks.suspect(key)}, the last one was {kwargs.get('worker')}"
            run.gone(graph, range_, kwargs.get("exception_text") or died)
        self._settle(run)

    def remove_worker(self, scheduler: Scheduler, worker: str, **kwargs: Any) -> None:
        """What a lost worker has not committed does not count."""
        self._versions.pop(worker, None)
        lost = [run.lost(worker) for run in self.registry.active()]
        self.tasks.acquit(any(lost))
        for run in self.registry.runs():
            self._settle(run)

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """Dask has dropped the tasks of a run whose client went before the hub could adopt them."""
        for run in self.registry.active():
            if run.client == client and not run.adopted:
                self._abort(run, RunLost("its client went away before the hub had its tasks"))

    def restart(self, scheduler: Scheduler) -> None:
        """``Client.restart`` forgets all tasks."""
        for run in self.registry.active():
            self._abort(run, RunLost("the cluster was restarted, which dropped all tasks; start the run again"))

    # ---- from workers

    def _begin(
        self,
        run: str,
        graph: int,
        range: int,
        attempt: str,
        worker: str,
        versions: dict[str, Any],
        have_payload: bool,
    ) -> Reply:
        r = self.registry.get(run)
        worker = self.scheduler.coerce_address(worker)
        ws = self.scheduler.workers.get(worker)
        if ws is None:
            # Removed a moment ago: nobody would ever tell us that this attempt is lost.
            return {"status": "ended", "mode": "lost"}
        self._versions[worker] = versions
        if not r.over:
            try:
                self._check_worker(r, worker, ws.nthreads, versions)
            except RdfLiveError as error:
                self._abort(r, error)
                raise
        reply = r.begin(graph, range, attempt, worker, have_payload)
        return self._paced(r, graph, reply)

    def _partial(self, run: str, **message: Any) -> Reply:
        start = time.thread_time()
        r = self.registry.get(run)
        try:
            return self._paced(r, message.get("graph"), r.partial(message))
        finally:
            self._settle(r)
            self.pace.note(_size(message), time.thread_time() - start)

    def _commit(self, run: str, **message: Any) -> Reply:
        start = time.thread_time()
        r = self.registry.get(run)
        try:
            return r.commit(message)
        finally:
            self._settle(r)
            self.pace.note(_size(message), time.thread_time() - start)

    def _fail(self, run: str, graph: int, range: int, attempt: str, worker: str, error: dict[str, Any]) -> Reply:
        r = self.registry.get(run)
        reply = r.fail(graph, range, attempt, worker, error)
        if reply["status"] == "again":
            self.tasks.elsewhere(task_key(run, graph, range), self.scheduler.coerce_address(worker))
        self._settle(r)
        return reply

    def _paced(self, run: Run, graph: Any, reply: Reply) -> Reply:
        if reply["status"] in ("ok", "go"):
            nbytes = run.message_bytes(graph)
            reply["interval"] = self.pace.interval(run.every, nbytes, self.registry.publishers)
        return reply

    # ---- from clients

    def _hello(self) -> Reply:
        cluster: Any = self.scheduler.plugins.get(CLUSTER_PLUGIN)
        cores = sum(worker.nthreads for worker in self.scheduler.workers.values())
        return {
            "status": "ok",
            "version": rdf_live.__version__,
            "cluster": cluster is not None,
            "cores": max(cores, cluster.wanted() if cluster is not None else 0),
        }

    def _open(
        self,
        run: Any,
        name: str,
        client: str,
        graphs: Sequence[dict[str, Any]],
        options: dict[str, Any],
        versions: dict[str, Any],
        where: Any = None,
    ) -> Reply:
        if not isinstance(run, str) or not run:
            raise BadInput(f"run: got {run!r}, expected a string that is not empty")
        check_threads({worker: ws.nthreads for worker, ws in self.scheduler.workers.items()})
        check_versions(versions, self._known_versions())
        self.registry.add(Run(run, name, client, graphs, options, versions, self.max_run_bytes, where=place_of(where)))
        return {"status": "ok"}

    async def _adopt(self, run: str, keys: Sequence[str]) -> Reply:
        r = self.registry.get(run)
        # The client's tasks come by another connection than this call, and Dask unpacks them in a thread.
        deadline = time.monotonic() + _ADOPT_TIMEOUT_S
        while not r.over and (missing := self.tasks.missing(keys)):
            if time.monotonic() > deadline:
                raise RunLost(
                    f"run {r.name!r}: got {len(keys) - missing} tasks in {_ADOPT_TIMEOUT_S:.0f} s, "
                    f"expected {len(keys)}. Submit them before the call; is the scheduler overloaded?"
                )
            await asyncio.sleep(0.01)
        if not r.over:
            self.tasks.adopt(r, keys)
            r.adopted = True
        return {"status": "ok", "state": r.state}

    async def _watch(
        self, run: str, seq: int, timeout: float, values: bool, have: Sequence[Sequence[Any]] = ()
    ) -> Reply:
        r = self.registry.get(run)
        end = time.monotonic() + min(max(float(timeout), 0.0), _MAX_POLL_S)
        r.watchers += 1
        try:
            if seq > 0:  # the first frame of a caller comes at once
                pause = self.pace.frame_interval(r.every, r.frame_cost_s, r.frame_bytes if values else 0, r.watchers)
                if not r.over:
                    await _wait(r.wake, min(pause, end - time.monotonic()))
                while r.seq <= seq and not r.over and time.monotonic() < end:
                    await _wait(r.news, end - time.monotonic())
        finally:
            r.watchers -= 1
        frame = r.frame(values, have)
        if not r.over and not r.ledger.busy:
            frame["progress"]["waiting_for"] = self._waiting_for(r)
        return frame

    def _schema(self, run: str) -> Reply:
        return {"status": "ok", "graphs": self.registry.get(run).schemas()}

    def _describe(self, run: str) -> Reply:
        return {"status": "ok", **self.registry.get(run).describe()}

    def _stop(self, run: str, mode: str) -> Reply:
        r = self.registry.get(run)
        if mode not in ("stop", "cancel"):
            raise BadInput(f"mode: got {mode!r}, expected 'stop' or 'cancel'")
        if not r.over:
            workers = list(r.ledger.busy)
            r.stop(mode)
            self._tell(r, workers, mode)
            if r.over:
                self._settle(r)
            else:
                # A moment later: to release ten thousand tasks takes 0.15 s, for which no worker would hear the stop.
                loop = asyncio.get_running_loop()
                loop.call_later(0.02, functools.partial(self.tasks.release, r, waiting_only=True))
                self._timers.setdefault(run, loop.call_later(self.stop_timeout_s, self._give_up, r))
        return {"status": "ok", "state": r.state}

    def _runs(self) -> Reply:
        return {"status": "ok", "runs": [run.summary() for run in self.registry.runs()]}

    def _forget(self, run: str) -> Reply:
        r = self.registry.find(run)
        if r is not None:
            self._stop(run, "cancel")
            self._end(r)
            self.registry.forget(run)
        return {"status": "ok"}

    # ---- inside

    def _waiting_for(self, run: Run) -> str:
        """Why nothing is computed, where that is the workers'."""
        why = "no worker is connected"
        if self.scheduler.workers:
            why = self.tasks.lacking(run)
            if not why:
                return ""
        cluster: Any = self.scheduler.plugins.get(CLUSTER_PLUGIN)
        return (cluster.waiting() if cluster is not None else "") or why

    def _settle(self, run: Run) -> None:
        """Tidy up after a run that is over; later, since a hook must not change tasks."""
        if run.over and not run.settled:
            run.settled = True
            self.scheduler.loop.add_callback(self._end, run)

    def _end(self, run: Run) -> None:
        timer = self._timers.pop(run.id, None)
        if timer is not None:
            timer.cancel()
        self.tasks.forget(run)
        self.registry.finish(run.id)

    def _abort(self, run: Run, error: RdfLiveError) -> None:
        workers = list(run.ledger.busy)
        run.abort(error)
        self._tell(run, workers, "cancel")
        self._settle(run)

    def _give_up(self, run: Run) -> None:
        run.give_up()
        self._settle(run)

    def _tell(self, run: Run, workers: Sequence[str], mode: str) -> None:
        message = {"op": "rdf-live-stop", "run": run.id, "mode": mode}
        for worker in workers:
            if worker in self.scheduler.stream_comms:
                self.scheduler.worker_send(worker, message)

    def _check_worker(self, run: Run, worker: str, threads: int, versions: dict[str, Any]) -> None:
        check_threads({worker: threads})
        try:
            check_versions(run.versions, {worker: versions})
        except VersionMismatch:
            check_versions(run.versions, self._known_versions())  # the same with all workers in the table
            raise

    def _known_versions(self) -> dict[str, dict[str, Any]]:
        """Dask knows every worker's Python; ROOT and rdf_live become known when a worker begins something."""
        return {
            worker: {"python": ws.versions.get("host", {}).get("python"), **self._versions.get(worker, {})}
            for worker, ws in self.scheduler.workers.items()
        }


def _size(message: dict[str, Any]) -> int:
    values = message.get("values")
    return len(values) if isinstance(values, bytes) else 0


async def _wait(event: asyncio.Event, timeout: float) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), max(timeout, 0.0))
