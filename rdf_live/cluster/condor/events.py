# SPDX-License-Identifier: BSD-3-Clause
"""A job, and the event log that tells what becomes of it.

The log is read here and not with HTCondor's Python bindings. Those read the site's configuration when they are
imported, may set CONDOR_CONFIG for all programs started later, and end the process where it is too new for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path

from rdf_live.cluster.status import JobState

__all__ = ["EventLog", "Job", "ended", "follow", "held"]


@dataclass(frozen=True)
class Job:
    """A job at one moment.

    Attributes
    ----------
    id : str
        For example "1234.0".
    state : str
        idle, running, held, removed or ended.
    reason : str
        Why it is held, removed or idle again, or how it ended.
    host : str
        Where it runs or ran last.
    since : float
        Seconds since the epoch when it came into this state.
    starts : int
        How often it has started: HTCondor starts an evicted job again.
    started, ended : float or None
        Seconds since the epoch, of the last start and of the end.
    exit_code, signal : int or None
        How it ended.
    """

    id: str
    state: JobState = "idle"
    reason: str = ""
    host: str = ""
    since: float = 0.0
    starts: int = 0
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: int | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("removed", "ended")

    @property
    def ran_s(self) -> float | None:
        """Seconds that it ran, where it ran and is over."""
        if self.started is None or self.ended is None:
            return None
        return max(self.ended - self.started, 0.0)


_HEADER = re.compile(r"(\d{3}) \((\d+)\.(\d+)\.\d+\) (\d{4}-\d\d-\d\d[T ]\S+|\d\d/\d\d \S+) (.*)")
_RETURN = re.compile(r"\(return value (-?\d+)\)")
_SIGNAL = re.compile(r"\(signal (\d+)\)")
_ALIAS = re.compile(r"[?&]alias=([^&>]+)")
_ADDRESS = re.compile(r"<\[?([^\]?>]+?)\]?(?::\d+)?[?>]")
#: HTCondor holds a job until its files have come to the machine of the queue.
_SPOOLING = "Spooling input"
_BLAMES = re.compile(r"Error from (?:[^\s:]*@)?([^\s:]+): ")
_LOST = "the submit machine has lost the connection, and tries again"


class _Event(IntEnum):
    """Numbers of the events that change what is known of a job; HTCondor has many more."""

    SUBMIT = 0
    EXECUTE = 1
    EVICTED = 4
    TERMINATED = 5
    SHADOW_EXCEPTION = 7
    ABORTED = 9
    SUSPENDED = 10
    UNSUSPENDED = 11
    HELD = 12
    RELEASED = 13
    DISCONNECTED = 22
    RECONNECTED = 23
    RECONNECT_FAILED = 24


def follow(job: Job | None, text: str) -> Job | None:
    """The job after one event.

    Parameters
    ----------
    job : Job or None
        Before it; None where there is none yet.
    text : str
        One event of the log, without the line of dots.

    Returns
    -------
    Job or None
        The same one where the event says nothing of a job's state; None where it is no event.
    """
    lines = text.strip("\n").splitlines()
    header = _HEADER.fullmatch(lines[0].rstrip()) if lines else None
    if header is None:
        return job
    try:
        number, at = int(header[1]), _time(header[4])
    except ValueError:
        return job
    # What follows the first line is statistics, or who exactly did it.
    first = lines[1].strip() if len(lines) > 1 else ""
    if number == _Event.SUBMIT or job is None:
        job = Job(f"{int(header[2])}.{int(header[3])}", since=at)
    if job.over:
        # A job that has ended may be removed from the queue, where it waited for its output to be taken.
        return job
    now = replace(job, since=at)
    match number:
        case _Event.EXECUTE:
            return replace(now, state="running", reason="", host=_host(lines), starts=job.starts + 1, started=at)
        case _Event.EVICTED:
            return replace(now, state="idle", reason="it was evicted, and waits for another slot")
        case _Event.SHADOW_EXCEPTION:
            return replace(now, state="idle", reason=first)
        case _Event.RECONNECT_FAILED:
            return replace(now, state="idle", reason="its node was lost, and it waits for another slot")
        case _Event.TERMINATED:
            code, signal = _RETURN.search(text), _SIGNAL.search(text)
            return ended(now, at, int(code[1]) if code else None, int(signal[1]) if signal else None)
        case _Event.ABORTED:
            return replace(now, state="removed", reason=first, ended=at)
        case _Event.HELD:
            return held(now, first)
        case _Event.RELEASED:
            return replace(now, state="idle", reason="")
        case _Event.SUSPENDED:
            return replace(job, reason="suspended by its node")
        case _Event.DISCONNECTED:
            return replace(job, reason=_LOST)
        case _Event.UNSUSPENDED | _Event.RECONNECTED:
            return replace(job, reason="")
    return job


def ended(job: Job, at: float, exit_code: int | None, signal: int | None) -> Job:
    """A job that ended at that time, and how."""
    reason = f"signal {signal}" if exit_code is None else f"exit code {exit_code}"
    return replace(job, state="ended", reason=reason, ended=at, exit_code=exit_code, signal=signal)


def held(job: Job, reason: str) -> Job:
    """A job that is held; the node that its reason begins with goes to its place, so that equal reasons look equal."""
    if reason.startswith(_SPOOLING):
        return replace(job, state="submitting", reason="its files are on their way")
    if found := _BLAMES.match(reason):
        return replace(job, state="held", reason=reason[found.end() :], host=found[1])
    return replace(job, state="held", reason=reason)


def _host(lines: list[str]) -> str:
    for line in lines[1:]:
        name, _, value = line.strip().partition(": ")
        if name == "SlotName":
            return value.rpartition("@")[2]
    if found := _ALIAS.search(lines[0]) or _ADDRESS.search(lines[0]):
        return found[1]
    return lines[0].rpartition(": ")[2].strip()


def _time(text: str) -> float:
    zone = UTC if text.endswith("Z") else None
    text = text.removesuffix("Z")
    if "/" not in text:
        return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
    # Old versions leave out the year.
    now = datetime.now(zone)
    found = datetime.strptime(f"{now.year}/{text}", "%Y/%m/%d %H:%M:%S").replace(tzinfo=zone)
    if found > now + timedelta(days=1):
        found = found.replace(year=now.year - 1)
    return found.timestamp()


class EventLog:
    """The log that all jobs of a cluster share, read as it grows.

    Parameters
    ----------
    path : Path
        It need not be there yet.
    whole : bool
        Also what is in it already, which belongs to jobs of an earlier cluster.
    """

    def __init__(self, path: Path, *, whole: bool = False) -> None:
        self._path = path
        self._rest = b""
        self._offset = 0
        self.jobs: dict[str, Job] = {}
        if not whole and path.exists():
            self._offset = path.stat().st_size

    def read(self) -> dict[str, Job]:
        """Read on; gives all jobs by id. It blocks as files do."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
                self._offset = file.tell()
        except FileNotFoundError:
            new = b""
        # An event whose last line is not there yet is left for the next time.
        *events, self._rest = (self._rest + new).split(b"\n...\n")
        for event in events:
            text = event.decode(errors="replace")
            if header := _HEADER.match(text.lstrip("\n")):
                key = f"{int(header[2])}.{int(header[3])}"
                job = follow(self.jobs.get(key), text)
                if job is not None:
                    self.jobs[key] = job
        return self.jobs
