# SPDX-License-Identifier: BSD-3-Clause
"""Workers compile at -O2, unless the user says otherwise, on whatever cluster; what else their processes begin with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import dask
import pytest
import ROOT
from distributed import Client, LocalCluster

import rdf_live

ASK = """
import sys
import ROOT
from rdf_live._root import jit_level
if len(sys.argv) > 1:
    jit_level(int(sys.argv[1]))
ROOT.gInterpreter.ProcessLine(".O")
"""


def level_of(dask_worker: object) -> tuple[int | None, str | None]:
    """What a worker process was told by us, and its environment."""
    from rdf_live import _root

    return _root._jit_level, os.environ.get("EXTRA_CLING_ARGS")


def after_a_run(client: Client) -> set[tuple[int | None, str | None]]:
    rdf_live.start(ROOT.RDataFrame(100, executor=client, npartitions=8).Count()).result()
    return set(client.run(level_of).values())


def connected() -> Client:
    return rdf_live.connect("local", workers=1)


def foreign() -> Client:
    return Client(LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None))


@pytest.mark.parametrize(("make", "environment"), [(connected, True), (foreign, False)])
@pytest.mark.parametrize("level", [None, 1])
def test_workers(make: Callable[[], Client], environment: bool, level: int | None) -> None:
    """Before ROOT loads where rdf_live starts the process, and with the first range everywhere."""
    # The other tests are quicker at 0.
    with dask.config.set({"rdf-live.jit-level": 2 if level is None else level}):
        if level is None:
            dask.config.config["rdf-live"].pop("jit-level")
        client = make()
        try:
            expected = 2 if level is None else level
            assert after_a_run(client) == {(expected, f"-O{expected}" if environment else None)}
        finally:
            cluster = client.cluster
            client.close()
            cluster.close()


@pytest.mark.parametrize(
    ("argument", "environment", "level"), [("2", "", 2), ("0", "", 0), ("", "-O2", 2), ("", "", 1)]
)
def test_root_takes_it(argument: str, environment: str, level: int) -> None:
    """ROOT compiles at 1 by itself."""
    inherited = {name: value for name, value in os.environ.items() if name != "EXTRA_CLING_ARGS"}
    own = {"EXTRA_CLING_ARGS": environment} if environment else {}
    command = [sys.executable, "-W", "ignore", "-c", ASK, *([argument] if argument else [])]
    said = subprocess.run(command, env=inherited | own, capture_output=True, text=True, check=True).stdout
    assert f"optimization level: {level}" in said


@pytest.mark.parametrize(("given", "found"), [(65536, None), (1000, "1000")], ids=["as Dask has it", "the user's own"])
def test_workers_keep_their_memory(given: int, found: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask would have them map every large buffer afresh."""
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    with dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": given}):
        client = connected()
        try:
            environment = next(iter(client.run(lambda: dict(os.environ)).values()))
            assert environment.get("MALLOC_TRIM_THRESHOLD_") == found
            assert environment["OMP_NUM_THREADS"] == "1"  # the rest is Dask's
        finally:
            cluster = client.cluster
            client.close()
            cluster.close()
