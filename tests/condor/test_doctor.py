# SPDX-License-Identifier: BSD-3-Clause
"""The doctor at a real pool: what works, each way in which a job fails, and firewalls."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from condor_pool import Pool, missing, until

NET = Path(__file__).with_name("pool_net.sh")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the keys and logs of a visit are while it lasts."""
    return tmp_path / "clusters"


def command(state: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "rdf_live.cli", "doctor", "htcondor", "--set", f"directory={state}", *arguments]


def doctor(state: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and table."""
    done = subprocess.run(command(state, *arguments), capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    return done.returncode, done.stdout


def row(text: str, title: str, name: str) -> tuple[str, str]:
    """State, and what was found and is to be done, of one row."""
    section = text.partition(f"\n{title}\n")[2].partition("\n\n")[0]
    found = re.search(
        rf"^  (ok|warning|problem|not checked) +{re.escape(name)}  +(.*(?:\n {{15,}}.*)*)", section, re.MULTILINE
    )
    assert found, f"no row {name!r} in {section!r}"
    return found[1], " ".join(found[2].split())


JOB = "a job on a node"
CONNECTIONS = "connections"


def test_all_is_well(pool: Pool, state: Path) -> None:
    status, text = doctor(state)
    assert status == 0
    for name in ("job", "Python", "ROOT", "Dask", "keys"):
        assert row(text, JOB, name)[0] == "ok"
    for name in ("node -> scheduler", "scheduler -> worker", "scheduler -> nanny", "node -> node", "strangers"):
        assert row(text, CONNECTIONS, name)[0] == "ok"
    assert row(text, CONNECTIONS, "firewall") == ("ok", "nothing is in the way, in either direction")
    # Neither keys nor logs are left.
    assert list(state.iterdir()) == []


def test_ports_and_keys_as_the_profile_wants_them(pool: Pool, state: Path) -> None:
    wanted = {"scheduler_ports": "18786:18796", "worker_ports": "20000:20050", "nanny_ports": "20051:20100"}
    settings = [word for key, value in wanted.items() for word in ("--set", f"{key}={value}")]
    status, text = doctor(state, *settings, "--set", "tls=transfer")
    assert status == 0
    assert row(text, JOB, "keys") == ("ok", "the certificate of the cluster was brought with the job")
    for name, port in (("node -> scheduler", 187), ("scheduler -> worker", 200), ("scheduler -> nanny", 200)):
        assert re.search(rf":{port}\d\d, over TLS", row(text, CONNECTIONS, name)[1])


def test_a_spooled_job(pool: Pool, state: Path) -> None:
    status, text = doctor(state, "--set", "spool=true", "--set", "tls=transfer")
    assert status == 0
    assert row(text, JOB, "job")[0] == "ok"
    assert row(text, CONNECTIONS, "node -> scheduler")[0] == "ok"


def test_without_a_job(pool: Pool, state: Path) -> None:
    status, text = doctor(state, "--no-job")
    assert status == 0
    assert row(text, JOB, "job") == ("not checked", "none was sent (--no-job)")


@pytest.mark.parametrize(
    ("settings", "timeout_s", "found"),
    [
        ("python=/no/such/python", 15, r"exit code 127: the shell on the node found no /no/such/python.*-> Set python"),
        ("memory=100TB", 3, r"idle for \d+ s and never started.*No slot has 100 TB of memory -> Set less"),
        ('directives={requirements: "Machine == \\"nowhere\\""}', 3, r'Its requirements: \(Machine == "nowhere"\)'),
        ('directives={hold: "True"}', 15, r"is held: submitted on hold"),
        ('directives={requirements: "(("}', 15, r"the submission was refused: ERROR: Parse error"),
        ("setup=[echo lost my way >&2; exit 3]", 15, r"exit code 3\). Its last words: lost my way"),
    ],
    ids=["wrong python", "too much memory", "no such machine", "held", "refused", "setup fails"],
)
def test_a_job_that_fails_says_why(pool: Pool, state: Path, settings: str, timeout_s: int, found: str) -> None:
    # What never starts is waited for to the end. Others need longer than the queue takes to tell that a job is held.
    status, text = doctor(state, "--timeout", str(timeout_s), "--set", settings)
    assert status == 1
    state_of_row, said = row(text, JOB, "job")
    assert state_of_row == "problem"
    assert re.search(found, said)
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_interrupted_doctor_removes_its_job(pool: Pool, state: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        command(state, "--set", "memory=100TB"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What runs in the background of a shell, or without a terminal, ignores some of them, and its children too.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        while "is idle" not in process.stderr.readline():
            assert process.poll() is None
        assert pool.queue("RdfLiveCluster =!= undefined && JobStatus == 1")
        process.send_signal(number)
        assert process.wait() == 130
    until(lambda: not pool.queue("RdfLiveCluster =!= undefined && JobStatus =!= 3"), "the job is still there")
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("scenario", ["wnblock", "wnports", "loginblock", "loginports"])
def test_firewalls(pool: Pool, state: Path, scenario: str) -> None:
    """Two nodes with a firewall between them."""
    for name in ("ip", "nft"):
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            missing(f"got no {name}, expected iproute2 and nftables")
    ports = ["--set", "worker_ports=10000:10100", "--set", "nanny_ports=10101:10200"]
    open_ports = ["--set", "scheduler_ports=8786:8796"] if scenario == "loginports" else []
    done = subprocess.run(
        ["bash", str(NET), scenario, *command(state, *ports, *open_ports)],
        env={**os.environ, "POOL_DIR": str(pool.path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout, done.stderr)
    text = done.stdout
    names = ("node -> scheduler", "scheduler -> worker", "scheduler -> nanny", "firewall")
    scheduler, worker, nanny, firewall = (row(text, CONNECTIONS, name) for name in names)
    blocked = scenario == "loginblock"
    assert done.returncode == int(blocked)
    assert scheduler[0] == firewall[0] == ("problem" if blocked else "ok")
    assert ("set scheduler_ports" in scheduler[1]) == blocked
    # Blocked or not, that is fine.
    assert worker[0] == nanny[0] == "ok"
    for found in (worker, nanny):
        assert ("rdf_live needs nothing inbound" in found[1]) == (scenario == "wnblock")
        assert ("over TLS" in found[1]) == (scenario != "wnblock")
