# SPDX-License-Identifier: BSD-3-Clause
"""Clusters on the other side of a firewall: two worker nodes and a login node, see ``pool_net.sh``.

Without a firewall nothing differs from the pool that all other tests use.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from condor_pool import Pool

HERE = Path(__file__).parent
#: Of the firewall at CERN; nannies are not asked from outside, but want a port.
PORTS = {
    "open": (),
    "wnports": ("worker_ports=10000:10100", "nanny_ports=10101:10200"),
    "loginports": ("scheduler_ports=8786:8796",),
}
#: Seconds from the call within which it has to be said why no worker comes; for half of them Dask tries to connect.
TOLD_WITHIN_S = 60.0


class Inside:
    """A program that runs on the login node."""

    def __init__(self, pool: Pool, scenario: str, folder: Path, program: str, *arguments: str) -> None:
        self._state = folder / "state"
        self._state.mkdir()
        own = {"POOL_DIR": pool.path, "XDG_STATE_HOME": self._state, "XDG_CONFIG_HOME": folder / "config"}
        # Workers start again and again: what they do then is compile.
        own["DASK_RDF_LIVE__JIT_LEVEL"] = 0
        self._process = subprocess.Popen(
            ["bash", str(HERE / "pool_net.sh"), scenario, sys.executable, str(HERE / program), *arguments],
            env={**os.environ, **{name: str(value) for name, value in own.items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def said(self) -> str:
        """What it prints, once it has ended well."""
        said, _ = self._process.communicate(timeout=280)
        print(said)
        logs = [f"{log}\n{log.read_text()[-3000:]}" for log in self._state.rglob("holder.log")]
        assert self._process.returncode == 0, "\n".join([said, *logs])
        return said

    def end(self) -> None:
        """End it, and with it all that it has started."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def inside(pool: Pool, scenario: str, folder: Path, program: str, *arguments: str) -> Iterator[Inside]:
    """End it in any case."""
    program_inside = Inside(pool, scenario, folder, program, *arguments)
    try:
        yield program_inside
    finally:
        program_inside.end()


@pytest.fixture(scope="module", autouse=True)
def refused(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """It waits most of its time: it may do so beside the other tests."""
    with inside(pool, "loginblock", tmp_path_factory.mktemp("refused"), "network_refused.py") as program:
        yield program


def test_nothing_reaches_the_workers(pool: Pool, tmp_path: Path) -> None:
    """Runs, their stop, their failure, fewer and more workers: all of it over what the workers themselves opened."""
    with inside(pool, "wnblock", tmp_path, "network_life.py", "wnblock", str(tmp_path)) as program:
        program.said()


@pytest.mark.parametrize("scenario", PORTS)
def test_few_ports_are_open(pool: Pool, tmp_path: Path, scenario: str) -> None:
    with inside(pool, scenario, tmp_path, "network_life.py", scenario, str(tmp_path), *PORTS[scenario]) as program:
        program.said()


def test_workers_cannot_reach_the_scheduler(refused: Inside) -> None:
    """`connect` says so within a minute, where it would seem to wait for slots otherwise; then it gives up."""
    (line,) = (line for line in refused.said().splitlines() if line.startswith("{"))
    told = json.loads(line)
    cause = "its worker could not connect to the scheduler at tls://10.9.0.1:"
    first = [seconds for seconds, text in told["lines"] if cause in text]
    # The other half, in which jobs and daemons start, is longer where the machine has more to do than it can.
    limit_s = TOLD_WITHIN_S / 2 * (1 + max(1.0, told["load"] / len(os.sched_getaffinity(0))))
    print(f"told after {first[0]:.0f} of {limit_s:.0f} s, given up after {told['seconds']:.0f} s")
    assert first[0] <= limit_s
    assert first[0] < told["seconds"]
    assert "did not reach the scheduler at tls://10.9.0.1:" in told["error"]
    assert "scheduler_ports" in told["error"]
