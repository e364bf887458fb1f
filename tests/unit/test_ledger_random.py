# SPDX-License-Identifier: BSD-3-Clause
"""Messages in any order, lost, repeated and late: what counts is what a book of four lines says."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
from hub_helpers import SCHEMA, message
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rdf_live.errors import RunLost
from rdf_live.hub.run import Run

NRANGES = 5
SIZE = 10
ranges = st.integers(0, NRANGES - 1)
names = st.sampled_from("ab")
#: Mostly the range's current attempt, or else most messages would be refused.
attempts = st.sampled_from(["current", "current", "current", "a", "b"])
workers = st.sampled_from(["w1", "w2"])
entries = st.integers(0, SIZE)
seqs = st.integers(1, 6)


class Hub(RuleBasedStateMachine):
    """A run beside the simplest book that could be right."""

    def __init__(self) -> None:
        super().__init__()
        graph = {"payload": b"p", "ranges": NRANGES, "labels": []}
        options = {"max_attempts": 2, "on_error": "skip"}
        self.run = Run("run1", "name", "client1", [graph], options, {}, 10**6)
        self.committed: dict[int, int] = {}  # range -> entries
        self.current: dict[int, list[Any]] = {}  # range -> [attempt, worker, seq, entries]
        self.failed: set[int] = set()
        self.verdicts: dict[int, tuple[str, str]] = {}  # range -> attempt, what it was told
        self.tries = dict.fromkeys(range(NRANGES), 0)
        self.winner: dict[int, str] = {}
        self.stopping = False
        self.ended = False
        self.cancelled = False

    # The book ----------------------------------------------------------------------------------------------------

    def check_end(self) -> None:
        if self.stopping:
            self.ended = self.ended or not self.current
        elif len(self.committed) + len(self.failed) == NRANGES:
            self.ended = True

    def name(self, range_: int, attempt: str) -> str:
        if attempt != "current":
            return attempt
        return str(self.current[range_][0]) if range_ in self.current else "a"

    def is_current(self, range_: int, attempt: str) -> bool:
        return range_ in self.current and self.current[range_][0] == attempt

    # What happens ------------------------------------------------------------------------------------------------

    @rule(range_=ranges, attempt=names, worker=workers)
    def begin(self, range_: int, attempt: str, worker: str) -> None:
        status = self.run.begin(0, range_, attempt, worker, have_payload=True)["status"]
        if range_ in self.committed:
            assert status == "committed"
        elif self.ended or self.stopping or range_ in self.failed:
            assert status == "ended"
        else:
            assert status == "go"
            if not self.is_current(range_, attempt):
                self.current[range_] = [attempt, worker, 0, 0]
                self.verdicts.pop(range_, None)

    @rule(range_=ranges, attempt=attempts, seq=seqs, n=entries)
    def partial(self, range_: int, attempt: str, seq: int, n: int) -> None:
        attempt = self.name(range_, attempt)
        reply = self.run.partial(message(range_, attempt, seq, n))
        if self.ended:
            assert reply["status"] == "stale" or reply["stop"] == "cancel"
        elif not self.is_current(range_, attempt):
            assert reply["status"] == "stale"
        else:
            assert reply["status"] == "ok"
            assert reply["stop"] == ("stop" if self.stopping else None)
            if seq > self.current[range_][2]:
                self.current[range_][2:] = seq, n

    @rule(range_=ranges, attempt=attempts)
    def commit(self, range_: int, attempt: str) -> None:
        attempt = self.name(range_, attempt)
        status = self.run.commit(message(range_, attempt, 9, SIZE))["status"]
        if range_ in self.committed:
            assert status == ("committed" if self.winner[range_] == attempt else "duplicate")
        elif self.ended:
            assert status == "ended"
        else:
            assert status == "committed"
            self.take(range_, attempt, SIZE)

    @rule(range_=ranges, attempt=attempts, n=entries)
    def commit_early(self, range_: int, attempt: str, n: int) -> None:
        attempt = self.name(range_, attempt)
        status = self.run.commit(message(range_, attempt, 9, n, complete=False))["status"]
        if range_ in self.committed:
            assert status == ("committed" if self.winner[range_] == attempt else "duplicate")
        elif self.ended or not self.stopping or not self.is_current(range_, attempt):
            assert status == "ended"
        else:
            assert status == "committed"
            self.take(range_, attempt, n)

    def take(self, range_: int, attempt: str, n: int) -> None:
        self.committed[range_] = n
        self.winner[range_] = attempt
        self.current.pop(range_, None)
        self.failed.discard(range_)
        self.check_end()

    @rule(range_=ranges, attempt=attempts)
    def fail(self, range_: int, attempt: str) -> None:
        attempt = self.name(range_, attempt)
        status = self.run.fail(0, range_, attempt, "w", {"type": "E", "message": "m"})["status"]
        told = self.verdicts.get(range_, ("", ""))
        if told[0] == attempt:
            assert status == told[1]
        elif self.ended:
            assert status == "ended"
        elif not self.is_current(range_, attempt):
            assert status == "stale"
        else:
            self.verdicts[range_] = attempt, status
            del self.current[range_]
            self.tries[range_] += 1
            if self.stopping:
                assert status == "ended"
            elif self.tries[range_] < 2:
                assert status == "again"
            else:
                assert status == "failed"
                self.failed.add(range_)
            self.check_end()

    @rule(range_=ranges)
    def killed(self, range_: int) -> None:
        self.run.killed(0, range_, "KilledWorker", "died")
        if not self.ended and range_ not in self.committed:
            self.failed.add(range_)
            self.current.pop(range_, None)
            self.check_end()

    @rule(worker=workers)
    def lost(self, worker: str) -> None:
        self.run.lost(worker)
        if not self.ended:
            gone = [r for r, entry in self.current.items() if entry[1] == worker]
            for range_ in gone:
                del self.current[range_]
            if gone:
                self.check_end()

    @precondition(lambda self: len(self.committed) > 0 and self.current)
    @rule()
    def stop(self) -> None:
        self.run.stop("stop")
        if not self.ended:
            self.stopping = True
            self.check_end()

    @precondition(lambda self: self.stopping)
    @rule()
    def give_up(self) -> None:
        self.run.give_up()
        if not self.ended:
            self.current.clear()
            self.check_end()

    @precondition(lambda self: len(self.committed) > 2)
    @rule()
    def cancel(self) -> None:
        self.run.stop("cancel")
        if not self.ended:
            self.cancelled = self.ended = True
            self.current.clear()

    @precondition(lambda self: len(self.committed) > 2)
    @rule()
    def abort(self) -> None:
        self.run.abort(RunLost("gone"))
        if not self.ended:
            self.ended = True
            self.current.clear()

    # What must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def the_book_agrees(self) -> None:
        if self.ended:
            self.current.clear()
        total = sum(self.committed.values()) + sum(entry[3] for entry in self.current.values())
        p = self.run.ledger.progress()
        assert self.run.over == self.ended
        assert (p["committed"], p["running"]) == (len(self.committed), len(self.current))
        assert p["entries"] == total <= NRANGES * SIZE
        assert p["waiting"] + p["running"] + p["committed"] + p["failed"] == NRANGES
        assert len(self.run.ledger.failures) == p["failed"] == len(self.failed)
        sizes = [n / SIZE for n in self.committed.values()] + [e[3] / SIZE for e in self.current.values() if e[2]]
        if p["total_is_estimate"]:
            assert abs(p["fraction"] - sum(sizes) / NRANGES) < 1e-9
        else:
            assert abs(p["fraction"] - total / (NRANGES * SIZE)) < 1e-9
        assert p["workers"] == len({entry[1] for entry in self.current.values()})

        graph = self.run.frame(values=True)["graphs"][0]
        if self.cancelled:
            assert graph["values"] is None
        elif graph["values"] is not None:
            assert np.frombuffer(graph["values"])[0] == graph["entries"] == total

        sent = [entry for entry in self.current.values() if entry[2]]
        one = 8 * SCHEMA["length"]
        learned = graph["digest"] is not None and not self.cancelled
        assert self.run.nbytes == (one if self.ended else 2 * one + len(sent) * one) * learned


Hub.TestCase.settings = settings(max_examples=250, stateful_step_count=50, deadline=None)
TestHub = Hub.TestCase
