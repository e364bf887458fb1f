# SPDX-License-Identifier: BSD-3-Clause
"""What a page is sent that takes it slowly."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace

import pytest

from rdf_live.jupyter.server.follow import _BEHIND_BYTES, FollowHandler
from rdf_live.jupyter.server.presence import Page, Presence

WRITTEN = {"base": {"last_modified": "1"}, "now": {"last_modified": "2"}}


class Service:
    """Has a notebook with more outputs than a page that is not behind may have to wait for."""

    def __init__(self):
        self.presence = Presence(0.0)
        self.writer = SimpleNamespace(written=lambda path: WRITTEN)
        self.snapshots = 0

    def tell_all(self, follower):
        self.snapshots += 1
        assert self.snapshots < 10, "without end"
        follower.tell({"type": "snapshot", "executions": ["x" * (_BEHIND_BYTES + 1)]})


class Handler(FollowHandler):
    """Writes when it is let."""

    def __init__(self, service):
        self.initialize(service)
        self.page = Page("s", "a", follows=True)
        self.open_gate = asyncio.Event()
        self.sent = []

    async def write_message(self, text):
        await self.open_gate.wait()
        self.sent.append(json.loads(text))

    async def all_sent(self):
        self.open_gate.set()
        while self._waiting:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)


@pytest.fixture
def service():
    return Service()


def sent(service, *told):
    """What arrives of that at a page that reads only afterwards."""

    async def main():
        handler = Handler(service)
        for what in told:
            if what == "all":
                service.tell_all(handler)
            else:
                handler.tell(what)
        await handler.all_sent()
        return handler.sent

    return asyncio.run(main())


def test_a_large_snapshot_is_sent_once(service):
    said = sent(service, "all", {"type": "state"})
    assert [one["type"] for one in said] == ["snapshot", "state"]
    assert service.snapshots == 1


def test_a_page_that_is_behind_gets_everything_anew(service):
    """Also that the file was written, which it may have missed."""
    large = {"type": "message", "text": "x" * (_BEHIND_BYTES + 1)}
    said = sent(service, {"type": "state"}, large, large, {"type": "written", **WRITTEN})
    assert [one["type"] for one in said] == ["state", "message", "snapshot", "written"]


def test_a_snapshot_tells_the_time_and_who_is_outside(service):
    service.presence.come(Page("console", "a"))
    snapshot, sessions = sent(service, "all", {"type": "sessions", "sessions": []})
    assert snapshot["now"] == pytest.approx(time.time(), abs=60)
    assert snapshot["outside"] == sessions["outside"] == ["console"]
