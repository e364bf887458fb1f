# SPDX-License-Identifier: BSD-3-Clause
"""Checks of what a scheduler on this machine would have: memory of its workers, files, an address, ports, tickets."""

from __future__ import annotations

import ipaddress
import resource
import socket
import warnings

from distributed.utils import get_ip

from rdf_live.cluster import credentials, ports
from rdf_live.cluster.doctor.batch import Pool
from rdf_live.cluster.doctor.table import Row, State
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import size_text

__all__ = ["address", "credential_rows", "memory", "open_files", "scheduler_ports"]

#: A worker that has run ROOT, its nanny, and a few hundred histograms.
_MEMORY_GOOD_BYTES = 1_500_000_000
#: A connection of each worker and client, and what the process has open by itself.
_FILES_PER_WORKER, _FILES_BASE = 3, 200


def memory(profile: Profile) -> Row:
    """Whether a worker has room for ROOT; below 1 GB a profile is refused anyway."""
    text = f"{size_text(profile.memory)} per worker; one that has run ROOT takes 650 MB, histograms come on top"
    if profile.memory >= _MEMORY_GOOD_BYTES:
        return Row("memory request", "ok", text)
    return Row("memory request", "warning", text, "For more than a few hundred histograms set memory=2GB.")


def open_files(profile: Profile) -> Row:
    """Whether a scheduler may have a connection to each worker."""
    # The process of a cluster raises its own limit as far as it may.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _FILES_BASE + _FILES_PER_WORKER * profile.workers
    free = hard == resource.RLIM_INFINITY
    text = f"at most {'any number' if free else hard}; {profile.workers} workers need {needed}"
    if free or hard >= needed:
        return Row("open files", "ok", text)
    return Row("open files", "problem", text, "Fewer workers, or ask for a higher limit (ulimit -Hn) on this machine.")


def address(profile: Profile, pool: Pool) -> Row:
    """The address that workers are told."""
    if profile.scheduler_host:
        if not ports.own(profile.scheduler_host):
            return _told(profile)
        found = socket.getaddrinfo(profile.scheduler_host, None, type=socket.SOCK_STREAM)[0][4][0]
        name = "" if profile.scheduler_host == found else f"{profile.scheduler_host}, "
        shown = f"{name}{found} (scheduler_host)"
    else:
        with warnings.catch_warnings():
            # It says in its own words that it found none.
            warnings.simplefilter("ignore")
            found = get_ip()
        shown = found
    if not ipaddress.ip_address(str(found).partition("%")[0]).is_loopback:
        return Row("address", "ok", shown)
    if pool.one_machine:
        return Row("address", "warning", f"{shown}: only workers on this machine reach that")
    return Row(
        "address",
        "problem",
        f"{shown}: no other machine reaches that",
        "Set scheduler_host to the address of this machine in the network of the nodes (ip -brief address).",
    )


def _told(profile: Profile) -> Row:
    """About a name that only workers use, for example that of the node of a container."""
    text = f"{profile.scheduler_host} (scheduler_host) is told to workers; it is not an address of this machine"
    if profile.scheduler_ports:
        return Row("address", "ok", f"{text}, so one of the ports {profile.scheduler_ports} there has to lead here")
    return Row(
        "address",
        "problem",
        f"{text}, and no port is known that leads here",
        "Set scheduler_ports to those that do; or scheduler_host to an address of this machine, or leave it out.",
    )


def scheduler_ports(profile: Profile) -> Row:
    """Whether one is free for the scheduler."""
    if not profile.scheduler_ports:
        return Row("scheduler port", "ok", "any free one: nodes have to reach all ports of this machine")
    last: OSError | None = None
    for port in ports.each(profile.scheduler_ports):
        try:
            socket.create_server(("", port)).close()
        except OSError as error:
            last = error
            continue
        return Row("scheduler port", "ok", f"{port} is free (of {profile.scheduler_ports})")
    # Python adds the address, which is that of all interfaces.
    why = str(last.strerror).partition(" (while")[0] if last is not None else ""
    return Row(
        "scheduler port",
        "problem",
        f"none of {profile.scheduler_ports} is free ({why})",
        "Somebody else has them, or a cluster of yours that runs (rdf-live ps); set scheduler_ports to others.",
    )


def credential_rows(profile: Profile) -> list[Row]:
    """Tickets, tokens and proxies that the profile says are needed."""
    rows = []
    for found in credentials.check(profile.credentials, profile.runtime):
        state: State = "problem" if not found.found else "warning" if found.remedy else "ok"
        rows.append(Row(found.name, state, found.sentence, found.remedy))
    return rows
