# SPDX-License-Identifier: BSD-3-Clause
"""The rules of the ledger, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from rdf_live.hub.ledger import Ledger

ERROR = {"type": "RuntimeError", "message": "no such column", "traceback": "", "files": ["a.root"], "entries": 7}


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    """One graph, three ranges."""
    return Ledger([3], clock=clock)


def counts(ledger: Ledger, graph: int | None = None) -> tuple[int, int, int, int]:
    p = ledger.progress(graph)
    return p["waiting"], p["running"], p["committed"], p["failed"]


def commit(ledger: Ledger, range_: int, attempt: str = "a", entries: int = 10, complete: bool = True) -> str:
    return ledger.commit(0, range_, attempt, entries, 10, complete)


def run_all(ledger: Ledger, ranges: int = 3) -> None:
    for i in range(ranges):
        ledger.begin(0, i, f"a{i}", "w")
        commit(ledger, i, f"a{i}")


class TestBegin:
    def test_goes(self, ledger: Ledger) -> None:
        assert ledger.begin(0, 0, "a", "w") == "go"
        assert counts(ledger) == (2, 1, 0, 0)
        assert ledger.busy == {"w": {(0, 0)}}

    def test_asked_twice_by_the_same_attempt(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.partial(0, 0, "a", 1, 5, 10)
        assert ledger.begin(0, 0, "a", "w") == "go"
        assert ledger.progress()["entries"] == 5

    def test_replaces_the_current_attempt(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w1")
        ledger.partial(0, 0, "a", 3, 5, 10)
        assert ledger.begin(0, 0, "b", "w2") == "go"
        assert ledger.busy == {"w2": {(0, 0)}}
        assert ledger.progress()["entries"] == 0
        assert ledger.partial(0, 0, "a", 4, 6, 10) == "stale"
        assert ledger.partial(0, 0, "b", 1, 1, 10) == "take", "seq counts anew for every attempt"

    def test_committed_range_is_not_run_again(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        commit(ledger, 0)
        assert ledger.begin(0, 0, "b", "w") == "committed"
        assert counts(ledger) == (2, 0, 1, 0)

    def test_failed_range_is_not_run_again(self, ledger: Ledger) -> None:
        ledger.killed(0, 0, ERROR)
        assert ledger.begin(0, 0, "b", "w") == "ended"

    def test_stopping(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.stop()
        assert ledger.begin(0, 1, "b", "w") == "ended"

    def test_over(self, ledger: Ledger) -> None:
        ledger.end("cancelled")
        assert ledger.begin(0, 1, "b", "w") == "ended"


class TestPartial:
    def test_newest_counts(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        assert ledger.partial(0, 0, "a", 1, 4, 10) == "take"
        assert ledger.partial(0, 0, "a", 2, 6, 10) == "take"
        assert ledger.partial(0, 0, "a", 1, 4, 10) == "old"
        assert ledger.partial(0, 0, "a", 2, 6, 10) == "old"
        assert ledger.progress()["entries"] == 6

    @pytest.mark.parametrize("attempt", ["a", "other"])
    def test_before_any_begin(self, ledger: Ledger, attempt: str) -> None:
        assert ledger.partial(0, 0, attempt, 1, 4, 10) == "stale"
        assert ledger.progress()["entries"] == 0

    def test_after_the_commit(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        commit(ledger, 0)
        assert ledger.partial(0, 0, "a", 9, 4, 10) == "stale"
        assert ledger.progress()["entries"] == 10


class TestCommit:
    def test_takes_once(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        assert commit(ledger, 0) == "take"
        assert commit(ledger, 0) == "committed", "the acknowledgement may have been lost"
        assert commit(ledger, 0, "b") == "duplicate"
        assert counts(ledger) == (2, 0, 1, 0)
        assert ledger.progress()["entries"] == 10
        assert ledger.busy == {}

    def test_first_one_wins_even_from_a_replaced_attempt(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w1")
        ledger.begin(0, 0, "b", "w2")
        ledger.partial(0, 0, "b", 1, 3, 10)
        assert commit(ledger, 0, "a") == "take"
        assert ledger.progress()["entries"] == 10
        assert ledger.busy == {}
        assert ledger.partial(0, 0, "b", 2, 4, 10) == "stale"
        assert commit(ledger, 0, "b") == "duplicate"

    def test_from_a_worker_thought_lost(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.lost("w")
        assert commit(ledger, 0) == "take"

    def test_heals_a_failed_range(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.killed(0, 0, ERROR)
        assert commit(ledger, 0) == "take"
        assert ledger.failures == {}
        assert counts(ledger) == (2, 0, 1, 0)

    def test_incomplete_needs_a_stop(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        assert commit(ledger, 0, entries=4, complete=False) == "ended"
        ledger.stop()
        assert commit(ledger, 0, "b", entries=4, complete=False) == "ended", "only the current attempt"
        assert commit(ledger, 0, entries=4, complete=False) == "take"
        assert ledger.state == "stopped"
        assert ledger.progress()["stopped_ranges"] == [[0, 0, 4, 10]]

    def test_complete_after_a_stop(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w1")
        ledger.begin(0, 1, "b", "w2")
        ledger.lost("w1")
        ledger.stop()
        assert commit(ledger, 0, "a") == "take", "a whole range is a whole range"
        assert commit(ledger, 1, "b") == "take"
        assert ledger.state == "stopped"
        assert ledger.progress()["stopped_ranges"] == []

    @pytest.mark.parametrize("state", ["cancelled", "failed"])
    def test_after_the_end(self, ledger: Ledger, state: Any) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.end(state)
        assert commit(ledger, 0) == "ended"

    def test_the_size_is_what_was_read_if_nobody_knew_it(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.commit(0, 0, "a", 12, -1, True)
        assert ledger.progress()["entries_total"] == 36

    def test_the_size_stays_unknown_if_stopped(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.stop()
        ledger.commit(0, 0, "a", 12, -1, False)
        p = ledger.progress()
        assert p["entries_total"] == 0
        assert p["stopped_ranges"] == [[0, 0, 12, -1]]
        assert p["fraction"] == 0


class TestFail:
    def test_until_the_last_attempt(self, ledger: Ledger) -> None:
        for attempt in "ab":
            ledger.begin(0, 0, attempt, "w")
            ledger.partial(0, 0, attempt, 1, 5, 10)
            assert ledger.fail(0, 0, attempt, "w", ERROR) == "again"
            assert counts(ledger) == (3, 0, 0, 0)
            assert ledger.progress()["entries"] == 0
        ledger.begin(0, 0, "c", "w")
        assert ledger.fail(0, 0, "c", "w", ERROR) == "failed"
        assert counts(ledger) == (2, 0, 0, 1)
        assert ledger.failures == {(0, 0): {"graph": 0, "range": 0, "attempts": 3, "worker": "w", **ERROR}}
        assert not ledger.over, "the other ranges go on"

    def test_answer_was_lost(self, ledger: Ledger) -> None:
        """The attempt asks again and is told the same; it counts once."""
        for attempt, verdict in zip("abc", ("again", "again", "failed"), strict=True):
            ledger.begin(0, 0, attempt, "w")
            assert [ledger.fail(0, 0, attempt, "w", ERROR) for _ in range(3)] == [verdict] * 3
        assert ledger.failures[0, 0]["attempts"] == 3
        ledger.begin(0, 1, "d", "w")
        ledger.stop()
        assert [ledger.fail(0, 1, "d", "w", ERROR) for _ in range(2)] == ["ended"] * 2

    def test_of_a_replaced_attempt(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.begin(0, 0, "b", "w")
        assert ledger.fail(0, 0, "a", "w", ERROR) == "stale"
        assert counts(ledger) == (2, 1, 0, 0)

    def test_of_a_range_that_does_not_run(self, ledger: Ledger) -> None:
        assert ledger.fail(0, 0, "a", "w", ERROR) == "stale"

    def test_while_stopping(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.stop()
        assert ledger.fail(0, 0, "a", "w", ERROR) == "ended"
        assert ledger.state == "stopped"
        assert ledger.failures == {}

    def test_after_the_end(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.end("cancelled")
        assert ledger.fail(0, 0, "a", "w", ERROR) == "ended"

    @pytest.mark.parametrize(
        ("on_error", "ranges", "state"),
        [("raise", 3, "failed"), ("skip", 3, "done"), ("raise", 1, "failed"), ("skip", 1, "failed")],
        ids=["raise", "skip", "raise-nothing-left", "skip-nothing-left"],
    )
    def test_the_run_ends_after_all_others(self, on_error: str, ranges: int, state: str) -> None:
        ledger = Ledger([ranges], max_attempts=1, on_error=on_error)
        ledger.begin(0, 0, "a", "w")
        ledger.fail(0, 0, "a", "w", ERROR)
        for i in range(1, ranges):
            assert not ledger.over
            ledger.begin(0, i, "a", "w")
            commit(ledger, i)
        assert ledger.state == state
        assert len(ledger.failures) == 1
        assert ledger.progress()["fraction"] < 1


class TestKilled:
    def test_waiting(self, ledger: Ledger) -> None:
        assert ledger.killed(0, 0, ERROR)
        assert counts(ledger) == (2, 0, 0, 1)

    def test_running(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.partial(0, 0, "a", 1, 5, 10)
        assert ledger.killed(0, 0, ERROR)
        assert ledger.busy == {}
        assert ledger.progress()["entries"] == 0
        assert ledger.failures[0, 0]["worker"] == "w"
        assert ledger.lost("w") == []

    def test_changes_nothing_once_settled(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        commit(ledger, 0)
        assert not ledger.killed(0, 0, ERROR)
        assert ledger.killed(0, 1, ERROR)
        assert not ledger.killed(0, 1, {**ERROR, "message": "another"})
        assert ledger.failures[0, 1]["message"] == "no such column"
        ledger.end("cancelled")
        assert not ledger.killed(0, 2, ERROR)

    def test_all(self, ledger: Ledger) -> None:
        for i in range(3):
            ledger.killed(0, i, ERROR)
        assert ledger.state == "failed"
        assert ledger.progress()["marks"] == [-1, -1, -1]


class TestLost:
    def test_drops_what_was_tentative_and_keeps_what_was_committed(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        commit(ledger, 0)
        ledger.begin(0, 1, "b", "w")
        ledger.partial(0, 1, "b", 1, 5, 10)
        ledger.begin(0, 2, "c", "other")
        assert ledger.lost("w") == [(0, 1)]
        assert ledger.lost("w") == []
        assert counts(ledger) == (1, 1, 1, 0)
        assert ledger.progress()["entries"] == 10
        assert ledger.partial(0, 1, "b", 2, 6, 10) == "stale"

    def test_does_not_count_as_a_failed_attempt(self, ledger: Ledger) -> None:
        for attempt in "abcdef":
            ledger.begin(0, 0, attempt, "w")
            ledger.lost("w")
        assert [ledger.lost_attempts(0, i) for i in range(3)] == [6, 0, 0]
        assert ledger.failures == {}
        assert counts(ledger) == (3, 0, 0, 0)

    def test_ends_a_stop(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.partial(0, 0, "a", 1, 5, 10)
        ledger.stop()
        assert not ledger.over
        ledger.lost("w")
        assert ledger.state == "stopped"
        assert ledger.progress()["entries"] == 0


class TestStop:
    def test_nothing_runs(self, ledger: Ledger) -> None:
        ledger.stop()
        assert ledger.state == "stopped"

    def test_waits_for_the_running_attempts(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.stop()
        ledger.stop()
        assert (ledger.state, ledger.stopping) == ("running", True)
        commit(ledger, 0, entries=5, complete=False)
        assert (ledger.state, ledger.stopping) == ("stopped", False)

    def test_of_a_run_that_gets_done_all_the_same(self) -> None:
        ledger = Ledger([1])
        ledger.begin(0, 0, "a", "w")
        ledger.stop()
        commit(ledger, 0)
        assert ledger.state == "done"

    def test_with_a_failed_range(self) -> None:
        ledger = Ledger([2], max_attempts=1)
        ledger.killed(0, 0, ERROR)
        ledger.begin(0, 1, "a", "w")
        ledger.stop()
        commit(ledger, 1)
        assert ledger.state == "stopped"

    def test_after_the_end(self, ledger: Ledger) -> None:
        run_all(ledger)
        ledger.stop()
        assert (ledger.state, ledger.stopping) == ("done", False)

    def test_silent_attempts_are_given_up(self, ledger: Ledger) -> None:
        assert ledger.give_up_running() == [], "not without a stop"
        ledger.begin(0, 0, "a", "w1")
        ledger.begin(0, 1, "b", "w2")
        ledger.partial(0, 1, "b", 1, 5, 10)
        assert ledger.give_up_running() == []
        ledger.stop()
        assert ledger.give_up_running() == [(0, 0), (0, 1)]
        assert ledger.state == "stopped"
        assert ledger.progress()["entries"] == 0
        assert commit(ledger, 0, entries=3, complete=False) == "ended"
        assert ledger.give_up_running() == []

    def test_an_attempt_that_ends_without_a_commit(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w1")
        ledger.begin(0, 1, "b", "w2")
        assert ledger.leave(0, 0) == [], "not without a stop"
        ledger.stop()
        assert ledger.leave(0, 2) == [], "it has none"
        assert ledger.leave(0, 0) == [(0, 0)]
        assert not ledger.over
        assert ledger.leave(0, 1) == [(0, 1)]
        assert ledger.state == "stopped"


class TestEnd:
    @pytest.mark.parametrize("state", ["cancelled", "failed"])
    def test_at_once(self, ledger: Ledger, clock: Clock, state: Any) -> None:
        ledger.begin(0, 0, "a", "w")
        commit(ledger, 0)
        ledger.begin(0, 1, "b", "w")
        ledger.partial(0, 1, "b", 1, 5, 10)
        clock.now += 4
        ledger.end(state)
        assert ledger.state == state
        assert ledger.ended == 1004
        assert counts(ledger) == (2, 0, 1, 0)
        assert ledger.busy == {}

    def test_while_stopping(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.stop()
        ledger.end("cancelled")
        assert (ledger.state, ledger.stopping) == ("cancelled", False)

    def test_is_final(self, ledger: Ledger) -> None:
        run_all(ledger)
        ledger.end("cancelled")
        assert ledger.state == "done"


class TestProgress:
    def test_at_the_start(self, ledger: Ledger) -> None:
        assert ledger.progress() == {
            "ranges": 3,
            "waiting": 3,
            "running": 0,
            "committed": 0,
            "failed": 0,
            "entries": 0,
            "entries_total": 0,
            "total_is_estimate": True,
            "fraction": 0.0,
            "elapsed_s": 0.0,
            "rate": 0.0,
            "eta_s": None,
            "workers": 0,
            "stopped_ranges": [],
            "marks": [0, 0, 0],
        }

    def test_total_is_estimated_until_all_sizes_are_known(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.partial(0, 0, "a", 1, 0, 10)
        ledger.begin(0, 1, "b", "w")
        ledger.partial(0, 1, "b", 1, 0, 30)
        p = ledger.progress()
        assert (p["entries_total"], p["total_is_estimate"]) == (60, True)
        ledger.begin(0, 2, "c", "w")
        ledger.partial(0, 2, "c", 1, 0, -1)
        assert ledger.progress()["total_is_estimate"]
        ledger.partial(0, 2, "c", 2, 0, 50)
        p = ledger.progress()
        assert (p["entries_total"], p["total_is_estimate"]) == (90, False)
        ledger.partial(0, 2, "c", 3, 0, 60)
        assert ledger.progress()["entries_total"] == 100

    def test_fraction_of_ranges_until_all_sizes_are_known(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        commit(ledger, 0)
        ledger.begin(0, 1, "b", "w")
        ledger.partial(0, 1, "b", 1, 45, 90)
        assert ledger.progress()["fraction"] == pytest.approx((1 + 0.5) / 3)
        ledger.begin(0, 2, "c", "w")
        ledger.partial(0, 2, "c", 1, 0, 100)
        assert ledger.progress()["fraction"] == pytest.approx((10 + 45) / 200)

    def test_empty_ranges(self) -> None:
        ledger = Ledger([2])
        for i in range(2):
            ledger.begin(0, i, "a", "w")
            ledger.partial(0, i, "a", 1, 0, 0)
        assert ledger.progress()["fraction"] == 0
        ledger.commit(0, 0, "a", 0, 0, True)
        assert ledger.progress()["fraction"] == 0.5
        ledger.commit(0, 1, "a", 0, 0, True)
        assert ledger.state == "done"
        assert ledger.progress()["fraction"] == 1

    def test_done_is_one_whatever_was_read(self, ledger: Ledger) -> None:
        """A Range(n) in the graph reads less than the range has."""
        for i in range(3):
            ledger.begin(0, i, "a", "w")
            commit(ledger, i, entries=4)
        assert ledger.progress()["fraction"] == 1

    def test_several_graphs(self) -> None:
        ledger = Ledger([2, 1])
        ledger.begin(1, 0, "a", "w")
        ledger.partial(1, 0, "a", 1, 5, 20)
        ledger.begin(0, 0, "b", "v")
        ledger.commit(0, 0, "b", 10, 10, True)
        assert counts(ledger) == (1, 1, 1, 0)
        assert counts(ledger, 0) == (1, 0, 1, 0)
        assert counts(ledger, 1) == (0, 1, 0, 0)
        assert ledger.progress(1)["fraction"] == 0.25
        assert ledger.progress()["entries_total"] == 20 + 20
        assert ledger.progress()["marks"] == [1, 0, 0.25]
        assert ledger.progress(1)["marks"] == [0.25]
        ledger.stop()
        ledger.commit(1, 0, "a", 6, 20, False)
        assert ledger.progress(0)["stopped_ranges"] == []
        assert ledger.progress(1)["stopped_ranges"] == [[1, 0, 6, 20]]
        assert ledger.progress()["stopped_ranges"] == [[1, 0, 6, 20]]

    def test_marks(self) -> None:
        ledger = Ledger([5])
        for i in range(1, 5):
            ledger.begin(0, i, "a", "w")
        ledger.partial(0, 2, "a", 1, 500, 100)
        ledger.commit(0, 3, "a", 10, 10, True)
        ledger.killed(0, 4, ERROR)
        assert ledger.progress()["marks"] == [0, 0.001, 0.999, 1, -1]

    def test_rate_is_recent(self, clock: Clock) -> None:
        ledger = Ledger([1], clock=clock)
        clock.now += 100  # the start of the job
        ledger.begin(0, 0, "a", "w")
        for i in range(100):
            clock.now += 1
            ledger.partial(0, 0, "a", i, 50 * (i + 1), 10_000)
        p = ledger.progress()
        assert p["rate"] == pytest.approx(50)
        assert p["eta_s"] == pytest.approx(100)
        assert p["elapsed_s"] == 200
        clock.now += 100
        ledger.commit(0, 0, "a", 10_000, 10_000, True)
        clock.now += 100
        p = ledger.progress()
        assert p["elapsed_s"] == 300, "time stands still after the end"
        assert p["rate"] == pytest.approx(10_000 / 300)
        assert p["eta_s"] is None

    def test_rate_is_never_negative(self, ledger: Ledger, clock: Clock) -> None:
        ledger.begin(0, 0, "a", "w")
        for i in range(60):
            clock.now += 1
            ledger.partial(0, 0, "a", i, 1000, 10_000)
        ledger.lost("w")
        assert ledger.progress()["rate"] == 0

    def test_settled_and_running(self, ledger: Ledger) -> None:
        ledger.begin(0, 0, "a", "w")
        ledger.killed(0, 1, ERROR)
        assert [ledger.is_running(0, i) for i in range(3)] == [True, False, False]
        assert [ledger.is_settled(0, i) for i in range(3)] == [False, True, False]
        assert ledger.running == 1
