# SPDX-License-Identifier: BSD-3-Clause
"""What a worker tells the hub, and when."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rdf_live.worker.frames import Frame
from rdf_live.worker.publisher import Attempt, Publisher


class Hub:
    """Stands for the connection to the scheduler; a partial is answered when the test lets it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.partials: list[int] = []
        self.answer = asyncio.Event()

    async def rdf_live_begin(self, *, attempt: str, **message: Any) -> dict[str, Any]:
        self.begun.append(attempt)
        await asyncio.sleep(0)
        return {"status": "go", "interval": 0.5}

    async def rdf_live_partial(self, *, entries: int, **message: Any) -> dict[str, Any]:
        self.partials.append(entries)
        await self.answer.wait()
        return {"status": "ok", "need_schema": False, "interval": 0.5, "stop": None}


class Pictures:
    """Stands for the C++ side, which keeps the newest picture only."""

    def __init__(self) -> None:
        self.newest: int | None = None

    def take(self) -> Frame | None:
        entries, self.newest = self.newest, None
        return None if entries is None else Frame(1, entries, b"", {})

    def set_interval(self, seconds: float) -> None:
        pass

    def stop(self) -> None:
        pass


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def publisher(hub: Hub) -> Iterator[Publisher]:
    """On an event loop in a thread of its own, as on a worker."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    publisher = Publisher()
    worker = SimpleNamespace(loop=SimpleNamespace(asyncio_loop=loop), scheduler=hub, stream_handlers={}, nanny=None)
    asyncio.run_coroutine_threadsafe(on_loop(publisher.setup, worker), loop).result()
    yield publisher
    asyncio.run_coroutine_threadsafe(on_loop(publisher.teardown, worker), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def on_loop(call: Any, *args: Any) -> Any:
    return call(*args)


def test_the_question_leaves_before_files_are_opened(publisher: Publisher, hub: Hub) -> None:
    """Although the event loop is busy: what the task does next may keep Python's lock, or end the process."""
    publisher._loop.call_soon_threadsafe(time.sleep, 0.05)
    attempt = Attempt("run", 0, 0, "a")
    answer = publisher.begin(attempt)
    assert attempt.asked.wait(5)
    assert hub.begun == ["a"]
    assert answer.result(10)["status"] == "go"


def test_one_message_in_flight_and_the_newest_wins(publisher: Publisher, hub: Hub) -> None:
    attempt = Attempt("run", 0, 0, "a")
    publisher.begin(attempt).result(10)
    pictures = Pictures()
    attempt.watch(pictures)  # type: ignore[arg-type]

    async def show(entries: int) -> None:
        pictures.newest = entries
        publisher._ready()
        for _ in range(5):
            await asyncio.sleep(0)

    async def scene() -> None:
        for entries in (1, 2, 3):
            await show(entries)
        assert hub.partials == [1]
        hub.answer.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert hub.partials == [1, 3]

    asyncio.run_coroutine_threadsafe(scene(), publisher._loop).result(10)


class Watched(Attempt):
    """Sees who takes a number."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "seq" and "lock" in self.__dict__:
            assert self.lock.locked()
        super().__setattr__(name, value)


def test_numbers_are_taken_under_the_lock() -> None:
    attempt = Watched("run", 0, 0, "a")
    assert [attempt.message(n, None, {})["seq"] for n in range(3)] == [1, 2, 3]
    assert not attempt.lock.locked()
