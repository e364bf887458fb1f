# SPDX-License-Identifier: BSD-3-Clause
"""What a client may ask of a cluster that lives by itself, over the connection that it has to the scheduler."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from distributed.diagnostics.plugin import SchedulerPlugin
from tornado.ioloop import PeriodicCallback

from rdf_live.cluster.status import ClusterStatus
from rdf_live.errors import BadInput
from rdf_live.hub.guard import guard
from rdf_live.hub.plugin import CLUSTER_PLUGIN

if TYPE_CHECKING:
    from distributed.scheduler import Scheduler

__all__ = ["WAIT_S", "Keeper", "Service"]

#: Seconds that a cluster waits by itself for its first worker, beyond the time that it may be unused.
WAIT_S = 24 * 3600.0
#: Seconds between two looks whether it waits.
_LOOK_S = 60.0


class Keeper(Protocol):
    """Who keeps the number of workers."""

    def status(self) -> ClusterStatus:
        """How it is now."""

    def scale(self, workers: int) -> None:
        """Want that many."""

    def adapt(self, minimum: int, maximum: int) -> None:
        """Want as many as there is work for, within limits."""


class Service(SchedulerPlugin):
    """Handlers of the scheduler; they run in its event loop.

    Parameters
    ----------
    keeper : Keeper
        Who does it.
    close : callable
        Begins the end of the cluster.
    """

    name = CLUSTER_PLUGIN

    def __init__(self, keeper: Keeper, close: Callable[[], Any]) -> None:
        self.keeper = keeper
        self._close = close
        # When somebody was there last who waits for a worker; None once one has come.
        self._awaited: float | None = time.time()

    async def start(self, scheduler: Scheduler) -> None:
        """Register the handlers."""
        self._scheduler = scheduler
        scheduler.handlers.update(
            {
                "rdf_live_cluster_status": guard(self._status),
                "rdf_live_cluster_scale": guard(self._scale),
                "rdf_live_cluster_adapt": guard(self._adapt),
                "rdf_live_cluster_close": guard(self._end),
            }
        )
        if scheduler.idle_timeout:
            look = PeriodicCallback(self._wait, 1000 * min(_LOOK_S, scheduler.idle_timeout / 4))
            # It goes with the scheduler.
            scheduler.periodic_callbacks["rdf_live_cluster_wait"] = look
            look.start()

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        """What was waited for has come."""
        self._awaited = None

    def _wait(self) -> None:
        """See that a cluster does not count as unused while its first jobs are in a long queue."""
        if self._awaited is None or time.time() - self._awaited > WAIT_S:
            return
        if any(job.state in ("submitting", "idle") for job in self.keeper.status().jobs):
            self._scheduler.idle_since = time.time()

    def wanted(self) -> int:
        """Workers that are to come, or the most of them."""
        return self.keeper.status().target

    def waiting(self) -> str:
        """What a run without workers waits for."""
        return self.keeper.status().waiting()

    def _status(self) -> dict[str, Any]:
        if not self._scheduler.workers:
            # Who asks now waits for the first worker, maybe for hours: the cluster is not unused meanwhile.
            self._awaited = self._scheduler.idle_since = time.time()
        return {"status": "ok", "cluster": self.keeper.status().as_dict()}

    def _scale(self, workers: Any) -> dict[str, Any]:
        self.keeper.scale(_count("workers", workers))
        return self._status()

    def _adapt(self, minimum: Any, maximum: Any) -> dict[str, Any]:
        low, high = _count("minimum", minimum), _count("maximum", maximum)
        if low > high or high == 0:
            raise BadInput(f"got minimum {low} and maximum {high}, expected 0 <= minimum <= maximum and a maximum >= 1")
        self.keeper.adapt(low, high)
        return self._status()

    def _end(self) -> dict[str, Any]:
        # After the reply, which would not arrive otherwise.
        asyncio.get_running_loop().call_later(0.1, self._close)
        return {"status": "ok"}


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadInput(f"{name}: got {value!r}, expected a whole number, 0 or more")
    return value
