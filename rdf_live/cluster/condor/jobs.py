# SPDX-License-Identifier: BSD-3-Clause
"""What became of each job: from the event log, else from HTCondor's queue and its history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.events import EventLog, Job, ended, held
from rdf_live.cluster.status import JobState
from rdf_live.errors import ClusterTrouble

__all__ = ["Job", "Reader", "from_ad"]

_STATES: dict[int, JobState] = {
    1: "idle",
    2: "running",
    3: "removed",
    4: "ended",
    5: "held",
    6: "running",
    7: "running",
}


def from_ad(ad: Mapping[str, Any]) -> Job:
    """A job as its attributes in the queue or in the history tell it."""
    state = _STATES.get(ad["JobStatus"], "idle")
    since = float(ad.get("EnteredCurrentStatus") or ad.get("QDate") or 0)
    job = Job(
        id=f"{ad['ClusterId']}.{ad['ProcId']}",
        state=state,
        host=str(ad.get("RemoteHost") or ad.get("LastRemoteHost") or "").rpartition("@")[2],
        since=since,
        starts=int(ad.get("NumJobStarts") or 0),
        started=float(ad["JobCurrentStartDate"]) if ad.get("JobCurrentStartDate") else None,
    )
    match state:
        case "held":
            return held(job, _words(ad.get("HoldReason")))
        case "removed":
            return replace(job, reason=_words(ad.get("RemoveReason")), ended=since)
        case "ended":
            at = float(ad.get("CompletionDate") or since)
            by_signal = ad.get("ExitBySignal") is True
            return ended(
                job, at, None if by_signal else ad.get("ExitCode"), ad.get("ExitSignal") if by_signal else None
            )
    return job


def _words(value: Any) -> str:
    return " ".join(str(value or "").split())


class Reader:
    """What became of the jobs of a cluster: the log tells, and the queue where the log says nothing.

    A log ends without a word where the token for its file system has run out. So the queue is asked now and then about
    the jobs too that the log believes alive, and the later of both stories is true.

    Parameters
    ----------
    log : Path or None
        Event log; None where there is none, since the jobs were spooled.
    constraint : str
        That the jobs of the cluster fit, and no others.
    every_s, check_every_s : float
        Seconds between two questions to the queue about jobs of which the log says nothing, and about all others. They
        are long, since a submit machine serves many people.

    Attributes
    ----------
    problem : str
        Why the queue, or its history, could not be read last time; empty where it could.
    strays : frozenset of str
        Jobs of the cluster in the queue that nobody asked about, in the last two answers of the queue.
    """

    def __init__(self, log: Path | None, constraint: str, every_s: float = 10.0, check_every_s: float = 120.0) -> None:
        self._log = EventLog(log) if log is not None else None
        self._constraint = constraint
        self._every_s = every_s
        self._check_every_s = check_every_s
        self._asked = time.monotonic() - every_s
        self._empty = True
        self._queue: dict[str, Job] = {}
        self._missed: dict[str, int] = {}
        self._unknown: frozenset[str] = frozenset()
        self.problem = ""
        self.strays: frozenset[str] = frozenset()

    async def read(self, ids: Collection[str]) -> dict[str, Job]:
        """What is known of jobs; one that was submitted a moment ago may be missing.

        While the queue does not answer the last that was known stands.
        """
        logged = await asyncio.to_thread(self._log.read) if self._log is not None else {}
        known = self._known(ids, logged)
        alive = [job for job in ids if job not in known or not known[job].over]
        if self._is_time(any(job not in logged for job in alive), bool(alive)):
            try:
                self.problem = await self._ask(ids, alive)
            except ClusterTrouble as error:
                self.problem = str(error)
            # After the answer: a queue that takes long for it is asked less often.
            self._asked = time.monotonic()
            known = self._known(ids, logged)
        return known

    def _is_time(self, unlogged: bool, alive: bool) -> bool:
        waited_s = time.monotonic() - self._asked
        if unlogged:
            return waited_s >= self._every_s
        return (alive or not self._empty) and waited_s >= self._check_every_s

    def _known(self, ids: Collection[str], logged: Mapping[str, Job]) -> dict[str, Job]:
        stories = {job: _later(logged.get(job), self._queue.get(job)) for job in ids}
        return {job: story for job, story in stories.items() if story is not None}

    async def _ask(self, ids: Collection[str], alive: Collection[str]) -> str:
        """Ask the queue, and its history about what is not there any more; gives why that could not be read."""
        problem = ""
        found = {job.id: job for job in map(from_ad, await tools.queue(self._constraint))}
        self._empty = all(job.over for job in found.values())
        unknown = frozenset(job for job in found if job not in ids and not found[job].over)
        self._unknown, self.strays = unknown, unknown & self._unknown
        gone = [job for job in alive if job not in found]
        if gone:
            try:
                found |= {job.id: job for job in map(from_ad, await tools.history(gone))}
            except ClusterTrouble as error:
                # What the queue says is news all the same, and a job that it does not have is not there.
                problem = str(error)
        for job in gone:
            if job not in found:
                # The history is written a moment after the job has left the queue.
                self._missed[job] = self._missed.get(job, 0) + 1
                if self._missed[job] >= 3:
                    now = time.time()
                    reason = "the queue does not have it, and its history " + (
                        "cannot be read" if problem else "neither"
                    )
                    found[job] = Job(job, "removed", reason, since=now, ended=now)
        self._queue = {job: story for job, story in (self._queue | found).items() if job in ids}
        self._missed = {job: n for job, n in self._missed.items() if job in ids}
        return problem


def _later(logged: Job | None, queued: Job | None) -> Job | None:
    if logged is None or queued is None:
        return logged or queued
    return queued if queued.since > logged.since else logged
