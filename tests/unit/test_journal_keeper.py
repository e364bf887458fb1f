# SPDX-License-Identifier: BSD-3-Clause
"""When journals are written, and by whom: the server's loop never waits for a disk."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest
from journal_messages import TIME, requested, stream

from rdf_live.jupyter.journal import Store
from rdf_live.jupyter.server import keeper as module
from rdf_live.jupyter.server.keeper import Keeper


class SlowStore(Store):
    """On a network; `fails` kernels cannot be written."""

    def __init__(self, folder):
        super().__init__(folder)
        self.seconds = 0.0
        self.fails = set()
        self.tried = []

    def prepared(self, journal):
        write = super().prepared(journal)

        def slowly():
            assert threading.current_thread() is not threading.main_thread()
            self.tried.append(journal.kernel)
            time.sleep(self.seconds)
            if journal.kernel in self.fails:
                raise OSError(28, "No space left on device")
            return write()

        return slowly


@pytest.fixture
def store(tmp_path):
    return SlowStore(tmp_path)


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO)
    return logging.getLogger("test")


def made(store, kernel="k"):
    journal = store.open(kernel)
    journal.path = "a.ipynb"
    requested(journal, "m1")
    return journal


def on_disk(store, kernel="k"):
    return Store(store.folder).open(kernel).snapshot()


def test_the_loop_does_not_wait(store, log):
    """Everything is on disk in the end, in order, though it came while the disk was busy."""
    store.seconds = 0.1
    journals = [made(store, kernel) for kernel in ("k1", "k2")]

    async def main():
        keeper = Keeper(store, log)
        longest = 0.0
        for number in range(50):
            began = time.monotonic()
            for journal in journals:
                journal.message(stream(f"line {number}\n"), TIME)
                keeper.changed(journal, at_once=number % 10 == 0)
            longest = max(longest, time.monotonic() - began)
            await asyncio.sleep(0.01)
        await keeper.write_all(journals)
        return longest

    assert asyncio.run(main()) < 0.1
    for journal in journals:
        assert on_disk(store, journal.kernel) == journal.snapshot()


def test_at_once(store, log):
    journal = made(store)

    async def main():
        keeper = Keeper(store, log)
        keeper.changed(journal)
        began = time.monotonic()
        keeper.changed(journal, at_once=True)
        keeper.changed(journal)
        while not store.tried:
            await asyncio.sleep(0.005)
        seconds = time.monotonic() - began
        await keeper.write_all([])
        return seconds

    assert asyncio.run(main()) < 0.15


def test_a_full_disk_is_left_alone_for_a_while(store, log, monkeypatch, caplog):
    """Also by what is to be written at once; other journals are written."""
    monkeypatch.setattr(module, "_LONGEST_S", 0.4)
    full, other = made(store, "full"), made(store, "other")
    store.fails.add("full")

    async def main():
        keeper = Keeper(store, log)
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            keeper.changed(full, at_once=True)
            await asyncio.sleep(0.01)
        keeper.changed(other, at_once=True)
        tried = list(store.tried)
        store.fails.clear()
        while on_disk(store, "full") != full.snapshot():
            await asyncio.sleep(0.01)
        await keeper.write_all([])
        return tried

    assert 1 <= len(asyncio.run(main())) <= 2
    assert on_disk(store, "other") == other.snapshot()
    said = [record.getMessage() for record in caplog.records if "rdf_live" in record.getMessage()]
    assert [line.partition(":")[2][:30] for line in said] == [
        " the journal cannot be written",
        " the journal is written again",
    ]
