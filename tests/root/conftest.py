# SPDX-License-Identifier: BSD-3-Clause
"""One cluster of two worker processes for all tests of this folder, and small files to read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import rdf_live
from rdf_live._root import root, root_version

SHARED = Path(__file__).parents[3] / "shared" / "data"

#: Columns of the generated events: no two are alike, no value is round, and 400 of them follow from the entry alone.
COLUMNS = {
    "id": "int(rdfentry_) + {first}",
    "x": "1e-3 * ((id * 7919LL) % 10007)",
    "y": "x * x + 0.1 * (id % 11)",
    "w": "0.1 + 1e-2 * ((id * 31LL) % 97)",
    "n": "id % 7",
    "v": "ROOT::RVecD{{x, y, w}}",
}


#: Since when ROOT distributes what it has not always distributed.
LATER = {"HistoNSparseD": (6, 38), "Report": (6, 40)}


def distributes(action: str) -> bool:
    """Whether this ROOT has that action on the cluster."""
    numbers = tuple(int(number) for number in root_version(root()).split(".")[:2])
    return numbers >= LATER.get(action, (0, 0))


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """The cluster that every test uses which does not break it."""
    client = rdf_live.connect("local", workers=2)
    cluster = client.cluster
    yield client
    client.close()
    cluster.close()


class Files:
    """Generated files: ``tree`` (of several clusters), ``friend`` files beside it, one RNTuple, one without entries."""

    entries = (3000, 1700, 2300)

    def __init__(self, folder: Path) -> None:
        self.trees = [str(folder / f"events_{i}.root") for i in range(3)]
        self.friends = [str(folder / f"friend_{i}.root") for i in range(3)]
        self.ntuples = [str(folder / f"ntuple_{i}.root") for i in range(2)]
        self.empty = str(folder / "empty.root")
        first = 0
        for tree, friend, n in zip(self.trees, self.friends, self.entries, strict=True):
            write("events", tree, n, first, list(COLUMNS))
            write("more", friend, n, first, ["w"], rename={"w": "fw"}, cluster=333)
            first += n
        for i, ntuple in enumerate(self.ntuples):
            write("ntuple", ntuple, 2000, 5000 * i, ["id", "x", "y", "w", "n"], ntuple=True)
        write("events", self.empty, 0, 0, list(COLUMNS))


def write(
    tree: str,
    file: str,
    n: int,
    first: int,
    columns: list[str],
    rename: dict[str, str] | None = None,
    cluster: int = 500,
    ntuple: bool = False,
) -> None:
    """Write a tree (or an RNTuple) of `n` entries; `cluster` entries share a cluster."""
    import ROOT

    frame = ROOT.RDataFrame(max(n, 1))
    for name, expression in COLUMNS.items():
        frame = frame.Define(name, expression.format(first=first))
    for old, new in (rename or {}).items():
        frame = frame.Define(new, old)
    options = ROOT.RDF.RSnapshotOptions()
    if ntuple:
        options.fOutputFormat = ROOT.RDF.ESnapshotOutputFormat.kRNTuple
        for name in ("fMaxUnzippedPageSize", "fApproxZippedClusterSize", "fMaxUnzippedClusterSize"):
            if hasattr(options, name):  # since ROOT 6.38; several files make several ranges in any case
                setattr(options, name, 8000 if "Page" in name else 20 * cluster)
    else:
        options.fAutoFlush = cluster
    if n == 0:
        frame = frame.Filter("false")
    frame.Snapshot(tree, file, [(rename or {}).get(name, name) for name in columns], options)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Generated input."""
    return Files(tmp_path_factory.mktemp("input"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Files of real experiments, which are no part of the package."""
    if not SHARED.is_dir():
        pytest.skip(f"the real events are not there: got no folder {SHARED}")
    return SHARED


class Gate:
    """Entries that read the column "gate" take a millisecond each until `open` is called, and microseconds afterwards.

    So a test can look at a run in the middle of a range for as long as it needs, whatever the speed of the machine.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def on(self, frame: Any) -> Any:
        """The frame with the column "gate", which is always 1, and read by a filter, so that every entry waits."""
        slow = f'(gSystem->AccessPathName("{self._path}") ? (gSystem->Sleep(1), 1) : 1)'
        return frame.Define("gate", slow).Filter("gate == 1")

    def open(self) -> None:
        """Let all entries pass."""
        self._path.touch()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate that is open after the test at the latest, so that no worker stays slow."""
    gate = Gate(tmp_path / "gate")
    yield gate
    gate.open()


def watch(run: rdf_live.LiveRun, number: int) -> list[rdf_live.Snapshot]:
    """The first snapshots of a run that is kept slow by a gate, each with more entries than the one before."""
    seen = [run.snapshot()]
    while len(seen) < number:
        assert not run.over, f"{run} ended early: {run.failures}"
        time.sleep(0.02)
        snapshot = run.snapshot()
        if snapshot.entries > seen[-1].entries:
            seen.append(snapshot)
    return seen
