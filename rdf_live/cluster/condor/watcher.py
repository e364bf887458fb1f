# SPDX-License-Identifier: BSD-3-Clause
"""Keeps as many workers as are wanted: sees what becomes of their jobs, replaces lost ones, gives up with a reason."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from distributed.core import Status

from rdf_live.cluster import credentials
from rdf_live.cluster.condor import tools, words
from rdf_live.cluster.condor.jobs import Job, Reader
from rdf_live.cluster.condor.judge import Demand, Judge, Seen, Verdict, silent, spare
from rdf_live.cluster.condor.submit import ATTRIBUTE, DEATH_TIMEOUT_S
from rdf_live.cluster.status import ClusterStatus, JobStatus
from rdf_live.errors import ClusterTrouble

if TYPE_CHECKING:
    from rdf_live.cluster.home import Home
    from rdf_live.cluster.profile import Profile

__all__ = ["Watcher"]

logger = logging.getLogger("rdf_live.cluster")

#: Seconds between two looks.
_EVERY_S = 2.0
#: Jobs that are submitted before it is seen what becomes of them: Dask tells of a batch only as a whole.
_BATCH = 8
#: Seconds that results of a worker that leaves may take to move to others.
_LEAVE_S = 30.0
#: Seconds that a worker may take to end once it has closed.
_CLOSE_S = 10.0


class Watcher:
    """The workers of one cluster. Everything happens in the event loop of its scheduler.

    Parameters
    ----------
    cluster : HTCondorCluster
        Of `rdf_live.cluster.condor.submit`, started.
    profile : Profile
        It was made from.
    home : Home
        Its folder.
    cluster_id : str
        What the attribute of its jobs says.
    """

    def __init__(self, cluster: Any, profile: Profile, home: Home, cluster_id: str) -> None:
        self._cluster = cluster
        self._profile = profile
        self._home = home
        self._reader = Reader(None if profile.spool else home.jobs / "events.log", f'{ATTRIBUTE} =?= "{cluster_id}"')
        self._request = words.request(profile.memory, profile.disk, profile.gpus)
        self._judge = Judge(profile.runtime)
        self._demand: Demand | None = None
        self._target = 0
        self._jobs: dict[str, Job] = {}
        self._told: dict[str, tuple[str, str]] = {}
        self._leaving: set[str] = set()
        self._bad: deque[JobStatus] = deque(maxlen=5)
        self._trouble = ""
        self._gone: list[Seen] = []
        self._replaced = 0
        self._number = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    # --- what others ask for ------------------------------------------------------------------------------------------

    def start(self, workers: int) -> None:
        """Want that many, and begin to watch."""
        self.scale(workers)
        self._spawn(self._watch())

    async def stop(self) -> None:
        """Watch no longer; the jobs stay as they are."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def scale(self, workers: int) -> None:
        """Want that many, and no longer as many as there is work for."""
        logger.info("wanted: %d workers", workers)
        self._demand, self._target = None, workers
        self._again()

    def adapt(self, minimum: int, maximum: int) -> None:
        """Want as many as there is work for, within limits."""
        logger.info("wanted: as many workers as there is work for, %d to %d", minimum, maximum)
        self._demand = Demand(minimum, maximum)
        self._follow_work()
        self._again()

    def status(self) -> ClusterStatus:
        """How it is now, from what is known."""
        scheduler = self._cluster.scheduler
        return ClusterStatus(
            name=self._home.name,
            profile=self._profile.name,
            address=scheduler.address,
            target=self._demand.limits[1] if self._demand else self._target,
            adapts=self._demand.limits if self._demand else None,
            workers=tuple(worker.host for worker in scheduler.workers.values()),
            jobs=(*map(self._job_status, self._seen()), *self._bad),
            trouble=self._trouble,
            problem=self._reader.problem,
            replaced=self._replaced,
            log=str(self._home.log),
        )

    # --- the watch ----------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            # Whatever happens during a look is for the next one.
            self._wake.clear()
            try:
                await self._look()
            except Exception:
                # Whatever it was, workers that nobody watches are worse.
                logger.exception("a look at the jobs failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _EVERY_S)

    async def _look(self) -> None:
        submitting = self._cluster.worker_spec.keys() - self._cluster.workers.keys()
        ids = {job.job_id for job in self._cluster.workers.values() if job.job_id}
        self._jobs = await self._reader.read(ids)
        if not submitting:
            await self._remove(self._reader.strays - ids)
        seen = self._seen()
        await self._remove_silent(seen)
        self._tell(seen)
        came = sum(each.connected for each in seen)
        verdicts = self._judge.look(seen, self._target, time.monotonic())
        await self._fetch(verdicts)
        causes = [await self._cause(verdict) for verdict in verdicts]
        for verdict, cause in zip(verdicts, causes, strict=True):
            self._take_out(verdict, cause)
        if not self._judge.gave_up:
            self._trouble = ""
        elif not self._trouble:
            self._trouble = await self._sentence()
            logger.error("%s", self._trouble)
        if came >= self._target and not verdicts:
            self._bad.clear()
        self._follow_work()
        self._fit()

    async def _remove(self, strays: frozenset[str]) -> None:
        """Remove jobs that are nobody's: their removal failed, or a submission that seemed to have failed."""
        if strays:
            logger.warning("removing %s, which no worker belongs to", ", ".join(sorted(strays)))
            self._reader.strays = frozenset()
            with contextlib.suppress(ClusterTrouble):
                await tools.run("condor_rm", *sorted(strays))

    async def _remove_silent(self, seen: list[Seen]) -> None:
        """Have the tasks of workers that are gone computed elsewhere; Dask itself would wait for minutes."""
        scheduler = self._cluster.scheduler
        workers = {str(worker.name): worker for worker in scheduler.workers.values()}
        self._gone = [each for each in self._gone if each.worker in workers]
        for each in (*seen, *self._gone):
            worker = workers.get(each.worker)
            if worker is not None and silent(each, time.time() - worker.last_seen):
                logger.warning("worker %s is silent, and its job does not run", each.worker)
                await scheduler.remove_worker(worker.address, stimulus_id="rdf_live-silent", close=False)

    def _seen(self) -> list[Seen]:
        here = {str(worker.name) for worker in self._cluster.scheduler.workers.values()}
        found = []
        for name in self._cluster.worker_spec:
            if name in self._leaving:
                continue
            process = self._cluster.workers.get(name)
            if process is None:
                found.append(Seen(name))
            elif process.job_id:
                found.append(Seen(name, self._jobs.get(process.job_id, Job(process.job_id)), connected=name in here))
            else:
                found.append(Seen(name, refused=process.refused or "the submission failed"))
        return found

    def _take_out(self, verdict: Verdict, cause: str) -> None:
        """Forget a worker whose job is over; another one has its place when the number is made right."""
        name = verdict.seen.worker
        self._cluster.worker_spec.pop(name, None)
        process = self._cluster.workers.pop(name, None)
        self._told.pop(name, None)
        if verdict.seen.connected:
            self._gone.append(verdict.seen)
        if process is not None:
            process.status = Status.closed
            if self._profile.spool and verdict.seen.job is not None:
                # It stays in the queue for days otherwise, waiting for its output to be taken.
                self._spawn(process.close())
        if verdict.kind == "normal":
            logger.info("worker %s has left in time: its job %s", name, verdict.reason)
            return
        logger.warning("worker %s is lost: its job %s", name, verdict.reason)
        if verdict.kind != "unreachable":
            status = self._job_status(verdict.seen)
            self._bad.append(replace(status, reason=cause or status.reason))
        if verdict.seen.job is not None and not self._judge.gave_up:
            self._replaced += 1

    # --- the right number ---------------------------------------------------------------------------------------------

    def _again(self) -> None:
        self._judge.again()
        self._trouble = ""
        self._bad.clear()
        self._fit()
        self._wake.set()

    def _fit(self) -> None:
        kept = self._seen()
        missing = self._target - len(kept)
        # Refused ones count too, as long as they are seen: the next ones would be refused as well.
        new = min(missing, _BATCH - sum(each.job is None for each in kept))
        if new > 0 and not self._judge.gave_up:
            logger.info("submitting %d of %d %s", new, missing, "job" if missing == 1 else "jobs")
            for _ in range(new):
                # Names of its own: Dask gives the one of a lost worker again, while the scheduler may still know that.
                self._cluster.worker_spec[f"{self._home.name}-{self._number}"] = self._cluster.new_spec
                self._number += 1
            # The next batch need not wait for the next look.
            self._cluster.submit().add_done_callback(lambda _: self._wake.set())
        elif missing < 0:
            has = {str(worker.name): len(worker.processing) for worker in self._cluster.scheduler.workers.values()}
            first = sorted(kept, key=lambda each: spare(each, has.get(each.worker, 0)))
            names = [each.worker for each in first[:-missing]]
            self._leaving |= set(names)
            self._spawn(self._leave(names, force=self._demand is None))

    async def _leave(self, names: list[str], *, force: bool) -> None:
        """Let workers go, after the scheduler has moved what only they have."""
        logger.info("%s leave", ", ".join(names))
        scheduler = self._cluster.scheduler
        try:
            with contextlib.suppress(TimeoutError):
                # No limit where nobody insists: a retirement that is broken off leaves a worker that takes no tasks.
                limit_s = _LEAVE_S if force else None
                await asyncio.wait_for(scheduler.retire_workers(names=names, close_workers=True), limit_s)
            stay = set() if force else {str(worker.name) for worker in scheduler.workers.values()} & set(names)
            await self._over([name for name in names if name not in stay])
            await self._cluster.scale_down([name for name in names if name not in stay])
            if stay and self._demand:
                self._target += len(stay)
        finally:
            self._leaving -= set(names)

    async def _over(self, names: list[str]) -> None:
        """Wait until jobs have ended by themselves, but not for long.

        Their workers have been told to close. A job that is removed meanwhile ends later: its nanny hears no more that
        the worker closes, and kills it after a while.
        """
        workers = [self._cluster.workers[name] for name in names if name in self._cluster.workers]
        known = [self._jobs.get(process.job_id) for process in workers]
        running = [job.id for job in known if job is not None and job.state == "running"]
        end = time.monotonic() + _CLOSE_S
        while time.monotonic() < end and any(job in self._jobs and not self._jobs[job].over for job in running):
            self._wake.set()
            await asyncio.sleep(0.25)

    def _follow_work(self) -> None:
        """Want a worker for each task that could run now: Dask's own estimate knows no tasks that take minutes."""
        if self._demand is None:
            return
        scheduler = self._cluster.scheduler
        tasks = sum(len(worker.processing) for worker in scheduler.workers.values())
        tasks += len(scheduler.queued) + len(scheduler.unrunnable)
        if any(worker.has_what for worker in scheduler.workers.values()):
            # Results that somebody still wants have to be somewhere.
            tasks = max(tasks, 1)
        target = self._demand.target(tasks, self._target, time.monotonic())
        if target != self._target:
            logger.info("wanted: %d workers for %d tasks", target, tasks)
            self._target = target

    # --- words --------------------------------------------------------------------------------------------------------

    def _job_status(self, each: Seen) -> JobStatus:
        return words.describe(each, self._request, self._cluster.scheduler.address, time.time())

    def _tell(self, seen: list[Seen]) -> None:
        """Log what has changed."""
        for each in seen:
            status = self._job_status(each)
            now = (status.state, status.reason)
            if self._told.get(each.worker) != now:
                self._told[each.worker] = now
                logger.info("%s", " ".join(filter(None, ("job", status.id, f"of {each.worker}:", *now, status.host))))

    async def _sentence(self) -> str:
        """Why no more jobs are submitted, and what to do."""
        why = self._judge.why
        lines = await self._last_lines(why[-1])
        text = words.sentence(why, lines, self._cluster.scheduler.address, DEATH_TIMEOUT_S)
        if why[-1].seen.job is None:
            # A submission takes a ticket: the one that there was when the cluster began may have ended.
            text = " ".join([text, *await asyncio.to_thread(credentials.told, self._profile.credentials, 0.0)])
        return text

    async def _cause(self, verdict: Verdict) -> str:
        if verdict.kind != "failed":
            return ""
        return words.cause(await self._last_lines(verdict), self._cluster.scheduler.address)

    async def _fetch(self, verdicts: list[Verdict]) -> None:
        """Have brought here what spooled jobs wrote that have ended badly."""
        if not self._profile.spool:
            return
        bad = [each.seen for each in verdicts if each.kind in ("failed", "lost")]
        # The queue keeps nothing of removed ones.
        names = [each.worker for each in bad if each.job is not None and each.job.state == "ended"]
        ended = {name: self._cluster.workers[name] for name in names if name in self._cluster.workers}
        fetched = await asyncio.gather(*(process.fetch() for process in ended.values()), return_exceptions=True)
        for name, error in zip(ended, fetched, strict=True):
            if error is not None:
                logger.warning("what the job of %s wrote could not be fetched: %s", name, error)

    async def _last_lines(self, verdict: Verdict) -> str:
        job = verdict.seen.job
        if job is None:
            return ""
        return await asyncio.to_thread(words.last_lines, self._home.jobs / f"worker-{job.id}.err")

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a task of the watcher failed", exc_info=task.exception())
