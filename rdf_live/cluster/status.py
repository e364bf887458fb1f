# SPDX-License-Identifier: BSD-3-Clause
"""What a cluster is doing, as plain data and in words."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["ClusterStatus", "JobState", "JobStatus"]

JobState = Literal["submitting", "refused", "idle", "running", "held", "removed", "ended"]

#: In the order in which they are told.
_TOLD: tuple[JobState, ...] = ("submitting", "idle", "running", "held", "refused", "removed", "ended")


@dataclass(frozen=True)
class JobStatus:
    """One batch job, which is one worker.

    Attributes
    ----------
    id : str
        Of the batch system, for example "1234.0"; empty before it has been submitted.
    worker : str
        Its name in the Dask cluster.
    state : str
        submitting, refused (no job came of it), idle, running, held, removed or ended.
    reason : str
        Why it is held, removed or refused, or how it ended.
    host : str
        Where it runs or ran.
    since : float
        Seconds since the epoch when it came into this state.
    """

    id: str
    worker: str
    state: JobState
    reason: str = ""
    host: str = ""
    since: float = 0.0


@dataclass(frozen=True)
class ClusterStatus:
    """A cluster at one moment.

    Attributes
    ----------
    name : str
        Of the cluster.
    profile : str
        It was made from.
    address : str
        Of its scheduler.
    target : int
        Workers that are wanted; the most of them while it adapts.
    adapts : tuple of int or None
        Fewest and most workers, where their number follows the work.
    workers : tuple of str
        Hosts of the workers that are connected, one entry per worker.
    jobs : tuple of JobStatus
        Those that are not over, and the last ones that ended badly.
    trouble : str
        Why no more jobs are submitted; empty while all is well.
    problem : str
        Why it is not known what became of the jobs; empty while the queue answers.
    replaced : int
        Jobs that were lost and submitted anew.
    log : str
        File that tells more.
    """

    name: str
    profile: str
    address: str
    target: int
    adapts: tuple[int, int] | None = None
    workers: tuple[str, ...] = ()
    jobs: tuple[JobStatus, ...] = ()
    trouble: str = ""
    problem: str = ""
    replaced: int = 0
    log: str = ""
    time: float = field(default_factory=time.time)

    def as_dict(self) -> dict[str, Any]:
        """For the wire."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ClusterStatus:
        """From the wire."""
        adapts = content["adapts"]
        return cls(
            **{
                **content,
                "adapts": None if adapts is None else tuple(adapts),
                "workers": tuple(content["workers"]),
                "jobs": tuple(JobStatus(**job) for job in content["jobs"]),
            }
        )

    def sentence(self) -> str:
        """One line: what there is, and what there is to wait for."""
        wanted = f"{self.adapts[0]} to {self.adapts[1]}" if self.adapts else str(self.target)
        text = f"{len(self.workers)} of {wanted} workers"
        if waiting := self.waiting():
            text += f"; {waiting}"
        return text

    def waiting(self) -> str:
        """What stands between now and all the workers: empty when nothing does."""
        counts = Counter(job.state for job in self.jobs)
        # A job that runs is told only as long as its worker has not come.
        counts["running"] = max(counts["running"] - len(self.workers), 0)
        words = {"running": "starting", "ended": "ended badly"}
        parts = []
        for state in _TOLD:
            if n := counts[state]:
                reasons = _reasons([job.reason for job in self.jobs if job.state == state])
                parts.append(f"{n} {'job' if n == 1 else 'jobs'} {words.get(state, state)}{reasons}")
        return ", ".join(filter(None, (*parts, self.trouble, self.problem)))

    def __str__(self) -> str:
        lines = [f"cluster {self.name} ({self.profile}) at {self.address}: {self.sentence()}"]
        lines += [
            f"  {job.id or '-':>12}  {job.state:<10} {job.host or '-':<20} {job.worker}"
            + (f": {job.reason}" if job.reason else "")
            for job in self.jobs
        ]
        if self.replaced:
            lines.append(f"  {self.replaced} lost {'job was' if self.replaced == 1 else 'jobs were'} submitted again")
        if self.log:
            lines.append(f"  log: {self.log}")
        return "\n".join(lines)


def _reasons(reasons: Sequence[str]) -> str:
    """The most frequent reason, and how many others there are."""
    counts = Counter(filter(None, reasons))
    if not counts:
        return ""
    first, *others = counts.most_common()
    return f" ({first[0]}{f'; {len(others)} other reasons' if others else ''})"
