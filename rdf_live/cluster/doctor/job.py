# SPDX-License-Identifier: BSD-3-Clause
"""The probe as a job: submitted as a worker would be, waited for, and removed in every ending."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rdf_live.cluster import tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.jobs import Job, Reader, from_ad
from rdf_live.cluster.condor.submit import ATTRIBUTE, arguments, classes
from rdf_live.cluster.doctor.meet import Meeting
from rdf_live.cluster.doctor.table import tail
from rdf_live.cluster.home import Home
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import span
from rdf_live.errors import ClusterTrouble

__all__ = ["RUN_S", "Outcome", "send"]

#: Seconds that the job may run: the probe gives up by itself before.
RUN_S = 60.0
_LOOK_S = 0.5
_ASK_S = 10.0
#: An idle job that the doctor could not remove goes by itself that much later.
_FORGOTTEN_S = 300.0

Ending = Literal["reported", "refused", "held", "never ran", "silent", "ended", "removed"]


@dataclass
class Outcome:
    """What became of the probe.

    Attributes
    ----------
    ending : str
        reported (all is in `meeting`), refused (no job came of it), held, never ran, silent (it ran and said nothing),
        ended (by itself, without a report) or removed (by somebody else).
    meeting : Meeting
        What the probe said, and whom it reached.
    id : str
        Of the job; empty where there was none.
    job : Job or None
        As it was seen last.
    reason : str
        The batch system's own words.
    errors : str
        Last lines that the job printed to its standard error.
    idle_s, ran_s : float
        How long it waited and ran, as seen from here.
    requirements : str
        Of a job that never ran.
    problem : str
        What else went wrong: the job could not be removed, or nobody can look at it.
    """

    ending: Ending
    meeting: Meeting
    id: str = ""
    job: Job | None = None
    reason: str = ""
    errors: str = ""
    idle_s: float = 0.0
    ran_s: float = 0.0
    requirements: str = ""
    problem: str = ""


async def send(profile: Profile, home: Home, timeout_s: float, say: Callable[[str], None]) -> Outcome:
    """Submit the probe, wait for what it has to say, and remove it.

    Parameters
    ----------
    profile : Profile
        As workers would be submitted.
    home : Home
        Made, and of this visit alone.
    timeout_s : float
        Seconds to wait for the job to start.
    say : callable
        Takes a line about what the job does, again and again.

    Raises
    ------
    ClusterTrouble
        There is no way to try: a package is missing.
    OSError
        No port of the scheduler's is free.
    """
    tls.make(home.tls)
    meeting = Meeting(home.tls, profile.scheduler_host, profile.scheduler_ports)
    visit = _Visit(profile, home, meeting, say)
    try:
        outcome = await visit.run(timeout_s)
    finally:
        # Whatever happened, Ctrl-C included.
        try:
            problem = await visit.end()
        finally:
            meeting.close()
    outcome.problem = outcome.problem or problem
    return outcome


class _Visit:
    def __init__(self, profile: Profile, home: Home, meeting: Meeting, say: Callable[[str], None]) -> None:
        self._profile = profile
        self._home = home
        self._meeting = meeting
        self._say = say
        # Of its own: the jobs of no cluster have it.
        self._mark = f"doctor-{uuid.uuid4().hex}"
        self._constraint = f'{ATTRIBUTE} =?= "{self._mark}"'
        log = None if profile.spool else home.jobs / "events.log"
        self._reader = Reader(log, self._constraint, every_s=3.0)
        self._submission: asyncio.Future[None] | None = None
        self._asked = time.monotonic()

    async def run(self, timeout_s: float) -> Outcome:
        job = self._job(timeout_s)
        begin = time.monotonic()
        self._say("submitting")
        self._submission = asyncio.ensure_future(job.start())
        # Not to be given up half-way: nobody would know whether there is a job.
        await asyncio.shield(self._submission)
        if job.refused:
            return Outcome("refused", self._meeting, reason=job.refused)
        outcome = await self._wait(str(job.job_id), begin, timeout_s)
        outcome.errors = tail(_text(self._home.jobs / "probe.err"))
        if outcome.ending == "never ran":
            outcome.requirements = await self._requirements()
        if not outcome.problem:
            outcome.problem = self._reader.problem
        return outcome

    async def end(self) -> str:
        """Remove the job; gives what went wrong with that."""
        if self._submission is None:
            return ""
        with contextlib.suppress(Exception):
            await self._submission
        try:
            await tools.remove(self._constraint)
        except ClusterTrouble as error:
            return f"the job may still be there ({error}): condor_rm -constraint '{self._constraint}'"
        return ""

    def _job(self, timeout_s: float) -> Any:
        """The submission of a worker, but for what it runs and where that prints."""
        given = arguments(self._profile, self._mark, self._home.path)
        stay = f"{timeout_s + RUN_S + _FORGOTTEN_S:.0f}"
        given["job_extra_directives"] |= {
            "Output": "probe.out",
            "Error": "probe.err",
            "Stream_Output": not self._profile.spool,
            "Stream_Error": not self._profile.spool,
            "periodic_remove": f"JobStatus =!= 4 && time() - QDate > {stay}",
        }
        given["log_directory"] = None
        _, job = classes()
        return job(
            self._meeting.address,
            name="doctor",
            security=given.pop("worker_security"),
            protocol="tls://",
            worker_command="rdf_live.cluster.doctor.probe",
            **given,
        )

    async def _wait(self, id_: str, begin: float, timeout_s: float) -> Outcome:
        outcome = Outcome("reported", self._meeting, id_)
        started: float | None = None
        while True:
            now = time.monotonic()
            found = outcome.job = await self._look(id_)
            await self._listen()
            state = found.state if found is not None else "idle"
            if started is None and (state == "running" or self._meeting.hello is not None):
                started = now
            outcome.idle_s = (now if started is None else started) - begin
            outcome.ran_s = 0.0 if started is None else now - started
            if self._complete():
                return outcome
            if found is not None and (found.over or state == "held"):
                if found.over:
                    await self._last_words(id_)
                if self._meeting.report is None:
                    outcome.ending = state if state in ("held", "removed") else "ended"
                outcome.reason = found.reason
                return outcome
            if started is None and now - begin > timeout_s:
                outcome.ending = "never ran"
                return outcome
            if started is not None and now - started > RUN_S:
                if self._meeting.report is None:
                    outcome.ending = "silent"
                return outcome
            self._say(f"job {id_} {self._words(found, now - (begin if started is None else started))}")
            await asyncio.sleep(_LOOK_S)

    async def _look(self, id_: str) -> Job | None:
        found = (await self._reader.read([id_])).get(id_)
        now = time.monotonic()
        if (found is None or found.state == "idle") and now - self._asked > _ASK_S:
            self._asked = now
            # The log does not tell of a job that was submitted on hold.
            with contextlib.suppress(ClusterTrouble):
                queued = [from_ad(ad) for ad in await tools.queue(self._constraint)]
                found = next((job for job in queued if job.state in ("held", "submitting")), found)
        return found

    def _words(self, found: Job | None, seconds: float) -> str:
        if self._meeting.hello is not None or (found is not None and found.state == "running"):
            host = found.host if found is not None and found.host else (self._meeting.hello or {}).get("host", "a node")
            return f"runs on {host} for {span(seconds)}"
        return f"is idle for {span(seconds)}" + (f" ({found.reason})" if found is not None and found.reason else "")

    def _complete(self) -> bool:
        return bool(self._meeting.report and self._meeting.report.get("complete"))

    async def _listen(self) -> None:
        """Read what has come over the batch system; visits to the node block."""
        printed = await asyncio.to_thread(_text, self._home.jobs / "probe.out")
        if printed:
            await asyncio.to_thread(self._meeting.read, printed)

    async def _last_words(self, id_: str) -> None:
        if self._profile.spool:
            with contextlib.suppress(ClusterTrouble):
                await tools.run("condor_transfer_data", id_)
        await self._listen()
        if not self._complete():
            # Over the network its last lines may come a moment after the news of its end.
            await asyncio.sleep(2 * _LOOK_S)
            await self._listen()

    async def _requirements(self) -> str:
        with contextlib.suppress(ClusterTrouble):
            for found in await tools.queue(self._constraint, ("Requirements",)):
                # Expressions are written so in JSON.
                return str(found.get("Requirements", "")).removeprefix("/Expr(").removesuffix(")/")
        return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
