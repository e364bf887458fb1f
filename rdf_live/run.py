# SPDX-License-Identifier: BSD-3-Clause
"""The handle of a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from distributed import Client

from rdf_live.client import hub
from rdf_live.client.callbacks import Callbacks
from rdf_live.client.feed import Feed
from rdf_live.client.interrupts import held
from rdf_live.errors import RunCancelled, WrongKind
from rdf_live.partial.objects import Builder
from rdf_live.snapshot import Result, Snapshot

__all__ = ["LiveRun", "Progress"]

#: States in which nothing happens any more.
OVER = ("done", "stopped", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    fraction : float
        Part of the data that has been seen, 0 to 1.
    entries, entries_total : int
        Seen, and in the dataset; the total is an estimate until every range has been opened (`total_is_estimate`).
    ranges, waiting, running, committed, failed : int
        All ranges, and how many are in each state.
    rate : float
        Entries per second, over the last seconds.
    elapsed_s : float
        Since the start.
    eta_s : float or None
        Time left at this rate; None while it is not known.
    workers : int
        Workers that compute for this run now.
    marks : list of float
        One per range: 0 waiting, between 0 and 1 how far a running one is, 1 committed, -1 failed.
    stopped_ranges : list of (graph, range, entries, size)
        Ranges that a stop ended early, and how many of their entries are kept.
    """

    fraction: float
    entries: int
    entries_total: int
    total_is_estimate: bool
    ranges: int
    waiting: int
    running: int
    committed: int
    failed: int
    rate: float
    elapsed_s: float
    eta_s: float | None
    workers: int
    marks: list[float]
    stopped_ranges: list[Any]


class LiveRun:
    """A run on the cluster. Made by `rdf_live.start` and `rdf_live.attach`.

    The run lives on the cluster: losing this object, or the process it is in, does not stop it.

    Attributes
    ----------
    id, name : str
        Its id on the cluster, and its name for people.
    results : list of Result
        What was booked, in order; the keys of a snapshot.
    """

    def __init__(
        self,
        client: Client,
        run_id: str,
        name: str,
        results: list[Result],
        every: float,
        nodes: list[Any] | None = None,
    ) -> None:
        self.id = run_id
        self.name = name
        self.results = results
        self.every = every
        self._client = client
        self._nodes = nodes or []
        self._by_node = {id(node): result for node, result in zip(self._nodes, results, strict=False)}
        self._condition = threading.Condition()
        self._frame: dict[str, Any] | None = None
        self._builders: list[Builder | None] = [None] * (1 + max((r.graph for r in results), default=0))
        self._snapshot: Snapshot | None = None
        self._lost: BaseException | None = None
        self._interrupts = 0
        self._on_end: list[Callable[[LiveRun], None]] = []
        self._callbacks = Callbacks(self)
        self._feed = Feed(client, self)

    # ---- what it is

    @property
    def state(self) -> str:
        """ "running", "stopping", "done", "stopped", "cancelled" or "failed"."""
        frame = self._current()
        if frame["state"] == "running" and frame.get("stopping"):
            return "stopping"
        return str(frame["state"])

    @property
    def over(self) -> bool:
        """True if nothing will change any more."""
        return self._current()["state"] in OVER

    @property
    def progress(self) -> Progress:
        """How far it is, as the hub last said."""
        given = self._current()["progress"]
        # Lists come as tuples over the wire.
        own = {"marks": list(given["marks"]), "stopped_ranges": [tuple(row) for row in given["stopped_ranges"]]}
        return Progress(**{name: given[name] for name in Progress.__slots__} | own)

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Ranges that failed for good: graph, range, files, entries, attempts, worker, type, message, traceback."""
        # Lists come as tuples over the wire.
        return [failure | {"files": list(failure["files"] or ())} for failure in self._current()["failures"]]

    def snapshot(self) -> Snapshot:
        """The merge of everything valid now.

        Waits for the first update if none has come (at most until the first entries have been processed on the
        cluster).

        Returns
        -------
        Snapshot
            A mapping from results to detached objects; it does not change any more.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._lost or self._has_values() or self._is_over())
            self._check()
            return self._take()

    def on_update(self, function: Callable[[Snapshot], Any]) -> None:
        """Call `function(snapshot)` at every update, and a last time when the run is over.

        It is called in a thread of this run, one call at a time; while it works, updates are skipped. A function that
        raises is reported once, with a warning, and not called again; the run goes on.
        """
        if not callable(function):
            raise WrongKind(f"got a {type(function).__name__}, expected something that can be called with a snapshot")
        self._callbacks.add(function)

    # ---- what to do with it

    def stop(self) -> None:
        """End early and keep what is there.

        Running ranges end between two entries and are kept up to there, waiting ones never start. Returns when the hub
        has heard it; `wait` for the end. Stopping a run that is over does nothing.
        """
        hub.call(self._client, "rdf_live_stop", run=self.id, mode="stop")

    def cancel(self) -> None:
        """End early and drop everything. Cancelling a run that is over does nothing."""
        hub.call(self._client, "rdf_live_stop", run=self.id, mode="cancel")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run is over.

        Ctrl-C means stop: the run ends early, and this returns. A second Ctrl-C means cancel, and is raised.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Returns
        -------
        bool
            True if it is over.
        """
        return self._wait(timeout, lambda snapshot: None)

    def result(self, timeout: float | None = None) -> Snapshot:
        """Wait for the end and give the final result.

        The user's own results hold their values from then on (``h.GetValue()``, ``h.Draw()``).

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Returns
        -------
        Snapshot
            Of a run that was stopped: what it kept, with a `PartialResultWarning`.

        Raises
        ------
        TimeoutError
            It is not over; it goes on.
        RunFailed
            Ranges failed for good. It carries the failures and the merge of all others.
        RunCancelled
            It was cancelled.
        """
        return self._result(timeout, lambda snapshot: None)

    def _result(self, timeout: float | None, pump: Callable[[Snapshot], Any]) -> Snapshot:
        if not self._wait(timeout, pump):
            raise TimeoutError(f"run {self.name!r} is not over after {timeout} s; it goes on, ask again")
        from rdf_live.client.finish import finish

        with held():
            return finish(self)

    def __repr__(self) -> str:
        if self._frame is None:
            return f"<LiveRun {self.name!r}: starting>"
        p = self.progress
        return f"<LiveRun {self.name!r}: {self.state}, {100 * p.fraction:.3g} % of the data, {p.entries:,} entries>"

    # ---- inside

    def _wait(self, timeout: float | None, pump: Callable[[Snapshot], Any]) -> bool:
        """Wait for the end; `pump` is called here with every new snapshot."""
        deadline = None if timeout is None else time.monotonic() + timeout
        seen = -1
        while True:
            try:
                with self._condition:
                    left = None if deadline is None else max(deadline - time.monotonic(), 0)
                    news = self._condition.wait_for(partial(self._has_news, seen), left)
                    self._check()
                    over = self._is_over()
                with held():
                    with self._condition:
                        snapshot = self._take() if self._has_values() else None
                    if snapshot is not None and snapshot.seq > seen:
                        seen = snapshot.seq
                        pump(snapshot)
                if over:
                    return True
                if not news:
                    return False
            except KeyboardInterrupt:
                self._interrupted()

    def _interrupted(self) -> None:
        """Ctrl-C, wherever it came: the first means stop, a second one cancel. Called while it is being handled."""
        self._interrupts += 1
        if self._interrupts == 1:
            try:
                self.stop()
                return
            except KeyboardInterrupt:  # the second one, while the hub was asked
                self._interrupts += 1
        self.cancel()
        raise

    def _find(self, key: Any) -> Result:
        if isinstance(key, Result):
            return key
        if isinstance(key, str):
            found = [r for r in self.results if r.label == key]
            if len(found) == 1:
                return found[0]
            names = ", ".join(repr(r.label) for r in self.results[:20])
            if found:
                raise KeyError(f"got {key!r}, which {len(found)} results are called; use one of run.results")
            raise KeyError(f"got {key!r}, expected one of {names}")
        node = getattr(key, "__dict__", {}).get("proxied_node")
        if node is None:
            raise WrongKind(f"got a {type(key).__name__}, expected a booked result, its label, or one of run.results")
        result = self._by_node.get(id(node))
        if result is None:
            raise KeyError(f"got a result that run {self.name!r} does not compute; it has {len(self.results)} others")
        return result

    def _current(self) -> dict[str, Any]:
        with self._condition:
            self._condition.wait_for(lambda: self._lost or self._frame is not None)
            self._check()
            assert self._frame is not None
            return self._frame

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _is_over(self) -> bool:
        return self._frame is not None and self._frame["state"] in OVER

    def _has_news(self, seen: int) -> bool:
        if self._lost is not None or self._is_over():
            return True
        return self._frame is not None and self._frame["seq"] > seen and self._has_values()

    def _has_values(self) -> bool:
        if self._frame is None or all(g["values"] is None for g in self._frame["graphs"]):
            return False
        return self._is_over() or any(g["entries"] for g in self._frame["graphs"])

    def _take(self) -> Snapshot:
        frame = self._frame
        assert frame is not None
        if frame["state"] == "cancelled":
            raise RunCancelled(f"run {self.name!r} was cancelled, so nothing of it was kept; start it again")
        if self._snapshot is None or self._snapshot.seq != frame["seq"] or self._snapshot.state != frame["state"]:
            for index, schema in enumerate(self._feed.schemas):
                if schema is not None and self._builders[index] is None:
                    self._builders[index] = Builder(schema)
            self._snapshot = Snapshot(frame, self.results, self._builders, self._find)
        return self._snapshot

    def _deliver(self, frame: dict[str, Any]) -> None:
        """A new frame has come. Dask's event loop."""
        with self._condition:
            self._frame = frame
            self._condition.notify_all()
        self._callbacks.wake()

    def _lose(self, error: BaseException) -> None:
        """No more frames will come. Dask's event loop."""
        with self._condition:
            self._lost = error
            self._condition.notify_all()
        self._callbacks.wake()
