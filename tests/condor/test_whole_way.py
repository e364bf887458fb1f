# SPDX-License-Identifier: BSD-3-Clause
"""From nothing to a result, and to nothing again, by way of clients that come and go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from condor_pool import Pool, until
from work import Site, gated, site_of

import rdf_live
from rdf_live.errors import BadInput, VersionMismatch

# isort: split
from faults import PATIENCE_S, Process, oracle
from faults import _numbers as numbers

ENTRIES = 2_000_000

#: A client that starts a run of two ranges, says what it sees of it, and waits to be killed.
CLIENT = f"""
client = rdf_live.connect("htcondor")
analysis = book(client, {ENTRIES}, 2, sys.argv[1])
run = rdf_live.start(analysis.booked, every=0.1, name="overnight")
say("id", run.id)
until(lambda: run.snapshot().entries and run.progress.workers == 2)
snapshot = run.snapshot()
consistent(analysis, snapshot, {ENTRIES})
say("live", snapshot.entries, run.progress.committed)
time.sleep(600)
"""


@pytest.fixture(scope="module", autouse=True)
def nothing_left(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tests of this file share a cluster."""
    with site_of(pool, tmp_path_factory.mktemp("state")) as site:
        yield site


@pytest.fixture(scope="module")
def site(nothing_left: Site) -> Iterator[Site]:
    assert nothing_left.command("ps") == "no clusters\n"
    said = nothing_left.command("up", "htcondor", "--workers", "2")
    assert "of 2 workers" in said
    yield nothing_left
    nothing_left.command("down", "--all")


def test_a_run_outlives_its_client(site: Site, tmp_path: Path) -> None:
    """It is live in the middle of its ranges; then its client is killed, and another one has the exact result."""
    with Process(CLIENT, gated(tmp_path / "gate")) as other:
        run_id = other.heard("id")
        entries, committed = map(int, other.heard("live").split())
        assert 0 < entries < ENTRIES
        assert committed == 0
        other.close()
    with rdf_live.connect("htcondor", workers=2) as client:
        assert rdf_live.connect(client) is client
        run = rdf_live.attach("overnight", client=client)
        assert run.id == run_id
        until(lambda: run.snapshot().entries > entries, "the run does not go on")
        assert run.state == "running"
        (tmp_path / "gate").touch()
        snapshot = run.result(PATIENCE_S)
        count, plain, weighted = (snapshot[label] for label in ("Count", "plain", "weighted"))
        assert snapshot.entries == count == plain.GetEntries() == ENTRIES
        assert [int(count), *numbers(plain), *numbers(weighted)] == oracle(ENTRIES)
        assert "overnight" in site.command("ps", "htcondor")
        assert len(site.ids()) == 2
        assert "wanted: 2 workers" in site.command("logs", "htcondor")


def test_what_a_worker_begins_with(site: Site) -> None:
    """The level at which it compiles, and that it keeps the memory that it will want again."""
    with rdf_live.connect("htcondor", workers=2) as client:
        for environment in client.run(lambda: dict(os.environ)).values():
            assert environment["EXTRA_CLING_ARGS"] == "-O0"  # the tests are quicker so
            assert "MALLOC_TRIM_THRESHOLD_" not in environment


def test_other_values_are_refused(site: Site) -> None:
    with pytest.raises(BadInput, match=r"memory=3000000000 \(it has 2000000000\).*rdf-live down htcondor"):
        rdf_live.connect("htcondor", memory="3GB")
    config = site.folder.parents[1] / "config" / "rdf_live"
    config.mkdir(parents=True)
    (config / "mine.yaml").write_text("base: htcondor\n")
    with pytest.raises(BadInput, match=r"the profile 'mine' \(it has 'htcondor'\)"):
        rdf_live.connect("mine", name="htcondor")


def test_another_version_is_refused(site: Site) -> None:
    file = site.home().path / "record.json"
    kept = file.read_text()
    try:
        file.write_text(json.dumps(json.loads(kept) | {"version": "0.0.1"}))
        with pytest.raises(VersionMismatch, match=r"of rdf_live 0\.0\.1, expected .* rdf-live down htcondor"):
            rdf_live.connect("htcondor")
        assert "of rdf_live 0.0.1" in site.command("ps")
    finally:
        file.write_text(kept)


def test_down_leaves_nothing(site: Site) -> None:
    assert site.ids()
    assert site.command("down", "htcondor") == "cluster htcondor: ended\n"
    site.gone()
    assert list(site.folder.iterdir()) == []
    assert site.command("ps") == "no clusters\n"
    assert "expected one of those that there are: none" in site.command("down", "htcondor", status=1)
