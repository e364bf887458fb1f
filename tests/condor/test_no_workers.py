# SPDX-License-Identifier: BSD-3-Clause
"""Jobs are refused, held, never matched, or die at once: it is said, in the words of the batch system."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from condor_pool import Pool, missing, until
from distributed import Client
from work import Site, site_of

import rdf_live
from rdf_live.cluster.connect import up
from rdf_live.cluster.profile import load
from rdf_live.errors import ClusterTrouble


@pytest.fixture
def site(pool: Pool, tmp_path: Path) -> Iterator[Site]:
    with site_of(pool, tmp_path) as site:
        yield site


@contextlib.contextmanager
def begun(site: Site, **values: Any) -> Iterator[Client]:
    """A cluster of one worker that need not come."""
    client, _ = up(load("htcondor", values), workers=1)
    with client:
        yield client
    site.command("down", "--all")


def says(client: Client, words: str) -> None:
    until(lambda: words in rdf_live.cluster_status(client).sentence(), f"the status does not say {words!r}")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with no room for anything."""
    if os.geteuid() != 0:
        missing("got an ordinary user, expected root, who may make a file system")
    folder = tmp_path / "full"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=1,mode=0777", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("what", ["python", "disk"])
def test_jobs_that_die_at_once(site: Site, full_disk: Path, what: str) -> None:
    values: dict[str, Any]
    if what == "python":
        values = {"python": "/nowhere/python"}
        words = r"3 jobs failed .*exit code 127.*The interpreter was not found on the node"
    else:
        values = {"setup": [f"_CONDOR_SCRATCH_DIR={full_disk}"]}
        words = r"3 jobs failed .*No space left on device"
    with pytest.raises(ClusterTrouble, match=words):
        rdf_live.connect("htcondor", workers=1, timeout=200, **values)
    # It has not gone on and on, and has ended itself.
    assert (site.home().jobs / "events.log").read_text().count("Job submitted from host") == 3
    assert not site.home().locked()
    assert "3 jobs failed" in site.command("ps")
    site.command("down", "--all")


def test_refused_by_the_queue(site: Site) -> None:
    config = site.pool.path / "condor_config"
    kept = config.read_text()
    config.write_text(
        f"{kept}\nSUBMIT_REQUIREMENT_NAMES = Workers\nSUBMIT_REQUIREMENT_Workers = RdfLiveCluster =?= undefined\n"
        'SUBMIT_REQUIREMENT_Workers_REASON = "no workers are wanted on this pool"\n'
    )
    try:
        site.pool.run("condor_reconfig")
        with pytest.raises(ClusterTrouble, match=r"3 jobs failed .*no workers are wanted on this pool"):
            rdf_live.connect("htcondor", workers=1, timeout=200)
    finally:
        config.write_text(kept)
        site.pool.run("condor_reconfig")
    site.command("down", "--all")


def test_held_until_it_is_released(site: Site, tmp_path: Path) -> None:
    """A log that the node cannot write: HTCondor's reason is told, and nothing has to be begun anew."""
    missing = tmp_path / "missing"
    with begun(site, directives={"Error": str(missing / "err")}) as client:
        says(client, "1 job held (unable to establish standard error stream")
        missing.mkdir()
        site.pool.run("condor_release", "-all")
        site.all_here(client, 1)


def test_a_queue_that_is_away_at_the_beginning(site: Site) -> None:
    """It is told, and tried again."""
    site.pool.run("condor_off", "-schedd")
    until(lambda: site.daemon("schedd") is None, "the schedd does not end")
    with begun(site) as client:
        says(client, "1 job refused (")
        site.pool.run("condor_on", "-schedd")
        site.all_here(client, 1)


def test_a_negotiator_and_a_queue_that_are_away(site: Site) -> None:
    """A job waits for the one; what cannot be removed without the other is told."""
    site.pool.run("condor_off", "-negotiator")
    with begun(site) as client:
        says(client, "1 job idle")
        jobs = site.ids()
        site.pool.run("condor_on", "-negotiator")
        site.all_here(client, 1)
        assert site.ids() == jobs
        site.pool.run("condor_off", "-schedd")
        until(lambda: site.daemon("schedd") is None, "the schedd does not end")
        client.close()
        said = site.command("down", "htcondor", status=1)
        assert "its jobs could not be removed" in said
        assert "try again later: rdf-live down htcondor" in said
        assert not site.home().locked()
        assert "ended" in site.command("ps")
        site.pool.run("condor_on", "-schedd")
        until(lambda: site.daemon("schedd") and site.pool.run("condor_q", check=False), "the queue does not come back")
    site.gone()
