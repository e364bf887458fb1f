# SPDX-License-Identifier: BSD-3-Clause
"""Clusters that a run starts on and cannot finish on: each needs a cluster of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
import ROOT
from compare import assert_same
from conftest import Files
from distributed import Client, LocalCluster

import rdf_live
from rdf_live import errors


@contextmanager
def cluster(n_workers: int = 1, **options: Any) -> Iterator[Client]:
    """A cluster of worker processes."""
    with (
        LocalCluster(n_workers, threads_per_worker=1, processes=True, dashboard_address=None, **options) as local,
        Client(local) as client,
    ):
        yield client


def test_results_too_large_for_the_hub(files: Files) -> None:
    """The run fails with what to change; the hub and the cluster go on."""
    with dask.config.set({"rdf-live.hub.max-run-bytes": "100kB"}), cluster() as client:
        df = ROOT.RDataFrame("events", files.trees, executor=client, npartitions=2)
        large = rdf_live.start(df.Histo1D(("large", "", 50_000, 0, 10), "x"))
        limit = r"run 'large': got .* MiB of results .*, expected at most 0.1 MiB"
        with pytest.raises(errors.ResultTooLarge, match=limit) as raised:
            large.result(60)
        assert "book fewer results or fewer bins" in str(raised.value)
        assert "rdf-live.hub.max-run-bytes" in str(raised.value)
        assert large.state == "failed"

        lists = rdf_live.start(
            ROOT.RDataFrame("events", files.trees, executor=client).AsNumpy(["x", "y", "w"], lazy=True)
        )
        with pytest.raises(errors.RdfLiveError, match=r"ResultTooLarge|expected at most 0.1 MiB") as raised:
            lists.result(60)
        assert "rdf-live.hub.max-run-bytes" in str(raised.value)

        small = ROOT.RDataFrame("events", files.trees, executor=client).Histo1D(("small", "", 50, 0, 10), "x")
        rdf_live.start(small).result(60)
        assert_same(small, ROOT.RDataFrame("events", files.trees).Histo1D(("small", "", 50, 0, 10), "x"))


FAKES = {
    "no ROOT": ("raise ModuleNotFoundError(\"No module named 'ROOT'\", name='ROOT')", "none"),
    "another ROOT": (
        "class gROOT:\n    @staticmethod\n    def GetVersion():\n        return '6.38/04'",
        "6.38.04",
    ),
}


@pytest.mark.parametrize(("code", "shown"), FAKES.values(), ids=FAKES)
def test_workers_with_other_software(tmp_path: Path, code: str, shown: str) -> None:
    """One table that says what the client and the worker have, before anything is computed."""
    (tmp_path / "ROOT").mkdir()
    (tmp_path / "ROOT" / "__init__.py").write_text(code + "\n")
    first = tmp_path / "first.py"  # run by the worker when it starts
    first.write_text(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n")
    with cluster(preload=[str(first)]) as client:
        count = ROOT.RDataFrame(100, executor=client, npartitions=3).Count()
        run = rdf_live.start(count)
        with pytest.raises(errors.VersionMismatch, match="another ROOT than the client") as raised:
            run.result(60)
        text = str(raised.value)
        table = text.splitlines()
        assert table[1].split() == ["Python", "ROOT", "rdf_live"]
        assert table[2].split()[0] == "client"
        assert table[2].split()[2] == ROOT.gROOT.GetVersion().replace("/", ".")
        workers = [row for row in table if row.startswith("worker tcp://")]
        assert any(shown in row for row in workers)  # those that have not begun anything are not known yet
        assert "from the same environment" in table[-1]
        assert run.progress.committed == 0


def test_started_before_the_first_worker(files: Files) -> None:
    """A run may be started before there is any worker."""
    with cluster(n_workers=0) as client:
        h = ROOT.RDataFrame("events", files.trees, executor=client).Histo1D(("h", "", 20, 0, 10), "x")
        run = rdf_live.start(h, every=0.1)
        assert run.progress.waiting == run.progress.ranges > 1
        assert not run.wait(0.05)
        with pytest.raises(TimeoutError, match=r"not over after 0.05 s; it goes on"):
            run.result(0.05)
        client.cluster.scale(1)
        final = run.result(100)
    got = np.array([final[h].GetBinContent(i) for i in range(22)])
    assert got.sum() == sum(files.entries)
