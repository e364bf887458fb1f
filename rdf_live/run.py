# SPDX-License-Identifier: BSD-3-Clause
"""The handle of a run."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distributed import Client

from rdf_live._interrupts import held
from rdf_live.client import hub, keys, waiting
from rdf_live.client.callbacks import Callbacks
from rdf_live.client.feed import Feed
from rdf_live.client.shown import Shown
from rdf_live.errors import RdfLiveError, RunCancelled, WrongKind
from rdf_live.partial.objects import Builder
from rdf_live.progress import Progress
from rdf_live.snapshot import Result, Snapshot

__all__ = ["LiveRun", "Progress"]

#: States in which nothing happens any more.
OVER = ("done", "stopped", "cancelled", "failed")


_numbers = itertools.count()


def _state_of(frame: dict[str, Any]) -> str:
    return "stopping" if frame["state"] == "running" and frame.get("stopping") else str(frame["state"])


class LiveRun(Shown):
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
        super().__init__()
        self.id = run_id
        self.name = name
        self.results = results
        self.every = every
        self._client = client
        self._nodes = nodes or []
        self._by_node = {id(node): result for node, result in zip(self._nodes, results, strict=False)}
        self._number = next(_numbers)  # of two runs of the same results, the newer one has the greater
        self._condition = threading.Condition()
        self._frame: dict[str, Any] | None = None
        self._builders: list[Builder | None] = [None] * (1 + max((r.graph for r in results), default=0))
        self._snapshot: Snapshot | None = None  # what `snapshot` gives
        self._final: Snapshot | None = None  # what `result` gave
        self._cancelled = False  # by this handle
        self._lost: RdfLiveError | None = None
        self._building = threading.Lock()
        self._interrupts = 0
        self._callbacks = Callbacks(self)
        self._feed = Feed(client, self)

    # ---- what it is

    @property
    def state(self) -> str:
        """ "running", "stopping", "done", "stopped", "cancelled" or "failed"."""
        return _state_of(self._current())

    @property
    def over(self) -> bool:
        """True if nothing will change any more."""
        return self._current()["state"] in OVER

    @property
    def progress(self) -> Progress:
        """How far it is, as the hub last said."""
        return Progress.of(self._current()["progress"])

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Ranges that failed for good: graph, range, files, entries, seen, attempts, worker, type, message, traceback.

        `entries` are the first of the range and the one after its last, counted from the start of its first file, and
        `seen` is how many of them the last attempt had seen, or a few less; None where that is not known.
        """
        # Lists come as tuples over the wire.
        return [failure | {"files": list(failure["files"] or ())} for failure in self._current()["failures"]]

    def snapshot(self, timeout: float | None = None) -> Snapshot:
        """The merge of everything valid now.

        Waits for the first update if none has come (at most until the first entries have been processed on the
        cluster). Ctrl-C means stop meanwhile, as in `wait`.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Returns
        -------
        Snapshot
            A mapping from results to detached objects; it does not change any more. The same one until the next
            update. What is done to its objects changes nothing else, neither `result` nor what `save` writes.

        Raises
        ------
        TimeoutError
            Nothing has come; the run goes on.
        RunCancelled
            It was cancelled.
        """
        waiting.first(self, timeout)
        with held():
            return self._take()

    def on_update(self, function: Callable[[Snapshot], Any]) -> None:
        """Call `function(snapshot)` at every update, and a last time when the run is over.

        It is called in a thread of this run, one call at a time; while it works, updates are skipped. The snapshot is
        its own: nobody else sees what it does to the objects. A function that raises is reported once, with a warning,
        and not called again; the run goes on.
        """
        if not callable(function):
            raise WrongKind(f"got a {type(function).__name__}, expected something that can be called with a snapshot")
        self._callbacks.add(function)

    def save(self, path: str | Path, results: Any = None, **options: Any) -> Path:
        """Write what is there now into a file: ``.root``, ``.json``, ``.png``, ``.pdf`` or ``.svg``.

        The run goes on. Of a run that is over: its final result. See `Snapshot.save`.
        """
        waiting.first(self, None)
        with held():
            snapshot = self._take(own=True)
        return snapshot.save(path, results, **options)

    # ---- what to do with it

    def stop(self) -> None:
        """End early and keep what is there.

        Running ranges end between two entries and are kept up to there, waiting ones never start. Returns when the hub
        has heard it; `wait` for the end. Stopping a run that is over does nothing.
        """
        hub.call(self._client, "rdf_live_stop", run=self.id, mode="stop")

    def cancel(self) -> None:
        """End early and drop everything. Cancelling a run that is over does nothing."""
        reply = hub.call(self._client, "rdf_live_stop", run=self.id, mode="cancel")
        self._cancelled = reply["state"] == "cancelled"

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run is over.

        Ctrl-C means stop: the run ends early, and this returns. A second Ctrl-C means cancel, and is raised. In a
        notebook, without a timeout, a `panel` is shown meanwhile if the run has none.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Returns
        -------
        bool
            True if it is over.
        """
        over = waiting.wait(self, timeout, lambda snapshot: None, block=True)
        if over:
            self._last_look()
        return over

    def result(self, timeout: float | None = None) -> Snapshot:
        """Wait for the end and give the final result.

        The user's own results hold their values from then on (``h.GetValue()``, ``h.Draw()``). In a notebook, without
        a timeout, a `panel` is shown meanwhile if the run has none.

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
        VersionMismatch, ThreadedWorkers, ResultTooLarge, RunLost
            The run cannot go on, or not be reached. They carry what there is of it: see `RdfLiveError.partial`.
        RunCancelled
            It was cancelled.
        """
        return self._result(timeout, lambda snapshot: None)

    def _result(self, timeout: float | None, pump: Callable[[Snapshot], Any]) -> Snapshot:
        if not waiting.wait(self, timeout, pump, block=True):
            raise TimeoutError(f"run {self.name!r} is not over after {timeout} s; it goes on, ask again")
        from rdf_live.client.finish import finish

        self._last_look()
        with held():
            return finish(self)

    def __repr__(self) -> str:
        frame = self._frame
        if frame is None:
            return f"<LiveRun {self.name!r}: {'starting' if self._lost is None else 'lost'}>"
        progress = frame["progress"]
        part = f"{100 * progress['fraction']:.3g} % of the data, {progress['entries']:,} entries"
        return f"<LiveRun {self.name!r}: {'lost' if self._lost is not None else _state_of(frame)}, {part}>"

    # ---- inside

    def _wait(self, timeout: float | None, pump: Callable[[Snapshot], Any]) -> bool:
        return waiting.wait(self, timeout, pump)

    def _interrupted(self) -> None:
        waiting.interrupted(self)

    def _find(self, key: Any) -> Result:
        return keys.find(key, self.name, self.results, self._by_node)

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

    def _has_ended(self) -> bool:
        """Over, or about to be heard of as cancelled."""
        return self._lost is not None or self._is_over() or self._cancelled

    def _has_news(self, seen: int) -> bool:
        if self._lost is not None or self._is_over():
            return True
        return self._frame is not None and self._frame["seq"] > seen and self._has_values()

    def _has_values(self) -> bool:
        if self._frame is None or all(g["values"] is None for g in self._frame["graphs"]):
            return False
        return self._is_over() or any(g["entries"] for g in self._frame["graphs"])

    def _take(self, own: bool = False, frame: dict[str, Any] | None = None) -> Snapshot:
        """A snapshot of the newest frame. Not while holding the condition, which Dask's event loop needs.

        Parameters
        ----------
        own : bool
            Make one that nobody else has, so that its objects can be changed. It costs what is asked of it. Otherwise
            it is the one that `snapshot` gives.
        frame : dict, optional
            Take this one, which was looked at: the newest may be another by now, of a run that was cancelled.

        Raises
        ------
        RunCancelled
            The frame is of a run that was cancelled.
        """
        with self._condition:
            frame, schemas = frame or self._frame, list(self._feed.schemas)
        assert frame is not None
        if frame["state"] == "cancelled":
            raise RunCancelled(f"run {self.name!r} was cancelled, so nothing of it was kept; start it again")
        with self._building:
            for index, schema in enumerate(schemas):
                if schema is not None and self._builders[index] is None:
                    self._builders[index] = Builder(schema)
            known = None if own else self._snapshot
            if known is None or known.seq < frame["seq"] or known.state != frame["state"]:
                known = Snapshot(frame, self.results, self._builders, self._find, self.name)
            if not own:
                self._snapshot = known
            return known

    def _deliver(self, frame: dict[str, Any]) -> None:
        """A new frame has come. Dask's event loop."""
        with self._condition:
            self._frame = frame
            self._condition.notify_all()
        self._callbacks.wake()

    def _lose(self, error: RdfLiveError) -> None:
        """No more frames will come. Dask's event loop."""
        with self._condition:
            self._lost = error
            self._condition.notify_all()
        self._callbacks.wake()
