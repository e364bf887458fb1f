# SPDX-License-Identifier: BSD-3-Clause
"""Finding runs again: those of a cluster, or, where none is named, those that this notebook has started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from distributed import Client

from rdf_live import errors
from rdf_live.client import hub
from rdf_live.client.records import Record, all_records
from rdf_live.client.where import here, same_notebook
from rdf_live.reconnect import Clusters
from rdf_live.run import LiveRun
from rdf_live.snapshot import Result

__all__ = ["attach", "runs"]

Row = dict[str, Any]

#: So many runs are named in the text of an error.
_NAMED = 5


def runs(client: Client | None = None) -> list[Row]:
    """All runs that a cluster knows, or those that this notebook has started; the newest last.

    Parameters
    ----------
    client : distributed.Client, optional
        Any client of the cluster. Without it: the runs that this notebook or script has started in the last 30 days, on
        whatever cluster; in a terminal those of this user.

    Returns
    -------
    list of dict
        run (its id), name, state, created and ended (seconds since 1970), progress; notebook, cell, host, user,
        kernel and execution (where it was started; None where that is not known). Without a client also cluster,
        address and why: a run that cannot be reached has the state "gone", no progress, and a sentence that says why.
    """
    if client is not None:
        return _known(client)
    clusters = Clusters()
    try:
        return [_looked_up(record, clusters) for record in reversed(_recorded())]
    finally:
        clusters.close()


def attach(run_id: str | None = None, *, client: Client | None = None) -> LiveRun:
    """Come back to a run, from any process.

    Parameters
    ----------
    run_id : str, optional
        Its id, or its name where only one run has it. Without it: the newest run of this notebook or script that can
        be reached and was not cancelled, live or finished.
    client : distributed.Client, optional
        Any client of the cluster. Without it the cluster is the one that the run was started on, as far as this
        machine has a record of it; it is connected to.

    Returns
    -------
    LiveRun
        As `start` gave it, except that its snapshots know results by label and not by the proxies of the process that
        started it.

    Raises
    ------
    UnknownRun
        There is no such run, or it cannot be reached; the text lists those that there are.
    """
    if client is not None:
        known = _known(client)
        return _handle(client, _of_this_notebook(known) if run_id is None else _named(run_id, known))
    if run_id is None:
        found = _recorded()
        if not found:
            raise errors.UnknownRun(_nothing_here())
        return _first(found, f"{len(found)} run(s) of {_place()}, none of which can be reached")
    found = [r for r in all_records() if r.run == run_id] or [r for r in all_records() if r.name == run_id]
    if not found:
        raise errors.UnknownRun(
            f"got {run_id!r}, expected the id or name of a run that was started by this account on this machine. "
            f"There are: {_list(all_records())}. A run of elsewhere needs its cluster: attach(..., client=...)"
        )
    return _first(found, f"{run_id!r}, which cannot be reached")


# ---- with records


def _recorded() -> list[Record]:
    """The runs of this notebook, the newest first."""
    notebook = here().notebook
    return [record for record in all_records() if notebook is None or same_notebook(record.notebook, notebook)]


def _first(records: Iterable[Record], got: str) -> LiveRun:
    """The first run that can be reached."""
    clusters, reasons = Clusters(), []
    try:
        for record in records:
            row = _looked_up(record, clusters)
            if row["state"] not in ("gone", "cancelled"):
                client = clusters.client(record)
                clusters.made.pop(record.address, None)
                return _handle(client, record.run)
            reasons.append(f"{_words(record)}: {row['why'] or 'it was cancelled'}")
    finally:
        clusters.close()
    more = f"; and {len(reasons) - _NAMED} older ones" if len(reasons) > _NAMED else ""
    raise errors.UnknownRun(f"got {got}: {'; '.join(reasons[:_NAMED])}{more}. Start it again with rdf_live.start(...)")


def _looked_up(record: Record, clusters: Clusters) -> Row:
    """What can be said of the run now."""
    about = {"cluster": record.cluster, "address": record.address}
    gone = asdict(record) | {"state": "gone", "created": record.started, "ended": None, "progress": None}
    try:
        known = _known(clusters.client(record))
    except errors.RdfLiveError as error:
        return gone | about | {"why": str(error)}
    for row in known:
        if row["run"] == record.run:
            return row | about | {"why": ""}
    return gone | about | {"why": "its cluster has it no more: it keeps only the last runs that have ended"}


def _nothing_here() -> str:
    if here().notebook is None:
        return (
            "got no run, expected one that this account has started on this machine. "
            "Name the run and its cluster: rdf_live.attach(run, client=...)"
        )
    others = all_records()
    elsewhere = f" Other notebooks have: {_list(others)}; rdf_live.attach(run) takes one." if others else ""
    return (
        f"got no run that {_place()} has started on this machine, expected one of the last 30 days.{elsewhere} "
        "Of a run that was started on another machine name the cluster: rdf_live.attach(client=...)"
    )


def _place() -> str:
    return here().notebook or "this account"


def _words(record: Record) -> str:
    return f"{record.run} ({record.name}, {time.strftime('%d %b %H:%M', time.localtime(record.started))})"


def _list(records: list[Record]) -> str:
    return ", ".join(_words(record) for record in records[:_NAMED]) or "none"


# ---- with a client


def _known(client: Client) -> list[Row]:
    hub.install(hub.check_client(client))
    found: list[Row] = hub.call(client, "rdf_live_runs")["runs"]
    return found


def _named(run_id: str, known: list[Row]) -> str:
    found = [r for r in known if run_id == r["run"]] or [r for r in known if run_id == r["name"]]
    if len(found) != 1:
        several = f"{len(found)} runs of that name" if found else "no such run"
        raise errors.UnknownRun(
            f"got {run_id!r}, expected the id of a run. The cluster has {several}; it knows: {_rows(known)}."
        )
    return str(found[0]["run"])


def _of_this_notebook(known: list[Row]) -> str:
    """The newest that was started from here; from another machine the path differs, so the name of the file counts."""
    notebook = here().notebook
    alive = [row for row in known if row["state"] != "cancelled"]
    if notebook is None:
        found = alive
    else:
        name = os.path.basename(notebook)
        same: list[Callable[[str | None], bool]] = [
            lambda path: same_notebook(path, notebook),
            lambda path: path is not None and os.path.basename(path) == name,
        ]
        found = next((rows for match in same if (rows := [r for r in alive if match(r["notebook"])])), [])
    if not found:
        raise errors.UnknownRun(
            f"got no run that {_place()} has started, expected one on this cluster. "
            f"It knows: {_rows(known)}; rdf_live.attach(run, client=...) takes one."
        )
    return str(found[-1]["run"])


def _rows(known: list[Row]) -> str:
    return ", ".join(f"{r['run']} ({r['name']}, {r['state']})" for r in known) or "none"


def _handle(client: Client, run_id: str) -> LiveRun:
    about = hub.call(client, "rdf_live_describe", run=run_id)
    results = [
        Result(index, i, label, kind)
        for index, graph in enumerate(about["graphs"])
        for i, (label, kind) in enumerate(graph["labels"])
    ]
    return LiveRun(client, about["run"], about["name"], results, about["options"]["every"])
