# SPDX-License-Identifier: BSD-3-Clause
"""The folder of journals: what lies in it, who may read it, and what is dropped from it."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest
from journal_messages import TIME, begun, plot, requested, run, status, stream

from rdf_live.jupyter.journal import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "made" / "journal")


def written(store, kernel="k", path="a.ipynb", *ids):
    journal = store.open(kernel)
    journal.path = path
    for id in ids or ("m1",):
        run(journal, id, stream("hello\n"))
    store.flush(journal)
    return journal


def again(store):
    """The same folder, as another process finds it."""
    return Store(store.folder)


def test_only_the_owner_reads(store):
    written(store)
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in store.folder.iterdir()] == [0o600]


def test_by_notebook(store):
    written(store, "k1", "a.ipynb")
    written(store, "k2", "a.ipynb")
    written(store, "k3", "b.ipynb")
    found = again(store)
    assert {journal.kernel for journal in found.journals("a.ipynb")} == {"k1", "k2"}
    assert found.paths() == {"a.ipynb", "b.ipynb"}
    assert [journal.kernel for journal in found.loaded("a.ipynb")] == ["k1", "k2"]
    assert found.loaded("b.ipynb") == []
    found.release("k1")
    assert [journal.kernel for journal in found.loaded("a.ipynb")] == ["k2"]


@pytest.mark.parametrize(("old", "new"), [("a/n.ipynb", "a/m.ipynb"), ("a", "b/c")])
def test_rename(store, old, new):
    written(store, "k", "a/n.ipynb")
    written(store, "other", "ab/n.ipynb")
    store.rename(old, new)
    moved = "a/m.ipynb" if old.endswith("ipynb") else "b/c/n.ipynb"
    for one in (store, again(store)):
        assert one.paths() == {moved, "ab/n.ipynb"}
        assert [journal.kernel for journal in one.journals(moved)] == ["k"]


def test_only_what_changed_is_written(store):
    journal = store.open("k")
    journal.path = "a.ipynb"
    requested(journal, "m1")
    for one in (begun(), stream("first\n" * 1000), plot("frame 0")):
        journal.message(one, TIME)
    store.flush(journal)
    journal.message(stream("x"), TIME)
    journal.message(plot("frame 1", kind="update_display_data"), TIME)
    assert store.flush(journal) < 300
    assert store.flush(journal) == 0
    assert again(store).open("k").snapshot() == journal.snapshot()


def test_updates_do_not_fill_the_disk(store):
    """What is history is dropped when it is most of the file."""
    journal = store.open("k")
    journal.path = "a.ipynb"
    requested(journal, "m1")
    journal.message(begun(), TIME)
    for index in range(100):
        journal.message(
            plot(f"{index:3d}" + "x" * 100_000, kind="display_data" if not index else "update_display_data"), TIME
        )
        store.flush(journal)
    assert store.size_bytes() < 1_300_000
    assert again(store).open("k").snapshot() == journal.snapshot()


def test_a_disk_that_is_full(store, monkeypatch):
    """Nothing that was written is damaged, and the next flush brings all of it."""
    journal = written(store)
    before = journal.snapshot()
    journal.message(stream("more\n"), TIME)

    def full(file, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda file, data: full(file, data))
        with pytest.raises(OSError, match="No space"):
            store.flush(journal)
    assert again(store).open("k").snapshot() == before
    store.flush(journal)
    assert again(store).open("k").snapshot() == journal.snapshot()
    assert [file.suffix for file in store.folder.iterdir()] == [".jsonl"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]\n", b'{"kernel": "k"}\n', b"\xff\xfe\n"])
def test_files_that_are_no_journals(store, content):
    (store.folder / "odd.jsonl").write_bytes(content)
    assert again(store).kernels() == []


@pytest.mark.parametrize("line", [b"nonsense", b"[]", b'{"id": "m9"}', b'{"id": "m1", "n": 5, "out": []}', b"\xff"])
def test_a_record_that_is_nonsense(store, line):
    """What came before it stands, and what comes after it is written to a sound file."""
    journal = written(store)
    (file,) = store.folder.iterdir()
    file.write_bytes(file.read_bytes() + line + b"\n")
    found = again(store)
    assert found.open("k").snapshot() == journal.snapshot()
    run(found.open("k"), "m2")
    found.flush(found.open("k"))
    assert list(again(store).open("k").executions) == ["m1", "m2"]


def test_prune(store):
    now = TIME + 1000 * 86_400
    old, new = written(store, "old"), written(store, "new", "a.ipynb", "m1", "m2")
    for kernel, touched in (("old", now - 31 * 86_400), ("new", now)):
        os.utime(store.folder / f"{kernel}.jsonl", (touched, touched))
    assert old.executions
    assert new.executions
    for one in new.executions.values():
        one.ended = now
    store.prune(now)
    assert store.kernels() == ["new"]
    assert [file.stem for file in store.folder.iterdir()] == ["new"]
    small = Store(store.folder, keep_bytes=10)
    small.prune(now)
    assert small.kernels() == []


def test_prune_keeps_what_runs(store):
    journal = store.open("k")
    requested(journal, "m1")
    journal.message(status("busy"), TIME)
    store.flush(journal)
    store.prune(time.time() + 40 * 86_400)
    assert store.kernels() == ["k"]


@pytest.mark.parametrize(
    ("by", "elsewhere"),
    [
        ({"host": socket.gethostname(), "pid": os.getpid()}, False),
        ({"host": socket.gethostname(), "pid": os.getppid()}, True),
        ({"host": socket.gethostname(), "pid": 2**22 + 1}, False),
        ({"host": "another", "pid": 1}, True),
    ],
)
def test_who_else_watches(store, by, elsewhere):
    written(store)
    (file,) = store.folder.iterdir()
    header, *rest = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(json.dumps({**json.loads(header), "by": by}).encode() + b"\n" + b"".join(rest))
    assert again(store).watched_elsewhere("k") is elsewhere
    # Nobody on another machine has touched it for long.
    os.utime(file, (TIME, TIME))
    assert again(store).watched_elsewhere("k") is (elsewhere and by["host"] != "another")


def test_pruned_and_written_again(store):
    """A kernel that was idle for long goes on."""
    journal = written(store)
    store.prune(time.time() + 40 * 86_400)
    assert store.kernels() == []
    run(journal, "m2")
    store.flush(journal)
    assert again(store).journals("a.ipynb")[0].snapshot() == journal.snapshot()


def test_prune_keeps_what_is_new(store):
    journal = store.open("k")
    store.prune(time.time())
    assert store.open("k") is journal
