# SPDX-License-Identifier: BSD-3-Clause
"""Workers on this machine."""

from __future__ import annotations

import os
from typing import Any

import dask
from distributed import Client, LocalCluster

from rdf_live import errors

__all__ = ["connect"]


def connect(where: Any = "local", *, workers: int | None = None) -> Client:
    """A client that runs can be started on.

    Parameters
    ----------
    where : "local", address, Client or None
        "local" (or None) starts one process per core on this machine; an address is that of a scheduler; a client is
        checked and returned.
    workers : int, optional
        Number of processes for "local"; the cores that this process may use otherwise.

    Returns
    -------
    distributed.Client
        Ready: it has at least one worker.

    Raises
    ------
    BadInput, WrongKind
        The argument cannot be used, or the scheduler cannot be reached.
    """
    if isinstance(where, Client):
        from rdf_live.client.hub import check_client

        return check_client(where)
    if where is None or where == "local":
        return _local(workers)
    if not isinstance(where, str):
        raise errors.WrongKind(f'got a {type(where).__name__}, expected "local", an address, or a distributed.Client')
    if "://" not in where and ":" not in where:
        raise errors.BadInput(
            f'got {where!r}, expected "local" or the address of a scheduler, for example "tcp://host:8786"'
        )
    try:
        return Client(where, timeout="20s")
    except OSError as error:
        raise errors.BadInput(
            f"got {where!r}, where no scheduler answers ({error}). "
            "Look whether it runs and whether this machine may reach it."
        ) from error


def _local(workers: int | None) -> Client:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    if workers is None:
        workers = cores
    if isinstance(workers, bool) or not isinstance(workers, int):
        raise errors.WrongKind(f"workers: got {workers!r}, expected a whole number")
    if workers < 1:
        raise errors.BadInput(f"workers: got {workers}, expected 1 or more")
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
