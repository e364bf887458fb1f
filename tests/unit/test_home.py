# SPDX-License-Identifier: BSD-3-Clause
"""The private folder of a cluster."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from rdf_live.cluster import tls
from rdf_live.cluster.home import Home
from rdf_live.errors import BadInput, ClusterTrouble


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "clusters", "naf")
    made.make()
    return made


def test_nobody_else_can_read_it(home):
    home.write("record", {"address": "tls://10.0.0.1:8786"})
    tls.make(home.tls)
    for folder in (home.path.parent, home.path, home.tls, home.jobs):
        assert mode(folder) == 0o700
    for file in (home.path / "record.json", *(home.tls / name for name in tls.FILES)):
        assert mode(file) == 0o600


def test_a_second_time_changes_nothing(home):
    home.write("request", {"id": "a"})
    home.make()
    assert home.read("request") == {"id": "a"}
    assert [each.name for each in Home.all(home.path.parent)] == ["naf"]


@pytest.mark.parametrize(
    ("folder", "bad"), [("path", 0o750), ("path", 0o701), ("tls", 0o704), ("parent", 0o770), ("parent", 0o702)]
)
def test_a_folder_that_lets_others_in_is_refused(home, folder, bad):
    place = home.path.parent if folder == "parent" else getattr(home, folder)
    place.chmod(bad)
    with pytest.raises(BadInput, match=rf"{bad:04o}.*chmod 700 {place}"):
        home.make()


@pytest.mark.parametrize(
    ("bad", "closed", "refused"),
    [(0o777, False, True), (0o770, False, True), (0o1777, False, False), (0o755, False, False), (0o777, True, False)],
    ids=["open", "open to a group", "sticky", "can be read", "behind a closed one"],
)
def test_nobody_can_put_another_in_its_place(bad, closed, refused):
    """Whoever writes two levels up can replace the folder of the clusters, keys and all."""
    # Not in pytest's own folder, which lets nobody through.
    with tempfile.TemporaryDirectory() as top:
        upper = Path(top) / "upper"
        home = Home(upper / "state" / "clusters", "naf")
        home.make()
        upper.chmod(bad)
        Path(top).chmod(0o700 if closed else 0o755)
        if refused:
            with pytest.raises(BadInput, match=rf"{upper} with mode {bad:04o}.*chmod go-w {upper}"):
                home.make()
        else:
            home.make()


def test_all_folders_that_it_makes_are_private(tmp_path):
    before = os.umask(0o002)
    try:
        Home(tmp_path / "a" / "b" / "clusters", "naf").make()
    finally:
        os.umask(before)
    assert [mode(tmp_path / each) for each in ("a", "a/b", "a/b/clusters")] == [0o700] * 3


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"cannot be made.*directory="):
        Home(tmp_path / "file" / "clusters", "naf").make()


@pytest.mark.parametrize("name", ["", "../other", "a/b", ".hidden", "x" * 65, "sp ace"])
def test_a_name_is_a_folder_of_one_level(tmp_path, name):
    with pytest.raises(BadInput, match="name: got"):
        Home(tmp_path, name)


def test_one_process_holds_it(home):
    assert not home.locked()
    with home.lock() as first, home.lock() as second:
        assert first is not None
        assert second is None
        assert home.locked()
        assert home.holder() is None
        home.sign(first, 12345)
        assert home.holder() == 12345
        home.sign(first, 17)
        assert home.holder() == 17, "what was longer is not read"
    assert not home.locked()
    assert home.holder() is None


@pytest.mark.parametrize("text", ["other.example.org 12345\n", "12345", "", "a b c\n"])
def test_a_process_of_another_host_is_none_of_ours(home, text):
    with home.lock() as first:
        os.pwrite(first, text.encode(), 0)
        assert home.locked()
        assert home.holder() is None


def test_a_file_system_without_locks(home, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(BadInput, match=r"cannot be locked \(No locks available\).*directory="), home.lock():
        pass


def test_a_process_that_has_the_descriptor_holds_it_too(home):
    with home.lock() as descriptor:
        child = subprocess.Popen(["sleep", "1000"], pass_fds=[descriptor])
    assert home.locked()
    child.kill()
    child.wait()
    assert not home.locked()


@pytest.mark.parametrize("comes", ["before it is removed", "after it was removed"])
def test_who_waited_for_a_folder_that_was_removed_locks_the_new_one(home, comes, monkeypatch):
    order = []
    opened = threading.Event()
    flock = fcntl.flock

    def opens(descriptor, operation):
        if threading.current_thread() is thread:
            opened.set()
        flock(descriptor, operation)

    def wait():
        with home.lock("connecting", wait=True):
            order.append("second")
            assert home.path.is_dir()

    thread = threading.Thread(target=wait)
    monkeypatch.setattr(fcntl, "flock", opens)
    with home.lock("connecting"):
        order.append("first")
        if comes == "before it is removed":
            thread.start()
            assert opened.wait(30)
            home.remove()
        else:
            home.remove()
            thread.start()
    thread.join(30)
    assert order == ["first", "second"]
    with home.lock("connecting") as free:
        assert free is not None


def test_an_unreadable_record_says_what_to_do(home):
    (home.path / "record.json").write_text("{")
    with pytest.raises(ClusterTrouble, match="rdf-live down naf"):
        home.read("record")
    assert home.read("failure") is None


def test_keys_go_when_it_ends_and_logs_stay(home):
    tls.make(home.tls)
    home.log.write_text("why")
    home.write("record", {})
    home.forget()
    assert not home.tls.exists()
    assert home.read("record") is None
    assert home.log.read_text() == "why"
    home.make()
    home.remove()
    assert not home.path.exists()
