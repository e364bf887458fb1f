# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of dataset that distributed ROOT reads, against local ROOT on the same data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import ROOT
from compare import assert_same
from conftest import Files, distributes
from distributed import Client

import rdf_live


def book(df: Any, column: str = "x", weight: str | None = "w") -> dict[str, Any]:
    """Enough results to see a lost, doubled or misplaced entry."""
    weighted = (column, weight) if weight else (column,)
    return {
        "histogram": df.Histo1D(("h", "t", 30, 0, 10), column),
        "weighted": df.Histo1D(("w", "t", 30, 0, 10), *weighted),
        "count": df.Count(),
        "sum": df.Sum(column),
        "max": df.Max(column),
    }


def check(distributed: Any, local: Any, **columns: Any) -> rdf_live.Snapshot:
    """Run both and compare."""
    got, expected = book(distributed, **columns), book(local, **columns)
    final = rdf_live.start(list(got.values()), every=0.1).result(120)
    for name, result in got.items():
        assert_same(final[result], expected[name], what=name)
    assert final.entries == final.entries_total
    assert final.fraction == 1
    return final


def test_chain_with_partitions_chosen(client: Client, files: Files) -> None:
    final = check(
        ROOT.RDataFrame("events", files.trees, executor=client),
        ROOT.RDataFrame("events", files.trees),
    )
    assert final.entries == sum(files.entries)
    assert final.progress["ranges"] > 1


def test_more_partitions_than_clusters(client: Client, files: Files) -> None:
    """Ranges without a cluster are empty, and the run does not mind."""
    final = check(
        ROOT.RDataFrame("events", files.trees[1], executor=client, npartitions=11),
        ROOT.RDataFrame("events", files.trees[1]),
    )
    assert final.progress["ranges"] == 11 == final.progress["committed"]


def test_single_range(client: Client, files: Files) -> None:
    check(
        ROOT.RDataFrame("events", files.trees, executor=client, npartitions=1),
        ROOT.RDataFrame("events", files.trees),
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)], ids=["first", "second", "last"])
def test_file_without_entries_among_others(client: Client, files: Files, order: tuple[int, ...]) -> None:
    names = [[files.empty, files.trees[0], files.trees[1]][i] for i in order]
    final = check(
        ROOT.RDataFrame("events", names, executor=client, npartitions=4),
        ROOT.RDataFrame("events", names),
    )
    assert final.entries == files.entries[0] + files.entries[1]


def test_friends(client: Client, files: Files) -> None:
    """Entries of a friend stay beside those of the main tree, though their clusters differ."""

    def chain() -> Any:
        main, friend = ROOT.TChain("events"), ROOT.TChain("more")
        for tree, other in zip(files.trees, files.friends, strict=True):
            main.Add(tree)
            friend.Add(other)
        main.AddFriend(friend, "f")
        chain.keep = [*getattr(chain, "keep", []), main, friend]
        return main

    distributed = ROOT.RDataFrame(chain(), executor=client, npartitions=4)
    local = ROOT.RDataFrame(chain())
    check(distributed.Define("same", "f.fw == w ? 1. : 0."), local.Define("same", "f.fw == w ? 1. : 0."), weight="f.fw")
    same = distributed.Define("same", "f.fw == w ? 1. : 0.").Min("same")
    rdf_live.start(same).result(60)
    assert same.GetValue() == 1


def test_samples_with_metadata(client: Client, files: Files) -> None:
    """Each sample keeps its own metadata, whichever ranges its files fall into."""

    def frame(**executor: Any) -> Any:
        spec = ROOT.RDF.Experimental.RDatasetSpec()
        for i, (name, file) in enumerate(zip(("data", "signal", "ground"), files.trees, strict=True)):
            meta = ROOT.RDF.Experimental.RMetaData()
            meta.Add("lumi", 0.5 + i)
            meta.Add("kind", name)
            spec.AddSample(ROOT.RDF.Experimental.RSample(name, "events", file, meta))
        df = ROOT.RDataFrame(spec, **executor)
        df = df.DefinePerSample("lumi", 'rdfsampleinfo_.GetD("lumi")')
        return df.DefinePerSample("signal", 'rdfsampleinfo_.GetS("kind") == "signal" ? 1 : 0').Define("lw", "lumi * w")

    distributed, local = frame(executor=client, npartitions=5), frame()
    check(distributed, local, weight="lw")
    assert_same(distributed.Sum("signal"), float(files.entries[1]))


def test_rntuple(client: Client, files: Files) -> None:
    final = check(
        ROOT.RDataFrame("ntuple", files.ntuples, executor=client, npartitions=5),
        ROOT.RDataFrame("ntuple", files.ntuples),
    )
    assert final.entries == 4000


def test_rntuple_with_partitions_chosen(client: Client, files: Files) -> None:
    check(ROOT.RDataFrame("ntuple", files.ntuples, executor=client), ROOT.RDataFrame("ntuple", files.ntuples))


@pytest.mark.parametrize("n", [1, 3, 10_007])
def test_empty_source(client: Client, n: int) -> None:
    def define(df: Any) -> Any:
        return df.Define("x", "0.001 * (rdfentry_ % 9973)").Define("w", "0.1 + 0.01 * (rdfentry_ % 7)")

    check(define(ROOT.RDataFrame(n, executor=client)), define(ROOT.RDataFrame(n)))


def test_user_code_and_files_reach_the_workers(client: Client, files: Files, tmp_path: Path) -> None:
    """Declared code, registered headers and the initialisation function come with the graph."""
    header = tmp_path / "rdf_live_test_header.hxx"
    header.write_text("#pragma once\ninline double rdf_live_test_twice(double x) { return 2 * x; }\n")
    ROOT.RDF.Distributed.DistributeHeaders([str(header)])
    # ROOT before 6.40 makes a macro of the code's hash, which works if that does not start with a digit.
    ROOT.RDF.Distributed.DistributeCppCode("double rdf_live_test_thrice(double x) { return x * 3; }")
    df = ROOT.RDataFrame("events", files.trees, executor=client, npartitions=3)
    six = df.Define("six", "rdf_live_test_thrice(rdf_live_test_twice(x))").Sum("six")
    final = rdf_live.start(six).result(60)
    local = ROOT.RDataFrame("events", files.trees).Define("six", "3 * (2 * x)").Sum("six")
    assert_same(final[six], local)


def test_real_events(client: Client, shared: Path) -> None:
    """The Z boson of real collisions, twenty times over."""
    names = [str(shared / "uproot-Zmumu.root")] * 20

    def z(df: Any) -> dict[str, Any]:
        opposite = df.Filter("Q1 * Q2 < 0", "opposite charge")
        return {
            "mass": opposite.Histo1D(("z", ";m_{#mu#mu} [GeV];events", 60, 60, 120), "M"),
            "angles": df.Histo2D(("a", "", 20, -3, 3, 20, -3.2, 3.2), "eta1", "phi1"),
            "profile": opposite.Profile1D(("p", "", 10, 0, 100), "pt1", "M"),
            "count": df.Count(),
        } | ({"report": opposite.Report()} if distributes("Report") else {})

    got, expected = z(ROOT.RDataFrame("events", names, executor=client)), z(ROOT.RDataFrame("events", names))
    final = rdf_live.start(list(got.values())).result(120)
    for name, result in got.items():
        assert_same(final[result], expected[name], what=name)
    assert final.entries == 20 * 2304


def test_real_nanoaod(client: Client, shared: Path) -> None:
    """Trees of 1,500 branches; columns of vectors."""
    names = [str(shared / "nano_dy.root"), str(shared / "nano_dimuon.root")] * 3

    def muons(df: Any) -> dict[str, Any]:
        good = df.Define("good", "Muon_pt[abs(Muon_eta) < 2.4]")
        return {
            "pt": good.Histo1D(("pt", "", 50, 0, 200), "good"),
            "n": df.Histo1D(("n", "", 8, 0, 8), "nMuon"),
            "sum": df.Sum("nMuon"),
            "arrays": df.AsNumpy(["nMuon", "Muon_pt"], lazy=True),
        }

    got = muons(ROOT.RDataFrame("Events", names, executor=client, npartitions=4))
    expected = muons(ROOT.RDataFrame("Events", names))
    final = rdf_live.start(list(got.values())).result(120)
    for name, result in got.items():
        assert_same(final[result], expected[name], what=name)
    assert final.entries == 240


@pytest.mark.filterwarnings("ignore:.*no dictionary for class:RuntimeWarning")  # of ATLAS's own classes
def test_real_rntuple(client: Client, shared: Path) -> None:
    names = [str(shared / "uproot-physlite-rntuple_v1-0-0-0.root")] * 2

    def muons(df: Any) -> dict[str, Any]:
        pt = df.Alias("muon_pt", "AnalysisMuonsAuxDyn:pt")
        return {"pt": pt.Histo1D(("pt", "", 50, 0, 2e5), "muon_pt"), "count": df.Count()}

    got = muons(ROOT.RDataFrame("EventData", names, executor=client, npartitions=2))
    expected = muons(ROOT.RDataFrame("EventData", names))
    final = rdf_live.start(list(got.values())).result(60)
    for name, result in got.items():
        assert_same(final[result], expected[name], what=name)
    assert final.entries == 200
    assert final[got["pt"]].GetEntries() > 0
