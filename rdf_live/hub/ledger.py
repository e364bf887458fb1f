# SPDX-License-Identifier: BSD-3-Clause
"""What counts: the states of all ranges of one run and of the attempts at them.

Pure logic: no Dask, no numpy, no values.  Every message costs O(1), so the scheduler can afford thousands of
publishers; only a lost worker (its ranges) and the end of a run (the running ranges) cost more.

The rules that make each range count exactly once:

- The first complete commit of a range wins, whichever attempt it comes from; every later one is a duplicate.
- What an attempt has so far is tentative and lives only as long as the attempt is its range's current one.
- A new attempt at a range replaces the current one, which finds out with its next message ("stale").
- An incomplete commit counts only after a stop, and only from the current attempt.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

from rdf_live.hub.ranges import COMMITTED, FAILED, RUNNING, STATES, WAITING, FailVerdict, Range, RangeTable

__all__ = ["Ledger", "RunState"]

RunState = Literal["running", "done", "stopped", "cancelled", "failed"]

#: Entries per second are those of the last _SAMPLES * _SAMPLE_S seconds.
_SAMPLE_S = 0.25
_SAMPLES = 40


class Ledger:
    """The book of one run.

    Parameters
    ----------
    nranges : sequence of int
        Number of ranges of each graph, all > 0.
    max_attempts : int
        A range whose attempts failed that often is given up.
    on_error : {"raise", "skip"}
        Whether a run with failed ranges ends as "failed" or as "done".
    clock : callable
        Seconds; injected by tests.

    Attributes
    ----------
    state : str
        "running" until the run is over, then "done", "stopped", "cancelled" or "failed".
    stopping : bool
        A stop was asked for and some attempts have not answered yet.
    busy : dict
        Worker to the set of (graph, range) that it runs now.
    failures : dict
        (graph, range) to what is known about the failure.
    """

    def __init__(
        self,
        nranges: Sequence[int],
        max_attempts: int = 3,
        on_error: str = "raise",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.state: RunState = "running"
        self.stopping = False
        self.busy: dict[str, set[tuple[int, int]]] = {}
        self.failures: dict[tuple[int, int], dict[str, Any]] = {}
        self.created = clock()
        self.ended: float | None = None
        self._clock = clock
        self._max_attempts = max_attempts
        self._on_error = on_error
        self._graphs = [RangeTable(n) for n in nranges]
        self._counts = dict.fromkeys(STATES, 0) | {WAITING: sum(nranges)}
        self._incomplete = 0
        self._samples: deque[tuple[float, int]] = deque([(self.created, 0)], maxlen=_SAMPLES)

    # ---- what happens to a range

    def begin(self, graph: int, range_: int, attempt: str, worker: str) -> Literal["go", "committed", "ended"]:
        """An attempt wants to start; may be asked twice by the same attempt."""
        r = self._range(graph, range_)
        if r.state == COMMITTED:
            return "committed"
        if self.over or self.stopping or r.state == FAILED:
            return "ended"
        if r.attempt != attempt:
            self._leave(graph, range_, WAITING)
            r.attempt, r.worker, r.seq, r.verdict = attempt, worker, -1, None
            r.attempts += 1
            self._set_entries(graph, range_, 0)
            self._move(graph, range_, RUNNING)
            self.busy.setdefault(worker, set()).add((graph, range_))
        return "go"

    def partial(
        self, graph: int, range_: int, attempt: str, seq: int, entries: int, size: int
    ) -> Literal["take", "old", "stale"]:
        """A tentative partial arrived: "old" if a newer one of the same attempt came before."""
        r = self._range(graph, range_)
        if r.state != RUNNING or r.attempt != attempt:
            return "stale"
        if seq <= r.seq:
            return "old"
        r.seq = seq
        self._graphs[graph].set_size(range_, size)
        self._set_entries(graph, range_, entries)
        return "take"

    def commit(
        self, graph: int, range_: int, attempt: str, entries: int, size: int, complete: bool
    ) -> Literal["take", "committed", "duplicate", "ended"]:
        """An attempt has finished its range (or, after a stop, left it early with ``complete=False``)."""
        r = self._range(graph, range_)
        if r.state == COMMITTED:
            return "committed" if r.attempt == attempt else "duplicate"
        if self.over:
            return "ended"
        current = r.state == RUNNING and r.attempt == attempt
        if not complete and not (self.stopping and current):
            return "ended"
        self.failures.pop((graph, range_), None)
        self._leave(graph, range_, COMMITTED)
        r.attempt, r.complete = attempt, complete
        self._graphs[graph].set_size(range_, entries if complete and size < 0 else size)
        self._set_entries(graph, range_, entries)
        if not complete:
            self._incomplete += 1
            self._graphs[graph].stopped.add(range_)
        self._check_over()
        return "take"

    def fail(self, graph: int, range_: int, attempt: str, worker: str, error: dict[str, Any]) -> FailVerdict:
        """An attempt reports an error: the range is tried again until ``max_attempts`` failed. May be told twice."""
        r = self._range(graph, range_)
        if r.verdict is not None and r.verdict[0] == attempt:
            return r.verdict[1]
        if self.over:
            return "ended"
        if r.state != RUNNING or r.attempt != attempt:
            return "stale"
        r.failed_attempts += 1
        verdict: FailVerdict = "failed"
        if self.stopping:
            verdict = "ended"
            self._drop(graph, range_)
            self._check_over()
        elif r.failed_attempts < self._max_attempts:
            verdict = "again"
            self._drop(graph, range_)
        else:
            self._give_up(graph, range_, worker, error)
        r.verdict = attempt, verdict
        return verdict

    def killed(self, graph: int, range_: int, error: dict[str, Any]) -> bool:
        """The range will not be tried again, because Dask gave it up or its result cannot be taken.

        Returns
        -------
        bool
            False if that changes nothing: the range had committed or failed before, or the run is over.
        """
        r = self._range(graph, range_)
        if self.over or r.state in (COMMITTED, FAILED):
            return False
        self._give_up(graph, range_, r.worker, error)
        return True

    def lost(self, worker: str) -> list[tuple[int, int]]:
        """A worker is gone; returns the (graph, range) whose attempts and tentative partials went with it."""
        gone = sorted(self.busy.get(worker, ()))
        for graph, range_ in gone:
            self._range(graph, range_).lost_attempts += 1
            self._drop(graph, range_)
        if gone:
            self._check_over()
        return gone

    # ---- what happens to the run

    def stop(self) -> None:
        """End early and keep the merge: over once every running attempt has committed, failed or is lost."""
        if not self.over:
            self.stopping = True
            self._check_over()

    def leave(self, graph: int, range_: int) -> list[tuple[int, int]]:
        """After a stop: the range's attempt, if it has one, is over without a commit."""
        if not self.stopping or not self.is_running(graph, range_):
            return []
        self._drop(graph, range_)
        self._check_over()
        return [(graph, range_)]

    def give_up_running(self) -> list[tuple[int, int]]:
        """After a stop: attempts that did not answer in time are dropped, so that the run ends."""
        if not self.stopping or self.over:
            return []
        gone = sorted(place for places in self.busy.values() for place in places)
        for graph, range_ in gone:
            self._drop(graph, range_)
        self._check_over()
        return gone

    def end(self, state: RunState) -> None:
        """End at once as "cancelled" or "failed"; what has committed stays in the books."""
        if not self.over:
            for places in list(self.busy.values()):
                for graph, range_ in list(places):
                    self._drop(graph, range_)
            self._over(state)

    # ---- what is known

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state != "running"

    @property
    def running(self) -> int:
        """Number of attempts that run now."""
        return self._counts[RUNNING]

    def is_running(self, graph: int, range_: int) -> bool:
        """Whether the range has a current attempt."""
        return self._range(graph, range_).state == RUNNING

    def lost_attempts(self, graph: int, range_: int) -> int:
        """How many workers were lost while they ran the range."""
        return self._range(graph, range_).lost_attempts

    def is_settled(self, graph: int, range_: int) -> bool:
        """Whether the range has committed or failed for good."""
        return self._range(graph, range_).state in (COMMITTED, FAILED)

    def progress(self, graph: int | None = None) -> dict[str, Any]:
        """Progress of one graph or, with None, of the run, as the contract of the messages has it."""
        graphs = self._graphs if graph is None else [self._graphs[graph]]
        n = sum(len(g.ranges) for g in graphs)
        counts = {state: sum(g.counts[state] for g in graphs) for state in self._counts}
        entries = sum(g.entries for g in graphs)
        estimate = any(g.known < len(g.ranges) for g in graphs)
        total = sum(round(g.known_entries * len(g.ranges) / g.known) if g.known else 0 for g in graphs)
        if counts[COMMITTED] == n and not any(g.stopped for g in graphs):
            fraction = 1.0
        elif estimate or not total:
            fraction = sum(g.fill for g in graphs) / n
        else:
            fraction = entries / total
        now = self._clock() if self.ended is None else self.ended
        rate = self._rate(now) if graph is None else 0.0
        return {
            "ranges": n,
            **counts,
            "entries": entries,
            "entries_total": total,
            "total_is_estimate": estimate,
            "fraction": min(max(fraction, 0.0), 1.0),
            "elapsed_s": max(now - self.created, 0.0),
            "rate": rate,
            "eta_s": max(total - entries, 0) / rate if rate > 0 and total and not self.over else None,
            "workers": len(self.busy),
            "stopped_ranges": [
                [i, j, g.ranges[j].entries, g.ranges[j].size]
                for i, g in enumerate(self._graphs)
                if graph in (None, i)
                for j in sorted(g.stopped)
            ],
            "marks": [mark for g in graphs for mark in g.marks],
        }

    def _rate(self, now: float) -> float:
        if self.over:
            start, before = self.created, 0
        else:
            start, before = self._samples[0]
        entries = sum(g.entries for g in self._graphs)
        # Over less time than between two samples, the rate would be noise.
        return max(entries - before, 0) / (now - start) if now - start >= _SAMPLE_S else 0.0

    # ---- the only places that write a range

    def _range(self, graph: int, range_: int) -> Range:
        return self._graphs[graph].ranges[range_]

    def _leave(self, graph: int, range_: int, state: str) -> None:
        """Take the range from its worker, if it has one, and put it into another state."""
        r = self._range(graph, range_)
        if r.state == RUNNING:
            places = self.busy[r.worker]
            places.discard((graph, range_))
            if not places:
                del self.busy[r.worker]
        self._move(graph, range_, state)

    def _move(self, graph: int, range_: int, state: str) -> None:
        self._counts[self._range(graph, range_).state] -= 1
        self._counts[state] += 1
        self._graphs[graph].move(range_, state)

    def _set_entries(self, graph: int, range_: int, entries: int) -> None:
        self._graphs[graph].set_entries(range_, entries)
        now = self._clock()
        time, before = self._samples[-1]
        if before == 0 or now - time >= _SAMPLE_S:
            total = sum(g.entries for g in self._graphs)
            if before == 0 and total:
                # What the workers did before their first entry, compiling mostly, is no part of the rate.
                self._samples.clear()
            if total or now - time >= _SAMPLE_S:
                self._samples.append((now, total))

    def _drop(self, graph: int, range_: int) -> None:
        """The current attempt is no more: what it had so far does not count."""
        self._leave(graph, range_, WAITING)
        self._range(graph, range_).attempt = None
        self._set_entries(graph, range_, 0)

    def _give_up(self, graph: int, range_: int, worker: str, error: dict[str, Any]) -> None:
        r = self._range(graph, range_)
        self._drop(graph, range_)
        self._move(graph, range_, FAILED)
        self.failures[graph, range_] = {
            "graph": graph,
            "range": range_,
            "attempts": r.attempts,
            "worker": worker,
            **error,
        }
        self._check_over()

    def _check_over(self) -> None:
        counts = self._counts
        if self.over or counts[RUNNING] or (counts[WAITING] and not self.stopping):
            return
        if self.stopping and (counts[WAITING] or counts[FAILED] or self._incomplete):
            self._over("stopped")
        elif counts[FAILED] and (self._on_error == "raise" or not counts[COMMITTED]):
            # With "skip" too, a run of which nothing at all is left has no result to end with.
            self._over("failed")
        else:
            self._over("done")

    def _over(self, state: RunState) -> None:
        self.state = state
        self.stopping = False
        self.ended = self._clock()
