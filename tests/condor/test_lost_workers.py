# SPDX-License-Identifier: BSD-3-Clause
"""Workers are lost in the middle of a run in every way that a batch system knows: its result is exact."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from condor_pool import Pool, missing, until
from distributed import Client
from work import Site, gated, kill, process_tree, site_of

import rdf_live
from rdf_live.worker.lifetime import dask_setup

# isort: split
from faults import PATIENCE_S, book, oracle, under_way

ENTRIES, RANGES = 400_000, 4
#: After 15 s it would remove the job of a lost worker.
DASK_FORGETS_S = 17.0
#: Dask's own files need some kilobytes.
DISK_BYTES = 1 << 22


@pytest.fixture(scope="module", autouse=True)
def nothing_left(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tests of this file share a cluster."""
    with site_of(pool, tmp_path_factory.mktemp("state")) as site:
        yield site


@pytest.fixture(scope="module")
def site(nothing_left: Site) -> Site:
    return nothing_left


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """A small disk for the files of all workers, where one can be made."""
    if os.geteuid() != 0:
        yield None
        return
    folder = tmp_path_factory.mktemp("scratch")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0777", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def client(site: Site, scratch: Path | None) -> Iterator[Client]:
    setup = [f"_CONDOR_SCRATCH_DIR={scratch}"] if scratch else []
    with rdf_live.connect("htcondor", workers=2, timeout=120, setup=setup) as client:
        yield client
    site.command("down", "--all")
    # The starter that was killed: HTCondor keeps its job until the lease ends.
    site.pool.run("condor_rm", "-forcex", "-all", check=False)


@pytest.fixture(scope="module")
def expected() -> list[object]:
    return oracle(ENTRIES)


def vacate(site: Site, client: Client) -> None:
    """Another user comes first, and the next slot later than Dask waits for a lost worker: the same job comes back."""
    jobs = site.ids()
    site.pool.run("condor_off", "-negotiator")
    try:
        until(lambda: site.daemon("negotiator") is None, "the negotiator does not end")
        site.pool.run("condor_vacate_job", jobs[0])
        until(lambda: site.ids("JobStatus == 1") == jobs[:1], "the job is not evicted")
        time.sleep(DASK_FORGETS_S)
        assert site.ids() == jobs
        assert site.ids("JobStatus == 1") == jobs[:1]
    finally:
        site.pool.run("condor_on", "-negotiator")
    site.all_here(client, 2)
    assert site.ids() == jobs


def grow_old(site: Site, client: Client) -> None:
    """The time of a job ends: its worker leaves before, and another job comes."""
    jobs = site.ids()

    def end_now(dask_worker: Any) -> None:
        # What the preload of each worker does, in a job that began long ago.
        os.environ["RDF_LIVE_JOB_BEGAN"] = "0"
        dask_setup(dask_worker)

    first = next(iter(client.scheduler_info(n_workers=-1)["workers"]))
    client.run(end_now, workers=[first])
    until(lambda: len(set(site.ids()) - set(jobs)) == 1 and len(site.ids()) == 2, "it is not replaced")


def fill_scratch(site: Site, client: Client) -> None:
    """Other jobs of the node leave no room."""
    (folder,) = {Path(each).parents[1] for each in client.run(lambda dask_worker: dask_worker.local_directory).values()}
    if not folder.is_mount():
        missing("got an ordinary user, expected root, who may make a file system")
    file = folder / "of_others"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as opened:
        while opened.write(bytes(1 << 16)):
            pass
    assert shutil.disk_usage(folder).free < 1 << 16
    # Snapshots go on, and so do ranges that end.
    time.sleep(1)


def hold_and_release(site: Site, client: Client) -> None:
    job = site.ids()[0]
    site.pool.run("condor_hold", job)
    until(lambda: "1 job held (via condor_hold" in rdf_live.cluster_status(client).sentence(), "it is not said")
    site.pool.run("condor_release", job)


def remove(site: Site, client: Client) -> None:
    job = site.ids()[0]
    site.pool.run("condor_rm", job)
    until(lambda: job not in site.ids() and len(site.ids()) == 2, "it is not replaced")


def kill_worker(site: Site, client: Client) -> None:
    """As an out-of-memory killer would. The nanny starts another one."""
    kill(process_tree(client)[0]["worker"])


def kill_nanny(site: Site, client: Client) -> None:
    kill(process_tree(client)[0]["nanny"])


def kill_starter(site: Site, client: Client) -> None:
    """The node loses the job. HTCondor waits for the end of its lease, so this is the last one here."""
    kill(process_tree(client)[0]["starter"])
    until(lambda: "its node was lost" in rdf_live.cluster_status(client).sentence(), "it is not said")


def remove_all(site: Site, client: Client) -> None:
    jobs = site.ids()
    site.pool.run("condor_rm", *jobs)
    until(lambda: not client.scheduler_info(n_workers=-1)["workers"], "workers are left")


def kill_schedd(site: Site, client: Client) -> None:
    """The submit machine's daemon crashes and is started again: the jobs run on."""
    jobs = site.ids()
    workers = {tree["worker"] for tree in process_tree(client)}
    pid = site.daemon("schedd")
    kill(pid)
    until(lambda: site.daemon("schedd") not in (None, pid), "the schedd does not come back")
    until(lambda: site.pool.run("condor_q", check=False), "the queue does not answer")
    assert site.ids() == jobs
    assert {tree["worker"] for tree in process_tree(client)} == workers


@pytest.mark.parametrize(
    "hurt",
    [
        *(vacate, hold_and_release, remove, grow_old, kill_worker, kill_nanny, remove_all, kill_schedd, fill_scratch),
        kill_starter,
    ],
    ids=lambda hurt: hurt.__name__,
)
def test_exact(
    site: Site, client: Client, hurt: Callable[[Site, Client], None], tmp_path: Path, expected: list[object]
) -> None:
    site.all_here(client, 2)
    analysis = book(client, ENTRIES, RANGES, gated(tmp_path / "gate"))
    run = rdf_live.start(analysis.booked, every=0.1)
    try:
        under_way(run)
        hurt(site, client)
        assert not run.over
    finally:
        (tmp_path / "gate").touch()
    assert analysis.numbers(run.result(PATIENCE_S)) == expected
    assert run.failures == []
    until(lambda: rdf_live.cluster_status(client).trouble == "", "it has given up")
