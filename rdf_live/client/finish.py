# SPDX-License-Identifier: BSD-3-Clause
"""The end of a run: its error, or the values of the user's own results."""

from __future__ import annotations

import warnings
import weakref
from typing import TYPE_CHECKING, Any

from rdf_live import _distrdf as distrdf
from rdf_live import errors
from rdf_live.snapshot import Snapshot

if TYPE_CHECKING:
    from rdf_live.run import LiveRun

__all__ = ["PARTIAL", "finish"]

#: Nodes whose value is a part of the data only, and the number of the run that it is of: they may be started again.
PARTIAL: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def finish(run: LiveRun) -> Snapshot:
    """Final snapshot of a run that is over, given to the user's results too. Main thread (it makes ROOT objects).

    Raises
    ------
    RunFailed, RunCancelled
        As `LiveRun.result` says.
    """
    frame = run._current()
    error = frame["error"]
    if frame["state"] == "failed":
        partial = run._take(own=True) if run._has_values() and frame["progress"]["committed"] else None
        # Ranges without entries commit, too.
        raise _failure(run, partial if partial is not None and partial.entries else None, error)
    if run._final is None:
        run._final = run._take(own=True)
    snapshot = run._final
    if snapshot.state == "stopped" and not snapshot.entries:
        raise errors.RunCancelled(
            f"run {run.name!r} was stopped before any entry had been processed, so there is nothing to keep; "
            "start it again"
        )
    if not run._has_values():
        raise errors.RunFailed(
            f"run {run.name!r} processed no entries: got {snapshot.entries} in all files, expected at least one. "
            "Check the tree and the files: all of them are empty.",
            [],
        )
    complete = snapshot.state == "done" and not frame["failures"]
    missing = [result.label for result in run.results if not snapshot.has(result)]
    if not complete or missing:
        if snapshot.state == "stopped":
            why = "it was stopped"
        else:
            why = f"{len(frame['failures'])} of {run.progress.ranges} ranges failed"
        nothing = f"; no entries of {', '.join(map(repr, missing))} were processed" if missing else ""
        warnings.warn(
            f"run {run.name!r} holds {100 * snapshot.fraction:.3g} % of the data ({snapshot.entries:,} entries): "
            f"{why}. The results hold that part{nothing}.",
            errors.PartialResultWarning,
            stacklevel=4,
        )
    _hand_over(run, complete)
    return snapshot


def _hand_over(run: LiveRun, complete: bool) -> None:
    """Give the user's results their values, as objects that no snapshot has."""
    values = run._take(own=True)
    for node, result in zip(run._nodes, run.results, strict=False):
        # A value that is a part only makes room for the whole, or for one of a newer run of the same results.
        replaces = node.value is None or (node in PARTIAL and (complete or PARTIAL[node] < run._number))
        if not replaces or not values.has(result):
            continue
        value = values[result]
        if result.kind == "Snapshot":
            value = distrdf.snapshot_result(value[0], value[1], run._client)
        distrdf.value_setter(node, value)
        if complete:
            PARTIAL.pop(node, None)
        else:
            PARTIAL[node] = run._number


def _failure(run: LiveRun, partial: Snapshot | None, error: dict[str, Any] | None) -> errors.RdfLiveError:
    kept = "nothing was kept"
    if partial is not None:
        kept = f"what had been committed, {100 * partial.fraction:.3g} % of the data, is in error.partial"
    if error is not None:
        kind = getattr(errors, error["error"], errors.RunFailed)
        text = error["message"] if partial is None else f"{error['message']}\nNot all is lost: {kept}."
        if kind is errors.RunFailed:
            return errors.RunFailed(text, run.failures, partial)
        made: errors.RdfLiveError = kind(text)
        made.partial = partial
        return made
    failures = run.failures
    first = failures[0]
    files = ", ".join(first.get("files") or []) or "unknown files"
    return errors.RunFailed(
        f"run {run.name!r}: {len(failures)} of {run.progress.ranges} ranges failed in every attempt; "
        f"{kept}. The first, range {first['range']} ({files}), "
        f"after {first['attempts']} attempts on {first['worker']}: "
        f"{first['type']}: {first['message']}\n"
        'Mend the cause, or start(..., on_error="skip") to go on without these ranges. '
        "All failures are in run.failures.",
        failures,
        partial,
    )
