# SPDX-License-Identifier: BSD-3-Clause
"""More and fewer workers in the middle of a run, and a run that begins with none."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ROOT
from condor_pool import Pool, until
from distributed import Client
from wide import CPUS, wide_pool
from work import Site, gated, site_of

import rdf_live
from rdf_live.cluster.connect import up
from rdf_live.cluster.control import scale
from rdf_live.cluster.profile import load

# isort: split
from compare import assert_same

#: While the gate is closed, a range takes two seconds and a half.
ENTRIES, RANGES = 1_000_000, 40
#: Far more than it takes: some seconds where nothing else runs, half a minute on two busy cores.
FIRST_ENTRY_S = 110.0


@pytest.fixture(scope="module")
def wide(pool: Pool) -> Iterator[Pool]:
    with wide_pool(pool) as wide:
        yield wide


@pytest.fixture(scope="module", autouse=True)
def nothing_left(wide: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tests of this file share a cluster."""
    with site_of(wide, tmp_path_factory.mktemp("state")) as site:
        yield site


@pytest.fixture(scope="module")
def site(nothing_left: Site) -> Site:
    return nothing_left


@pytest.fixture(scope="module")
def greedy(site: Site) -> str:
    """A cluster whose job never matches. It takes a minute until there is something to say: beside the other tests."""
    up(load("htcondor", {"memory": "100TB"}), name="greedy", workers=1)[0].close()
    return "greedy"


@pytest.fixture(scope="module")
def began(greedy: str) -> float:
    """When the workers were asked for."""
    return time.monotonic()


@pytest.fixture(scope="module")
def client(site: Site, began: float) -> Iterator[Client]:
    with rdf_live.connect("htcondor", workers=1, timeout=120) as client:
        yield client
    site.command("down", "--all")
    site.gone()


def book(frame: Any, gate: Path | None = None) -> dict[str, Any]:
    """Numbers that a lost or doubled entry changes. Without a gate a tenth of a millisecond per entry less."""
    slow = gated(gate) if gate is not None else ""
    frame = frame.Define("x", f"{slow}; return 0.5 * (rdfentry_ % 997);").Define(
        "w", "0.25 + 1e-3 * (rdfentry_ % 1009)"
    )
    return {
        "plain": frame.Histo1D(("plain", "", 50, 0, 500), "x"),
        "weighted": frame.Histo1D(("weighted", "", 50, 0, 500), "x", "w"),
        "count": frame.Count(),
        "max": frame.Max("x"),
    }


@functools.cache
def oracle() -> dict[str, Any]:
    """What plain local ROOT makes of it."""
    return {name: result.GetValue() for name, result in book(ROOT.RDataFrame(ENTRIES)).items()}


def exact(run: rdf_live.LiveRun, results: dict[str, Any]) -> None:
    final = run.result(120)
    assert final.entries == final.entries_total == ENTRIES
    for name, expected in oracle().items():
        assert_same(final[results[name]], expected, what=name)


def computing(run: rdf_live.LiveRun, workers: int) -> None:
    """Wait until at least that many compute."""
    until(lambda: run.progress.workers >= workers, f"no {workers} workers compute")


def test_one_to_four_to_one_to_as_many_as_there_is_work_for(
    site: Site, client: Client, began: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = tmp_path / "gate"
    results = book(ROOT.RDataFrame(ENTRIES, executor=client, npartitions=RANGES), gate)
    run = rdf_live.start(list(results.values()), every=0.1)
    computing(run, 1)
    until(lambda: run.progress.entries, f"the run does not begin: {run.progress}")
    first_entry_s = time.monotonic() - began
    with capsys.disabled():
        print(f"\nfrom the submission of a worker to the first entry of a run: {first_entry_s:.1f} s")
    assert first_entry_s < FIRST_ENTRY_S

    assert f"of {CPUS} workers" in site.command("scale", "htcondor", str(CPUS))
    computing(run, CPUS)  # late ones get work at once, while the first one has most of it queued
    until(lambda: run.progress.committed, "no range commits")

    committed = run.progress.committed
    scale(client, 1)
    site.all_here(client, 1)
    assert run.progress.committed >= committed, "a committed range was lost with its worker"

    assert f"of 0 to {CPUS} workers" in site.command("scale", "htcondor", f"0:{CPUS}")
    status = rdf_live.cluster_status(client)
    assert status.adapts == (0, CPUS)
    assert len(status.jobs) == CPUS
    computing(run, 2)
    gate.touch()
    exact(run, results)
    site.all_here(client, 0)
    until(lambda: not site.jobs("JobStatus == 2"), "a job runs on")


def test_a_run_begins_with_no_worker(site: Site, client: Client) -> None:
    """The number of ranges comes from the data; the workers come for the run, and it says what it waits for."""
    site.all_here(client, 0)
    scale(client, minimum=0, maximum=2)
    results = book(ROOT.RDataFrame(ENTRIES, executor=client))
    site.pool.run("condor_off", "-negotiator")
    run = rdf_live.start(list(results.values()), every=0.1)
    assert run.progress.ranges > 1
    until(lambda: run.progress.waiting_for == "2 jobs idle", "the run does not say what it waits for")
    site.pool.run("condor_on", "-negotiator")
    exact(run, results)


def test_a_job_that_never_matches(site: Site, greedy: str) -> None:
    """After a minute it is said what it asks for."""
    said = "1 job idle (no node has been found for it yet; it asks for 1 core, 100000.0 GB of memory"
    until(lambda: said in site.command("ps", greedy), "it is not said")
