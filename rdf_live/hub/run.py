# SPDX-License-Identifier: BSD-3-Clause
"""The record of one run: the ledger decides what counts, the accumulators hold it, the frame shows it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from rdf_live.errors import BadInput, BadMessage, RdfLiveError, ResultTooLarge
from rdf_live.hub.graph import GraphRecord
from rdf_live.hub.ledger import Ledger, RunState
from rdf_live.hub.merge import Accumulator
from rdf_live.hub.where import Place, place_of
from rdf_live.partial.messages import Message, check_identity, error_reply
from rdf_live.partial.schema import Layout

__all__ = ["Run"]

Reply = dict[str, Any]

_NO_SCHEMA = BadMessage(
    "commit: got entries without a schema, expected the schema of the graph with its first values or blobs. "
    "Send the commit again with the schema."
)


class Run:
    """One run in the hub.

    Parameters
    ----------
    run, name, client : str
        Its id, its name for people, the Dask client that opened it.
    graphs : list of dict
        payload, number of ranges, and labels of each graph.
    options : dict
        every, on_error, max_attempts.
    max_bytes : int
        Limit for vectors and blobs.
    clock : callable
        Seconds since the epoch.
    where : dict
        Where it was started; told to who asks for the list of runs.

    Attributes
    ----------
    seq : int
        Counts everything that changed what a frame shows; starts at 1.
    news, wake : asyncio.Event
        Set (and replaced) when seq changes, and when something happened that a watcher should not wait for.
    """

    def __init__(
        self,
        run: str,
        name: str,
        client: str,
        graphs: Sequence[dict[str, Any]],
        options: dict[str, Any],
        versions: dict[str, Any],
        max_bytes: int,
        clock: Callable[[], float] = time.time,
        where: Place | None = None,
    ) -> None:
        got = [graph["ranges"] for graph in graphs]
        if not got or min(got) < 1:
            raise BadInput(f"run {name!r}: got graphs with {got} ranges, expected at least one graph, one range each")
        self.id, self.name, self.client = run, name, client
        self.options, self.versions = dict(options), dict(versions)
        self.where = where or place_of(None)
        self.every = float(options.get("every", 0.5))
        self.max_bytes = max_bytes
        self.adopted = self.settled = self._closed = False
        self.watchers = 0
        self.frame_cost_s = 0.0
        self.error: Reply | None = None
        self.has_values = False
        self.seq = 1
        self.news, self.wake = asyncio.Event(), asyncio.Event()
        self._clock = clock
        self.nranges = got
        self._graphs = [GraphRecord(graph) for graph in graphs]
        self.ledger = Ledger(
            self.nranges, int(options.get("max_attempts", 3)), str(options.get("on_error", "raise")), clock
        )

    # ---- messages of workers

    def begin(self, graph: int, range_: int, attempt: str, worker: str, have_payload: bool) -> Reply:
        """An attempt asks for its work; see the ledger for what it may be told."""
        check_identity(graph, range_, attempt, self.nranges)
        verdict = self.ledger.begin(graph, range_, attempt, worker)
        if verdict == "committed":
            return {"status": "committed"}
        if verdict == "ended":
            return {"status": "ended", "mode": self.mode or self.ledger.state}
        g = self._graphs[graph]
        old = g.tentative.get(range_)
        if old is not None and old.attempt != attempt:
            g.drop(range_)
        self._touch()
        return {
            "status": "go",
            "payload": None if have_payload else g.payload,
            "need_schema": g.layout is None,
        }

    def partial(self, fields: dict[str, Any]) -> Reply:
        """A tentative partial: replaces the one before of the same attempt.  For the fields see `Message`."""
        m, g = self._receive(fields)
        if self.over:
            return {"status": "ok", "need_schema": False, "stop": self.mode} if self.mode else {"status": "stale"}
        verdict = self.ledger.partial(m.graph, m.range, m.attempt, m.seq, m.entries, m.size)
        if verdict == "stale":
            return {"status": "stale"}
        if verdict == "take":
            first = not self.has_values
            if m.trees and m.range not in g.files:
                g.files[m.range] = sorted(m.trees)
            # Other messages tell how far it is, and nothing more.
            if g.layout is not None and (m.values is not None or (m.entries and not g.layout.length)):
                self.has_values |= g.keep(m, self.max_bytes - self.nbytes)
            self._touch(wake=first and self.has_values)
        return {"status": "ok", "need_schema": g.layout is None, "stop": self.mode}

    def commit(self, fields: dict[str, Any]) -> Reply:
        """The end of a range: counted exactly once, whatever else arrives for it."""
        m, g = self._receive(fields)
        if not self.over and not self.ledger.is_settled(m.graph, m.range):
            if g.layout is None and (m.entries or m.values is not None or m.blobs):
                return {**error_reply(_NO_SCHEMA), "need_schema": True}
            self._check_commit(g, m)
        first = not self.has_values
        verdict = self.ledger.commit(m.graph, m.range, m.attempt, m.entries, m.size, m.complete)
        if verdict != "take":
            return {"status": verdict}
        g.commit(m)
        self._make_room()
        self.has_values |= m.values is not None
        self._touch(wake=first)
        return {"status": "committed"}

    def fail(self, graph: int, range_: int, attempt: str, worker: str, error: Any) -> Reply:
        """An attempt raised."""
        check_identity(graph, range_, attempt, self.nranges)
        if not isinstance(error, dict):
            raise BadMessage(f"error: got {type(error).__name__}, expected a dict with type and message")
        keys = ("type", "message", "traceback", "files", "entries", "seen")
        verdict = self.ledger.fail(graph, range_, attempt, worker, {key: error.get(key) for key in keys})
        if not self.ledger.is_running(graph, range_):
            self._graphs[graph].drop(range_)
        if verdict != "stale":
            self._touch()
        return {"status": verdict}

    # ---- messages of Dask and of the user

    def gone(self, graph: int, range_: int, text: str) -> None:
        """Dask gave the range up, or its task ended without a commit. After a stop that is no failure."""
        if self.ledger.stopping:
            self._drop_all(self.ledger.leave(graph, range_))
        else:
            self.killed(graph, range_, "RunLost", text)

    def killed(self, graph: int, range_: int, kind: str, text: str) -> None:
        """The range failed for good."""
        if not (0 <= graph < len(self.nranges) and 0 <= range_ < self.nranges[graph]):
            return
        files = self._graphs[graph].files.get(range_, [])
        nothing = {"traceback": "", "entries": None, "seen": None}
        error: Reply = {"type": kind, "message": text, "files": files, **nothing}
        if self.ledger.killed(graph, range_, error):
            self._graphs[graph].drop(range_)
            self._touch()

    def lost(self, worker: str) -> bool:
        """A worker is gone, and with it what its attempts had so far. True if it had any."""
        gone = self.ledger.lost(worker)
        self._drop_all(gone)
        return bool(gone)

    def stop(self, mode: str) -> None:
        """Stop (keep the merge) or cancel (drop it); no effect on a run that is over."""
        if mode == "cancel":
            self.ledger.end("cancelled")
        else:
            self.ledger.stop()
        self._touch(wake=True)

    def give_up(self) -> None:
        """Attempts that did not answer to a stop in time no longer count."""
        self._drop_all(self.ledger.give_up_running())

    def abort(self, error: RdfLiveError) -> None:
        """End as failed, because of something that concerns all ranges."""
        if not self.ledger.over:
            self.error = {"error": type(error).__name__, "message": str(error)}
            self.ledger.end("failed")
            self._touch(wake=True)

    # ---- what the client sees

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.ledger.over

    @property
    def state(self) -> RunState:
        """State of the run."""
        return self.ledger.state

    @property
    def mode(self) -> str | None:
        """What running attempts are to be told: nothing, "stop" or "cancel"."""
        if self.ledger.stopping:
            return "stop"
        # A run that was aborted is no use to its attempts either; one that ended otherwise has none left.
        return "cancel" if self.state == "cancelled" or self.error is not None else None

    @property
    def nbytes(self) -> int:
        """Bytes of vectors and blobs held now."""
        return sum(g.committed_bytes + g.tentative_bytes for g in self._graphs)

    def message_bytes(self, graph: int) -> int:
        """Size of a picture of that graph; 0 as long as it is not known."""
        g = self._graphs[graph]
        return max(8 * g.layout.length, g.picture_bytes) if g.layout else 0

    @property
    def frame_bytes(self) -> int:
        """Size of a frame with values, for a client that has all committed blobs."""
        vectors = sum(8 * g.layout.length for g in self._graphs if g.layout)
        return vectors + sum(sum(map(len, t.blobs.values())) for g in self._graphs for t in g.tentative.values())

    def frame(self, values: bool, have: Sequence[Sequence[Any]] = ()) -> Reply:
        """State, progress and, if asked for, the merged vectors and the blobs that the client lacks."""
        start = time.thread_time()
        held: list[set[tuple[Any, ...]]] = [set() for _ in self._graphs]
        for place, *item in have:
            held[place].add(tuple(item))
        graphs = []
        for i, g in enumerate(self._graphs):
            graph: Reply = {
                "digest": g.layout.digest if g.layout else None,
                "values": None,
                "blobs": [],
                "progress": self.ledger.progress(i),
                "entries": g.entries + sum(t.entries for t in g.tentative.values()),
            }
            if values:
                graph["values"] = g.vector(self.seq)
                graph["blobs"] = g.blob_rows(held[i])
            graphs.append(graph)
        frame = {
            "status": "ok",
            "state": self.state,
            "stopping": self.ledger.stopping,
            "seq": self.seq,
            "time": self._clock(),
            "progress": self.ledger.progress(),
            "failures": list(self.ledger.failures.values()),
            "graphs": graphs,
            "error": self.error,
        }
        self.frame_cost_s += 0.3 * (time.thread_time() - start - self.frame_cost_s)
        return frame

    def schemas(self) -> list[dict[str, Any] | None]:
        """Schema of each graph, None where no worker has sent it yet."""
        return [g.layout.schema if g.layout else None for g in self._graphs]

    def describe(self) -> Reply:
        """What a new client needs to attach."""
        return {
            "run": self.id,
            "name": self.name,
            "created": self.ledger.created,
            "state": self.state,
            "options": self.options,
            "graphs": [{"labels": g.labels, "nranges": g.nranges} for g in self._graphs],
        }

    def summary(self) -> Reply:
        """One line of the list of runs."""
        return {
            "run": self.id,
            "name": self.name,
            "state": self.state,
            "stopping": self.ledger.stopping and not self.over,
            "created": self.ledger.created,
            "ended": self.ledger.ended,
            "progress": self.ledger.progress(),
            **self.where,
        }

    # ---- inside

    def _receive(self, fields: dict[str, Any]) -> tuple[Message, GraphRecord]:
        """Check a message to the last byte before anything is changed."""
        m = Message.check(fields, self.nranges)
        g = self._graphs[m.graph]
        if m.schema is not None and g.layout is None and not self.over:
            self._learn(g, Layout.check(m.schema))
        if g.layout is not None:
            m.check_layout(g.layout)
        return m, g

    def _learn(self, g: GraphRecord, layout: Layout) -> None:
        need = Accumulator.bytes_of(layout.length)
        if self._committed_bytes + need > self.max_bytes:
            error = self._too_large(need, "book fewer results or fewer bins")
            self.abort(error)
            raise error
        g.learn(layout)
        self._make_room()

    def _check_commit(self, g: GraphRecord, m: Message) -> None:
        """Refuse a commit that would lose entries without a word, or that does not fit."""
        if g.layout is not None and g.layout.length and m.entries and m.values is None:
            raise BadMessage(
                f"commit: got {m.entries} entries without values, expected {8 * g.layout.length} bytes. "
                "Only a range without entries may commit without values."
            )
        if m.blobs and self._committed_bytes + m.blob_bytes > self.max_bytes:
            # The range fails at once: no other attempt would do better.
            error = self._too_large(m.blob_bytes, "write less of it, or take it from a smaller dataset")
            self.killed(m.graph, m.range, type(error).__name__, str(error))
            raise error

    def _too_large(self, need: int, advice: str) -> ResultTooLarge:
        mib = 2**20
        return ResultTooLarge(
            f"run {self.name!r}: got {need / mib:.1f} MiB of results on top of "
            f"{self._committed_bytes / mib:.1f} MiB, expected at most {self.max_bytes / mib:.1f} MiB in all. "
            f"Either {advice}, or raise the limit "
            "rdf-live.hub.max-run-bytes in the scheduler's Dask configuration."
        )

    @property
    def _committed_bytes(self) -> int:
        return sum(g.committed_bytes for g in self._graphs)

    def _make_room(self) -> None:
        """Committed results go before tentative ones, which come again."""
        if self.nbytes > self.max_bytes:
            for g in self._graphs:
                g.drop_tentative()

    def _drop_all(self, places: list[tuple[int, int]]) -> None:
        for graph, range_ in places:
            self._graphs[graph].drop(range_)
        if places:
            self._touch()

    def _touch(self, wake: bool = False) -> None:
        if self._closed:
            return  # late messages change nothing that a frame shows
        self.seq += 1
        if self.over:
            self._closed = True
            for g in self._graphs:
                g.close(keep=self.state != "cancelled")
        self.news.set()
        self.news = asyncio.Event()
        if wake or self.over:
            self.wake.set()
            self.wake = asyncio.Event()
