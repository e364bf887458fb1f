# SPDX-License-Identifier: BSD-3-Clause
"""What Dask runs for one range."""

from __future__ import annotations

import contextlib
import pickle
import platform
import re
import traceback
import uuid
import zlib
from concurrent.futures import Future
from typing import Any

from distributed import Reschedule, get_worker

import rdf_live
from rdf_live import _distrdf as distrdf
from rdf_live._root import root, root_version
from rdf_live.worker import graph as graphs
from rdf_live.worker.frames import Monitor, final_frame
from rdf_live.worker.publisher import ASKED_S, Attempt, Publisher

__all__ = ["run_range", "versions"]

Begun = Future[dict[str, Any]]


def versions() -> dict[str, str]:
    """What must be the same on the client and the workers."""
    try:
        root_text = root_version(root())
    except ImportError:
        root_text = "none"
    return {"python": platform.python_version(), "ROOT": root_text, "rdf_live": rdf_live.__version__}


class _Unwanted(Exception):
    """The hub does not want this attempt."""

    def __init__(self, reply: dict[str, Any]) -> None:
        super().__init__()
        self.status: str = reply["status"]
        self.error = f"{reply['error']}: {reply['message']}" if self.status == "error" else None


def run_range(run: str, graph: int, index: int, data_range: bytes) -> str:
    """Compute one range and commit it to the hub.

    Runs in the worker's thread. What it computes goes to the hub, so what it returns is only a word for the log.
    A process that has the graph begins while it still asks the hub whether it may: that is nearly always so, and the
    answer takes as long as to open a file.

    Raises
    ------
    Reschedule
        The attempt failed and the hub wants another one.
    RuntimeError
        The hub could not say whether it wants the range.
    """
    worker = get_worker()
    publisher = Publisher.of(worker)
    attempt = Attempt(run, graph, index, uuid.uuid4().hex[:16])
    have_payload = graphs.has(run, graph)
    begun = publisher.begin(attempt, worker=worker.address, versions=versions(), have_payload=have_payload)
    try:
        outcome = _try(publisher, attempt, worker.local_directory, data_range, begun)
        if isinstance(outcome, Exception):
            _wanted(begun)
            outcome = _failed(publisher, attempt, worker.address, data_range, outcome)
    except _Unwanted as unwanted:
        if unwanted.error is not None:
            raise RuntimeError(unwanted.error) from None
        return unwanted.status
    finally:
        publisher.close(attempt)
    if outcome == "again":
        raise Reschedule()
    return outcome


def _wanted(begun: Begun) -> dict[str, Any]:
    """Wait for what the hub answered.

    Raises
    ------
    _Unwanted
        It does not want the attempt.
    """
    reply = begun.result()
    if reply["status"] != "go":
        raise _Unwanted(reply)
    return reply


def _try(publisher: Publisher, attempt: Attempt, directory: str, data_range: bytes, begun: Begun) -> str | Exception:
    """The range, or its error: not raised, so that no C++ exception is the context of another, which Dask pickles."""
    graph = None
    try:
        ahead = graphs.is_ready(attempt.run, attempt.graph)
        payload = None if ahead else _wanted(begun)["payload"]
        graph = graphs.load(attempt.run, attempt.graph, payload, directory)
        return _compute(publisher, attempt, graph, _unpacked(data_range), begun)
    except _Unwanted:
        raise
    except Exception as error:
        if graph is not None:
            graph.discard()
            graph.drop()
        return error


def _unpacked(data_range: bytes) -> Any:
    return pickle.loads(zlib.decompress(data_range))


def _compute(publisher: Publisher, attempt: Attempt, graph: graphs.ProcessGraph, data_range: Any, begun: Begun) -> str:
    attempt.files = list(getattr(data_range, "filenames", ()))  # an empty source has none
    if attempt.files:
        # ROOT keeps Python's lock while it opens a file. Let the question leave first: a file may kill this process,
        # and then the hub has to know which one it was.
        attempt.asked.wait(ASKED_S)
    dataframe, attempt.size, attempt.trees = graph.open(data_range)
    if dataframe is None:
        _wanted(begun)
        return _commit(publisher, attempt, graph, 0, None, {}, complete=True)
    if attempt.ended in ("cancel", "stale"):
        # Not later: what is booked, and then not run, would run with the next range.
        _wanted(begun)
        return attempt.ended
    graph.book(dataframe, data_range, f"{data_range.id}-{attempt.attempt}")
    # Where the answer is not there yet, this process has sent the schema before; if that was lost, the hub asks for it.
    need_schema = begun.done() and bool(begun.result().get("need_schema"))
    attempt.digest, attempt.schema, attempt.send_schema = graph.digest, graph.schema, need_schema
    publisher.opened(attempt)
    monitor = Monitor(attempt.interval or graph.interval, publisher.notify_fd, early=need_schema)
    attempt.watch(monitor)
    if publisher.closing:
        # The first range of a process would be compiled before it could hear that.
        return "stale"
    graph.run(monitor)
    attempt.watch(None)
    _wanted(begun)
    graph.interval = attempt.interval or graph.interval
    complete = not monitor.shared.Stopping() or monitor.entries >= attempt.size
    if attempt.ended in ("cancel", "stale") and not complete:
        graph.discard()
        return attempt.ended
    graph.slots.Finish(monitor.shared)
    frame = final_frame(graph.slots)
    blobs = frame.blobs | graph.foreign()
    entries = attempt.size if complete else monitor.entries
    return _commit(publisher, attempt, graph, entries, frame.values, blobs, complete)


def _commit(
    publisher: Publisher,
    attempt: Attempt,
    graph: graphs.ProcessGraph,
    entries: int,
    values: bytes | None,
    blobs: dict[int, bytes],
    complete: bool,
) -> str:
    """Returns only when the hub has it, so that a finished task means a counted range."""
    sent = publisher.send("rdf_live_commit", **attempt.message(entries, values, blobs), complete=complete)
    if complete:
        graph.prepare()
    reply = sent.result()
    if reply.get("need_schema"):
        attempt.send_schema = True
        reply = publisher.send("rdf_live_commit", **attempt.message(entries, values, blobs), complete=complete).result()
    if reply["status"] == "error":
        raise RuntimeError(f"{reply['error']}: {reply['message']}")
    return str(reply["status"])


def _essence(text: str) -> str:
    """The error that ROOT threw, out of a list of all the overloads that were tried; the traceback keeps the list."""
    cause = re.search(r"=>\n +(?!TypeError\b)(\w+):\s+(\S.*)$", text, re.MULTILINE)
    return f"{cause[1]}: {cause[2]}" if cause else text


def _entries(attempt: Attempt, packed: bytes) -> tuple[int, int] | None:
    """First and end of the entries of a range, None where nobody knows: its files could not be opened."""
    with contextlib.suppress(Exception):
        data_range = _unpacked(packed)
        if attempt.trees is not None or distrdf.is_empty_source(data_range):
            return distrdf.entries_of(data_range)
    return None


def _failed(publisher: Publisher, attempt: Attempt, address: str, packed: bytes, error: Exception) -> str:
    what = getattr(error, "what", None)  # a C++ exception that came through cppyy
    message = _essence(str(what()) if callable(what) else str(error))
    reply = publisher.send(
        "rdf_live_fail",
        **attempt.identity,
        worker=address,
        error={
            "type": type(error).__name__,
            "message": message,
            "traceback": "".join(traceback.format_exception(error)),
            "files": attempt.files,
            "entries": _entries(attempt, packed),
            "seen": attempt.monitor.entries if attempt.monitor is not None else 0,
        },
    ).result()
    return str(reply["status"])
