# SPDX-License-Identifier: BSD-3-Clause
"""What a stop keeps of files: for every action, exactly what local ROOT makes of the entries that the run says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import ROOT
import test_actions
import test_sources
from compare import assert_same
from conftest import Files, Gate, watch
from distributed import Client

import rdf_live
from rdf_live.errors import PartialResultWarning


def stopped(results: list[Any], gate: Gate) -> tuple[rdf_live.LiveRun, rdf_live.Snapshot]:
    """Start, look, stop; the gate stays closed until the stop has taken effect."""
    run = rdf_live.start(results, every=0.05)
    watch(run, 3)
    run.stop()
    assert run.wait(60)
    gate.open()
    with pytest.warns(PartialResultWarning, match="it was stopped"):
        return run, run.result()


def kept(run: rdf_live.LiveRun, firsts: list[int], lengths: list[int]) -> str:
    """Which values of the column "id" the run holds, where each range is one file."""
    p = run.progress
    part = {place: entries for _, place, entries, _ in p.stopped_ranges}
    spans = [
        (first, first + part.get(place, length))
        for place, (first, length) in enumerate(zip(firsts, lengths, strict=True))
        if p.marks[place] == 1
    ]
    assert 0 < sum(stop - start for start, stop in spans) == p.entries < sum(lengths)
    return " || ".join(f"(id >= {start} && id < {stop})" for start, stop in spans)


def test_all_actions(client: Client, files: Files, gate: Gate, tmp_path: Path) -> None:
    df = gate.on(ROOT.RDataFrame("events", files.trees, executor=client, npartitions=3))
    got = test_actions.book(df, ROOT.RDF.Distributed.VariationsFor)
    lazy = ROOT.RDF.RSnapshotOptions()
    lazy.fLazy = True
    rows = df.Snapshot("kept", str(tmp_path / "kept.root"), ["id"], lazy)
    run, snapshot = stopped([*got.values(), rows], gate)
    firsts = [sum(files.entries[:i]) for i in range(3)]
    chosen = kept(run, firsts, list(files.entries))
    local = gate.on(ROOT.RDataFrame("events", files.trees).Filter(chosen))
    expected = test_actions.book(local, ROOT.RDF.Experimental.VariationsFor)
    for name, result in got.items():
        assert_same(snapshot[result], expected[name], what=name)
    _, written = snapshot[rows]
    assert ROOT.RDataFrame("kept", written).Count().GetValue() == snapshot.entries
    assert ROOT.RDataFrame("kept", written).Filter(chosen).Count().GetValue() == snapshot.entries


def test_rntuple(client: Client, files: Files, gate: Gate) -> None:
    df = gate.on(ROOT.RDataFrame("ntuple", files.ntuples, executor=client, npartitions=2))
    got = test_sources.book(df)
    run, snapshot = stopped(list(got.values()), gate)
    local = ROOT.RDataFrame("ntuple", files.ntuples).Filter(kept(run, [0, 5000], [2000, 2000]))
    expected = test_sources.book(local)
    for name, result in got.items():
        assert_same(snapshot[result], expected[name], what=name)


def test_cancel_leaves_no_file_of_a_range_that_ran(client: Client, files: Files, gate: Gate, tmp_path: Path) -> None:
    lazy = ROOT.RDF.RSnapshotOptions()
    lazy.fLazy = True
    df = gate.on(ROOT.RDataFrame("events", files.trees, executor=client, npartitions=3))
    rows, count = df.Snapshot("kept", str(tmp_path / "kept.root"), ["id"], lazy), df.Count()
    run = rdf_live.start([rows, count], every=0.05)
    watch(run, 2)
    assert list(tmp_path.glob("kept*"))
    run.cancel()
    assert run.wait(60)
    gate.open()
    # Once another run has had every worker, the attempts of this one are over.
    rdf_live.start(ROOT.RDataFrame(100, executor=client, npartitions=8).Count()).result(60)
    assert list(tmp_path.glob("kept*")) == []
