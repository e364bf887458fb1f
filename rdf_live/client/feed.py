# SPDX-License-Identifier: BSD-3-Clause
"""Frames of a run, from the hub to its handle. Runs on Dask's event loop and never touches ROOT."""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from typing import TYPE_CHECKING, Any

from distributed import Client

from rdf_live.errors import RdfLiveError, RunLost, UnknownRun
from rdf_live.partial.messages import check_reply

if TYPE_CHECKING:
    from rdf_live.run import LiveRun

__all__ = ["Feed"]

logger = logging.getLogger(__name__)

#: Seconds that one question to the hub may stay unanswered when nothing changes.
POLL_S = 5.0
#: A scheduler that cannot be reached for this long is gone.
PATIENCE_S = 60.0

_OVER = ("done", "stopped", "cancelled", "failed")


class Feed:
    """Asks the hub for news until the run is over or its handle is gone.

    Attributes
    ----------
    schemas : list
        Of each graph; None as long as no worker has told it.
    """

    def __init__(self, client: Client, run: LiveRun) -> None:
        self._client = client
        self._run = weakref.ref(run)
        self._id = run.id
        self._blobs: list[dict[int, tuple[str, int, dict[int, bytes]]]] = []
        self.schemas: list[dict[str, Any] | None] = []
        self._scheduler: Any = client.scheduler
        loop: Any = client.loop
        loop.add_callback(self._loop)

    async def _loop(self) -> None:
        """Nobody awaits this: whatever happens, who waits for the run hears of it."""
        try:
            await self._follow()
        except RdfLiveError as error:
            self._lose(error)
        except Exception as error:
            logger.exception("rdf_live: the feed of a run failed")
            self._lose(
                RunLost(f"what the hub says could not be followed ({error!r}); the run goes on: attach it again")
            )

    async def _follow(self) -> None:
        seq = 0
        missing_since = None
        while True:
            if self._run() is None:
                return
            try:
                frame = await self._scheduler.rdf_live_watch(
                    run=self._id, seq=seq, timeout=POLL_S, values=True, have=self._have()
                )
                await self._learn(frame)
            except (OSError, ValueError) as error:  # Dask raises ValueError for a client that is closed
                missing_since = missing_since or time.monotonic()
                if self._client.status in ("closed", "closing") or time.monotonic() - missing_since > PATIENCE_S:
                    self._lose(
                        RunLost(f"the scheduler cannot be reached ({error}); attach again when the cluster is back")
                    )
                    return
                await asyncio.sleep(0.5)
                continue
            missing_since = None
            if frame["status"] == "error":
                self._lose(UnknownRun(frame["message"]))
                return
            seq = frame["seq"]
            self._hold(frame)
            run = self._run()
            if run is None:
                return
            run._deliver(frame)
            if frame["state"] in _OVER:
                return
            del run

    async def _learn(self, frame: dict[str, Any]) -> None:
        """Fetch the schemas that have become known."""
        graphs = frame.get("graphs", ())
        if len(self.schemas) < len(graphs):
            self.schemas = [None] * len(graphs)
            self._blobs = [{} for _ in graphs]
        if any(g["digest"] and not s for g, s in zip(graphs, self.schemas, strict=False)):
            self.schemas = check_reply(await self._scheduler.rdf_live_schema(run=self._id))["graphs"]

    def _have(self) -> list[list[Any]]:
        return [
            [graph, place, attempt, seq]
            for graph, held in enumerate(self._blobs)
            for place, (attempt, seq, _) in held.items()
        ]

    def _hold(self, frame: dict[str, Any]) -> None:
        """Put together the bytes that came with those that we have."""
        for graph, known in zip(frame["graphs"], self._blobs, strict=True):
            now = {}
            for place, attempt, seq, _, blobs in graph["blobs"]:
                now[place] = (attempt, seq, known[place][2] if blobs is None else blobs)
            known.clear()
            known.update(now)
            graph["held"] = {place: blobs for place, (_, _, blobs) in now.items()}

    def _lose(self, error: RdfLiveError) -> None:
        run = self._run()
        if run is not None:
            run._lose(error)
