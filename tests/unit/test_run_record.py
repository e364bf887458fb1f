# SPDX-License-Identifier: BSD-3-Clause
"""One run in the hub: what workers are told, what clients see, what is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from hub_helpers import SCHEMA, held, make_run, make_schema, message

from rdf_live.errors import BadInput, BadMessage, ResultTooLarge, RunLost
from rdf_live.hub.run import Run

MIB = 2**20


@pytest.fixture
def run() -> Run:
    return make_run()


def begin(run: Run, range_: int = 0, attempt: str = "a", graph: int = 0, worker: str = "w") -> dict[str, Any]:
    return run.begin(graph, range_, attempt, worker, have_payload=False)


class TestBegin:
    def test_go(self, run: Run) -> None:
        assert begin(run, 1) == {
            "status": "go",
            "payload": b"graph0",
            "need_schema": True,
        }

    def test_payload_only_where_needed(self, run: Run) -> None:
        assert run.begin(0, 0, "a", "w", have_payload=True)["payload"] is None

    def test_schema_only_until_known(self, run: Run) -> None:
        begin(run)
        assert not run.partial(message())["need_schema"]
        assert not begin(run, 1)["need_schema"]

    @pytest.mark.parametrize(
        ("how", "mode"), [("stop", "stopped"), ("stopping", "stop"), ("cancel", "cancel"), ("abort", "cancel")]
    )
    def test_ended(self, run: Run, how: str, mode: str) -> None:
        if how == "stopping":
            begin(run, 0)
        if how == "abort":
            run.abort(RunLost("gone"))
        else:
            run.stop("cancel" if how == "cancel" else "stop")
        assert begin(run, 1, "b") == {"status": "ended", "mode": mode}

    def test_a_new_attempt_drops_the_old_partial(self, run: Run) -> None:
        begin(run)
        run.partial(message())
        assert held(run) == [5, 1]
        begin(run)
        assert held(run) == [5, 1], "the same attempt asked again"
        begin(run, attempt="b")
        assert held(run) == [0, 0]

    @pytest.mark.parametrize("place", [(1, 0), (0, 3), (-1, 0), ("0", 0)])
    def test_wrong_place(self, run: Run, place: tuple[Any, Any]) -> None:
        with pytest.raises(BadMessage):
            run.begin(*place, "a", "w", False)


class TestPartial:
    def test_newest_replaces(self, run: Run) -> None:
        begin(run)
        assert run.partial(message()) == {"status": "ok", "need_schema": False, "stop": None}
        run.partial(message(seq=2, entries=7))
        run.partial(message(seq=1, entries=5))
        assert held(run) == [7, 1]
        assert run.nbytes == 2 * 16 + 16

    def test_ranges_add(self, run: Run) -> None:
        for i in range(3):
            begin(run, i)
            run.partial(message(i, entries=i + 1))
        assert held(run) == [6, 3]

    def test_values_without_schema_wait_for_it(self, run: Run) -> None:
        begin(run)
        assert run.partial(message(schema=None))["need_schema"]
        assert held(run) is None
        run.partial(message(seq=2))
        assert held(run) == [5, 1]

    def test_progress_only_keeps_the_values(self, run: Run) -> None:
        begin(run)
        run.partial(message())
        run.partial(message(seq=2, entries=8, values=None, schema=None, digest=None))
        frame = run.frame(values=True)
        assert held(run) == [5, 1]
        assert frame["graphs"][0]["entries"] == 5, "entries that the values hold"
        assert frame["progress"]["entries"] == 8

    def test_a_picture_is_at_one_entry(self, run: Run) -> None:
        """What has become too large to be copied in the middle of a range is gone, and does not stay behind."""
        begin(run)
        run.partial(message(entries=6, blobs={0: b"blob"}))
        assert run.frame(values=True)["graphs"][0]["blobs"] == [[0, "a", 1, False, {0: b"blob"}]]
        assert run.nbytes == 2 * 16 + 16 + 4
        assert run.message_bytes(0) == run.frame_bytes == 16 + 4, "what the pace reckons with"
        run.partial(message(seq=2, entries=7))
        assert run.message_bytes(0) == run.frame_bytes == 16
        assert held(run) == [7, 1]
        assert run.frame(values=True)["graphs"][0]["blobs"] == []

    def test_nothing_but_blobs_that_become_too_large(self) -> None:
        run = make_run([1])
        begin(run)
        schema = make_schema(0)
        run.partial(message(entries=3, values=None, digest=None, schema=schema, blobs={0: b"x"}))
        assert run.frame(values=True)["graphs"][0]["blobs"] == [[0, "a", 1, False, {0: b"x"}]]
        run.partial(message(seq=2, entries=4, values=None, digest=None, schema=None))
        assert run.frame(values=True)["graphs"][0]["blobs"] == []

    def test_stale(self, run: Run) -> None:
        begin(run)
        begin(run, attempt="b")
        assert run.partial(message()) == {"status": "stale"}
        assert held(run) == [0, 0], "the schema is right all the same"

    @pytest.mark.parametrize("mode", ["stop", "cancel"])
    def test_hears_of_a_stop(self, run: Run, mode: str) -> None:
        begin(run)
        run.stop(mode)
        assert run.partial(message())["stop"] == mode

    def test_hears_of_an_abort(self, run: Run) -> None:
        begin(run)
        run.abort(RunLost("gone"))
        assert run.partial(message())["stop"] == "cancel"

    def test_after_the_end(self, run: Run) -> None:
        begin(run)
        run.stop("stop")
        run.give_up()
        assert run.partial(message()) == {"status": "stale"}

    @pytest.mark.parametrize(
        "changes",
        [{"values": b"1"}, {"digest": "x"}, {"schema": {}}, {"range": 9}],
        ids=["length", "digest", "schema", "range"],
    )
    def test_a_bad_message_changes_nothing(self, run: Run, changes: dict[str, Any]) -> None:
        begin(run)
        run.partial(message())
        run = run if "schema" not in changes else make_run()
        seq = run.seq
        with pytest.raises(BadMessage):
            run.partial(message(seq=2) | changes)
        assert run.seq == seq

    def test_another_schema(self, run: Run) -> None:
        begin(run)
        begin(run, 1)
        run.partial(message())
        other = make_schema(3)
        with pytest.raises(BadMessage, match="The workers build different results"):
            run.partial(message(1, schema=other, digest=other["digest"], values=bytes(24)))


class TestCommit:
    def test_counts_once(self, run: Run) -> None:
        begin(run)
        run.partial(message())
        done = message(seq=2, entries=10)
        assert run.commit(done) == {"status": "committed"}
        assert run.commit(done) == {"status": "committed"}
        assert run.commit(done | {"attempt": "b"}) == {"status": "duplicate"}
        assert held(run) == [10, 1]
        assert run.nbytes == 2 * 16

    def test_without_any_partial(self, run: Run) -> None:
        begin(run)
        run.commit(message(entries=10))
        assert held(run) == [10, 1]

    def test_asks_for_the_schema(self, run: Run) -> None:
        begin(run)
        reply = run.commit(message(entries=10, schema=None))
        assert reply["status"] == "error"
        assert reply["error"] == "BadMessage"
        assert reply["need_schema"]
        assert run.commit(message(entries=10)) == {"status": "committed"}

    def test_empty_range(self, run: Run) -> None:
        begin(run)
        empty = message(entries=0, size=0, values=None, digest=None, schema=None)
        assert run.commit(empty) == {"status": "committed"}
        assert held(run) is None
        begin(run, 1)
        run.commit(message(1, entries=10))
        begin(run, 2)
        run.commit({**empty, "range": 2})
        assert run.state == "done"
        assert held(run) == [10, 1]

    def test_only_empty_ranges(self) -> None:
        run = make_run([1])
        begin(run)
        run.commit(message(entries=0, size=0, values=None, digest=None, schema=None))
        assert run.state == "done"
        assert held(run) is None
        assert run.schemas() == [None]

    def test_entries_without_values_would_be_lost(self, run: Run) -> None:
        begin(run)
        with pytest.raises(BadMessage, match="got 10 entries without values, expected 16 bytes"):
            run.commit(message(entries=10, values=None))

    def test_nothing_but_blobs(self) -> None:
        run = make_run([1])
        begin(run)
        schema = make_schema(0)
        run.commit(message(entries=10, values=None, digest=None, schema=schema, blobs={0: b"x"}))
        assert run.state == "done"
        assert run.frame(values=True)["graphs"][0]["blobs"] == [[0, "a", 1, True, {0: b"x"}]]

    def test_partial_and_commit_of_another_attempt(self, run: Run) -> None:
        begin(run)
        begin(run, attempt="b")
        run.partial(message(attempt="b", entries=3))
        run.commit(message(entries=10))
        assert held(run) == [10, 1]

    def test_stopped_range(self, run: Run) -> None:
        begin(run)
        run.stop("stop")
        assert run.state == "running"
        assert run.frame(values=False)["stopping"]
        assert run.commit(message(entries=4, complete=False)) == {"status": "committed"}
        assert run.state == "stopped"
        assert held(run) == [4, 1]

    def test_after_a_cancel(self, run: Run) -> None:
        begin(run)
        run.stop("cancel")
        assert run.commit(message(entries=10)) == {"status": "ended"}
        assert held(run) is None


ERROR = {"type": "E", "message": "m", "traceback": "t", "files": ["a.root"], "entries": (0, 9), "seen": 5}
ERROR |= {"more": "?"}


class TestFailures:
    def test_again_then_failed(self) -> None:
        run = make_run([2], max_attempts=2)
        for attempt, status in (("a", "again"), ("b", "failed")):
            begin(run, attempt=attempt)
            run.partial(message(attempt=attempt))
            assert run.fail(0, 0, attempt, "w", ERROR) == {"status": status}
            assert held(run) == [0, 0]
        assert run.frame(values=False)["failures"] == [
            {
                "graph": 0,
                "range": 0,
                "attempts": 2,
                "worker": "w",
                "type": "E",
                "message": "m",
                "traceback": "t",
                "files": ["a.root"],
                "entries": (0, 9),
                "seen": 5,
            }
        ]
        begin(run, 1)
        run.commit(message(1, entries=10))
        assert run.state == "failed"
        assert held(run) == [10, 1], "the rest is there"

    def test_stale_failure_keeps_the_current_partial(self, run: Run) -> None:
        begin(run)
        begin(run, attempt="b")
        run.partial(message(attempt="b"))
        assert run.fail(0, 0, "a", "w", ERROR) == {"status": "stale"}
        assert held(run) == [5, 1]

    def test_bad_error(self, run: Run) -> None:
        begin(run)
        with pytest.raises(BadMessage, match="error: got str, expected a dict"):
            run.fail(0, 0, "a", "w", "boom")

    def test_killed(self, run: Run) -> None:
        begin(run)
        run.partial(message())
        run.gone(0, 0, "four workers died")
        run.killed(0, 0, "KilledWorker", "again")
        assert held(run) == [0, 0]
        assert [f["message"] for f in run.frame(values=False)["failures"]] == ["four workers died"]

    def test_killed_is_named_by_its_files(self, run: Run) -> None:
        begin(run)
        run.partial(message(trees={"b.root/t": 5, "a.root/t": 5}))
        run.gone(0, 0, "four workers died")
        assert run.frame(values=False)["failures"][0]["files"] == ["a.root/t", "b.root/t"]

    def test_gone_after_a_stop_is_no_failure(self, run: Run) -> None:
        begin(run)
        run.partial(message())
        run.stop("stop")
        run.gone(0, 0, "its task ended without a commit")
        assert run.state == "stopped"
        assert run.frame(values=False)["failures"] == []
        assert held(run) == [0, 0]

    @pytest.mark.parametrize("place", [(1, 0), (0, 3)])
    def test_killed_elsewhere(self, run: Run, place: tuple[int, int]) -> None:
        """Keys of tasks are text that anybody may have made."""
        run.killed(*place, "KilledWorker", "died")
        assert run.frame(values=False)["failures"] == []

    def test_lost(self, run: Run) -> None:
        begin(run)
        run.partial(message())
        begin(run, 1, worker="other")
        run.partial(message(1, entries=3))
        run.lost("w")
        assert held(run) == [3, 1]
        seq = run.seq
        run.lost("w")
        assert run.seq == seq

    def test_abort(self, run: Run) -> None:
        begin(run)
        run.commit(message(entries=10))
        begin(run, 1)
        run.abort(RunLost("the client went away"))
        run.abort(RunLost("again"))
        frame = run.frame(values=True)
        assert frame["state"] == "failed"
        assert frame["error"] == {"error": "RunLost", "message": "the client went away"}
        assert held(run) == [10, 1]


class TestLimits:
    def test_vectors_too_large(self) -> None:
        run = make_run([2], max_bytes=MIB)
        schema = make_schema(MIB // 8)
        begin(run)
        with pytest.raises(ResultTooLarge, match=r"got 2.0 MiB .*expected at most 1.0 MiB.*max-run-bytes"):
            run.partial(message(schema=schema, digest=schema["digest"], values=bytes(MIB)))
        assert run.state == "failed"
        assert run.frame(values=False)["error"]["error"] == "ResultTooLarge"
        assert run.nbytes == 0

    def test_blob_too_large_fails_its_range_only(self) -> None:
        run = make_run([2], max_bytes=MIB)
        begin(run)
        with pytest.raises(ResultTooLarge, match=r"got 2\.0 MiB"):
            run.commit(message(entries=10, blobs={0: bytes(2 * MIB)}))
        assert run.state == "running"
        assert run.fail(0, 0, "a", "w", {}) == {"status": "stale"}
        begin(run, 1)
        run.commit(message(1, entries=10, blobs={0: b"x"}))
        assert run.state == "failed"
        assert held(run) == [10, 1]
        assert run.frame(values=False)["failures"][0]["type"] == "ResultTooLarge"

    def test_partials_that_do_not_fit_are_not_kept(self) -> None:
        run = make_run([2], max_bytes=MIB)
        begin(run)
        run.partial(message())
        assert run.partial(message(seq=2, blobs={0: bytes(MIB)}))["status"] == "ok"
        assert run.nbytes <= MIB
        assert held(run) == [0, 0]

    def test_commits_go_before_partials(self) -> None:
        run = make_run([3], max_bytes=MIB)
        for i in range(2):
            begin(run, i)
        run.partial(message(0, blobs={0: bytes(MIB // 2)}))
        run.commit(message(1, entries=10, blobs={0: bytes(MIB // 2 + 1)}))
        assert run.nbytes <= MIB
        assert held(run) == [10, 1]
        run.partial(message(0, seq=2))
        assert held(run) == [15, 2], "it comes again"


class TestEnd:
    def test_only_what_a_client_may_ask_for_is_kept(self) -> None:
        run = make_run([2])
        for i in range(2):
            begin(run, i)
            run.commit(message(i, entries=10, blobs={0: b"xyz"}))
        assert run.state == "done"
        assert run.nbytes == 16 + 2 * 3
        assert [(g.payload, g.sum, g.tentative) for g in run._graphs] == [(None, None, {})]
        assert held(run) == [20, 2]
        assert run.schemas()[0]["digest"] == SCHEMA["digest"]  # type: ignore[index]
        assert run.describe()["graphs"] == [{"labels": [{"title": "h"}], "nranges": 2}]

    def test_cancelled_keeps_nothing(self, run: Run) -> None:
        begin(run)
        run.commit(message(entries=10, blobs={0: b"xyz"}))
        run.stop("cancel")
        graph = run.frame(values=True)["graphs"][0]
        assert (graph["values"], graph["blobs"], run.nbytes) == (None, [], 0)

    def test_late_messages_change_nothing(self) -> None:
        run = make_run([1])
        begin(run)
        run.commit(message(entries=10))
        seq = run.seq
        run.fail(0, 0, "a", "w", ERROR)
        run.stop("cancel")
        run.partial(message(seq=9))
        run.lost("w")
        assert (run.seq, run.state) == (seq, "done")
        assert held(run) == [10, 1]

    def test_given_up(self, run: Run) -> None:
        begin(run)
        run.commit(message(entries=10))
        begin(run, 1)
        run.partial(message(1))
        run.stop("stop")
        assert held(run) == [15, 2]
        run.give_up()
        assert run.state == "stopped"
        assert held(run) == [10, 1]


class TestFrame:
    def test_before_any_message(self, run: Run) -> None:
        frame = run.frame(values=True)
        graph = frame["graphs"][0]
        assert (frame["state"], frame["seq"], frame["error"]) == ("running", 1, None)
        assert (graph["digest"], graph["values"], graph["blobs"]) == (None, None, [])

    def test_without_values(self, run: Run) -> None:
        begin(run)
        run.partial(message(blobs={0: b"x"}))
        graph = run.frame(values=False)["graphs"][0]
        assert (graph["values"], graph["blobs"]) == (None, [])
        assert graph["digest"] == SCHEMA["digest"]

    def test_merge_is_done_once_per_change(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        begin(run)
        run.partial(message())
        first = run.frame(values=True)["graphs"][0]["values"]
        assert run.frame(values=True)["graphs"][0]["values"] is first
        run.partial(message(seq=2))
        assert run.frame(values=True)["graphs"][0]["values"] is not first

    def test_blobs_that_the_client_has_are_not_sent_again(self, run: Run) -> None:
        begin(run)
        run.commit(message(entries=10, blobs={0: b"x"}))
        begin(run, 1)
        run.partial(message(1, blobs={0: b"y"}))
        blobs = run.frame(True, have=((0, 0, "a", 1), [0, 1, "a", 0]))["graphs"][0]["blobs"]
        assert blobs == [[0, "a", 1, True, None], [1, "a", 1, False, {0: b"y"}]]

    def test_every_change_has_a_new_seq(self, run: Run) -> None:
        seqs = [run.seq]
        for change in (
            lambda: begin(run),
            lambda: run.partial(message()),
            lambda: run.commit(message(entries=10)),
            lambda: begin(run, 1),
            lambda: run.fail(0, 1, "a", "w", {}),
            lambda: begin(run, 1, "b"),
            lambda: run.lost("w"),
            lambda: run.killed(0, 2, "E", "m"),
            lambda: run.stop("stop"),
        ):
            change()
            seqs.append(run.seq)
        assert seqs == sorted(set(seqs))

    def test_wakes_its_watchers(self, run: Run) -> None:
        def woken(change: Any) -> tuple[bool, bool]:
            news, wake = run.news, run.wake
            change()
            return news.is_set(), wake.is_set()

        assert woken(lambda: begin(run)) == (True, False)
        assert woken(lambda: run.partial(message())) == (True, True), "the first picture does not wait"
        assert woken(lambda: run.partial(message(seq=2))) == (True, False)
        assert woken(lambda: run.partial(message(seq=1))) == (False, False)
        assert woken(lambda: run.commit(message(entries=10))) == (True, False)
        assert woken(lambda: run.stop("stop")) == (True, True)
        assert isinstance(run.news, asyncio.Event)

    def test_several_graphs(self) -> None:
        run = make_run([1, 2])
        begin(run, graph=1, range_=1)
        schema = make_schema(1)
        run.partial(message(1, graph=1, schema=schema, digest=schema["digest"], values=np.ones(1).tobytes()))
        frame = run.frame(values=True)
        assert [g["digest"] for g in frame["graphs"]] == [None, schema["digest"]]
        assert held(run, 1) == [1]
        assert run.message_bytes(0) == 0
        assert run.message_bytes(1) == 8

    def test_summary(self, run: Run) -> None:
        where = {"notebook", "cell", "kernel", "execution", "host", "user"}
        assert set(run.summary()) == {"run", "name", "state", "stopping", "created", "ended", "progress"} | where


@pytest.mark.parametrize("nranges", [[], [3, 0]])
def test_a_run_needs_ranges(nranges: list[int]) -> None:
    with pytest.raises(BadInput, match="expected at least one graph, one range each"):
        make_run(nranges)
