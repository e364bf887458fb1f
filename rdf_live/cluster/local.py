# SPDX-License-Identifier: BSD-3-Clause
"""Workers on this machine."""

from __future__ import annotations

import os
from typing import Any

import dask
from distributed import Client, LocalCluster

from rdf_live import errors

__all__ = ["at", "check_workers", "start"]


def at(address: str) -> Client:
    """A client of the scheduler at this address.

    Raises
    ------
    BadInput
        Nobody answers there.
    """
    try:
        return Client(address, timeout="20s")
    except OSError as error:
        raise errors.BadInput(
            f"got {address!r}, where no scheduler answers ({error}). "
            "Look whether it runs and whether this machine may reach it."
        ) from error


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
    level = int(dask.config.get("rdf-live.jit-level", 2))
    # Nannies start the processes with this environment, before ROOT can be loaded there.
    environment = {"EXTRA_CLING_ARGS": f"-O{level}"}
    with dask.config.set(
        {"distributed.nanny.environ": {**dask.config.get("distributed.nanny.environ", {}), **environment}}
    ):
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
