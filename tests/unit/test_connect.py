# SPDX-License-Identifier: BSD-3-Clause
"""What stands between a call and a cluster: everything is said before anything is started."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import pytest

import rdf_live
from rdf_live.cluster import connect, detached, local, place, tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.home import HOST, Home
from rdf_live.cluster.profile import load
from rdf_live.cluster.status import ClusterStatus, JobStatus
from rdf_live.errors import BadInput, ClusterTrouble, RunLost, VersionMismatch, WrongKind


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with condor_submit where nothing may be begun; gives the folder of its clusters."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    program(tmp_path, "condor_submit", "exit 1")

    folder = tmp_path / "state" / "rdf_live" / "clusters"
    yield folder
    assert not list(folder.glob("*/request.json")), "a cluster was begun"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("workers", [0, -1])
def test_too_few_workers(workers: int) -> None:
    with pytest.raises(BadInput, match=f"workers: got {workers}, expected 1 or more"):
        rdf_live.connect("htcondor", workers=workers)


@pytest.mark.parametrize("workers", [True, 2.5, "2"])
def test_what_is_no_number_of_workers(workers: Any) -> None:
    with pytest.raises(WrongKind, match="expected a whole number"):
        rdf_live.connect("htcondor", workers=workers)


def test_what_is_no_cluster() -> None:
    with pytest.raises(WrongKind, match="got a int, expected the name of a profile, an address"):
        rdf_live.connect(17)


@pytest.mark.parametrize("where", ["local", "tcp://127.0.0.1:1"])
def test_values_of_jobs_where_there_are_none(where: str) -> None:
    with pytest.raises(BadInput, match=r"got name=\.\.\., expected none of these here"):
        rdf_live.connect(where, name="mine")


def test_no_batch_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterTrouble, match="got no condor_submit on this machine"):
        rdf_live.connect("htcondor")


def test_a_folder_that_others_can_write_to(state: Path) -> None:
    state.mkdir(parents=True)
    state.chmod(0o777)
    with pytest.raises(BadInput, match=rf"0777, which lets others in.*chmod 700 {state}"):
        rdf_live.connect("htcondor")


def test_a_ticket_that_has_expired(tmp_path: Path) -> None:
    program(
        tmp_path,
        "klist",
        'case "$*" in *s*) exit 1;; esac\n'
        "cat <<END\nTicket cache: FILE:/tmp/krb5cc_1000\nDefault principal: me@EXAMPLE.ORG\n\n"
        "Valid starting     Expires            Service principal\n"
        "01/02/20 10:00:00  01/02/20 20:00:00  krbtgt/EXAMPLE.ORG@EXAMPLE.ORG\nEND",
    )
    with pytest.raises(ClusterTrouble, match=r"(?i)ticket.*kinit"):
        rdf_live.connect("htcondor", credentials=["kerberos"])


ACL = """Access list for /afs/x is
Normal rights:
  system:anyuser {}
  joe rlidwka
"""


@pytest.mark.parametrize("rights", ["rl", "l", None])
def test_keys_in_afs(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rights: str | None
) -> None:
    """They are not made where the whole world could read them."""
    monkeypatch.setattr(place, "_AFS", {place.place(tmp_path).kind})
    program(tmp_path, "fs", "exit 1" if rights is None else f"cat <<END\n{ACL.format(rights)}\nEND")
    monkeypatch.setattr(detached, "begin", lambda *_: pytest.fail("begun"))
    command = f"fs setacl -dir {state} {state}/htcondor {state}/htcondor/tls -acl system:anyuser none"
    if rights == "rl":
        with pytest.raises(BadInput, match=f"system:anyuser may read it, and so the keys.*{command}"):
            rdf_live.connect("htcondor")
        return
    with pytest.raises(pytest.fail.Exception, match="begun"):
        rdf_live.connect("htcondor")
    assert (command in capsys.readouterr().out) == (rights is None)


def test_what_is_said_of_a_cluster_that_runs(home: Home, tmp_path: Path) -> None:
    """Values of the user's own file that have changed since; not those of the call that began it."""
    own = tmp_path / "config" / "rdf_live" / "htcondor.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("memory: 3GB\nruntime: 5h\nworkers: 3\n")
    home.write("request", {"profile": load("htcondor", {"runtime": "1h"}).as_dict()})
    assert connect._not_taken(home, load("htcondor")) == []
    own.write_text("memory: 4GB\nruntime: 6h\nworkers: 7\n")
    (said,) = connect._not_taken(home, load("htcondor"))
    assert said == (
        "your profile now says memory=4000000000 (it has 3000000000); that counts for a new cluster: "
        "rdf-live down htcondor"
    )
    own.unlink()
    (said,) = connect._not_taken(home, load("htcondor"))
    assert "memory=2000000000 (it has 3000000000)" in said
    home.remove()


class Running:
    """A client of a cluster that runs."""

    def close(self) -> None:
        pass


def test_a_ticket_that_has_ended_since(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cluster and its jobs have theirs, new jobs may not be taken: that is said, and no obstacle."""
    program(tmp_path, "klist", "exit 1")
    monkeypatch.setattr(detached, "reach", lambda _: Running())
    monkeypatch.setattr(connect, "cluster_status", lambda _: status())
    home.write("request", {"profile": load("htcondor").as_dict()})
    _, new = connect.up(replace(load("htcondor"), credentials=("kerberos",)))
    assert not new
    said = capsys.readouterr().out
    assert said.startswith("htcondor runs, but new jobs of it may be refused: ")
    assert "Type: kinit" in said
    home.remove()


@pytest.mark.parametrize("here", ["naf", None])
def test_no_name_is_the_profile_of_this_machine(monkeypatch: pytest.MonkeyPatch, here: str | None) -> None:
    asked: list[str] = []

    def load_nothing(name: str, _: Any) -> None:
        asked.append(name)
        raise KeyboardInterrupt

    monkeypatch.setattr(connect, "detect", lambda: here)
    monkeypatch.setattr(connect, "load", load_nothing)
    with pytest.raises(KeyboardInterrupt):
        rdf_live.connect()
    assert asked == [here or "local"]


def record(home: Home, **values: Any) -> None:
    found = {"host": HOST, "version": rdf_live.__version__, "address": "tls://127.0.0.1:1", "id": "a", "pid": 1}
    home.write("record", found | values)


@pytest.fixture
def home(state: Path) -> Home:
    made = Home(state, "htcondor")
    made.make()
    return made


def test_a_process_that_was_killed_is_no_cluster(home: Home) -> None:
    assert detached.reach(home) is None
    record(home)
    assert detached.reach(home) is None


def test_another_version(home: Home) -> None:
    record(home, version="0.0.1")
    with home.lock(), pytest.raises(VersionMismatch, match=r"of rdf_live 0\.0\.1, expected"):
        detached.reach(home)


def test_one_that_begins_for_ever(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detached, "_START_TIMEOUT_S", 0.1)
    with home.lock(), pytest.raises(ClusterTrouble, match=r"beginning or ending.*rdf-live down htcondor"):
        rdf_live.connect("htcondor")


def test_one_that_lives_elsewhere_is_left_as_it_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all machines see the locks: its number is that of somebody else's process here."""
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("a process of this machine was killed"))
    monkeypatch.setattr(tools, "remove_now", lambda *_: pytest.fail("its jobs were removed"))
    home.write("request", {"id": "a"})
    record(home, host="login2")
    (home.tls / "key.pem").write_text("")
    with home.lock() as lock:
        assert lock is not None
        os.pwrite(lock, f"login2 {os.getppid()}\n".encode(), 0)
        with pytest.raises(ClusterTrouble, match=r"lives on login2.*Log in there and type: rdf-live down htcondor"):
            detached.end(home)
    assert (home.tls / "key.pem").exists()
    assert home.read("record")
    removed: list[str] = []
    monkeypatch.setattr(tools, "remove_now", removed.append)
    assert "login2 did not answer; removed what was left" in detached.end(home)
    assert len(removed) == 1


def test_a_number_that_is_somebody_elses(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    monkeypatch.setattr(detached, "_END_TIMEOUT_S", 0.0)
    with home.lock() as lock:
        assert lock is not None
        home.sign(lock, 1)
        assert "had ended" in detached.end(home)


@pytest.mark.parametrize(
    ("file", "given", "expected"),
    [
        (None, None, None),
        (None, 3, 3),
        ("workers: 2", None, 2),
        ("workers: 2", 3, 3),
        ("workers: 0", None, None),
        ("kind: local", None, None),
    ],
)
def test_the_users_own_number_of_local_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str | None, given: int | None, expected: int | None
) -> None:
    name = "mine" if file == "kind: local" else "local"
    if file is not None:
        (tmp_path / "config" / "rdf_live").mkdir(parents=True)
        (tmp_path / "config" / "rdf_live" / f"{name}.yaml").write_text(file)
    started: list[int | None] = []
    monkeypatch.setattr(local, "start", started.append)
    rdf_live.connect(name, workers=given)
    assert started == [expected]


def test_an_address_that_ps_prints(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are those of the cluster that has it."""
    tls.make(home.tls)
    record(home, address="tls://192.0.2.7:8786")
    home.write("request", {})
    given: dict[str, Any] = {}
    monkeypatch.setattr(local, "Client", lambda address, **values: given.update(values))
    rdf_live.connect("tls://192.0.2.7:8786")
    assert given["security"].tls_client_key == str(home.tls / "key.pem")
    with pytest.raises(BadInput, match=r"got 'tls://192\.0\.2\.7:1', expected the name of the cluster.*rdf-live ps"):
        rdf_live.connect("tls://192.0.2.7:1")
    files = {"ca-file": "certificate.pem", "client.cert": "certificate.pem", "client.key": "key.pem"}
    with dask.config.set({f"distributed.comm.tls.{key}": str(home.tls / name) for key, name in files.items()}):
        rdf_live.connect("tls://192.0.2.7:1")
    assert given["security"].get_connection_args("client")["ssl_context"], "what Dask was told of"
    home.remove()


class Waiting:
    """A client of a cluster whose states are told one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *states: ClusterStatus | Exception) -> None:
        self.status = "running"
        self._states = list(states)
        monkeypatch.setattr(connect, "cluster_status", self.next)
        monkeypatch.setattr(connect, "_LOOK_S", 0.0)

    def next(self, _: Any) -> ClusterStatus:
        found = self._states.pop(0)
        if isinstance(found, Exception):
            self.status = "closed"
            raise found
        return found


def status(state: str = "idle", **more: Any) -> ClusterStatus:
    jobs = (JobStatus("1.0", "w", state, host="node7"),)  # type: ignore[arg-type]
    return ClusterStatus("naf", "naf", "tls://x:1", target=1, jobs=jobs, log="/x/holder.log", **more)


def test_it_says_why_it_waits(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each sentence once, the first at once, and the last."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now.__setitem__(0, now[0] + 1) or now[0])
    states = [status()] * 5 + [status("running")] * 5 + [status("running", workers=("node7",))]
    connect._first_worker(Waiting(monkeypatch, *states), home, None, new=True)  # type: ignore[arg-type]
    assert capsys.readouterr().out.splitlines() == [
        "naf: 0 of 1 workers; 1 job idle",
        "naf: 0 of 1 workers; 1 job starting",
        "naf: 1 of 1 workers",
    ]


def test_a_worker_that_is_there_needs_no_words(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect._first_worker(Waiting(monkeypatch, status(workers=("node7",))), home, None, new=False)  # type: ignore[arg-type]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("more", [{"target": 0}, {"target": 8, "adapts": (0, 8)}])
def test_none_are_waited_for_where_none_are_wanted(
    home: Home, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    found = ClusterStatus("naf", "naf", "tls://x:1", **more)
    connect._first_worker(Waiting(monkeypatch, found), home, 0, new=False)  # type: ignore[arg-type]


def test_ctrl_c_says_what_stays(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def up(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(connect, "up", up)
    with pytest.raises(KeyboardInterrupt):
        rdf_live.connect("htcondor")
    assert capsys.readouterr().out == "", "there is none"
    with home.lock(), pytest.raises(KeyboardInterrupt):
        rdf_live.connect("htcondor")
    assert capsys.readouterr().out == (
        "htcondor: It goes on waiting by itself, for 1 d at most: connect again later, look with rdf-live ps, "
        "or end it with rdf-live down htcondor\n"
    )


def test_one_that_nobody_used(home: Home) -> None:
    home.write("request", {"profile": load("htcondor").as_dict()})
    home.log.write_text("begins\n")
    assert detached.why(home, "ended") == f"cluster htcondor: ended. More is in {home.log}"
    home.log.write_text("cluster htcondor ends: idle for long\nmore\n")
    assert detached.why(home, "ended") == f"cluster htcondor: ended: nobody used it for 1 h. More is in {home.log}"
    home.log.write_text("cluster htcondor ends: shut down by a client\n")
    assert "ended: a client has shut it down (client.shutdown()" in detached.why(home, "ended")
    home.remove()


def test_trouble_and_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClusterTrouble, match=r"naf: it is refused\. More is in /x/holder\.log"):
        connect._first_worker(Waiting(monkeypatch, status(trouble="it is refused.")), home, None, new=False)  # type: ignore[arg-type]
    with pytest.raises(ClusterTrouble, match=r"1 job idle: none came in 0 s.*rdf-live down naf"):
        connect._first_worker(Waiting(monkeypatch, status(), status()), home, 0, new=False)  # type: ignore[arg-type]
    home.write("failure", {"message": "there is no port"})
    with pytest.raises(ClusterTrouble, match=r"cluster htcondor: there is no port\. More is in"):
        connect._first_worker(Waiting(monkeypatch, RunLost("gone")), home, None, new=False)  # type: ignore[arg-type]
