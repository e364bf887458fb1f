# SPDX-License-Identifier: BSD-3-Clause
"""Why no more jobs are submitted, in words: what happened, what the job wrote last, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rdf_live.cluster.condor.judge import Verdict

__all__ = ["advice", "last_lines", "sentence"]


def sentence(row: Sequence[Verdict], lines: str, address: str, death_timeout_s: float) -> str:
    """Why no more jobs are submitted.

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
    return f"no more jobs are submitted, since {what}: {which} {last.reason}{said}. {todo}."


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
    if (job.ran_s or 0.0) >= 0.9 * death_timeout_s:
        return (
            f"Its worker most likely did not reach the scheduler at {address}: set scheduler_host=... and "
            "scheduler_ports=... of the profile to what nodes may reach; rdf-live doctor tries it"
        )
    return "rdf-live doctor looks for the cause"


def last_lines(file: Path, lines: int = 3, characters: int = 400) -> str:
    """The end of what a job wrote, in one line; empty where it wrote nothing."""
    try:
        with file.open("rb") as opened:
            opened.seek(0, 2)
            opened.seek(max(opened.tell() - 4096, 0))
            text = opened.read().decode(errors="replace")
    except OSError:
        return ""
    written = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(written[-lines:])[-characters:]
