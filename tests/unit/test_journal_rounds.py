# SPDX-License-Identifier: BSD-3-Clause
"""What the server does by the clock: each notebook is looked after, whatever is wrong with another one."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from types import SimpleNamespace

import pytest
from journal_messages import TIME, requested, run, stream

from rdf_live.jupyter.journal import Store
from rdf_live.jupyter.server.lasting import Lasting
from rdf_live.jupyter.server.presence import Page
from rdf_live.jupyter.server.rounds import Rounds
from rdf_live.jupyter.server.service import Service

#: So late that nobody who went may come back.
LATER = time.time() + 1000


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


class Written:
    """Writes into notebooks: notes what."""

    def __init__(self, *fails):
        self.asked = []
        self._fails = fails

    async def write(self, path, executions):
        self.asked.append(path)
        if path in self._fails:
            raise OSError(f"{path} is read-only")
        # Cells that were edited are not in the file.
        return [one.id for one in executions if one.source != "edited"]

    def written(self, path):
        return None

    def ours(self, action, path):
        return False

    def forget(self, path):
        pass

    def rename(self, old, new):
        pass

    def shared(self):
        return False


def service_of(store, writer=None):
    async def sessions():
        return []

    app = SimpleNamespace(kernel_manager={}, session_manager=SimpleNamespace(list_sessions=sessions))
    log = logging.getLogger("test")
    service = Service(app, store, Lasting(app, "here", log), log)
    service.writer = writer or Written()
    return service


def ended(store, kernel, path, *, id="m1", source="code"):
    journal = store.open(kernel)
    journal.path = path
    run(journal, id, stream("done\n", id))
    journal.executions[id].source, journal.executions[id].ended = source, time.time()
    store.flush(journal)
    return journal


def rounds_of(service, number=3):
    """Several rounds, each at a time when everything is tried again."""

    async def main():
        rounds = Rounds(service, logging.getLogger("test"))
        await rounds._recover()
        for index in range(number):
            await rounds._round(LATER + 100 * index)
            await service.keeper.write_all([])

    asyncio.run(main())


def test_one_notebook_that_cannot_be_written(store, caplog):
    ended(store, "k1", "a.ipynb")
    ended(store, "k2", "b.ipynb", id="m2")
    service = service_of(store, Written("a.ipynb"))
    rounds_of(service)
    assert service.writer.asked.count("a.ipynb") == 3
    assert service.writer.asked.count("b.ipynb") == 1
    assert store.loaded("b.ipynb") == []
    assert store.loaded("a.ipynb") != []
    assert caplog.text.count("a.ipynb is read-only") == 1


def test_one_journal_that_cannot_be_looked_after(store, monkeypatch, caplog):
    for kernel in ("k1", "k2", "k3"):
        ended(store, kernel, f"{kernel}.ipynb").saved(["m1"])
    release = Store.release

    def fails(self, kernel):
        if kernel == "k2":
            raise OSError(122, "Disk quota exceeded")
        return release(self, kernel)

    monkeypatch.setattr(Store, "release", fails)
    rounds_of(service_of(store))
    assert [path for path in sorted(store.paths()) if store.loaded(path)] == ["k2.ipynb"]
    assert caplog.text.count("Disk quota exceeded") == 2, "once when the server starts, once later"


def test_recovery_goes_on_after_one_that_cannot_be_read(store, monkeypatch, caplog):
    for kernel in ("k1", "k2", "k3"):
        journal = ended(store, kernel, f"{kernel}.ipynb")
        requested(journal, "m2")
        store.flush(journal)
    store = Store(store.folder)
    opened = Store.open

    def fails(self, kernel):
        if kernel == "k2":
            raise PermissionError(13, "no ticket")
        return opened(self, kernel)

    monkeypatch.setattr(Store, "open", fails)
    rounds_of(service_of(store), 0)
    assert [store.loaded(f"{kernel}.ipynb") != [] for kernel in ("k1", "k2", "k3")] == [True, False, True]
    assert "the kernel k2 cannot be read: [Errno 13] no ticket" in caplog.text
    assert store.journals("k1.ipynb")[0].executions["m2"].state == "aborted"


def test_what_cannot_get_into_its_cell_is_not_kept_in_memory(store):
    """It stays on disk, for the page that shows it."""
    ended(store, "k", "a.ipynb", source="edited")
    service = service_of(store)
    rounds_of(service)
    assert service.writer.asked == ["a.ipynb"]
    assert store.loaded("a.ipynb") == []
    assert not store.journals("a.ipynb")[0].executions["m1"].saved


def test_consoles_are_not_kept_in_memory(store):
    ended(store, "console", "")
    ended(store, "live", "")
    service = service_of(store)
    service.watchers["live"] = SimpleNamespace(journal=store.open("live"))
    service._serverapp.kernel_manager["live"] = None
    rounds_of(service, 1)
    assert [journal.kernel for journal in store.loaded("")] == ["live"]
    assert service.writer.asked == []


def test_nothing_is_written_under_a_page(store):
    """Nor does another server do so, for which the file must look alive."""
    ended(store, "k", "a.ipynb")
    os.utime(store.folder / "k.jsonl", (TIME, TIME))
    service = service_of(store)
    service.presence.come(Page("s", "a.ipynb"))
    rounds_of(service)
    assert service.writer.asked == []
    assert store.loaded("a.ipynb") != []
    assert store.heard("k") > time.time() - 60


def told(service, action, path, **more):
    async def main():
        await service.on_contents(None, "", {"action": action, "path": path, **more})
        await service.keeper.write_all([])

    asyncio.run(main())


def test_a_notebook_is_deleted(store):
    """One that gets the same name later has nothing of it; a kernel that goes on has no notebook."""
    ended(store, "k1", "a/Untitled.ipynb")
    ended(store, "k2", "a/Untitled.ipynb")
    service = service_of(store)
    service.watchers["k2"] = SimpleNamespace(journal=store.open("k2"))
    told(service, "delete", "a")
    assert service.snapshot("a/Untitled.ipynb") is None
    assert Store(store.folder).paths() == set()
    assert Store(store.folder).kernels() == ["k2"]


def test_a_folder_is_renamed_while_the_disk_is_full(store, monkeypatch):
    """All that is in it moves; it is written when there is space."""
    for kernel in ("k1", "k2"):
        ended(store, kernel, f"a/{kernel}.ipynb")
    service = service_of(store)
    with monkeypatch.context() as patched:
        patched.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        told(service, "rename", "b", source_path="a")
    assert store.paths() == {"b/k1.ipynb", "b/k2.ipynb"}

    asyncio.run(service_of(store).keeper.write_all(store.loaded("b/k1.ipynb") + store.loaded("b/k2.ipynb")))
    assert Store(store.folder).paths() == {"b/k1.ipynb", "b/k2.ipynb"}


def test_what_another_server_keeps_is_left_alone(store, monkeypatch):
    ended(store, "k", "a.ipynb")
    monkeypatch.setattr(Store, "watched_elsewhere", lambda self, kernel: True)
    monkeypatch.setattr("rdf_live.jupyter.journal.journal_file.JournalFile.watched_elsewhere", lambda *given: True)
    before = (store.folder / "k.jsonl").read_bytes()
    other = Store(store.folder)
    service = service_of(other)
    snapshot = service.snapshot("a.ipynb")
    assert [one["id"] for one in snapshot["executions"]] == ["m1"]
    page = Page("s", "a.ipynb", held={"m1"})
    service.presence.come(page)
    told(service, "save", "a.ipynb")
    service.presence.go(page, clean=True, time=TIME)
    rounds_of(service)
    assert service.writer.asked == []
    assert (store.folder / "k.jsonl").read_bytes() == before
