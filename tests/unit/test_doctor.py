# SPDX-License-Identifier: BSD-3-Clause
"""What the doctor says of what it finds, and its connections; the real ones are in tests/condor."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rdf_live.cluster import place, ports, tls
from rdf_live.cluster.condor.jobs import Job
from rdf_live.cluster.doctor import batch, folder, machine, network, node, software, table, verdict, wire
from rdf_live.cluster.doctor.facts import facts
from rdf_live.cluster.doctor.job import Outcome
from rdf_live.cluster.doctor.meet import Meeting
from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.profile import Profile
from rdf_live.errors import BadInput, ClusterTrouble

GB = 1_000_000_000
ROOT = {"version": "6.40.00", "seconds": 2.5, "memory_bytes": 512_000_000, "histogram": True, "compiles": True}


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile("site", directory=str(tmp_path / "clusters"))


@pytest.fixture
def there() -> dict:
    """Facts of a node."""
    return {
        **facts("/"),
        "slot": {"Cpus": "1", "Memory": "1908"},
        "memory_limit_bytes": 2 * GB,
        "scratch": "/pool/dir_1",
        "scratch_free_bytes": 10 * GB,
        "open_files": [4096, 4096],
    }


def programs(monkeypatch: pytest.MonkeyPatch, **answers: str) -> list[tuple[str, ...]]:
    """HTCondor's and AFS's programs, as far as they are there."""
    asked: list[tuple[str, ...]] = []

    async def run(*command: str, timeout_s: float = 60.0) -> str:
        asked.append(command)
        answer = answers.get(command[0])
        if answer is None:
            raise ClusterTrouble(f"got no {command[0]} on this machine")
        return answer

    for module in (batch, folder):
        monkeypatch.setattr(module.tools, "run", run)
    monkeypatch.setattr(batch.shutil, "which", lambda name: f"/usr/bin/{name}" if name in answers else None)
    return asked


# --- the table --------------------------------------------------------------------------------------------------------


def test_a_table_is_plain_text():
    rows = [
        Row("Python", "ok", "3.11"),
        Row("a longer name", "problem", "word " * 40, "do this"),
        Row("job", "not checked", "first line\nsecond line"),
    ]
    text = table.section("here", rows)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 110
    assert text.splitlines()[:2] == ["here", "  ok           Python         3.11"]
    assert "\n                              -> do this\n" in text
    assert text.endswith("  not checked  job            first line\n                              second line")
    assert table.summary(rows) == "1 problem, no warnings, 1 not checked"
    assert table.status(rows) == 1
    assert table.status([Row("a", "ok", ""), Row("b", "warning", ""), Row("c", "not checked", "")]) == 0


def test_what_a_job_printed_does_not_move_the_cursor():
    printed = "\x1b[31mred\x1b[0m \r\x07\u202ebackwards"
    assert table.section("t", [Row("job", "problem", printed)]).split() == ["t", "problem", "job", "red", "backwards"]


def test_secrets_are_not_shown():
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2lnbmF0dXJl"
    rows = [Row("job", "problem", f"hunter22 {token} -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- end")]
    secrets = table.secret_values({"DB_PASSWORD": "hunter22", "BEARER_TOKEN_FILE": "/tmp/bt_u1", "HOME": "/home/joe"})
    assert secrets == ["hunter22"]
    assert table.section("t", rows, secrets).split() == ["t", "problem", "job", "***", "***", "***", "end"]


def test_the_tail_of_what_a_job_said():
    assert table.tail("a\n\n  b\nc\n\nd\ne\n" + "f" * 400) == "c\nd\ne\n" + "f" * 300


# --- this machine -----------------------------------------------------------------------------------------------------


def test_packages_are_named_with_how_to_get_them(there):
    there["packages"] = {"dask": "2026.8.0", "distributed": "2026.8.0", "dask-jobqueue": "", "cryptography": "42.0"}
    row = software.packages(there, batch=True)
    assert (row.state, row.found) == (
        "problem",
        "dask 2026.8.0, distributed 2026.8.0, cryptography 42.0; missing: dask-jobqueue",
    )
    assert "conda install dask-jobqueue" in row.remedy
    assert software.packages(there, batch=False).state == "ok"


@pytest.mark.parametrize(
    ("found", "state", "text"),
    [
        (ROOT, "ok", "6.40.00, ready in 2.5 s with 512 MB of memory"),
        ({"error": "rdf_live needs ROOT >= 6.36, got none"}, "problem", "rdf_live needs ROOT >= 6.36, got none"),
        ({"version": "6.40.00", "error": "signal 11"}, "problem", "ROOT 6.40.00: signal 11"),
        ({"version": "6.40.00", "late": 40}, "warning", "6.40.00 was not ready after 40 s"),
        ({**ROOT, "compiles": False, "error": "no <vector>"}, "problem", "6.40.00 loads, .* compile: no <vector>"),
        ({**ROOT, "histogram": False}, "problem", "6.40.00 loads, but a histogram"),
        ({}, "problem", "it did not load"),
    ],
)
def test_root(found, state, text):
    row = software.root(found, remedy="get it")
    assert row.state == state
    assert re.match(text, row.found)
    assert bool(row.remedy) == (state != "ok")


def test_without_htcondor(monkeypatch):
    programs(monkeypatch)
    row = asyncio.run(batch.programs(spool=False))
    assert row.state == "problem"
    assert row.found == "not on PATH: condor_submit, condor_q, condor_rm, condor_status"
    assert "a machine that jobs are submitted from" in row.remedy


def test_spooled_jobs_need_one_program_more(monkeypatch):
    have = dict.fromkeys(("condor_submit", "condor_q", "condor_rm", "condor_status", "condor_history"), "")
    programs(monkeypatch, **have, condor_version="$CondorVersion: 23.9.6 2026-07-12 $\n$CondorPlatform: x $\n")
    assert asyncio.run(batch.programs(spool=False)) == Row("HTCondor", "ok", "version 23.9.6 (/usr/bin/condor_submit)")
    row = asyncio.run(batch.programs(spool=True))
    assert (row.state, row.found) == (
        "warning",
        "version 23.9.6 (/usr/bin/condor_submit); not on PATH: condor_transfer_data",
    )


def test_the_queue_and_the_pool(monkeypatch):
    programs(
        monkeypatch,
        condor_q="\n-- Schedd: s\nTotal for joe: 1 jobs; 1 idle\nTotal for all users: 312 jobs; 300 idle\n",
        condor_status="       Machines Owner\n\n  X86_64/LINUX  7 0\n\n         Total  7 0\n",
    )
    assert asyncio.run(batch.queue()).found == "answers: 312 jobs; 300 idle"
    assert asyncio.run(batch.pool()).found == "answers: 7 slots"
    programs(monkeypatch)
    assert asyncio.run(batch.queue()).state == "problem"
    assert asyncio.run(batch.pool()).state == "warning"


def test_what_the_pool_is_too_small_for(monkeypatch, profile):
    asked = programs(monkeypatch, condor_status="")
    large = dataclasses.replace(profile, memory=100 * GB, gpus=2)
    assert asyncio.run(batch.too_much(large)) == "no slot has 100 GB of memory or 2 GB of disk or 2 GPU"
    assert ("condor_status", "-limit", "1", "-constraint", "TotalSlotMemory >= 95367", "-af", "Machine") in asked
    programs(monkeypatch, condor_status="node1\n")
    assert asyncio.run(batch.too_much(large)) == ""
    programs(monkeypatch)
    assert asyncio.run(batch.too_much(large)) == ""


def test_one_machine_is_a_pool_that_is_this_one(monkeypatch):
    programs(monkeypatch, condor_status="a.org d\na.org d\n", condor_config_val="a.org\nd\n")
    assert asyncio.run(batch.machines()) == batch.Pool(frozenset({"a.org"}), frozenset({"d"}), "a.org", "d")
    assert asyncio.run(batch.machines()).one_machine
    programs(monkeypatch, condor_status="wn.org d\n", condor_config_val="a.org\nd\n")
    assert not asyncio.run(batch.machines()).one_machine
    programs(monkeypatch)
    assert asyncio.run(batch.machines()) == batch.Pool()
    assert not batch.Pool().one_machine


MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /home rw - nfs4 server:/home rw
24 22 0:21 / /afs rw - openafs AFS rw
25 22 0:22 / /with\040space rw - lustre x rw
26 22 0:23 / /home rw - gpfs later rw
""".strip()


@pytest.mark.parametrize(
    ("path", "kind", "local"),
    [
        ("/var/lib", "ext4", True),
        ("/homework", "ext4", True),
        ("/home/joe", "gpfs", False),
        ("/afs/cern.ch/user/j/joe", "afs", False),
        ("/with space/x", "lustre", False),
    ],
)
def test_where_a_folder_really_is(path, kind, local):
    found = place.place(Path(path), MOUNTS)
    assert (found.kind, found.local, found.afs) == (kind, local, kind == "afs")


def test_afs_is_known_by_its_path_too():
    assert place.place(Path("/afs/desy.de/user"), "").afs
    assert place.place(Path("/somewhere"), "") == place.Place(Path("/somewhere"), "unknown")


ACL = """Access list for /afs/x/user is
Normal rights:
  system:administrators rlidwka
  system:anyuser {}
  joe rlidwka
Negative rights:
  system:authuser rl
"""


def test_the_state_directory(monkeypatch, profile, tmp_path):
    tmp_path.chmod(0o700)
    row = asyncio.run(folder.private(profile, place.Place(tmp_path, "ext4"), None))
    assert row.state == "ok"
    assert "mode 0700" in row.found
    failed = asyncio.run(folder.private(profile, place.Place(tmp_path, "ext4"), BadInput("got mode 0777")))
    assert (failed.state, failed.found) == ("problem", "got mode 0777")


@pytest.mark.parametrize(("rights", "state"), [("l", "ok"), ("rl", "problem"), (None, "warning")])
def test_in_afs_its_access_list_counts(monkeypatch, profile, rights, state):
    programs(monkeypatch, **({} if rights is None else {"fs": ACL.format(rights)}))
    row = asyncio.run(folder.private(profile, place.Place(Path("/afs/x/user"), "afs"), None))
    assert row.state == state
    assert "mode bits mean nothing" in row.found
    assert ("fs setacl -dir /afs/x/user -acl system:anyuser none" in row.remedy) == (state != "ok")


def test_who_shares_files(profile):
    local, far = place.Place(Path("/s"), "xfs"), place.Place(Path("/s"), "gpfs")
    two = batch.Pool(frozenset({"a", "b"}), frozenset({"d"}), "login", "d")
    assert folder.shared(profile, far, two).state == "ok"
    assert folder.shared(profile, local, two).state == "warning"
    assert "tls=transfer" in folder.shared(profile, local, two).remedy
    assert folder.shared(dataclasses.replace(profile, tls="transfer"), local, two).state == "ok"
    assert folder.shared(profile, local, batch.Pool(frozenset({"a"}), frozenset({"d"}), "a", "d")).state == "ok"
    other = folder.shared(profile, far, dataclasses.replace(two, domain="e"))
    assert other.state == "warning"
    assert "FILESYSTEM_DOMAIN e, that of nodes d" in other.found


@pytest.mark.parametrize(
    ("path", "kind", "spool", "state"),
    [
        ("/home/joe", "nfs", False, "ok"),
        ("/afs/x", "afs", False, "warning"),
        ("/eos/user", "fuse", False, "warning"),
        ("/afs/x", "afs", True, "ok"),
    ],
)
def test_where_the_log_of_the_jobs_is(profile, path, kind, spool, state):
    assert folder.job_log(dataclasses.replace(profile, spool=spool), place.Place(Path(path), kind)).state == state


@pytest.mark.parametrize(
    ("used", "state"), [("12%", "ok"), ("91%<<", "warning"), ("99%<<", "problem"), ("", "not checked")]
)
def test_the_quota_of_an_afs_home(monkeypatch, used, state):
    programs(
        monkeypatch, fs=f"Volume Name  Quota  Used %Used   Partition\nuser.joe  100 91  {used}  40%\n" if used else ""
    )
    row = asyncio.run(folder.quota(place.Place(Path("/afs/x/joe"), "afs")))
    assert row is not None
    assert row.state == state
    assert asyncio.run(folder.quota(place.Place(Path("/home/joe"), "nfs"))) is None


def test_disk_space(monkeypatch, tmp_path):
    where = place.Place(tmp_path, "ext4")
    for free, state in ((5 * GB, "ok"), (300_000_000, "warning"), (1000, "problem")):
        monkeypatch.setattr(folder.shutil, "disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))
        assert folder.space(where).state == state
    assert folder.space(place.Place(Path("/afs/x"), "afs")).state == "ok"


def test_memory_and_files(monkeypatch, profile):
    assert machine.memory(profile).state == "ok"
    assert machine.memory(dataclasses.replace(profile, memory=GB)).state == "warning"
    for limits, state in (((1024, 4096), "ok"), ((200, 4096), "ok"), ((100, 100), "problem"), ((-1, -1), "ok")):
        monkeypatch.setattr(machine.resource, "getrlimit", lambda _, limits=limits: limits)
        assert machine.open_files(profile).state == state


def test_the_address_that_workers_get(monkeypatch, profile):
    pool = batch.Pool(frozenset({"a", "b"}), frozenset(), "a")
    monkeypatch.setattr(machine, "get_ip", lambda: "192.0.2.7")
    assert machine.address(profile, pool) == Row("address", "ok", "192.0.2.7")
    monkeypatch.setattr(machine, "get_ip", lambda: "127.0.0.1")
    assert machine.address(profile, pool).state == "problem"
    assert machine.address(profile, batch.Pool(frozenset({"a"}), frozenset(), "a")).state == "warning"
    assert machine.address(dataclasses.replace(profile, scheduler_host="127.0.0.1"), pool).state == "problem"
    assert (
        "127.0.0.1 (scheduler_host)"
        in machine.address(dataclasses.replace(profile, scheduler_host="127.0.0.1"), pool).found
    )


@pytest.mark.parametrize("host", ["192.0.2.9", "no-such-host.invalid"])
def test_an_address_that_only_workers_use(profile, host):
    """Documentation addresses are nobody's. In a container it is that of the node."""
    told = dataclasses.replace(profile, scheduler_host=host)
    row = machine.address(told, batch.Pool())
    assert (row.state, row.found.partition(",")[0]) == (
        "problem",
        f"{host} (scheduler_host) is told to workers; it is not an address of this machine",
    )
    row = machine.address(dataclasses.replace(told, scheduler_ports="30124,31555"), batch.Pool())
    assert row.state == "ok"
    assert "30124,31555" in row.found


def test_ports_that_are_taken(profile):
    assert machine.scheduler_ports(profile).state == "ok"
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        row = machine.scheduler_ports(dataclasses.replace(profile, scheduler_ports=str(port)))
    assert row.state == "problem"
    assert f"none of {port} is free" in row.found
    assert machine.scheduler_ports(dataclasses.replace(profile, scheduler_ports=str(port))).state == "ok"


def test_credentials(monkeypatch, profile):
    made = [
        machine.credentials.Credential("kerberos", False, None, "You have no Kerberos ticket.", "kinit"),
        machine.credentials.Credential("afs", True, 60.0, "Your AFS token ends in 60 s.", "aklog"),
        machine.credentials.Credential("x509", True, 1e6, "Your X509 proxy lasts for 11 d.", ""),
    ]
    monkeypatch.setattr(machine.credentials, "check", lambda names, needed_s: made)
    assert [(row.name, row.state, row.remedy) for row in machine.credential_rows(profile)] == [
        ("kerberos", "problem", "kinit"),
        ("afs", "warning", "aklog"),
        ("x509", "ok", ""),
    ]


# --- the job ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Met:
    """What a meeting knows in the end."""

    report: dict | None = None
    hello: dict | None = None
    direct: bool = False
    visits: dict = dataclasses.field(default_factory=lambda: {"own": {"how": "ok"}})
    stranger: str = "refused"
    address: str = "tls://192.0.2.1:8786"
    told: bool = False


def ended(code: int | None, errors: str = "", signal: int | None = None) -> Outcome:
    reason = f"exit code {code}" if code is not None else f"signal {signal}"
    job = Job("7.0", "ended", reason, host="node1", exit_code=code, signal=signal)
    return Outcome("ended", Met(), "7.0", job, reason, errors, idle_s=3)


@pytest.mark.parametrize(
    ("outcome", "text", "remedy"),
    [
        (
            ended(127, "/bin/sh: 1: exec: /opt/python: not found"),
            "found no /opt/python.*exec: /opt/python",
            "Set python",
        ),
        (ended(126), "may not run /opt/python", "Set python"),
        (ended(1, "No module named 'rdf_live'"), "Python on the node has no package rdf_live", "Set python"),
        (ended(3), r"ended without a report \(exit code 3\)", "setup"),
        (ended(None, signal=9), "signal 9", "a limit of the site"),
        (Outcome("refused", Met(), reason="Queue not found"), "refused: Queue not found", "rdf-live profile"),
        (Outcome("held", Met(), "7.0", reason="cannot open /afs/log"), "7.0 is held: cannot open", "not in AFS"),
        (Outcome("held", Met(), "7.0", reason="who knows"), "held: who knows", "users' support"),
        (Outcome("removed", Met(), "7.0", reason="over quota"), "removed by the batch system.*over quota", "limits"),
        (Outcome("silent", Met(), "7.0", errors="Loading"), "said nothing for 60 s.*Loading", "interactive"),
        (Outcome("never ran", Met(), "7.0", idle_s=300), "idle for 5 min .* 1 core, 2 GB of memory", "just be full"),
        (Outcome("never ran", Met(), "7.0", requirements='Machine == "x"'), 'requirements: Machine == "x"', "full"),
    ],
)
def test_each_ending_says_what_to_do(profile, outcome, text, remedy):
    row = verdict.job_row(dataclasses.replace(profile, python="/opt/python"), outcome, "")
    assert (row.name, row.state) == ("job", "problem")
    assert re.search(text, row.found, re.DOTALL)
    assert remedy in row.remedy


def test_a_request_that_is_too_much(profile):
    row = verdict.job_row(profile, Outcome("never ran", Met(), "7.0"), "no slot has 100 GB of memory")
    assert row.found.endswith("No slot has 100 GB of memory")
    assert "--set" in row.remedy


def test_a_job_that_could_not_be_removed(profile):
    outcome = Outcome(
        "reported", Met(), "7.0", Job("7.0", "running", host="node1"), problem="the job may still be there"
    )
    row = verdict.job_row(profile, outcome, "")
    assert row.state == "warning"
    assert "on node1" in row.found
    assert "may still be there" in row.found


# --- the node ---------------------------------------------------------------------------------------------------------


def states(rows: list[Row]) -> dict[str, str]:
    return {row.name: row.state for row in rows}


def test_a_good_node(profile, there):
    rows = node.rows(profile, {"facts": there, "root": ROOT, "tls": ""}, there, ROOT)
    assert set(states(rows).values()) == {"ok"}
    assert list(states(rows)) == ["Python", "ROOT", "Dask", "cores", "memory", "scratch", "open files", "keys"]


@pytest.mark.parametrize(
    ("change", "row", "state"),
    [
        ({"python": "3.9.2"}, "Python", "problem"),
        ({"rdf_live": "0.0.1"}, "Python", "problem"),
        ({"packages": {"distributed": ""}}, "Dask", "problem"),
        ({"packages": {"distributed": "2020.1"}}, "Dask", "warning"),
        ({"memory_limit_bytes": 800_000_000}, "memory", "problem"),
        ({"memory_limit_bytes": 1_500_000_000}, "memory", "warning"),
        ({"memory_limit_bytes": 0}, "memory", "ok"),
        ({"scratch_free_bytes": -1}, "scratch", "problem"),
        ({"scratch_free_bytes": GB}, "scratch", "warning"),
        ({"open_files": [256, 256]}, "open files", "warning"),
    ],
)
def test_a_node_that_is_not_as_this_machine(profile, there, change, row, state):
    rows = node.rows(profile, {"facts": {**there, **change}, "root": ROOT, "tls": ""}, there, ROOT)
    assert states(rows) == {**states(rows), **{name: "ok" for name in states(rows) if name != row}, row: state}


def test_another_root_and_no_keys(profile, there):
    report = {"facts": there, "root": {**ROOT, "version": "6.36.00"}, "tls": "/s/certificate.pem is not there"}
    rows = {row.name: row for row in node.rows(profile, report, there, ROOT)}
    assert rows["ROOT"].state == "problem"
    assert "here it is 6.40.00" in rows["ROOT"].found
    assert rows["keys"].state == "problem"
    assert "tls=transfer" in rows["keys"].remedy


def test_a_probe_that_ran_out_of_time(profile, there):
    rows = states(node.rows(profile, {"facts": there}, there, ROOT))
    assert (rows["ROOT"], rows["keys"]) == ("warning", "not checked")


# --- connections ------------------------------------------------------------------------------------------------------

ONE = batch.Pool(frozenset({"node1"}), frozenset(), "login")
HELLO = {"address": "192.0.2.5", "worker_port": 10000, "nanny_port": 10101}
OK, SILENT = {"how": "ok"}, {"how": "silent", "text": "no answer"}


def met(scheduler: dict, inbound: dict, **more) -> Met:
    report = {"scheduler": scheduler, "self": OK, "stranger": "refused", "tls": "", **more}
    direct = scheduler == OK and not more.get("tls")
    return Met(report, HELLO, direct, {"own": OK, "worker": inbound, "nanny": inbound})


def test_nothing_in_the_way(profile):
    rows = network.rows(profile, met(OK, OK), ONE)
    assert set(states(rows).values()) == {"ok"}
    assert rows[-1].found == "nothing is in the way, in either direction"


def test_inbound_blocked_is_fine(profile):
    rows = network.rows(profile, met(OK, SILENT), ONE)
    assert set(states(rows).values()) == {"ok"}
    assert "rdf_live needs nothing inbound" in rows[1].found
    assert "set worker_ports" in rows[1].remedy
    closed = network.rows(dataclasses.replace(profile, nanny_ports="10101:10200"), met(OK, SILENT), ONE)
    assert "nanny_ports is 10101:10200: ask the site" in closed[2].remedy


def test_a_scheduler_that_nodes_do_not_reach(profile):
    rows = network.rows(profile, met(SILENT, OK), ONE)
    assert states(rows) == {**states(rows), "node -> scheduler": "problem", "firewall": "problem"}
    assert "set scheduler_ports" in rows[0].remedy
    rows = network.rows(dataclasses.replace(profile, scheduler_ports="8786:8796"), met(SILENT, OK), ONE)
    assert "let nodes in to TCP ports 8786:8796" in rows[0].remedy
    for how, remedy in (("name", "scheduler_host"), ("tls", "changes TLS"), ("refused", "set scheduler_host")):
        rows = network.rows(profile, met({"how": how, "text": "x"}, OK), ONE)
        assert rows[0].state == "problem"
        assert remedy in rows[0].remedy


def test_what_could_not_be_tried(profile):
    found = met(OK, OK, tls="/s/key.pem is not there")
    found.visits = {"own": OK}
    rows = states(network.rows(profile, found, batch.Pool()))
    assert rows == {
        "node -> scheduler": "ok",
        "scheduler -> worker": "not checked",
        "scheduler -> nanny": "not checked",
        "node -> node": "not checked",
        "strangers": "ok",
        "firewall": "ok",
    }
    late = states(network.rows(profile, Met({}), ONE))
    assert late["node -> scheduler"] == late["firewall"] == "not checked"
    no_port = network.rows(profile, met(OK, OK, worker_door="10000: in use"), ONE)
    assert no_port[1].state == "problem"


def test_strangers_that_are_let_in_are_a_problem(profile):
    assert states(network.rows(profile, met(OK, OK, stranger="let in"), ONE))["strangers"] == "problem"
    assert states(network.own(Met(stranger="let in"))) == {"strangers": "problem"}
    assert states(network.own(Met(visits={"own": SILENT})))["own port"] == "problem"


# --- real connections -------------------------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    tls.make(tmp_path)
    return tmp_path


@pytest.fixture
def meeting(keys: Path):
    made = Meeting(keys, "127.0.0.1", None)
    yield made
    made.close()


def paths(keys: Path) -> list[str]:
    return [str(keys / name) for name in tls.FILES]


def test_members_come_in_and_strangers_do_not(keys, meeting):
    assert meeting.visits == {"own": {"how": "ok"}}
    assert meeting.stranger == "refused"
    port = int(meeting.address.rpartition(":")[2])
    assert wire.visit("127.0.0.1", port, wire.context(*paths(keys))) == {"how": "ok"}
    assert wire.reached("127.0.0.1", port) == {"how": "ok"}


def test_an_address_of_another_machine_is_told_as_the_scheduler_does(keys):
    assert ports.listening("127.0.0.1", 8786) == {"host": "127.0.0.1"}
    host = "no-such-host.invalid"
    assert ports.listening(host, 8786) == {"host": "tls://0.0.0.0", "contact_address": f"tls://{host}:8786"}
    assert ports.listening("2001:db8::7", 1)["contact_address"] == "tls://[2001:db8::7]:1"
    with pytest.raises(BadInput, match=r"not an address of this machine, and no scheduler_ports"):
        ports.listening(host, 0)
    meeting = Meeting(keys, host, None)
    try:
        port = int(meeting.address.rpartition(":")[2])
        assert meeting.address == f"tls://{host}:{port}"
        assert wire.visit("127.0.0.1", port, wire.context(*paths(keys))) == {"how": "ok"}
        assert [(row.name, row.state) for row in network.own(meeting)] == [
            ("own port", "warning"),
            ("strangers", "not checked"),
        ]
    finally:
        meeting.close()


def test_another_cluster_is_a_stranger_too(keys, meeting, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    tls.make(other)
    port = int(meeting.address.rpartition(":")[2])
    assert wire.visit("127.0.0.1", port, wire.context(*paths(other)))["how"] == "tls"


def test_a_server_that_lets_strangers_in_is_noticed(keys):
    open_to_all = wire.context(*paths(keys), server=True)
    open_to_all.verify_mode = wire.ssl.CERT_NONE

    def answer(connection):
        for _ in wire.receive(connection):
            wire.send(connection, {"kind": "answer"})

    door = wire.Door(wire.free_port("127.0.0.1", iter([0])), open_to_all, answer)
    assert wire.stranger("127.0.0.1", door.port, paths(keys)[0]) == "let in"
    door.close()


def test_how_a_connection_fails(keys, monkeypatch):
    own = wire.context(*paths(keys))
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert wire.visit("127.0.0.1", port, own)["how"] == "refused"
    assert wire.reached("127.0.0.1", port)["how"] == "refused"
    assert wire.stranger("127.0.0.1", port, paths(keys)[0]) == "not reached"
    assert wire.visit("no-such-host.invalid", 1, own)["how"] == "name"
    monkeypatch.setattr(wire, "TIMEOUT_S", 0.1)
    # Nobody takes the connection out of the queue: as a firewall that drops it after the first packet.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert wire.visit("127.0.0.1", silent.getsockname()[1], own)["how"] == "tls"


def test_the_first_port_that_is_free():
    with socket.create_server(("", 0)) as taken, socket.create_server(("", 0)) as free:
        ports = [taken.getsockname()[1], free.getsockname()[1]]
        with pytest.raises(OSError, match="in use"):
            wire.free_port("", iter(ports))
        free.close()
        with wire.free_port("", iter(ports)) as found:
            assert found.getsockname()[1] == ports[1]


def test_lines_of_the_probe_among_others():
    lines = ["Loading...", 'setup done$${"kind": "hello"}', "$$[1]", "$$nonsense", '$${"kind": "unfin']
    assert list(wire.told("\n".join(lines).replace("$$", wire.MARK))) == [{"kind": "hello"}]


def test_files_that_cannot_be_read(keys):
    assert wire.unreadable(*paths(keys)) == ""
    assert wire.unreadable(str(keys / "none.pem")) == f"{keys}/none.pem is not there"


# --- the probe, with a ROOT that is none ------------------------------------------------------------------------------


def run_probe(tmp_path: Path, address: str, *arguments: str, root: str) -> list[dict]:
    """Run it as a job would; gives what it prints."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "ROOT.py").write_text(root)
    search = [str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]
    usual = ["--name", "x", "--nthreads", "1", "--memory-limit", "1GiB", "--local-directory", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "rdf_live.cluster.doctor.probe", address, *usual, "--lifetime", "60s", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(wire.told(done.stdout))


def tls_arguments(keys: Path) -> list[str]:
    names = ("--tls-ca-file", "--tls-cert", "--tls-key")
    return [word for pair in zip(names, paths(keys), strict=True) for word in pair]


def test_the_probe_reports_both_ways(tmp_path, keys, meeting):
    printed = run_probe(tmp_path, meeting.address, *tls_arguments(keys), root="raise ImportError('none here')")
    hello, report = printed
    assert meeting.direct
    assert (meeting.hello, meeting.report) == (hello, report)
    assert report["complete"]
    assert "none here" in report["root"]["error"]
    assert report["scheduler"] == {"how": "ok"}
    assert report["stranger"] == "refused"
    assert report["self"] == {"how": "ok"}
    assert meeting.visits == {key: {"how": "ok"} for key in ("own", "worker", "nanny")}
    assert report["facts"]["scratch"] == str(tmp_path)
    # It goes into a mail.
    assert (keys / tls.KEY).read_text() not in json.dumps(report)


def test_the_probe_survives_a_root_that_crashes_and_keys_that_are_missing(tmp_path, meeting):
    crash = "import os\nos.abort()"
    hello, report = run_probe(tmp_path, meeting.address, *tls_arguments(tmp_path / "nowhere"), root=crash)
    assert "signal 6" in report["root"]["error"]
    assert report["tls"].endswith("certificate.pem is not there")
    assert report["scheduler"] == {"how": "ok"}
    assert hello["worker_port"] == 0
    assert not meeting.direct


def test_the_doctor_visits_a_node_that_cannot_reach_it(tmp_path, keys, meeting):
    """All it knows of the node comes from what the job prints."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "ROOT.py").write_text("raise ImportError('none')")
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    command = [sys.executable, "-m", "rdf_live.cluster.doctor.probe", f"tls://127.0.0.1:{port}", *tls_arguments(keys)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        meeting.read(said)
        said += process.stdout.read()
    meeting.read(said)
    assert meeting.report is not None
    assert meeting.report["scheduler"]["how"] == "refused"
    assert meeting.visits["worker"] == meeting.visits["nanny"] == {"how": "ok"}
    assert not meeting.direct
