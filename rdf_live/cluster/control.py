# SPDX-License-Identifier: BSD-3-Clause
"""What to do with a cluster that one is connected to."""

from __future__ import annotations

from typing import Any

from distributed import Client

from rdf_live import errors
from rdf_live.client.hub import call, check_client, install
from rdf_live.cluster.status import ClusterStatus

__all__ = ["cluster_status", "down", "scale"]


def cluster_status(client: Client) -> ClusterStatus:
    """What the cluster is doing: workers, jobs of the batch system, what it waits for. ``print`` it.

    Parameters
    ----------
    client : distributed.Client
        From `rdf_live.connect`, or any other: what Dask knows is told of a cluster that is not of rdf_live.

    Returns
    -------
    ClusterStatus
    """
    reply = _ask(client, "rdf_live_cluster_status")
    if reply is not None:
        return ClusterStatus.from_dict(reply["cluster"])
    info: Any = client.scheduler_info(n_workers=-1)
    workers = tuple(worker["host"] for worker in info["workers"].values())
    return ClusterStatus("dask", "none of ours", info["address"], target=len(workers), workers=workers)


def scale(client: Client, workers: int | None = None, *, minimum: int = 0, maximum: int | None = None) -> ClusterStatus:
    """Change the number of workers of a cluster of batch jobs.

    Parameters
    ----------
    client : distributed.Client
        From `rdf_live.connect`.
    workers : int, optional
        To have that many. Fewer: those that have nothing to do go first; what a range has committed stays.
    minimum, maximum : int
        Instead of `workers`: as many as there is work for, within these limits.

    Raises
    ------
    BadInput
        A number cannot be used, or the cluster is not one of batch jobs.
    """
    if (workers is None) == (maximum is None):
        raise errors.BadInput("expected either a number of workers, or maximum=... (and minimum=...)")
    if workers is not None:
        reply = _ask(client, "rdf_live_cluster_scale", workers=workers)
    else:
        reply = _ask(client, "rdf_live_cluster_adapt", minimum=minimum, maximum=maximum)
    if reply is None:
        raise errors.BadInput(
            "got a cluster that rdf_live did not submit, expected one of batch jobs. "
            "Scale it the way it was started, for example client.cluster.scale(...)"
        )
    return ClusterStatus.from_dict(reply["cluster"])


def down(client: Client) -> None:
    """End the cluster: its jobs, its process, its keys. Runs that go on are lost."""
    if _ask(client, "rdf_live_cluster_close") is None:
        raise errors.BadInput("got a cluster that rdf_live did not submit, expected one of batch jobs")


def _ask(client: Client, operation: str, **message: Any) -> dict[str, Any] | None:
    """The answer, or None where the cluster is not one of ours."""
    install(check_client(client))
    if not call(client, "rdf_live_hello")["cluster"]:
        return None
    return call(client, operation, **message)
