# SPDX-License-Identifier: BSD-3-Clause
"""Schedulers with a hub, and runs that nobody computes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

import rdf_live
from rdf_live.client.records import Record, write
from rdf_live.cluster.home import HOST

__all__ = ["begin", "scheduler"]


def scheduler(**options: Any) -> LocalCluster:
    """A scheduler without workers."""
    return LocalCluster(n_workers=0, processes=False, dashboard_address=":0", host="127.0.0.1", **options)


def begin(client: Client, run: str, notebook: Path | None = None, *, record: bool = True, **more: Any) -> str:
    """A run of four ranges, which nobody computes."""
    where = {"notebook": str(notebook) if notebook else None, "cell": "c1", "kernel": "k", "execution": "e"}
    where |= {"host": HOST, "user": "me"}
    client.sync(
        client.scheduler.rdf_live_open,
        run=run,
        name=f"run {run}",
        client=client.id,
        graphs=[{"payload": b"p", "ranges": 4, "labels": [], "info": None}],
        options={"every": 0.05, "on_error": "raise", "max_attempts": 3},
        versions={"python": "3.11.0", "root": "6.40.00", "rdf_live": rdf_live.__version__},
        where=where,
    )
    if record:
        written = {"run": run, "name": f"run {run}", "address": client.scheduler.address, "cluster": None, "home": None}
        write(Record(**{**written, "started": time.time(), **where, **more}))
    return run
