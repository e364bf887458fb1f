# SPDX-License-Identifier: BSD-3-Clause
"""What the watcher does with a cluster: how it submits, and what it fetches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rdf_live.cluster import tickets
from rdf_live.cluster.condor import judge
from rdf_live.cluster.condor.jobs import Job
from rdf_live.cluster.condor.judge import Seen, Verdict
from rdf_live.cluster.condor.watcher import Watcher
from rdf_live.cluster.home import Home
from rdf_live.cluster.profile import load
from rdf_live.errors import ClusterTrouble


class Cluster:
    """Dask's, of which all of a batch is known when the last one has been tried."""

    new_spec = None

    def __init__(self, refused: str) -> None:
        self._refused = refused
        self.scheduler = SimpleNamespace(workers={}, address="tls://10.0.0.1:8786")
        self.worker_spec: dict[str, None] = {}
        self.workers: dict[str, Any] = {}
        self.batches: list[int] = []

    def submit(self) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._submit())

    async def _submit(self) -> None:
        new = [name for name in self.worker_spec if name not in self.workers]
        self.batches.append(len(new))
        await asyncio.sleep(0.01)
        for name in new:
            id_ = "" if self._refused else f"{len(self.workers) + 1}.0"
            self.workers[name] = SimpleNamespace(job_id=id_, refused=self._refused)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Takes a cluster, values of the profile, and what to do with the watcher."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(cluster: Cluster, what: Callable[[Watcher], Any], **values: Any) -> None:
        async def all_of_it() -> None:
            home = Home(tmp_path, "htcondor")
            home.make()
            watcher = Watcher(cluster, load("htcondor", values), home, "id")

            async def read(ids: set[str]) -> dict[str, Job]:
                # Longer than a batch: its end falls into a look.
                await asyncio.sleep(0.03)
                return {id_: Job(id_) for id_ in ids}

            monkeypatch.setattr(watcher._reader, "read", read)
            await what(watcher)
            await watcher.stop()

        asyncio.run(all_of_it())

    return run


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_queue_that_refuses_is_not_asked_for_all(
    watched: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first refusals are seen, and told, before there are many."""
    monkeypatch.setattr(judge, "REFUSED_PAUSE_S", 0.3)
    cluster = Cluster(refused="ERROR: no project")

    async def refused(watcher: Watcher) -> None:
        watcher.start(50)
        await until(lambda: "8 jobs refused (ERROR: no project)" in watcher.status().sentence())
        await until(lambda: "8 jobs failed one after another" in watcher.status().trouble)
        await asyncio.sleep(0.1)

    watched(cluster, refused)
    assert cluster.batches == [8]


def test_a_refusal_tells_of_a_ticket_that_has_ended(
    watched: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "REFUSED_PAUSE_S", 0.1)
    monkeypatch.setattr(tickets, "output", lambda *_: (1, ""))

    async def refused(watcher: Watcher) -> None:
        watcher.start(3)
        await until(lambda: watcher.status().trouble.endswith("Type: kinit"))

    watched(Cluster(refused="ERROR: no credential"), refused, credentials=["kerberos"])


def test_many_workers_are_submitted_at_once(watched: Callable[..., Any]) -> None:
    """Batch after batch: none waits for the time between two looks."""
    cluster = Cluster(refused="")

    async def submitted(watcher: Watcher) -> None:
        watcher.start(100)
        async with asyncio.timeout(2):
            await until(lambda: len(cluster.workers) == 100)

    watched(cluster, submitted)
    assert cluster.batches == [8] * 12 + [4]


@pytest.mark.parametrize("spool", [True, False])
def test_what_lost_jobs_wrote_is_fetched(
    watched: Callable[..., Any], caplog: pytest.LogCaptureFixture, spool: bool
) -> None:
    cluster = Cluster(refused="")
    fetched: list[str] = []

    def worker(name: str) -> SimpleNamespace:
        async def fetch() -> None:
            fetched.append(name)
            if name == "failed":
                raise ClusterTrouble("condor_transfer_data failed")

        return SimpleNamespace(fetch=fetch)

    verdicts = [Verdict(Seen(kind, Job("1.0", "ended")), kind) for kind in ("failed", "lost", "normal", "unreachable")]
    verdicts[-1] = replace(verdicts[-1], seen=Seen("unreachable", refused="ERROR"))
    verdicts.append(Verdict(Seen("removed", Job("1.0", "removed")), "lost"))

    async def fetch(watcher: Watcher) -> None:
        cluster.workers = {verdict.seen.worker: worker(verdict.seen.worker) for verdict in verdicts}
        await watcher._fetch(verdicts)

    watched(cluster, fetch, spool=spool)
    assert fetched == (["failed", "lost"] if spool else [])
    assert ("what the job of failed wrote could not be fetched: condor_transfer_data" in caplog.text) is spool
