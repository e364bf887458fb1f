# SPDX-License-Identifier: BSD-3-Clause
"""GPUs as a resource: asked of the batch system, known to Dask, and found by the ranges that need them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ROOT
from condor_pool import Pool, until
from distributed import Client, LocalCluster, Nanny, Scheduler, SpecCluster
from wide import GPUS, wide_pool
from work import Site, site_of

import rdf_live
from rdf_live.errors import BadInput, WrongKind

ENTRIES, RANGES = 1200, 8


@pytest.fixture(scope="module")
def wide(pool: Pool) -> Iterator[Pool]:
    with wide_pool(pool) as wide:
        yield wide


@pytest.fixture
def nothing_left(wide: Pool, tmp_path: Path) -> Iterator[Site]:
    with site_of(wide, tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def mixed() -> Iterator[Client]:
    """One worker without a GPU, and one with."""
    workers = [
        {"cls": Nanny, "options": {"nthreads": 1, "name": name, "resources": {"GPU": 1} if name == "gpu" else {}}}
        for name in ("plain", "gpu")
    ]
    scheduler = {"cls": Scheduler, "options": {"dashboard": False, "port": 0, "host": "127.0.0.1"}}
    with SpecCluster({w["options"]["name"]: w for w in workers}, scheduler) as cluster, Client(cluster) as client:
        client.wait_for_workers(2)
        yield client


def processes(client: Client, **options: Any) -> set[int]:
    """The processes that have computed a run; each entry takes a millisecond."""
    frame = ROOT.RDataFrame(ENTRIES, executor=client, npartitions=RANGES)
    who = frame.Define("who", "gSystem->Sleep(1), double(gSystem->GetPid())")
    results = who.Min("who"), who.Max("who")
    final = rdf_live.start(results, **options).result(120)
    assert final.entries == ENTRIES
    return {int(final[result]) for result in results}


def worker_with_gpu(client: Client) -> int:
    info: Any = client.scheduler_info(n_workers=-1)["workers"]
    (address,) = (address for address, worker in info.items() if worker["resources"].get("GPU"))
    return int(client.run(os.getpid, workers=[address])[address])


def test_ranges_go_to_workers_with_gpus(mixed: Client) -> None:
    assert processes(mixed, gpus=1) == {worker_with_gpu(mixed)}
    assert len(processes(mixed)) == 2, "without gpus=... others compute too"


def test_a_range_that_fails_stays_with_the_gpus(mixed: Client, tmp_path: Path) -> None:
    """Elsewhere it is tried again on another worker."""
    failed = tmp_path / "failed"
    once = f"""
        if (rdfentry_ == 700 && gSystem->AccessPathName("{failed}")) {{
            gSystem->Exec("touch {failed}");
            throw std::runtime_error("once");
        }}
        return double(gSystem->GetPid());"""
    frame = ROOT.RDataFrame(ENTRIES, executor=mixed, npartitions=RANGES).Define("who", once)
    results = frame.Min("who"), frame.Max("who")
    final = rdf_live.start(results, gpus=1).result(120)
    assert failed.exists()
    assert {int(final[result]) for result in results} == {worker_with_gpu(mixed)}


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (True, WrongKind, "got True, expected a whole number of GPUs"),
        (0.5, WrongKind, "got 0.5, expected a whole number of GPUs"),
        (-1, BadInput, "got -1, expected 0 or more"),
        (2, BadInput, "got 2, but of the 2 workers none has more than 1"),
    ],
)
def test_values_that_cannot_be(mixed: Client, value: Any, error: type[Exception], text: str) -> None:
    count = ROOT.RDataFrame(10, executor=mixed).Count()
    with pytest.raises(error, match=text):
        rdf_live.start(count, gpus=value)


def test_nobody_has_a_gpu() -> None:
    client = rdf_live.connect("local", workers=1)
    try:
        count = ROOT.RDataFrame(10, executor=client).Count()
        with pytest.raises(BadInput, match=r"got 1, but of the 1 workers none has a GPU. Ask .*connect\(..., gpus=1\)"):
            rdf_live.start(count, gpus=1)
    finally:
        client.shutdown()


def test_only_workers_without_a_gpu_come() -> None:
    options: dict[str, Any] = {"n_workers": 0, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        run = rdf_live.start(ROOT.RDataFrame(10, executor=client, npartitions=2).Count(), gpus=1)
        cluster.scale(1)
        until(lambda: run.progress.waiting_for == "none of the workers has 1 GPU", "the run says nothing")
        run.cancel()


def test_jobs_get_gpus(nothing_left: Site) -> None:
    """The batch system assigns them, one per job and each another one; there are no more workers than GPUs."""
    client = rdf_live.connect("htcondor", workers=3, gpus=1, timeout=120)
    nothing_left.all_here(client, len(GPUS))
    assert {int(ad["RequestGPUs"]) for ad in nothing_left.jobs()} == {1}
    assigned = client.run(lambda: dict(os.environ).get("_CONDOR_AssignedGPUs"))
    assert sorted(assigned.values()) == sorted(GPUS)
    devices = client.run(lambda: os.environ.get("CUDA_VISIBLE_DEVICES"))
    assert devices == assigned, "what a GPU library looks at"
    assert len(processes(client, gpus=1)) == 2
    third = until(lambda: nothing_left.ids("JobStatus == 1"), "no job waits for a GPU")
    assert len(third) == 1
    client.close()
    nothing_left.command("down", "--all")
    nothing_left.gone()
