# SPDX-License-Identifier: BSD-3-Clause
"""Workers are lost in the middle of a run in every way that a batch system knows: its result is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from condor_pool import Pool, until
from distributed import Client
from work import Site, gated, kill, process_tree, site_of

import rdf_live

# isort: split
from faults import PATIENCE_S, book, oracle, under_way

ENTRIES, RANGES = 400_000, 4


@pytest.fixture(scope="module", autouse=True)
def nothing_left(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tests of this file share a cluster."""
    with site_of(pool, tmp_path_factory.mktemp("state")) as site:
        yield site


@pytest.fixture(scope="module")
def site(nothing_left: Site) -> Site:
    return nothing_left


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[Client]:
    with rdf_live.connect("htcondor", workers=2, timeout=120) as client:
        yield client
    site.command("down", "--all")
    # The starter that was killed: HTCondor keeps its job until the lease ends.
    site.pool.run("condor_rm", "-forcex", "-all", check=False)


@pytest.fixture(scope="module")
def expected() -> list[object]:
    return oracle(ENTRIES)


def vacate(site: Site, client: Client) -> None:
    """Another user comes first."""
    site.pool.run("condor_vacate_job", site.ids()[0])


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
    [vacate, hold_and_release, remove, kill_worker, kill_nanny, remove_all, kill_schedd, kill_starter],
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
