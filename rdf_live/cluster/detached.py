# SPDX-License-Identifier: BSD-3-Clause
"""Clusters that live outside the process that uses them: begin one, find one, end one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from distributed import Client

import rdf_live
from rdf_live.cluster import tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.submit import ATTRIBUTE
from rdf_live.cluster.control import down
from rdf_live.cluster.home import Home
from rdf_live.cluster.profile import Profile
from rdf_live.errors import ClusterTrouble, VersionMismatch

__all__ = ["begin", "directory", "end", "orphans", "reach"]

_START_TIMEOUT_S = 90.0
_ANSWER_TIMEOUT_S = 15
_END_TIMEOUT_S = 45.0


def directory(profile: Profile) -> Path:
    """Where the homes of clusters are."""
    return Path(os.path.expandvars(profile.directory)).expanduser()


def reach(home: Home) -> Client | None:
    """A client of the cluster, or None where there is none.

    Raises
    ------
    VersionMismatch
        It runs another version of rdf_live.
    ClusterTrouble
        It runs on another machine and does not answer.
    """
    record = home.read("record")
    if record is None:
        return None
    here = record["host"] == socket.getfqdn()
    if here and not home.locked():
        # Its process was killed. Its jobs end by themselves, once they miss it.
        home.forget()
        return None
    if record["version"] != rdf_live.__version__:
        raise VersionMismatch(
            f"got the cluster {home.name!r} of rdf_live {record['version']}, expected {rdf_live.__version__} as here. "
            f"Use that version, take another name, or end it: rdf-live down {home.name}"
        )
    try:
        return Client(record["address"], security=tls.security(home.tls), timeout=_ANSWER_TIMEOUT_S)
    except OSError as error:
        raise ClusterTrouble(
            f"got no answer from the cluster {home.name!r} at {record['address']} on {record['host']} ({error}). "
            f"Look there whether it still runs ({home.log}), or begin anew: rdf-live down {home.name}"
        ) from error


def begin(home: Home, profile: Profile, workers: int) -> Client:
    """Start the process of a cluster and connect to it; it submits its jobs meanwhile.

    Raises
    ------
    ClusterTrouble
        It ends at once, or takes too long.
    """
    for name in ("record", "failure"):
        (home.path / f"{name}.json").unlink(missing_ok=True)
    request = {"id": uuid.uuid4().hex, "profile": profile.as_dict(), "workers": workers}
    home.write("request", request)
    with home.log.open("w") as log:
        home.log.chmod(0o600)
        process = subprocess.Popen(
            [sys.executable, "-m", "rdf_live.cluster.holder", str(home.path)],
            cwd=home.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Not in this session: neither Ctrl-C, nor a closed terminal, nor the end of a kernel reaches it.
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_TIMEOUT_S
    while home.read("record") is None:
        if (status := process.poll()) is not None:
            raise ClusterTrouble(_why(home, f"its process ended with status {status}"))
        if time.monotonic() > deadline:
            process.terminate()
            raise ClusterTrouble(_why(home, f"it was not ready after {_START_TIMEOUT_S:.0f} s"))
        time.sleep(0.05)
    client = reach(home)
    if client is None:
        raise ClusterTrouble(_why(home, "its process ended at once"))
    return client


def end(home: Home) -> str:
    """End the cluster, whatever state it is in, and remove what there is of it; gives a sentence.

    Raises
    ------
    ClusterTrouble
        Its jobs cannot be removed.
    """
    request, record = home.read("request") or {}, home.read("record") or {}
    try:
        client = reach(home)
    except (ClusterTrouble, VersionMismatch):
        client = None
    if client is not None:
        with client:
            down(client)
    if home.locked() and not _ended(home):
        # It hangs, or is of another version: its end is the same when it is killed, but for the jobs.
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, KeyError):
                os.kill(record["pid"], number)
            if _ended(home):
                break
    if client is None and "id" in request:
        asyncio.run(tools.remove(f'{ATTRIBUTE} =?= "{request["id"]}"'))
    home.remove()
    return f"cluster {home.name}: " + ("ended" if client is not None else "had ended; removed what was left of it")


def _ended(home: Home) -> bool:
    deadline = time.monotonic() + _END_TIMEOUT_S
    while home.locked():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def orphans(homes: Iterable[Home]) -> list[str]:
    """Remove the jobs of clusters that no process holds any more; gives their numbers."""
    held = {(home.read("request") or {}).get("id") for home in homes if home.locked()}
    jobs = asyncio.run(tools.queue(f"{ATTRIBUTE} =!= undefined"))
    lost = sorted({job[ATTRIBUTE] for job in jobs} - held)
    for cluster_id in lost:
        asyncio.run(tools.remove(f'{ATTRIBUTE} =?= "{cluster_id}"'))
    return [f"{job['ClusterId']}.{job['ProcId']}" for job in jobs if job[ATTRIBUTE] in lost]


def _why(home: Home, what: str) -> str:
    failure: dict[str, Any] | None = home.read("failure")
    reason = failure["message"] if failure else what
    return f"the cluster {home.name!r} did not start: {reason}. More is in {home.log}"
