# SPDX-License-Identifier: BSD-3-Clause
"""Jobs of clusters whose process is gone, for example killed: find them, remove them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.submit import ATTRIBUTE, HOST_ATTRIBUTE
from rdf_live.cluster.home import HOST, Home
from rdf_live.errors import BadInput

__all__ = ["remove_orphans"]

_ASKED = (ATTRIBUTE, HOST_ATTRIBUTE, "ClusterId", "ProcId", "Iwd", "SUBMIT_Iwd")


def remove_orphans() -> tuple[list[str], dict[str, int]]:
    """Remove the jobs of clusters that no process of this machine holds any more.

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
    return [job for jobs in lost.values() for job in jobs], elsewhere


def _held(ad: dict[str, Any]) -> bool:
    """Whether a process holds the cluster of the job. Its folder says so, wherever that is."""
    # A spooled job is told another one, and keeps this as well.
    folder = Path(ad.get("SUBMIT_Iwd") or ad["Iwd"]).parent
    try:
        home = Home(folder.parent, folder.name)
    except BadInput:
        return False
    return home.locked() and (home.read("request") or {}).get("id") == ad[ATTRIBUTE]
