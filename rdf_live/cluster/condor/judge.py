# SPDX-License-Identifier: BSD-3-Clause
"""What is to be done about each job, and when to give up: no input or output, no clock."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rdf_live.cluster.condor.jobs import Job

__all__ = ["Demand", "Judge", "Seen", "Verdict", "silent", "spare"]

#: Failures one after another, without a worker that connects between them, after which nothing more is submitted.
IN_A_ROW = 3
#: Seconds after which it is tried again all the same, where other workers are connected: it may have been one bad node,
#: and nobody may be there to ask again.
RETRY_S = 600.0
#: Seconds without a word from a worker whose job does not run, after which it is gone: its node may have died without
#: closing the connection, and a new worker of that name would be refused.
SILENT_S = 15.0
#: A job that fails within this many seconds fails quickly.
QUICK_S = 60.0
#: Jobs that may be lost in an hour: so many per worker that is wanted, and some more.
LOST_PER_WORKER, LOST_MORE, LOST_WINDOW_S = 3, 10, 3600.0
#: Seconds between a refused submission and the next one.
REFUSED_PAUSE_S = 5.0
#: Where the queue could not even be reached, which is no fault of the submission and is tried without end,
#: but less and less often.
UNREACHABLE_PAUSE_S, UNREACHABLE_LONGEST_S = 15.0, 240.0

_UNREACHABLE = re.compile(
    # What is refused fails to be committed too, but says why.
    r"failed to connect|can't find address|unable to contact|timed? ?out|did not answer|failed to (begin|end)|"
    r"failed to commit[^.]*\.?$",
    re.I,
)

Kind = Literal["normal", "lost", "failed", "unreachable"]


@dataclass(frozen=True)
class Seen:
    """A worker that is wanted, and its job.

    Attributes
    ----------
    worker : str
        Name.
    job : Job or None
        None while it is being submitted.
    refused : str
        Why there is no job; empty where it was not refused.
    connected : bool
        Whether the worker is connected to the scheduler.
    """

    worker: str
    job: Job | None = None
    refused: str = ""
    connected: bool = False


@dataclass(frozen=True)
class Verdict:
    """A worker whose job is over, and that has to be taken out.

    Attributes
    ----------
    kind : str
        normal (its time was up), lost (it had worked), failed (it never came, or went at once), or unreachable (the
        queue did not answer).
    """

    seen: Seen
    kind: Kind

    @property
    def reason(self) -> str:
        """What happened, in a few words."""
        job = self.seen.job
        if job is None:
            return f"was refused ({self.seen.refused})"
        what = "ended" if job.state == "ended" else "was removed"
        return f"{what} ({job.reason})" if job.reason else what


class Judge:
    """Tells which jobs are over and why, and whether it makes sense to submit more.

    Parameters
    ----------
    runtime_s : float
        Of a job: the worker leaves a while before.
    """

    def __init__(self, runtime_s: float) -> None:
        self._time_up_s = 0.7 * runtime_s
        self._came: set[str] = set()
        self._refused: dict[str, float] = {}
        self._unreachable_pause_s = UNREACHABLE_PAUSE_S
        self._lost: list[tuple[float, Verdict]] = []
        self._row: list[Verdict] = []
        self._gave_up_at = 0.0
        self.gave_up: Literal["", "failed", "lost"] = ""

    @property
    def why(self) -> list[Verdict]:
        """What it gave up for, the last one at the end."""
        return {"": [], "failed": list(self._row), "lost": [verdict for _, verdict in self._lost]}[self.gave_up]

    def again(self) -> None:
        """Begin anew: somebody has asked for workers."""
        self._lost.clear()
        self._row.clear()
        self._refused.clear()
        self._unreachable_pause_s = UNREACHABLE_PAUSE_S
        self.gave_up = ""

    def look(self, seen: Iterable[Seen], wanted: int, now: float) -> list[Verdict]:
        """What is over.

        Parameters
        ----------
        seen : iterable of Seen
            All workers that are wanted.
        wanted : int
            How many that should be.
        now : float
            Seconds, of any clock.
        """
        everyone = list(seen)
        here = {each.worker for each in everyone if each.connected}
        if here - self._came:
            # Whatever it is that fails, it is not everything.
            self._row.clear()
            self._unreachable_pause_s = UNREACHABLE_PAUSE_S
        elif here and self.gave_up == "failed" and now - self._gave_up_at >= RETRY_S:
            self._row.clear()
        self._came |= here
        found = [Verdict(each, kind) for each in everyone if (kind := self._kind(each, now)) is not None]
        self._came &= {each.worker for each in everyone} - {verdict.seen.worker for verdict in found}
        for verdict in found:
            self._refused.pop(verdict.seen.worker, None)
        self._row += [verdict for verdict in found if verdict.kind == "failed"]
        self._lost += [(now, verdict) for verdict in found if verdict.kind in ("lost", "failed")]
        self._lost = [(at, verdict) for at, verdict in self._lost if now - at < LOST_WINDOW_S]
        if any(verdict.kind == "unreachable" for verdict in found):
            self._unreachable_pause_s = min(2 * self._unreachable_pause_s, UNREACHABLE_LONGEST_S)
        before = self.gave_up
        if len(self._lost) > LOST_PER_WORKER * wanted + LOST_MORE:
            self.gave_up = "lost"
        else:
            self.gave_up = "failed" if len(self._row) >= IN_A_ROW else ""
        if not before:
            self._gave_up_at = now
        return found

    def _kind(self, each: Seen, now: float) -> Kind | None:
        if each.refused:
            since = self._refused.setdefault(each.worker, now)
            unreachable = _UNREACHABLE.search(each.refused) is not None
            if now - since < (self._unreachable_pause_s if unreachable else REFUSED_PAUSE_S):
                return None
            return "unreachable" if unreachable else "failed"
        job = each.job
        # Held jobs wait for somebody who releases them; idle ones, also evicted ones, come by themselves.
        if job is None or not job.over:
            return None
        ran_s = job.ran_s or 0.0
        if each.worker not in self._came:
            return "failed"
        if job.state == "ended" and ran_s >= QUICK_S and (job.exit_code == 0 or ran_s >= self._time_up_s):
            return "normal"
        if job.state == "ended" and ran_s < QUICK_S and job.exit_code != 0:
            return "failed"
        return "lost"


def silent(each: Seen, unheard_s: float) -> bool:
    """Whether the scheduler believes in a worker that is gone.

    Parameters
    ----------
    each : Seen
        The worker.
    unheard_s : float
        Seconds since its last heartbeat.
    """
    # The queue may tell late that a job runs; a worker that is heard is believed.
    job = each.job
    return each.connected and job is not None and job.starts > 0 and job.state != "running" and unheard_s > SILENT_S


def spare(each: Seen, processing: int) -> tuple[bool, int, float]:
    """A key that sorts workers: those that would be missed least come first, the youngest of them before the others.

    Parameters
    ----------
    each : Seen
        The worker.
    processing : int
        Tasks that it has.
    """
    progress = {"held": -2, "idle": -1, "running": 0}.get(each.job.state if each.job else "", -3)
    return each.connected, processing if each.connected else progress, -(each.job.since if each.job else 0.0)


class Demand:
    """How many workers there is work for: more at once, fewer only when that has lasted.

    Parameters
    ----------
    minimum, maximum : int
        Limits.
    patience_s : float
        Seconds that fewer must be enough before any leaves: the next run comes often after a look at the last one.
    """

    def __init__(self, minimum: int, maximum: int, patience_s: float = 30.0) -> None:
        self.limits = (minimum, maximum)
        self._patience_s = patience_s
        # Since when that many were needed, until the next one: the oldest first.
        self._needed: deque[tuple[float, int]] = deque()

    def target(self, tasks: int, current: int, now: float) -> int:
        """Workers to have: the most that were needed in the last while.

        Parameters
        ----------
        tasks : int
            That run or could run now.
        current : int
            Workers that are wanted so far.
        now : float
            Seconds, of any clock.
        """
        minimum, maximum = self.limits
        if current > max((number for _, number in self._needed), default=0):
            # Those that there are count as needed until now.
            self._needed.append((now, current))
        self._needed.append((now, max(minimum, min(tasks, maximum))))
        while len(self._needed) > 1 and self._needed[1][0] <= now - self._patience_s:
            self._needed.popleft()
        return min(max(number for _, number in self._needed), maximum)
