# SPDX-License-Identifier: BSD-3-Clause
"""Jobs whose files, keys included, go to the queue and come back from it: no file system is shared with the nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from condor_pool import Pool
from work import Site, site_of

import rdf_live
from rdf_live.errors import ClusterTrouble

# isort: split
from faults import PATIENCE_S, book, oracle

ENTRIES = 20_000
SPOOLED: dict[str, Any] = {"spool": True, "tls": "transfer"}


@pytest.fixture
def site(pool: Pool, tmp_path: Path) -> Iterator[Site]:
    with site_of(pool, tmp_path) as site:
        yield site


def ended(site: Site) -> None:
    """End the cluster: nothing may be left of it, neither in the queue nor on the nodes."""
    site.command("down", "--all")
    site.gone()
    assert list(site.folder.iterdir()) == []


def test_a_whole_life(site: Site) -> None:
    """Setup that changes the directory changes nothing: the keys are found all the same."""
    with rdf_live.connect("htcondor", workers=1, timeout=PATIENCE_S, setup=["cd /"], **SPOOLED) as client:
        analysis = book(client, ENTRIES, 2)
        snapshot = rdf_live.start(analysis.booked).result(PATIENCE_S)
        assert snapshot.entries == ENTRIES
        assert analysis.numbers(snapshot) == oracle(ENTRIES)
        (job,) = site.ids()
        assert f"what job {job} wrote is not here: its files are spooled" in site.command("logs", "htcondor", job)
    ended(site)


def test_a_job_that_fails(site: Site) -> None:
    """What it wrote last is fetched, told and kept."""
    words = r'3 jobs failed .*It wrote last: ".*/nowhere/python.*not found.*The interpreter was not found on the node'
    with pytest.raises(ClusterTrouble, match=words):
        rdf_live.connect("htcondor", workers=3, timeout=PATIENCE_S, python="/nowhere/python", **SPOOLED)
    files = sorted(site.home().jobs.glob("worker-*.err"))
    assert len(files) == 3
    job = files[-1].stem.removeprefix("worker-")
    assert "/nowhere/python" in site.command("logs", "htcondor", job)
    ended(site)
