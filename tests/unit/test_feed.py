# SPDX-License-Identifier: BSD-3-Clause
"""Whatever the hub says, who waits for a run hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rdf_live.client.feed import Feed
from rdf_live.errors import BadMessage, RdfLiveError, RunLost, UnknownRun

FRAME = {"status": "ok", "state": "done", "seq": 1, "graphs": [{"digest": "d", "blobs": []}]}


class Run:
    """Notes what it is told."""

    id = "r"

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.lost: Exception | None = None

    def _deliver(self, frame: Any) -> None:
        self.frames.append(frame)

    def _lose(self, error: Exception) -> None:
        self.lost = error


def follow(watch: Callable[[], Any], schema: Callable[[], Any]) -> Run:
    """A run after its feed has ended."""

    async def ask(reply: Callable[[], Any]) -> Any:
        return reply()

    scheduler = SimpleNamespace(rdf_live_watch=lambda **_: ask(watch), rdf_live_schema=lambda **_: ask(schema))
    begun: list[Any] = []
    client = SimpleNamespace(scheduler=scheduler, loop=SimpleNamespace(add_callback=begun.append), status="running")
    run = Run()
    feed = Feed(client, run)  # type: ignore[arg-type]
    asyncio.run(begun[0]())
    assert feed.schemas is not None
    return run


def test_frames_come_to_the_run() -> None:
    run = follow(lambda: dict(FRAME), lambda: {"status": "ok", "graphs": [{"digest": "d"}]})
    assert [frame["seq"] for frame in run.frames] == [1]
    assert run.lost is None


FORGOTTEN = {"status": "error", "error": "UnknownRun", "message": "no such run"}


@pytest.mark.parametrize(
    ("watch", "schema", "error", "words"),
    [
        (FORGOTTEN, None, UnknownRun, "no such run"),
        (FRAME, FORGOTTEN, UnknownRun, "no such run"),
        (FRAME, "nonsense", BadMessage, "nonsense"),
        (FRAME, {"status": "ok"}, RunLost, "attach it again"),
        ({"status": "ok"}, None, RunLost, "attach it again"),
    ],
)
def test_an_answer_that_does_not_fit_ends_the_wait(
    watch: Any, schema: Any, error: type[RdfLiveError], words: str
) -> None:
    run = follow(lambda: watch, lambda: schema)
    assert run.frames == []
    assert isinstance(run.lost, error)
    assert words in str(run.lost)
