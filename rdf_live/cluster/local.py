# SPDX-License-Identifier: BSD-3-Clause
"""Workers on this machine, and schedulers that somebody else began."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from rdf_live import errors
from rdf_live.cluster import environment, tls
from rdf_live.cluster.homes import homes

__all__ = ["at", "check_workers", "start"]


def at(address: str) -> Client:
    """A client of the scheduler at this address.

    Raises
    ------
    BadInput
        Nobody answers there, or it has keys that nobody knows.
    """
    security = _security(address) if address.startswith("tls://") else None
    try:
        return Client(address, security=security, timeout="20s")
    except OSError as error:
        raise errors.BadInput(
            f"got {address!r}, where no scheduler answers ({error}). "
            "Look whether it runs and whether this machine may reach it."
        ) from error


def _security(address: str) -> Security:
    """The keys of a cluster of this user, or those that Dask was told of."""
    for home in homes():
        # One that cannot be read is told where it is used.
        with contextlib.suppress(errors.RdfLiveError):
            if (home.read("record") or {}).get("address") == address:
                return tls.security(home.tls)
    configured = Security()
    if configured.get_connection_args("client")["ssl_context"] is None:
        raise errors.BadInput(
            f"got {address!r}, expected the name of the cluster: such an address has keys, and no cluster of yours "
            "here has it. rdf-live ps lists them"
        )
    return configured


def check_workers(workers: Any) -> None:
    """See that it is a number of workers.

    Raises
    ------
    BadInput, WrongKind
        It is not.
    """
    if isinstance(workers, bool) or not isinstance(workers, int):
        raise errors.WrongKind(f"workers: got {workers!r}, expected a whole number")
    if workers < 1:
        raise errors.BadInput(f"workers: got {workers}, expected 1 or more")


def start(workers: int | None) -> Client:
    """One process per core, or that many."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    if workers is None:
        workers = cores
    check_workers(workers)
    # Nannies start the processes with this environment, before ROOT can be loaded there.
    changes = {
        "distributed.nanny.environ": environment.compiling(),
        "distributed.nanny.pre-spawn-environ": environment.unset(),
    }
    with dask.config.set({key: {**dask.config.get(key, {}), **own} for key, own in changes.items()}):
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            preload=[*dask.config.get("distributed.worker.preload", []), "rdf_live.worker.interrupt"],
        )
    client = Client(cluster)
    client.wait_for_workers(1)
    return client
