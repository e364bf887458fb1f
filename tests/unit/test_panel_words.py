# SPDX-License-Identifier: BSD-3-Clause
"""What an update says of a run, out of what the hub says."""

from __future__ import annotations

from typing import Any

import pytest

from rdf_live.errors import RunLost
from rdf_live.view.panel import words


def frame(state: str = "running", **more: Any) -> dict[str, Any]:
    """As the hub sends it."""
    progress = {"entries": 30, "entries_total": 100, "fraction": 0.3, "total_is_estimate": False, "rate": 1e3}
    progress |= {"elapsed_s": 2.0, "eta_s": None, "workers": 2, "ranges": 4, "waiting": 1, "running": 1, "committed": 2}
    progress |= {"failed": 0, "marks": [1, 1, 0.5, 0], "stopped_ranges": []} | more.pop("progress", {})
    return {"state": state, "stopping": False, "progress": progress, "failures": [], "error": None} | more


STATES = {
    "starting": (None, False),
    "running": (frame(), False),
    "stopping": (frame(stopping=True), False),
    "done": (frame("done"), False),
    "lost": (frame(), True),
}


@pytest.mark.parametrize("state", STATES)
def test_state(state: str) -> None:
    given, lost = STATES[state]
    assert words.state_of(given, lost) == state


def test_compiling_is_starting() -> None:
    assert words.state_of(frame(progress={"entries": 0, "committed": 0}), False) == "starting"
    assert words.state_of(frame(progress={"entries": 0, "committed": 1}), False) == "running"
    assert words.state_of(frame("stopped", progress={"entries": 0, "committed": 0}), False) == "stopped"


@pytest.mark.parametrize(
    ("marks", "coded", "per"),
    [
        ([], [], 1),
        ([0], [[0, 1]], 1),
        ([1, 1, 0.4, 0, 0, 0], [[1, 2], [0.4, 1], [0, 3]], 1),
        ([0.404, 0.401], [[0.4, 2]], 1),
        ([0.001, 0.999], [[0.01, 1], [0.99, 1]], 1),  # running looks like neither waiting nor committed
        ([-1, -1, 1], [[-1, 2], [1, 1]], 1),
        ([1] * 200, [[1, 200]], 1),
        ([1] * 100 + [0] * 101, [[1, 50], [0, 51]], 2),
        ([1, 0] * 200, [[0.5, 200]], 2),
        ([1] * 399 + [-1], [[1, 199], [-1, 1]], 2),
        ([1] * 4999 + [0], [[1, 199], [0.96, 1]], 25),
    ],
)
def test_marks(marks: list[float], coded: list[list[float]], per: int) -> None:
    assert words.marks_of(marks) == (coded, per)


def test_marks_fit() -> None:
    for n in (199, 200, 201, 399, 1000, 12_345):
        coded, per = words.marks_of([i / n for i in range(n)])
        shown = sum(count for _, count in coded)
        assert shown <= words.MOST_MARKS
        assert (shown - 1) * per < n <= shown * per


def test_messages() -> None:
    assert words.message_of(None, None, "z") is None
    for state in ("running", "done", "stopped"):
        assert words.message_of(frame(state), None, "z") is None
    assert words.message_of(frame(), RunLost("the scheduler went away"), "z") == "the scheduler went away"
    assert words.message_of(frame("cancelled"), None, "z") == (
        "run 'z' was cancelled: nothing was kept. Start it again."
    )
    failed = frame("failed", progress={"failed": 1})
    assert str(words.message_of(failed, None, "z")).startswith("1 of 4 ranges failed in every attempt; what the others")
    nothing = frame("failed", progress={"failed": 4, "committed": 0})
    assert "nothing was kept" in str(words.message_of(nothing, None, "z"))
    error = frame("failed", error={"error": "ResultTooLarge", "message": "x" * 1000})
    message = words.message_of(error, None, "z")
    assert message is not None
    assert len(message) == 500


def test_failures() -> None:
    given = {"graph": 0, "range": 7, "files": None, "entries": 12, "attempts": 3, "worker": "tcp://a", "traceback": "t"}
    given |= {"type": "OSError", "message": "y" * 1000}
    many = [given, given | {"files": [f"f{i}.root" for i in range(9)], "entries": (3, 5)}] * 40
    rows, total = words.failures_of(frame(failures=many))
    assert (len(rows), total) == (50, 80)
    assert rows[0] == {
        "range": 7,
        "files": [],
        "entries": None,
        "attempts": 3,
        "worker": "tcp://a",
        "type": "OSError",
        "message": "y" * 499 + "…",
    }
    assert rows[1]["entries"] == [3, 5]
    assert rows[1]["files"] == ["f0.root", "f1.root", "f2.root", "f3.root", "f4.root", "and 4 more"]
    assert words.failures_of(None) == ([], 0)


def test_text() -> None:
    data = {"run": {"state": "lost", "message": "why"}, "progress": None, "numbers": []}
    assert words.text_of("z", data) == "z: lost: 0 % of the data, 0 entries\nwhy"
    data["progress"] = {"fraction": 0.0, "entries": 0, "waiting_for": "2 jobs idle"}
    assert words.text_of("z", data).splitlines()[1:] == ["waiting for workers: 2 jobs idle", "why"]
    numbers = [{"label": f"n{i}", "text": str(i)} for i in range(12)]
    data = {"run": {"state": "running", "message": None}, "progress": {"fraction": 0.31, "entries": 1_200_000}}
    lines = words.text_of("z", data | {"numbers": numbers}).splitlines()
    assert lines[:2] == ["z: running: 31 % of the data, 1.2 M entries", "n0  0"]
    assert lines[-1] == "and 2 more"
    assert len(lines) == 12
