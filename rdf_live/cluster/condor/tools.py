# SPDX-License-Identifier: BSD-3-Clause
"""The programs of HTCondor that the site has, run with a time limit.

They and not Python bindings: the site's own programs always fit the site's configuration and its daemons.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import Iterable
from typing import Any

from rdf_live.errors import ClusterTrouble

__all__ = ["history", "queue", "queue_now", "remove", "remove_now", "run", "run_now"]

Ads = list[dict[str, Any]]

#: What `rdf_live.cluster.condor.jobs` reads of a job: asking for less spares the machine of the queue.
ATTRIBUTES = (
    "ClusterId",
    "ProcId",
    "JobStatus",
    "EnteredCurrentStatus",
    "QDate",
    "NumJobStarts",
    "JobCurrentStartDate",
    "CompletionDate",
    "HoldReason",
    "RemoveReason",
    "RemoteHost",
    "LastRemoteHost",
    "ExitCode",
    "ExitBySignal",
    "ExitSignal",
)


async def run(*command: str, timeout_s: float = 60.0) -> str:
    """What a program prints.

    Raises
    ------
    ClusterTrouble
        It is not there, fails, or does not end in time; with its own words.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise _missing(command, error) from error
    try:
        out, err = await asyncio.wait_for(process.communicate(), timeout_s)
    except TimeoutError:
        raise _late(command, timeout_s) from None
    finally:
        # Also when the caller is cancelled: it would go on without anybody who wants to know.
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return _printed(command, process.returncode, out, err)


def run_now(*command: str, timeout_s: float = 60.0) -> str:
    """The same for who has no event loop."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False)
    except OSError as error:
        raise _missing(command, error) from error
    except subprocess.TimeoutExpired:
        raise _late(command, timeout_s) from None
    return _printed(command, done.returncode, done.stdout, done.stderr)


async def queue(constraint: str, attributes: Iterable[str] = ATTRIBUTES, timeout_s: float = 60.0) -> Ads:
    """Attributes of the jobs in the queue that fit a constraint.

    Raises
    ------
    ClusterTrouble
        The queue does not answer.
    """
    return _ads(await run(*_queue(constraint, attributes), timeout_s=timeout_s))


def queue_now(constraint: str, attributes: Iterable[str] = ATTRIBUTES, timeout_s: float = 60.0) -> Ads:
    """The same for who has no event loop."""
    return _ads(run_now(*_queue(constraint, attributes), timeout_s=timeout_s))


async def history(ids: Iterable[str], attributes: Iterable[str] = ATTRIBUTES, timeout_s: float = 60.0) -> Ads:
    """Attributes of jobs that have left the queue; those that it does not know are missing.

    Raises
    ------
    ClusterTrouble
        The history cannot be read.
    """
    wanted = list(ids)
    # It reads backwards through what may be very long, and ends when it has found as many.
    limit = ("-limit", str(len(wanted)))
    return _ads(await run("condor_history", "-json", *limit, *_attributes(attributes), *wanted, timeout_s=timeout_s))


async def remove(constraint: str, timeout_s: float = 60.0) -> None:
    """Remove the jobs that fit a constraint; that there are none is no error.

    Raises
    ------
    ClusterTrouble
        The queue does not answer, or refuses.
    """
    try:
        await run("condor_rm", "-constraint", constraint, timeout_s=timeout_s)
    except ClusterTrouble:
        # Its exit status does not tell apart what went wrong and that there was nothing to do.
        if await queue(_alive(constraint), ("ClusterId",), timeout_s):
            raise


def remove_now(constraint: str, timeout_s: float = 60.0) -> None:
    """The same for who has no event loop."""
    try:
        run_now("condor_rm", "-constraint", constraint, timeout_s=timeout_s)
    except ClusterTrouble:
        if queue_now(_alive(constraint), ("ClusterId",), timeout_s):
            raise


def _alive(constraint: str) -> str:
    return f"({constraint}) && JobStatus =!= 3 && JobStatus =!= 4"


def _queue(constraint: str, attributes: Iterable[str]) -> tuple[str, ...]:
    return ("condor_q", "-json", *_attributes(attributes), "-constraint", constraint)


def _attributes(attributes: Iterable[str]) -> tuple[str, str]:
    return ("-attributes", ",".join(attributes))


def _ads(text: str) -> Ads:
    # Nothing at all is printed where there is no job.
    if not text.strip():
        return []
    try:
        found: Ads = json.loads(text)
    except ValueError as error:
        raise ClusterTrouble(f"got {text.strip()[:200]!r} from HTCondor, expected JSON ({error})") from error
    return found


def _printed(command: tuple[str, ...], status: int | None, out: bytes, err: bytes) -> str:
    text = out.decode(errors="replace")
    if status:
        said = " ".join((err.decode(errors="replace") or text).split())[-500:]
        raise ClusterTrouble(f"{command[0]} failed with exit status {status}: {said or 'it said nothing'}")
    return text


def _missing(command: tuple[str, ...], error: OSError) -> ClusterTrouble:
    return ClusterTrouble(
        f"got no {command[0]} on this machine ({error.strerror}), expected the programs of HTCondor. "
        "Start the cluster on a machine that jobs are submitted from."
    )


def _late(command: tuple[str, ...], timeout_s: float) -> ClusterTrouble:
    return ClusterTrouble(f"{command[0]} did not answer within {timeout_s:g} s")
