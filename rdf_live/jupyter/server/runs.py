# SPDX-License-Identifier: BSD-3-Clause
"""The runs of this user on all clusters, as the side panel shows them: asked when it is looked at, and only then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rdf_live.errors import ClusterTrouble, RdfLiveError, UnknownRun
from rdf_live.jupyter.server.runs_rows import Paths, Seen, row
from rdf_live.partial.messages import check_reply

if TYPE_CHECKING:
    from rdf_live.jupyter.server.runs_places import Found, Place

__all__ = ["Runs"]

#: What was asked so long ago is told again: many pages cost one question.
_FRESH_S = 1.0
#: Files are looked at that often.
_FIND_S = 5.0
_ANSWER_S = 2.0
#: Who has been answered by one waits no longer for the others: they are told the next time.
_PATIENCE_S = 0.5
#: Until a scheduler that did not answer is asked again; twice as long each time, up to the second one.
_PAUSE_S, _LONGEST_PAUSE_S = 4.0, 60.0
_NEVER_SEEN: float = -1e9


@dataclass
class _Scheduler:
    """What is known of one."""

    place: Place
    reachable: bool | None = None
    why: str = ""
    since: float | None = None
    pause_s: float = _PAUSE_S
    next: float = _NEVER_SEEN
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Runs:
    """All methods are for the event loop of the server, which they never hold up.

    Parameters
    ----------
    root : str
        Folder of the server's notebooks.
    find : callable, optional
        Gives `Found`, in a thread.
    """

    def __init__(self, root: str, find: Callable[[], Found] | None = None) -> None:
        self._paths = Paths(root)
        self._find = find or _find
        self._found: Found | None = None
        self._found_at = self._answered_at = _NEVER_SEEN
        self._answer: dict[str, Any] = {}
        self._schedulers: dict[str, _Scheduler] = {}
        self._seen: dict[str, Seen] = {}
        self._stopping: set[str] = set()
        self._lock = asyncio.Lock()

    async def look(self) -> dict[str, Any]:
        """Runs, the newest first, and clusters."""
        async with self._lock:
            if time.monotonic() - self._answered_at >= _FRESH_S:
                await self._ask_all()
                self._answer = await asyncio.to_thread(self._compose)
                self._answered_at = time.monotonic()
            return self._answer

    async def stop(self, run: str) -> dict[str, Any]:
        """Have a run end early and keep what is there.

        Raises
        ------
        UnknownRun
            No cluster that can be reached knows it.
        ClusterTrouble
            Its scheduler does not answer.
        """
        if run not in self._seen:
            await self.look()
        seen = self._seen.get(run)
        scheduler = self._schedulers.get(seen.address) if seen is not None and seen.there else None
        if scheduler is None:
            raise UnknownRun(f"got the run {run!r}, expected one that a cluster of yours knows. It may have ended.")
        try:
            reply = await _ask(scheduler.place, "rdf_live_stop", run=run, mode="stop")
        except (OSError, TimeoutError) as error:
            raise ClusterTrouble(f"The stop was not heard. {_sentence(scheduler.place, error)}") from error
        self._stopping.add(run)
        self._answered_at = _NEVER_SEEN
        return {"run": run, "state": "stopping" if reply.get("state") == "running" else reply.get("state")}

    async def _ask_all(self) -> None:
        now = time.monotonic()
        if now - self._found_at >= _FIND_S:
            self._found = await asyncio.to_thread(self._find)
            self._found_at = now
            self._update(self._found)
        due = [each for each in self._schedulers.values() if each.task is None and each.next <= time.monotonic()]
        for each in due:
            each.task = asyncio.create_task(self._ask_one(each))
        # Nobody waits for one that has not answered before.
        waited = [each.task for each in due if each.task is not None and each.reachable is not False]
        if waited:
            done, others = await asyncio.wait(waited, timeout=_PATIENCE_S)
            if not done:
                await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)

    def _update(self, found: Found) -> None:
        known, self._schedulers = self._schedulers, {}
        for place in found.places:
            key = place.address or place.name
            old = known.pop(key, None)
            # Where the file says something new it is asked at once.
            same = old is not None and old.place == place
            scheduler = old if old is not None and same else _Scheduler(place)
            scheduler.place = place  # keys may be new
            if place.trouble:
                self._missed(scheduler, place.trouble)
                scheduler.next = float("inf")
            self._schedulers[key] = scheduler
        for gone in known.values():
            if gone.task is not None:
                gone.task.cancel()
        self._seen = {run: seen for run, seen in self._seen.items() if self._is_told(run, seen, found)}
        self._stopping &= self._seen.keys()

    def _is_told(self, run: str, seen: Seen, found: Found) -> bool:
        return run in found.records or (seen.there and seen.address in self._schedulers)

    async def _ask_one(self, scheduler: _Scheduler) -> None:
        address = scheduler.place.address
        try:
            reply = await _ask(scheduler.place, "rdf_live_runs")
            summaries = {str(summary["run"]): dict(summary) for summary in reply["runs"]}
        except (OSError, TimeoutError) as error:
            self._missed(scheduler, _sentence(scheduler.place, error))
        except (RdfLiveError, KeyError, RuntimeError, TypeError, ValueError) as error:
            self._missed(scheduler, f"Its answer cannot be read ({error}). Does it run another version of rdf_live?")
        else:
            scheduler.reachable, scheduler.why, scheduler.since = True, "", None
            scheduler.pause_s, scheduler.next = _PAUSE_S, _NEVER_SEEN
            for run, seen in list(self._seen.items()):
                if seen.address == address and run not in summaries:
                    seen.there = False
            for run, summary in summaries.items():
                self._seen[run] = Seen(address, summary)
        finally:
            scheduler.task = None

    def _missed(self, scheduler: _Scheduler, why: str) -> None:
        scheduler.why = why
        if scheduler.reachable is not False:
            scheduler.reachable, scheduler.since = False, time.time()
        scheduler.next = time.monotonic() + scheduler.pause_s
        scheduler.pause_s = min(2 * scheduler.pause_s, _LONGEST_PAUSE_S)

    def _compose(self) -> dict[str, Any]:
        assert self._found is not None
        records = self._found.records
        rows = []
        for run in {**self._seen, **records}:
            seen, record = self._seen.get(run), records.get(run)
            address = seen.address if seen is not None else record.address if record is not None else ""
            scheduler = self._schedulers.get(address)
            if seen is None and scheduler is not None and scheduler.reachable is None:
                continue
            place = scheduler.place if scheduler is not None and scheduler.reachable else None
            # Of a cluster that rdf_live keeps the line of the cluster says it.
            why = scheduler.place.trouble if scheduler is not None and not scheduler.place.kept else ""
            stopping = run in self._stopping
            rows.append(row(run, seen, record, place, self._paths, stopping=stopping, unreachable=why))
        rows.sort(key=lambda each: each["started"] or 0.0, reverse=True)
        told = [each for each in self._schedulers.values() if each.place.kept or each.reachable]
        return {"runs": rows, "clusters": [_cluster(each) for each in told]}


def _find() -> Found:
    with _same_log():
        from rdf_live.jupyter.server.runs_places import find

    return find()


@contextlib.contextmanager
def _same_log() -> Iterator[None]:
    """Dask sets up the loggers of tornado when it is imported, and the server would write no more of its requests."""
    loggers = [logging.getLogger(name) for name in ("tornado", "tornado.application")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers


def _cluster(scheduler: _Scheduler) -> dict[str, Any]:
    place = scheduler.place
    told = {"name": place.name or place.address, "address": place.address}
    # One that is being asked for the first time is not in trouble.
    return {**told, "reachable": scheduler.reachable is not False, "why": scheduler.why, "since": scheduler.since}


def _sentence(place: Place, error: BaseException) -> str:
    if isinstance(error, TimeoutError) or "Timed out" in str(error):
        return f"There was no answer from {place.address} for {_ANSWER_S:g} s."
    return f"There was no answer from {place.address} ({error})."


async def _ask(place: Place, operation: str, **message: Any) -> dict[str, Any]:
    """Ask the hub of a scheduler, by a connection of its own: nothing stays open that a stop would have to close."""
    from distributed.core import rpc

    async def ask() -> Any:
        async with rpc(place.address, timeout=_ANSWER_S, connection_args=place.arguments) as scheduler:
            return await getattr(scheduler, operation)(**message)

    return check_reply(await asyncio.wait_for(ask(), _ANSWER_S))
