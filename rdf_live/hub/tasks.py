# SPDX-License-Identifier: BSD-3-Clause
"""The Dask tasks of the runs: which range one stands for, who wants it, where it may run.

Runs in the scheduler's event loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rdf_live.hub.registry import Registry
from rdf_live.hub.run import Run

if TYPE_CHECKING:
    from distributed.scheduler import Scheduler

__all__ = ["Tasks", "task_key"]

_PREFIX = "rdf-live-"


def task_key(run: str, graph: int, range_: int) -> str:
    """Key of the Dask task of a range."""
    return f"{_PREFIX}{run}-{graph}-{range_}"


class Tasks:
    """What the hub does with Dask's tasks.

    Parameters
    ----------
    scheduler : Scheduler
        That has them.
    registry : Registry
        The runs that they belong to.
    """

    def __init__(self, scheduler: Scheduler, registry: Registry) -> None:
        self._scheduler = scheduler
        self._registry = registry
        self._taken_back: set[str] = set()  # a worker had them and has them no more
        self._done: dict[str, list[str]] = {}  # by run, not released yet

    def place(self, key: Any) -> tuple[Run, int, int] | None:
        """Run, graph and range of a task, if it is one of ours and its run goes on."""
        if not isinstance(key, str) or not key.startswith(_PREFIX):
            return None
        name, _, range_ = key.removeprefix(_PREFIX).rpartition("-")
        name, _, graph = name.rpartition("-")
        run = self._registry.find(name)
        if run is None or run.over or not (graph.isdecimal() and range_.isdecimal()):
            return None
        if int(graph) >= len(run.nranges) or int(range_) >= run.nranges[int(graph)]:
            return None  # somebody else's
        return run, int(graph), int(range_)

    def missing(self, keys: Sequence[str]) -> int:
        """How many of these the scheduler does not know yet."""
        return sum(key not in self._scheduler.tasks for key in keys)

    def adopt(self, run: Run, keys: Sequence[str]) -> None:
        """From now on the hub wants them, so that they outlive the client; but for those that are done already."""
        open_ = [key for key in keys if self._scheduler.tasks[key].state != "memory"]
        self._scheduler.client_desires_keys(open_, _PREFIX + run.id)

    def done(self, run: Run, key: str) -> None:
        """A task is done, and what it returned is of no use: it is to be released soon, outside Dask's own work.

        Otherwise a worker that leaves would first have to send it to another one, which some sites forbid: it would
        not leave at all.
        """
        if not self._done:
            self._scheduler.loop.add_callback(self._release_done)
        self._done.setdefault(run.id, []).append(key)

    def _release_done(self) -> None:
        done, self._done = self._done, {}
        for run, keys in done.items():
            if _PREFIX + run in self._scheduler.clients:
                self._scheduler.client_releases_keys(keys, _PREFIX + run)

    def release(self, run: Run, waiting_only: bool) -> None:
        """Nobody wants these tasks any more: Dask drops the queued ones, so that they never start."""
        keys = [
            task_key(run.id, graph, place)
            for graph, number in enumerate(run.nranges)
            for place in range(number)
            if not (waiting_only and run.ledger.is_running(graph, place))
        ]
        for client in (_PREFIX + run.id, run.client):
            if client in self._scheduler.clients:
                self._scheduler.client_releases_keys(keys, client)

    def forget(self, run: Run) -> None:
        """Release all tasks of a run that is over, and the hub's wish for them."""
        self.release(run, waiting_only=False)
        if _PREFIX + run.id in self._scheduler.clients:
            self._scheduler.remove_client(_PREFIX + run.id)

    def elsewhere(self, key: str, worker: str) -> None:
        """Try a task again on another worker, if there is one: what broke may be this process.

        ROOT's interpreter, for one, compiles nothing any more once it has failed.
        """
        ts = self._scheduler.tasks.get(key)
        # Not where it needs a GPU: to be loose about workers means to be loose about that too.
        if ts is not None and not ts.resource_restrictions:
            others = set(ts.worker_restrictions or self._scheduler.workers) - {worker}
            ts.worker_restrictions = others & set(self._scheduler.workers) or None
            ts.loose_restrictions = True  # any worker will do once these are gone

    def lacking(self, run: Run) -> str:
        """What no worker has that the tasks of a run need; empty if there is nothing."""
        for ts in self._scheduler.unrunnable:
            if str(ts.key).startswith(f"{_PREFIX}{run.id}-") and ts.resource_restrictions:
                needs = ", ".join(f"{number:g} {name}" for name, number in ts.resource_restrictions.items())
                return f"none of the workers has {needs}"
        return ""

    def suspect(self, key: Any) -> str:
        """Why Dask gave a task up without an error of its own."""
        ts = self._scheduler.tasks.get(key)
        return f"Dask gave up: {ts.suspicious if ts else 'several'} workers died while they had it"

    def taken_back(self, key: str) -> None:
        """A worker had this task and lost it, by its death perhaps."""
        self._taken_back.add(key)

    def acquit(self, lost: bool) -> None:
        """Clear the tasks that were only queued on a worker when another one killed it.

        Dask suspects all tasks that a lost worker had, also those that it had not begun: the range queued behind one
        that kills every worker would be given up with it.

        Parameters
        ----------
        lost : bool
            Whether the worker had begun a range.
        """
        for key in self._taken_back if lost else ():
            ts, place = self._scheduler.tasks.get(key), self.place(key)
            if ts is not None and place is not None:
                run, graph, range_ = place
                ts.suspicious = min(ts.suspicious, run.ledger.lost_attempts(graph, range_))
        self._taken_back.clear()
