# SPDX-License-Identifier: BSD-3-Clause
"""What clusters and doctors leave whose process is gone, for example killed: find it, remove it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from rdf_live.cluster import homes
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.submit import ATTRIBUTE, HOST_ATTRIBUTE
from rdf_live.cluster.home import HOST, Home
from rdf_live.errors import BadInput, RdfLiveError

__all__ = ["DOCTOR", "remove_dead_doctors", "remove_orphans"]

#: How the names of the folders of doctors begin, and the marks of their jobs.
DOCTOR = "doctor-"

_ASKED = (ATTRIBUTE, HOST_ATTRIBUTE, "ClusterId", "ProcId", "Iwd", "SUBMIT_Iwd")


def remove_orphans() -> tuple[list[str], dict[str, int]]:
    """Remove the jobs of clusters and doctors that no process of this machine holds any more, and folders of doctors.

    Returns
    -------
    removed : list of str
        Numbers of jobs.
    elsewhere : dict
        How many there are of clusters of other machines, which only they can tell about.

    Raises
    ------
    ClusterTrouble
        The queue does not answer, or refuses.
    """
    lost: dict[str, list[str]] = {}
    elsewhere: dict[str, int] = {}
    for ad in tools.queue_now(f"{ATTRIBUTE} =!= undefined && JobStatus =!= 3", _ASKED):
        host = ad.get(HOST_ATTRIBUTE, HOST)
        if host != HOST:
            elsewhere[host] = elsewhere.get(host, 0) + 1
        elif not _held(ad):
            lost.setdefault(ad[ATTRIBUTE], []).append(f"{ad['ClusterId']}.{ad['ProcId']}")
    for cluster_id in lost:
        tools.remove_now(f'{ATTRIBUTE} =?= "{cluster_id}"')
    for folder in homes.folders():
        remove_dead_doctors(folder)
    return [job for jobs in lost.values() for job in jobs], elsewhere


def remove_dead_doctors(folder: Path) -> None:
    """Remove what doctors of this machine have left in a folder of clusters that were killed: there are keys in it."""
    for path in folder.glob(f"{DOCTOR}*"):
        # What cannot be removed is no reason to stop: who asks wants something else.
        with contextlib.suppress(RdfLiveError, OSError):
            home = Home(folder, path.name)
            signed = home.signed()
            # Not every file system tells this machine of a lock that another one holds.
            if (path / "request.json").exists() or signed is None or signed[0] != HOST:
                continue
            with home.lock() as lock:
                if lock is not None:
                    home.remove()


def _held(ad: dict[str, Any]) -> bool:
    """Whether a process holds the cluster, or the doctor, of the job. Its folder says so, wherever that is."""
    # A spooled job is told another one, and keeps this as well.
    folder = Path(ad.get("SUBMIT_Iwd") or ad["Iwd"]).parent
    try:
        home = Home(folder.parent, folder.name)
    except BadInput:
        return False
    # The folder of a doctor is used once, and the cluster of a folder has the number of its request.
    known = ad[ATTRIBUTE].startswith(DOCTOR) or (home.read("request") or {}).get("id") == ad[ATTRIBUTE]
    return known and home.locked()
