# SPDX-License-Identifier: BSD-3-Clause
"""Two that begin the same cluster have one; a cluster that nobody uses ends itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from condor_pool import Pool, until
from work import Site, site_of

import rdf_live

# isort: split
from faults import Process

CLIENT = """
client = rdf_live.connect("htcondor", workers=1, timeout=120)
say("address", client.scheduler.address)
client.close()
"""


@pytest.fixture
def site(pool: Pool, tmp_path: Path) -> Iterator[Site]:
    with site_of(pool, tmp_path) as site:
        yield site


def test_two_begin_the_same(site: Site) -> None:
    with Process(CLIENT) as one, Process(CLIENT) as other:
        assert one.heard("address") == other.heard("address") == site.record()["address"]
        assert (one.end(), other.end()) == (0, 0)
    assert len(site.pool.holders()) == 1
    assert len(site.ids()) == 1
    site.command("down", "--all")


def test_idle(site: Site) -> None:
    with rdf_live.connect("htcondor", workers=1, timeout=120, idle_timeout="5s"):
        pass
    home = site.home()
    until(lambda: not home.locked(), "it does not end")
    site.gone()
    assert sorted(path.name for path in home.path.iterdir()) == [
        *("connecting", "holder.log", "jobs", "lock", "request.json")
    ]
    assert "cluster htcondor ends: idle for long" in home.log.read_text()
    assert site.command("ps") == f"cluster htcondor: ended: nobody used it for 5 s. More is in {home.log}\n"
    site.command("down", "--all")


def test_killed_while_it_begins(site: Site) -> None:
    """Whoever called connect is killed before the cluster is ready: the next one finds it."""
    with Process(CLIENT) as one:
        until(lambda: site.folder.exists() and site.home().holder(), "it does not begin")
        assert "just now" in site.command("ps") or site.home().read("record")
        one.close()
    client = rdf_live.connect("htcondor", workers=1, timeout=120)
    assert len(site.pool.holders()) == 1
    # Dask's own word, which ends it for everybody.
    client.shutdown()
    site.gone()
    assert "ended: a client has shut it down (client.shutdown();" in site.command("ps")
    assert not site.home().tls.exists()
    site.command("down", "--all")
