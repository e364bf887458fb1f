# SPDX-License-Identifier: BSD-3-Clause
"""The folder of journals: what lies in it, who may read it, and what is dropped from it."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

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
    assert found.release("k1")
    assert [journal.kernel for journal in found.loaded("a.ipynb")] == ["k2"]


@pytest.mark.parametrize(("old", "new"), [("a/n.ipynb", "a/m.ipynb"), ("a", "b/c")])
def test_rename(store, old, new):
    written(store, "k", "a/n.ipynb")
    written(store, "other", "ab/n.ipynb")
    for journal in store.rename(old, new):
        store.flush(journal)
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
    # Nobody has touched it for long: if there is such a process, it has the number of one that is gone.
    os.utime(file, (TIME, TIME))
    assert not again(store).watched_elsewhere("k")


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


def kept_elsewhere(store, kernel="k"):
    """As if the process that runs the tests had written it."""
    file = store.folder / f"{kernel}.jsonl"
    header, *rest = file.read_bytes().splitlines(keepends=True)
    by = {"host": socket.gethostname(), "pid": os.getppid()}
    file.write_bytes(json.dumps({**json.loads(header), "by": by}).encode() + b"\n" + b"".join(rest))
    return file


def test_two_servers_with_one_folder(store):
    """What another one keeps is read again at each question, and never written."""
    written(store, "k", "a.ipynb", "m1")
    file = kept_elsewhere(store)
    as_it_was = file.read_bytes()
    other = again(store)
    (copy,) = other.journals("a.ipynb")
    copy.saved(["m1"])
    assert other.flush(copy) == 0
    assert other.loaded("a.ipynb") == []
    assert other.rename("a.ipynb", "b.ipynb") == []
    assert other.drop("a.ipynb", ()) == []
    Store(store.folder, keep_bytes=1).prune(time.time())
    assert file.read_bytes() == as_it_was
    # What it writes meanwhile is there, a new name of the notebook too.
    kept = written(store, "k", "c.ipynb", "m1", "m2")
    kept_elsewhere(store)
    assert other.journals("a.ipynb") != []
    assert other.journals("c.ipynb")[0].snapshot() == kept.snapshot()


def test_somebody_else_has_written_it(store):
    """Nothing is appended to what does not fit: the next writing takes all of it back."""
    journal = written(store)
    file = store.folder / "k.jsonl"
    file.write_bytes(file.read_bytes() + b'{"drop": ["m1"]}\n')
    run(journal, "m2")
    with pytest.raises(OSError, match="somebody else"):
        store.flush(journal)
    store.flush(journal)
    assert again(store).open("k").snapshot() == journal.snapshot()


def test_another_version(store):
    """What it says in another way is left out; the rest is there, and stays."""
    journal = written(store, "k", "a.ipynb", "m1", "m2")
    file = store.folder / "k.jsonl"
    file.write_text(file.read_text().replace('"source":"code m1",', "").replace('"saved":false', '"new":1'))
    found = again(store)
    assert list(found.open("k").executions) == ["m2"]
    run(found.open("k"), "m3")
    found.flush(found.open("k"))
    assert list(again(store).open("k").executions) == ["m2", "m3"]
    file.write_text(file.read_text().replace('{"rdf_live_journal":1', '{"rdf_live_journal":2'))
    assert again(store).kernels() == []
    assert journal.executions


def test_what_cannot_be_read_is_not_written_over(store, monkeypatch):
    """The ticket of a file system has expired, say."""
    journal = written(store)
    found = again(store)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", lambda self: (_ for _ in ()).throw(PermissionError(13, "no ticket")))
        with pytest.raises(PermissionError):
            found.open("k")
        assert found.journals("a.ipynb") == []
        assert found.rename("a.ipynb", "b.ipynb") == []
    assert found.open("k").snapshot() == journal.snapshot()


def test_release_waits_for_the_disk(store):
    """Nothing that is only in memory is forgotten."""
    journal = written(store)
    assert store.release("k")
    (journal,) = store.journals("a.ipynb")
    journal.saved(["m1"])
    assert not store.release("k")
    store.flush(journal)
    assert store.release("k")
    assert store.loaded("a.ipynb") == []
    assert store.flush(journal) == 0, "it is not the one that is read next"
    assert again(store).open("k").executions["m1"].saved


def test_at_rest_it_is_small(store):
    """History that is kept while much happens is dropped when nothing happens any more."""
    journal = store.open("k")
    journal.path = "a.ipynb"
    requested(journal, "m1")
    for index in range(4):
        journal.message(plot("x" * 300_000 + str(index), kind="update_display_data" if index else "display_data"), TIME)
        store.flush(journal)
    assert store.size_bytes() > 1_000_000
    while not store.release("k"):
        store.flush(journal)
    assert store.size_bytes() < 500_000
    assert again(store).open("k").snapshot() == journal.snapshot()


def test_drop(store):
    """A new notebook with the name of one that was deleted begins with nothing."""
    written(store, "k1", "a/n.ipynb")
    written(store, "k2", "a/n.ipynb")
    written(store, "k3", "ab/n.ipynb")
    for journal in store.drop("a", {"k2"}):
        store.flush(journal)
    for one in (store, again(store)):
        assert one.paths() == {"ab/n.ipynb"}
        assert set(one.kernels()) == {"k2", "k3"}
    assert store.open("k2").executions


def test_prune_keeps_what_is_needed(store):
    """Kernels that live, and what is not in its notebook."""
    small = Store(store.folder, keep_bytes=20_000)
    for kernel in ("live 1", "live 2", "live 3", "unsaved 1", "unsaved 2", "unsaved 3", "saved"):
        journal = small.open(kernel)
        run(journal, "m1", stream("x" * 4000))
        journal.executions["m1"].ended = time.time()
        if not kernel.startswith("unsaved"):
            journal.saved(["m1"])
        small.flush(journal)
        assert not kernel.startswith("live") or small.release(kernel)
    os.utime(store.folder / "saved.jsonl", (TIME, TIME))
    small.prune(time.time(), {"live 1", "live 2", "live 3"})
    assert len(small.kernels()) == 6
    assert "saved" not in small.kernels()
    small.prune(time.time())
    assert sum(kernel.startswith("unsaved") for kernel in small.kernels()) == 3


def test_one_journal_does_not_take_everything(store):
    small = Store(store.folder, keep_bytes=40_000)
    journal = small.open("k")
    for number in range(1, 9):
        run(journal, f"m{number}", stream("x" * 3000, f"m{number}"))
    for one in journal.executions.values():
        one.ended = time.time()
    small.flush(journal)
    small.prune(time.time(), {"k"})
    assert list(journal.executions) == ["m6", "m7", "m8"]


def test_leftovers(store):
    """A process was killed while it wrote."""
    left, fresh = store.folder / "k12345.new", store.folder / "k54321.new"
    for file in (left, fresh):
        file.write_text("{")
    os.utime(left, (TIME, TIME))
    store.prune(time.time())
    assert list(store.folder.iterdir()) == [fresh]


def test_the_last_message_that_was_heard(store):
    """Whoever reads the journal knows what it lacks: all that came later."""
    journal = written(store)
    requested(journal, "m1")
    journal.message(stream("one\n") | {"header": {"msg_type": "stream", "msg_id": "s1"}}, TIME)
    store.flush(journal)
    journal.message(status("busy", parent="nobody") | {"header": {"msg_type": "status", "msg_id": "s2"}}, TIME)
    store.flush(journal)
    assert again(store).open("k").heard == "s1", "it says nothing new"
    journal.message(stream("two\n") | {"header": {"msg_type": "stream", "msg_id": "s3"}}, TIME)
    store.flush(journal)
    assert again(store).open("k").heard == "s3"
