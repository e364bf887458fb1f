# SPDX-License-Identifier: BSD-3-Clause
"""Starting a run."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from distributed import Client, Status, Worker

from rdf_live import _distrdf as distrdf
from rdf_live import errors
from rdf_live._interrupts import held, restore
from rdf_live.client import booked, hub, records
from rdf_live.client.backend import Captured, live_backend
from rdf_live.client.finish import PARTIAL
from rdf_live.client.payload import pack, pack_ranges
from rdf_live.client.where import here
from rdf_live.run import LiveRun
from rdf_live.snapshot import Result, Snapshot
from rdf_live.worker.task import run_range, versions

__all__ = ["start"]


def start(
    results: Any,
    *,
    every: float = 0.5,
    name: str | None = None,
    callback: Callable[[Snapshot], Any] | None = None,
    on_error: str = "raise",
    max_attempts: int = 3,
    gpus: int = 0,
) -> LiveRun:
    """Start computing booked results on the cluster, live. Returns at once.

    All results that are booked on the same dataframes and have no value yet are computed with them, in one event
    loop per dataframe, as in ROOT.

    Parameters
    ----------
    results : result or iterable of results
        Booked on one or more dataframes made by ``ROOT.RDataFrame(..., executor=client)``.
    every : float
        Seconds between two updates, at least; the hub makes it longer when many workers would be too much for the
        scheduler.
    name : str, optional
        For people; the first result's label otherwise.
    callback : callable, optional
        As for `LiveRun.on_update`.
    on_error : {"raise", "skip"}
        When every attempt of a range has failed, the others go on. At the end `LiveRun.result` then raises, or gives
        the result of the others.
    max_attempts : int
        Attempts per range.
    gpus : int
        GPUs that the code of the user needs, per range. They are what Dask calls the resource "GPU": workers have it
        from ``rdf_live.connect(..., gpus=1)`` or ``dask worker --resources GPU=1``, and no other one gets a range.

    Returns
    -------
    LiveRun
        The handle. The run goes on without it: ``rdf_live.attach()`` in the same notebook finds it again.

    Raises
    ------
    BadInput, WrongKind
        An argument cannot be used, or a file cannot be read (of the first, the middle and the last one, where the
        dataframe has no ``npartitions``; not with ``on_error="skip"``); nothing was started.
    ThreadedWorkers, VersionMismatch
        The cluster cannot run it; nothing was started. ROOT of a worker that has not computed anything yet is known
        only when it begins a range, before anything of that runs: then `LiveRun.result` raises it.
    """
    every = booked.check_every(every)
    if name is not None and not isinstance(name, str):
        raise errors.WrongKind(f'name: got {name!r}, expected a text, for example name="dimuons"')
    if on_error not in ("raise", "skip"):
        raise errors.BadInput(f'on_error: got {on_error!r}, expected "raise" or "skip"')
    if not _is_count(max_attempts):
        raise errors.BadInput(f"max_attempts: got {max_attempts!r}, expected a whole number, 1 or more")
    if isinstance(gpus, bool) or not isinstance(gpus, int):
        raise errors.WrongKind(f"gpus: got {gpus!r}, expected a whole number of GPUs per range")
    if gpus < 0:
        raise errors.BadInput(f"gpus: got {gpus}, expected 0 or more per range")
    if callback is not None and not callable(callback):
        raise errors.WrongKind(f"callback: got a {type(callback).__name__}, expected something to call with a snapshot")
    client, heads = booked.graphs_of(results)
    if gpus:
        _check_gpus(client, gpus)
    hub.install(client)
    graphs = []
    for head in heads:
        for node in head.graph_nodes:
            if node in PARTIAL:
                node.value = None
                del PARTIAL[node]
        booked.check_columns(head)
        if booked_size(head) == 0:
            raise errors.BadInput("got a dataframe of 0 entries, expected at least one")
        backend = live_backend(head, _trigger)
        graphs.append((head, backend.capture(strict=on_error == "raise")))
    options = {"every": every, "on_error": on_error, "max_attempts": max_attempts}
    run = _launch(client, graphs, options, name, gpus)
    if callback is not None:
        run.on_update(callback)
    return run


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _check_processes(client: Client) -> None:
    """No worker is a part of this process: ROOT's state belongs to the process, and ROOT would crash."""
    own = [worker.address for worker in list(Worker._instances) if worker.status is Status.running]
    if own and not set(own).isdisjoint(client.scheduler_info(n_workers=-1)["workers"]):
        raise errors.ThreadedWorkers(
            "got workers that are threads of this process, expected processes of their own, since ROOT's state belongs "
            "to the process. Start them with LocalCluster(n_workers=N, threads_per_worker=1, processes=True), or with "
            'rdf_live.connect("local").'
        )


def _check_gpus(client: Client, gpus: int) -> None:
    """Somebody can compute it. Where there are no workers yet, those that come may."""
    workers: Any = client.scheduler_info(n_workers=-1)["workers"]
    most = max((worker["resources"].get("GPU", 0) for worker in workers.values()), default=gpus)
    if most < gpus:
        ask = "Ask the batch system for them, rdf_live.connect(..., gpus=1), or"
        raise errors.BadInput(
            f"gpus: got {gpus}, but of the {len(workers)} workers "
            + (f"none has more than {most:g}" if most else "none has a GPU")
            + f". {ask if gpus == 1 else 'Batch workers have one;'} "
            f"start workers with dask worker --resources GPU={gpus}."
        )


def booked_size(head: Any) -> int:
    """Entries of an empty source; 1 for anything else."""
    return int(getattr(head, "nentries", 1))


def _trigger(backend: Any, ranges: list[Any], mapper: Any) -> LiveRun:
    """The user asked for a value of a dataframe that is watched: run it, and wait."""
    run = launch_captured(backend, ranges, mapper, 0.5)
    run.result()
    return run


def launch_captured(backend: Any, ranges: list[Any], mapper: Any, every: float) -> LiveRun:
    """Start what ROOT has prepared because a value was asked for."""
    options = {"every": every, "on_error": "raise", "max_attempts": 3}
    return _launch(backend.client, [(backend.head, Captured(ranges, mapper))], options, None)


def _launch(
    client: Client,
    graphs: list[tuple[Any, Captured]],
    options: dict[str, Any],
    name: str | None,
    gpus: int = 0,
) -> LiveRun:
    restore()
    _check_processes(client)
    run_id = uuid.uuid4().hex[:12]
    nodes: list[Any] = []
    results: list[Result] = []
    ranges = [pack_ranges(captured.ranges) for _, captured in graphs]
    specs: list[dict[str, Any]] = []
    for index, (head, captured) in enumerate(graphs):
        actions = distrdf.action_nodes(head)
        labels = _unique([booked.label(node) for node in actions], {r.label for r in results})
        kinds = [distrdf.kind_of(node) for node in actions]
        nodes += actions
        results += [Result(index, i, *pair) for i, pair in enumerate(zip(labels, kinds, strict=True))]
        specs.append(
            {
                "payload": pack(captured.mapper),
                "ranges": len(captured.ranges),
                "labels": [list(pair) for pair in zip(labels, kinds, strict=True)],
            }
        )
    name = name or results[0].label
    where = here()
    futures: list[Any] = []
    try:
        with held():  # a Ctrl-C comes when nothing is half sent
            hub.call(
                client,
                "rdf_live_open",
                run=run_id,
                name=name,
                client=client.id,
                graphs=specs,
                options=options,
                versions=versions(),
                where=asdict(where),
            )
            futures = _submit(client, run_id, ranges, gpus)
        # Handed over to the hub, so that they outlive this process.
        hub.call(client, "rdf_live_adopt", run=run_id, keys=[future.key for future in futures])
        run = LiveRun(client, run_id, name, results, options["every"], nodes)
    except BaseException:
        _forget(client, run_id, futures)
        raise
    for head, _ in graphs:
        head.backend.run = run
    with held():  # the run is there: whoever interrupts now gets no half of it
        records.note(client, run_id, name, where)
    return run


def _submit(client: Client, run_id: str, ranges: list[list[bytes]], gpus: int) -> list[Any]:
    """Give all tasks to Dask, graphs side by side."""
    tasks = sorted(
        ((graph, index, data_range) for graph, those in enumerate(ranges) for index, data_range in enumerate(those)),
        key=lambda task: ((task[1] + 0.5) / len(ranges[task[0]]), task[0]),
    )
    keys = [f"rdf-live-{run_id}-{graph}-{index}" for graph, index, _ in tasks]
    arguments: dict[str, Any] = {"key": keys, "pure": False, "retries": 0}
    if gpus:
        arguments["resources"] = {"GPU": gpus}
    futures: list[Any] = client.map(run_range, [run_id] * len(tasks), *zip(*tasks, strict=True), **arguments)
    return futures


def _forget(client: Client, run_id: str, futures: list[Any]) -> None:
    """A start that did not end leaves nothing behind: nobody has a handle of that run."""
    with contextlib.suppress(errors.RdfLiveError):  # the cluster is gone, or has refused it
        hub.call(client, "rdf_live_forget", run=run_id)
    for future in futures:  # the traceback may keep them
        future.release()


def _unique(labels: list[str], taken: set[str]) -> list[str]:
    """Labels that tell results apart: a second "z" is "z (2)"."""
    unique = []
    for label in labels:
        given, n = label, 1
        while given in taken:
            n += 1
            given = f"{label} ({n})"
        taken.add(given)
        unique.append(given)
    return unique
