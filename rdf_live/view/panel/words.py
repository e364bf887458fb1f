# SPDX-License-Identifier: BSD-3-Clause
"""What an update says of the run, without its plots: state, progress, failures, and the text. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rdf_live.view.text import state_text

__all__ = ["failures_of", "head_of", "marks_of", "message_of", "progress_of", "state_of", "text_of"]

MOST_MARKS, MOST_FAILURES, MOST_LINES = 200, 50, 10
_MOST_FILES, _MOST_LETTERS = 5, 500
_OF_PROGRESS = (
    *("fraction", "entries", "entries_total", "total_is_estimate", "rate", "elapsed_s", "eta_s", "workers"),
    *("ranges", "waiting", "running", "committed", "failed"),
)


def state_of(frame: dict[str, Any] | None, lost: bool) -> str:
    """State of the run: that of the hub, and "starting", "stopping" and "lost"."""
    if lost:
        return "lost"
    if frame is None:
        return "starting"
    state = str(frame["state"])
    if state != "running":
        return state
    if frame.get("stopping"):
        return "stopping"
    # The first thing that a worker does is to compile the graph.
    return state if frame["progress"]["entries"] or frame["progress"]["committed"] else "starting"


def message_of(frame: dict[str, Any] | None, lost: BaseException | None, name: str) -> str | None:
    """Why a run ended that should not have, and what to do; None for the others."""
    if lost is not None:
        return _short(str(lost))
    if frame is None:
        return None
    if frame["state"] == "cancelled":
        return f"run {name!r} was cancelled: nothing was kept. Start it again."
    if frame["state"] != "failed":
        return None
    if frame["error"] is not None:
        return _short(str(frame["error"]["message"]))
    progress = frame["progress"]
    kept = "what the others gave is shown" if progress["committed"] else "nothing was kept"
    return (
        f"{progress['failed']} of {progress['ranges']} ranges failed in every attempt; {kept}. Mend the cause, or "
        'start(..., on_error="skip") to go on without these ranges.'
    )


def progress_of(frame: dict[str, Any] | None) -> dict[str, Any] | None:
    """Numbers of the progress; None before the first word of the hub."""
    if frame is None:
        return None
    progress = frame["progress"]
    return {**{name: progress[name] for name in _OF_PROGRESS}, "waiting_for": _short(progress.get("waiting_for", ""))}


def marks_of(marks: Sequence[float]) -> tuple[list[list[float]], int]:
    """Run-length code of the marks of all ranges, and how many ranges a mark stands for.

    >>> marks_of([1, 1, 0.4, 0, 0, 0])
    ([[1, 2], [0.4, 1], [0, 3]], 1)
    """
    per = max(1, math.ceil(len(marks) / MOST_MARKS))
    coded: list[list[float]] = []
    for start in range(0, len(marks), per):
        value = _mark(marks[start : start + per])
        if coded and coded[-1][0] == value:
            coded[-1][1] += 1
        else:
            coded.append([value, 1])
    return coded, per


def _mark(group: Sequence[float]) -> float:
    if min(group) < 0:
        return -1
    mean = sum(group) / len(group)
    # Only what is all waiting, or all committed, may look like it.
    return int(mean) if mean in (0, 1) else min(max(round(mean, 2), 0.01), 0.99)


def failures_of(frame: dict[str, Any] | None) -> tuple[list[dict[str, Any]], int]:
    """The first ranges that failed for good, and how many there are."""
    given = [] if frame is None else frame["failures"]
    rows = []
    for failure in given[:MOST_FAILURES]:
        entries = failure.get("entries")
        files = [str(file) for file in failure.get("files") or ()]
        more = [f"and {len(files) - _MOST_FILES} more"] if len(files) > _MOST_FILES else []
        rows.append(
            {
                "range": failure["range"],
                "files": files[:_MOST_FILES] + more,
                "entries": list(entries) if isinstance(entries, (list, tuple)) else None,
                "attempts": failure["attempts"],
                "worker": str(failure["worker"]),
                "type": str(failure["type"]),
                "message": _short(str(failure["message"])),
            }
        )
    return rows, len(given)


def head_of(about: dict[str, Any], frame: dict[str, Any] | None, lost: BaseException | None) -> dict[str, Any]:
    """The part of an update that the hub's frame says: run, progress, marks, failures.

    Parameters
    ----------
    about : dict
        id, name, blocking and time of the run.
    frame : dict or None
        From the hub.
    lost : exception or None
        Why there will be no other.
    """
    marks, per = marks_of(frame["progress"]["marks"] if frame else [])
    failures, total = failures_of(frame)
    state, message = state_of(frame, lost is not None), message_of(frame, lost, about["name"])
    return {
        "run": {**about, "state": state, "message": message},
        "progress": progress_of(frame),
        "marks": marks,
        "marks_per": per,
        "failures": failures,
        "failures_total": total,
    }


def text_of(name: str, data: dict[str, Any]) -> str:
    """An update as text: a line, what went wrong, and the first numbers."""
    progress = data["progress"] or {"fraction": 0.0, "entries": 0}
    lines = [f"{name}: {state_text(data['run']['state'], progress['fraction'], progress['entries'])}"]
    if progress.get("waiting_for"):
        lines.append(f"waiting for workers: {progress['waiting_for']}")
    if data["run"]["message"] is not None:
        lines.append(data["run"]["message"])
    numbers = data["numbers"]
    lines += [f"{number['label']}  {number['text']}" for number in numbers[:MOST_LINES]]
    if len(numbers) > MOST_LINES:
        lines.append(f"and {len(numbers) - MOST_LINES} more")
    return "\n".join(lines)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"
