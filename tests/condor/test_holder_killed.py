# SPDX-License-Identifier: BSD-3-Clause
"""The process that holds a cluster is killed: nobody hangs, everything goes, and a new one can be begun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from condor_pool import Pool, until
from work import Site, kill, site_of

import rdf_live
from rdf_live.errors import ClusterTrouble

# isort: split
from faults import Process

#: A client in the middle of a run that would take half an hour. It gives up sooner than usual.
CLIENT = """
import dask
dask.config.set({"distributed.comm.timeouts.connect": "3s"})
client = rdf_live.connect("htcondor", workers=1)
analysis = book(client, 2_000_000, 2, slow(10, 1000))
run = rdf_live.start(analysis.booked, every=0.1)
until(lambda: run.progress.entries)
say("runs")
try:
    run.result(150)
except rdf_live.errors.RunLost as error:
    say("lost", error)
"""


@pytest.fixture(scope="module", autouse=True)
def site(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_of(pool, tmp_path_factory.mktemp("state")) as site:
        yield site


def test_killed_in_a_run(site: Site) -> None:
    with Process(CLIENT) as other:
        other.heard("runs")
        jobs = site.ids()
        assert len(jobs) == 1
        pid = site.record()["pid"]
        kill(pid)
        assert "the scheduler cannot be reached" in other.heard("lost")
        assert other.end() == 0
    # The jobs miss it, and end by themselves.
    until(lambda: not site.ids("JobStatus == 2"), "a job runs on")
    home = site.home()
    assert not home.locked()
    assert site.command("ps") == f"cluster htcondor: ended. More is in {home.log}\n"
    # Whatever the dead one has left is no obstacle.
    with rdf_live.connect("htcondor", workers=1, timeout=120) as client:
        assert site.record()["pid"] != pid
        assert rdf_live.cluster_status(client).workers
    assert site.command("down", "htcondor") == "cluster htcondor: ended\n"
    site.gone()
    assert list(site.folder.iterdir()) == []


def test_jobs_that_it_leaves_in_the_queue(site: Site) -> None:
    """Jobs that have not begun cannot miss it: down removes them, with or without the folder of the cluster."""
    for name in ("one", "two"):
        with pytest.raises(ClusterTrouble, match="none came in"):
            rdf_live.connect("htcondor", name=name, workers=1, memory="100TB", timeout=0)
    until(lambda: len(site.ids()) == 2, "not all jobs are in the queue")
    kill(site.record("one")["pid"])
    until(lambda: not site.home("one").locked(), "it is not dead")
    assert site.command("down", "one") == "cluster one: had ended; removed what was left of it\n"
    (job,) = site.ids()
    # The other one lives, so its job is nobody's business.
    assert site.command("down", "--orphans") == "no orphans\n"
    kill(site.record("two")["pid"])
    until(lambda: not site.home("two").locked(), "it is not dead")
    assert site.command("down", "--orphans") == f"jobs of clusters that are gone, removed: {job}\n"
    assert "ended" in site.command("ps")
    site.command("down", "--all")
    site.gone()
    assert list(site.folder.iterdir()) == []


def test_connecting_while_it_is_killed(site: Site) -> None:
    """Who waits for the first worker is told."""
    script = """
try:
    rdf_live.connect("htcondor", workers=1, memory="100TB")
except rdf_live.errors.ClusterTrouble as error:
    say("trouble", error)
"""
    with Process("import dask; dask.config.set({'distributed.comm.timeouts.connect': '3s'})" + script) as other:
        other.heard("htcondor:")
        kill(site.record()["pid"])
        assert "it ended while its first worker was waited for" in other.heard("trouble")
    site.command("down", "--all")
    site.gone()
