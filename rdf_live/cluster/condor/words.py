# SPDX-License-Identifier: BSD-3-Clause
"""What is told about jobs: what they wait for; what happened, what they wrote last, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rdf_live.cluster.condor.judge import Seen, Verdict
from rdf_live.cluster.status import JobStatus

__all__ = ["advice", "cause", "describe", "last_lines", "request", "sentence"]

#: Seconds after which it is told what an idle job waits for, or that a worker does not come.
LONG_S = 60.0
#: Seconds for which Dask tries to connect by default.
_CONNECT_S = 30.0
_UNREACHED = re.compile(r"Timed out trying to connect to \S+")


def describe(each: Seen, request: str, address: str, now: float) -> JobStatus:
    """A job as it is shown.

    Parameters
    ----------
    each : Seen
        The worker and its job.
    request : str
        What each job asks for.
    address : str
        Of the scheduler.
    now : float
        Seconds since the epoch.
    """
    job = each.job
    if job is None:
        return JobStatus("", each.worker, "refused" if each.refused else "submitting", each.refused)
    state, reason = job.state, job.reason
    if each.connected and state == "idle":
        # The batch system tells it later than the worker itself.
        state, reason = "running", ""
    elif not reason and job.since and now - job.since > LONG_S:
        if state == "idle":
            reason = f"no node has been found for it yet; it asks for {request}"
        elif state == "running" and not each.connected:
            reason = f"its worker is not connected to {address}"
    return JobStatus(job.id, each.worker, state, reason, job.host, job.since)


def request(memory_bytes: int, disk_bytes: int, gpus: int) -> str:
    """What each job asks for."""
    text = f"1 core, {memory_bytes / 1e9:.1f} GB of memory, {disk_bytes / 1e9:.1f} GB of disk"
    return f"{text}, {gpus} GPU" if gpus else text


def sentence(row: Sequence[Verdict], lines: str, address: str, death_timeout_s: float) -> str:
    """Why no more jobs are submitted for now.

    Parameters
    ----------
    row : sequence of Verdict
        What was lost, the last one at the end.
    lines, address, death_timeout_s
        See `advice`.
    """
    last = row[-1]
    job = last.seen.job
    failed = last.kind == "failed"
    what = f"{len(row)} jobs failed one after another" if failed else f"{len(row)} jobs were lost within an hour"
    which = "the last one"
    if job is not None:
        which += f" ({job.id}{f' on {job.host}' if job.host else ''})"
        if job.ran_s is not None and not last.seen.connected:
            which += f" ran for {job.ran_s:.0f} s and"
    said = f'. It wrote last: "{lines}"' if lines else ""
    todo = advice(last, lines, address, death_timeout_s)
    return f"no more jobs are submitted for now, since {what}: {which} {last.reason}{said}. {todo}."


def advice(verdict: Verdict, last_lines: str, address: str, death_timeout_s: float) -> str:
    """What to do about a failure.

    Parameters
    ----------
    verdict : Verdict
        The failure.
    last_lines : str
        The last ones that the job wrote.
    address : str
        Of the scheduler.
    death_timeout_s : float
        Seconds after which a worker that does not reach it ends.
    """
    job = verdict.seen.job
    if job is None:
        return "See what is submitted: rdf-live profile; change directives or submit_options of the profile"
    if job.state == "removed":
        return "Ask for workers again if that was not meant: rdf-live scale"
    if job.exit_code in (126, 127):
        return "The interpreter was not found on the node: set python=... in the profile; rdf-live doctor tries it"
    if found := re.search(r"No module named '?([\w.]+)", last_lines):
        return (
            f"The interpreter on the node has no package {found[1]}: set python=... and setup=... in the profile to "
            "the environment that you use here"
        )
    if job.signal == 9:
        return "The node killed it, often for its memory: ask for more with memory=... in the profile"
    sure = bool(cause(last_lines, address))
    if sure or (job.ran_s or 0.0) >= 0.9 * min(_CONNECT_S, death_timeout_s):
        return (
            f"Its worker{'' if sure else ' most likely'} did not reach the scheduler at {address}: set "
            "scheduler_host=... and scheduler_ports=... of the profile to what nodes may reach;"
            " rdf-live doctor tries it"
        )
    return "rdf-live doctor looks for the cause"


def cause(last_lines: str, address: str) -> str:
    """Why a job failed, where what it wrote says so for sure; empty otherwise."""
    return f"its worker could not connect to the scheduler at {address}" if _UNREACHED.search(last_lines) else ""


def last_lines(file: Path, lines: int = 3, characters: int = 400) -> str:
    """The end of what a job wrote, in one line; empty where it wrote nothing."""
    try:
        with file.open("rb") as opened:
            opened.seek(0, 2)
            opened.seek(max(opened.tell() - 16384, 0))
            text = opened.read().decode(errors="replace")
    except OSError:
        return ""
    # Dask's own last words are about what it could not start because of it.
    if found := _UNREACHED.search(text):
        return found[0]
    written = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(written[-lines:])[-characters:]
