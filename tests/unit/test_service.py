# SPDX-License-Identifier: BSD-3-Clause
"""A cluster that nobody uses ends; one whose first jobs wait in the queue does not."""

from __future__ import annotations

import asyncio

import pytest
from distributed import Scheduler, Worker

from rdf_live.cluster import service
from rdf_live.cluster.service import Service
from rdf_live.cluster.status import ClusterStatus, JobState, JobStatus


class Keeper:
    """Has one job."""

    def __init__(self, state: JobState) -> None:
        self._job = JobStatus("1.0", "w", state)

    def status(self) -> ClusterStatus:
        return ClusterStatus("naf", "naf", "tls://x:1", target=1, jobs=(self._job,))

    def scale(self, workers: int) -> None:
        raise AssertionError

    def adapt(self, minimum: int, maximum: int) -> None:
        raise AssertionError


def lives(state: JobState, *, comes: bool = False, asks: bool = False) -> bool:
    """Whether it is there after several times its idle timeout; a worker may have come, and somebody asked then."""

    async def main() -> bool:
        options = {"dashboard": False, "dashboard_address": "127.0.0.1:0", "port": 0, "host": "127.0.0.1"}
        async with Scheduler(idle_timeout="0.4s", **options) as scheduler:
            plugin = Service(Keeper(state), lambda: None)
            await plugin.start(scheduler)
            scheduler.add_plugin(plugin)
            if comes:
                async with Worker(scheduler.address, dashboard=False):
                    pass
            if asks:
                plugin._status()
            try:
                await asyncio.wait_for(scheduler.finished(), 2)
            except TimeoutError:
                return True
            return False

    return asyncio.run(main())


@pytest.mark.parametrize("state", ["submitting", "idle"])
def test_jobs_that_wait(state: JobState) -> None:
    assert lives(state)


@pytest.mark.parametrize("state", ["running", "held", "ended"])
def test_jobs_that_do_not(state: JobState) -> None:
    assert not lives(state)


def test_once_a_worker_has_come_it_counts_as_unused() -> None:
    assert not lives("idle", comes=True)
    assert lives("idle", comes=True, asks=True), "somebody waits again"


def test_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WAIT_S", 0.2)
    assert not lives("idle")
