# SPDX-License-Identifier: BSD-3-Clause
"""One line of the list of runs, made of what the hub says and what was written down at the start."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rdf_live.client.records import Record
    from rdf_live.jupyter.server.runs_places import Place

__all__ = ["Paths", "Seen", "row"]

_OVER = ("done", "stopped", "cancelled", "failed")
_UNREACHABLE = "Its cluster does not answer."
_FORGOTTEN = "Its cluster does not know it any more."


@dataclass
class Seen:
    """What a hub said of a run when it last spoke of it.

    Attributes
    ----------
    address : str
        Of the scheduler.
    summary : dict
        What the hub says.
    there : bool
        Whether it still knows the run.
    """

    address: str
    summary: dict[str, Any]
    there: bool = True


class Paths:
    """Paths as the server's pages know them.

    Parameters
    ----------
    root : str
        Folder of the server's notebooks; empty where they are not files of this machine.
    """

    def __init__(self, root: str) -> None:
        self._root = PurePath(os.path.realpath(root)) if root else None

    def shown(self, notebook: str | None) -> tuple[str | None, bool]:
        """Path of a notebook, and whether this server can open it. Looks at the disk."""
        if not notebook or self._root is None:
            return notebook, False
        path = PurePath(os.path.realpath(notebook))
        if not path.is_relative_to(self._root):
            return notebook, False
        return path.relative_to(self._root).as_posix(), path.suffix == ".ipynb" and os.path.exists(path)


def row(
    run: str,
    seen: Seen | None,
    record: Record | None,
    place: Place | None,
    paths: Paths,
    *,
    stopping: bool,
    unreachable: str = "",
) -> dict[str, Any]:
    """One run, as plain data.

    Parameters
    ----------
    run : str
        Its id.
    seen : Seen, optional
        What its hub said.
    record : Record, optional
        What was written down at its start.
    place : Place, optional
        Its scheduler, if that answers.
    paths : Paths
        For its notebook.
    stopping : bool
        It was told to stop.
    unreachable : str
        Why there is no `place`, where that is known.
    """
    summary = seen.summary if seen is not None else {}
    written: Mapping[str, Any] = vars(record) if record is not None else {}
    progress: Mapping[str, Any] = summary.get("progress") or {}
    there = place is not None and seen is not None and seen.there
    state, why = _text(summary.get("state")) or "gone", ""
    if state not in _OVER:
        if not there:
            state, why = "gone", unreachable or _UNREACHABLE if place is None else _FORGOTTEN
        elif stopping or summary.get("stopping") is True:
            state = "stopping"
    notebook, here = paths.shown(_text(summary.get("notebook") or written.get("notebook")))
    host = _text(summary.get("host") or written.get("host"))
    address = seen.address if seen is not None else str(written.get("address", ""))
    return {
        "run": run,
        "name": _text(summary.get("name") or written.get("name")) or run,
        "cluster": (place.name if place is not None else None)
        or _text(written.get("cluster"))
        or _where(address, host),
        "address": address,
        "notebook": notebook,
        "here": here,
        "cell": _text(summary.get("cell") or written.get("cell")),
        "host": host,
        "state": state,
        "why": why,
        "fraction": _number(progress.get("fraction")),
        "entries": _number(progress.get("entries")),
        "total": _number(progress.get("entries_total")) or None,
        "started": _number(summary.get("created") or written.get("started")),
        "ended": _number(summary.get("ended")),
        "left_s": _number(progress.get("eta_s")) if state == "running" else None,
        # Of a run that was cancelled nothing was kept.
        "attach": _attach(run, record, place) if place is not None and there and state != "cancelled" else "",
    }


def _attach(run: str, record: Record | None, place: Place) -> str:
    """Lines of a cell that shows the run. What was written down at the start tells any kernel here where it is."""
    known = record is not None and record.address == place.address
    connect = [] if known else [f"client = {place.connect}"]
    client = "" if known else ", client=client"
    return "\n".join(["import rdf_live", *connect, f"run = rdf_live.attach({json.dumps(run)}{client})", "run"])


def _where(address: str, host: str | None) -> str:
    """What to call a cluster that has no name: a machine."""
    bare = address.partition("://")[2] or address
    at = bare.rpartition(":")[0].strip("[]")
    return host if host and at in ("127.0.0.1", "localhost", "::1") else bare


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    # JSON has no other numbers.
    return value if isinstance(value, int | float) and math.isfinite(value) else None
