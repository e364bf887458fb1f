# SPDX-License-Identifier: BSD-3-Clause
"""Every action that distributed ROOT supports, in one run, against local ROOT on the same files."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import ROOT
from compare import assert_same
from conftest import Files, Gate, distributes, watch
from distributed import Client

import rdf_live

#: The first test of all waits for the compilation of all results, twice.
pytestmark = pytest.mark.timeout(600)

Book = dict[str, Callable[[Any], Any]]

EDGES = ROOT.std.vector["std::vector<double>"]([[0.0, 1.0, 2.5, 10.0], [0.0, 20.0, 101.0]])

#: Booked on all entries.
ADDING: Book = {
    "h1": lambda f: f.Histo1D(("h1", "t;x;y", 20, 1, 8), "x"),
    "h1 weighted": lambda f: f.Histo1D(("h1w", "t;x;y", 20, 1, 8), "x", "w"),
    "h1 of ints": lambda f: f.Histo1D(("h1n", "t", 7, 0, 7), "n"),
    "h1 of vectors": lambda f: f.Histo1D(("h1v", "t", 20, 0, 8), "v"),
    "h1 variable bins": lambda f: f.Histo1D(("h1b", "t", 3, np.array([0.0, 0.1, 2.5, 9.9])), "x", "w"),
    "h2": lambda f: f.Histo2D(("h2", "t", 10, 0, 8, 10, 0, 50), "x", "y"),
    "h2 weighted": lambda f: f.Histo2D(("h2w", "t", 10, 0, 8, 10, 0, 50), "x", "y", "w"),
    "h3": lambda f: f.Histo3D(("h3", "t", 4, 0, 8, 4, 0, 50, 3, 0, 5), "x", "y", "n"),
    "h3 weighted": lambda f: f.Histo3D(("h3w", "t", 4, 0, 8, 4, 0, 50, 3, 0, 5), "x", "y", "n", "w"),
    "hn": lambda f: f.HistoND(("hn", "t", 2, (4, 5), (0.0, 0.0), (8.0, 50.0)), ("x", "y")),
    "hn weighted": lambda f: f.HistoND(("hnw", "t", 2, (4, 5), (0.0, 0.0), (8.0, 50.0)), ("x", "y", "w")),
    "hn variable bins": lambda f: f.HistoND(("hnb", "t", 2, (3, 2), EDGES), ("x", "y")),
    "hn sparse": lambda f: f.HistoNSparseD(("hs", "t", 2, (9, 9), (0.0, 0.0), (8.0, 50.0)), ("x", "y")),
    "hn sparse weighted": lambda f: f.HistoNSparseD(("hsw", "t", 2, (9, 9), (0.0, 0.0), (8.0, 50.0)), ("x", "y", "w")),
    "p1": lambda f: f.Profile1D(("p1", "t", 10, 0, 8), "x", "y"),
    "p1 weighted": lambda f: f.Profile1D(("p1w", "t", 10, 0, 8), "x", "y", "w"),
    "p1 with limits": lambda f: f.Profile1D(("p1l", "t", 10, 0, 8, 5, 30, "s"), "x", "y"),
    "p2": lambda f: f.Profile2D(("p2", "t", 5, 0, 8, 5, 0, 8), "x", "n", "y"),
    "p2 weighted": lambda f: f.Profile2D(("p2w", "t", 5, 0, 8, 5, 0, 8), "x", "n", "y", "w"),
    "count": lambda f: f.Count(),
}

#: Booked on all entries, and after a cut.
NUMBERS: Book = {
    "sum": lambda f: f.Sum("x"),
    "sum of ints": lambda f: f.Sum("n"),
    "mean": lambda f: f.Mean("x"),
    "min": lambda f: f.Min("x"),
    "max": lambda f: f.Max("x"),
    "min of ints": lambda f: f.Min("n"),
    "stddev": lambda f: f.StdDev("x"),
    "stats": lambda f: f.Stats("x"),
    "stats weighted": lambda f: f.Stats("x", "w"),
    "report": lambda f: f.Report(),
}

#: Booked on all entries: limits that ROOT finds by itself, with more entries in a range than it looks at for that.
AUTO: Book = {
    "auto range": lambda f: f.Histo1D(("auto", "t", 20, 0, 0), "x"),
    "auto range weighted": lambda f: f.Histo1D(("autow", "t", 20, 0, 0), "x", "w"),
    "auto range of growing values": lambda f: f.Define("g", "0.01 * id + x").Histo1D(("autog", "t", 40, 0, 0), "g"),
}

#: Limits of one axis only.
HALF: Book = {
    "given x": lambda f: f.Histo2D(("givenx", "t", 8, 0, 8, 20, 0, 0), "x", "y"),
    "given y": lambda f: f.Histo2D(("giveny", "t", 8, 5, 5, 20, 0, 40), "x", "y", "w"),
}

WORD = 'static_cast<const char *>(id % 3 == 0 ? "fizz" : id % 5 == 0 ? "buzz" : "none")'

if not distributes("Report"):
    del NUMBERS["report"]
if not distributes("HistoNSparseD"):
    del ADDING["hn sparse"], ADDING["hn sparse weighted"]

#: Labels that come late, and more than there are bins.
RARE = """static_cast<const char *>(id < 300 ? "first" : id % 2 ? "odd" : id > 2000 ? "late" : "even")"""

#: Booked after a cut; their parts do not add.
LISTS: Book = {
    "auto range of few": lambda f: f.Filter("id % 50 == 7").Histo1D(("autof", "t", 20, 0, 0), "x"),
    "labels": lambda f: f.Define("s", WORD).Histo2D(("lab", "t", 3, 0, 3, 5, 0, 8), "s", "x", "w"),
    "labels some ranges have": lambda f: f.Define("s", RARE).Histo2D(("late", "t", 5, 0, 8, 2, 0, 2), "x", "s", "w"),
    "labels of a profile": lambda f: f.Define("s", WORD).Profile1D(("labp", "t", 3, 0, 3), "s", "x", "w"),
    "graph": lambda f: f.Filter("id % 50 == 7").Graph("x", "y"),
    "graph with errors": lambda f: f.Filter("id % 50 == 7").GraphAsymmErrors("x", "y", "w", "y", "x", "w"),
    "asnumpy": lambda f: f.Filter("id % 50 == 7").AsNumpy(["x", "n", "v"], lazy=True),
}
if distributes("Report"):
    LISTS["report further on"] = lambda f: f.Filter("id % 50 == 7", "few").Report()

#: Booked on a frame with variations of x and of w.
VARIED: Book = {
    "h1": lambda f: f.Histo1D(("vh", "t", 20, 1, 8), "x"),
    "h1 weighted": lambda f: f.Histo1D(("vhw", "t", 20, 1, 8), "x", "w"),
    "h2": lambda f: f.Histo2D(("vh2", "t", 20, 1, 8, 5, 0, 50), "x", "y"),
    "h3": lambda f: f.Histo3D(("vh3", "t", 4, 0, 8, 4, 0, 50, 3, 0, 5), "x", "y", "n", "w"),
    "hn": lambda f: f.HistoND(("vhn", "t", 2, (4, 5), (0.0, 0.0), (8.0, 50.0)), ("x", "y")),
    "hn weighted": lambda f: f.HistoND(("vhnw", "t", 2, (4, 5), (0.0, 0.0), (8.0, 50.0)), ("x", "y", "w")),
    "hn sparse": lambda f: f.HistoNSparseD(("vhs", "t", 2, (9, 9), (0.0, 0.0), (8.0, 50.0)), ("x", "y")),
    "p1": lambda f: f.Profile1D(("vp", "t", 20, 1, 8), "x", "y"),
    "p1 weighted": lambda f: f.Profile1D(("vpw", "t", 20, 1, 8), "x", "y", "w"),
    "p2": lambda f: f.Profile2D(("vp2", "t", 5, 0, 8, 5, 0, 8), "x", "n", "y", "w"),
    "auto range of few": lambda f: f.Filter("id % 50 == 7").Histo1D(("va", "t", 20, 0, 0), "x", "w"),
    "labels": lambda f: f.Define("s", WORD).Histo2D(("vl", "t", 3, 0, 3, 5, 0, 8), "s", "x", "w"),
    "graph": lambda f: f.Filter("id % 50 == 7").Graph("x", "y"),
    "graph with errors": lambda f: f.Filter("id % 50 == 7").GraphAsymmErrors("x", "y", "w", "y", "x", "w"),
    "stats": lambda f: f.Stats("x", "w"),
    "sum": lambda f: f.Sum("x"),
    "mean": lambda f: f.Mean("x"),
    "min": lambda f: f.Min("x"),
    "max": lambda f: f.Max("x"),
    "stddev": lambda f: f.StdDev("x"),
    "count": lambda f: f.Filter("x > 2").Count(),
}

if not distributes("HistoNSparseD"):
    del VARIED["hn sparse"]


def book(df: Any, variations: Callable[[Any], Any]) -> dict[str, Any]:
    """The whole graph: result by its name, with "cut " or "varied " before it."""
    cut = df.Filter("n > 1", "n cut").Filter("x > 0.5", "x cut")
    varied = df.Vary("x", "ROOT::RVecD{x * 0.9, x * 1.1}", ["down", "up"])
    varied = varied.Vary("w", "ROOT::RVecD{w * 2}", 1, "scale")
    nominal = {name: make(varied) for name, make in VARIED.items()}
    return (
        {name: make(df) for name, make in (ADDING | NUMBERS | AUTO | HALF).items()}
        | {f"cut {name}": make(cut) for name, make in (NUMBERS | LISTS).items()}
        | {f"varied {name}": variations(result) for name, result in nominal.items()}
        | {f"nominal {name}": result for name, result in nominal.items()}
    )


def names() -> list[str]:
    return [
        *ADDING,
        *NUMBERS,
        *(f"cut {name}" for name in NUMBERS | LISTS),
        *(f"{prefix} {name}" for prefix in ("varied", "nominal") for name in VARIED),
    ]


@pytest.fixture(scope="module")
def both(client: Client, files: Files, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The results of one run on the cluster, snapshots taken on the way, and what local ROOT gives."""
    folder = tmp_path_factory.mktemp("actions")
    gate = Gate(folder / "gate")
    df = gate.on(ROOT.RDataFrame("events", files.trees, executor=client, npartitions=5))
    got = book(df, ROOT.RDF.Distributed.VariationsFor)
    lazy = ROOT.RDF.RSnapshotOptions()
    lazy.fLazy = True
    got["kept"] = df.Filter("n > 4").Snapshot("kept", str(folder / "kept.root"), ["x", "n"], lazy)
    run = rdf_live.start(list(got.values()), every=0.05)
    try:
        seen = watch(run, 4)
    finally:
        gate.open()
    final = run.result(200)
    local = gate.on(ROOT.RDataFrame("events", files.trees))
    expected = book(local, ROOT.RDF.Experimental.VariationsFor)
    return SimpleNamespace(got=got, expected=expected, final=final, seen=seen, run=run)


@pytest.mark.parametrize("name", names())
def test_final(both: SimpleNamespace, name: str) -> None:
    """The last snapshot, and the user's own result, are what local ROOT gives."""
    assert_same(both.final[both.got[name]], both.expected[name], what=name)
    result = both.got[name]
    node = result.proxied_node
    assert_same(node.value, both.expected[name], what=f"{name}, the user's own")


@pytest.mark.parametrize("name", AUTO)
def test_auto_range(both: SimpleNamespace, name: str) -> None:
    """Where ranges found limits of their own, nothing is lost, and no entry is further off than two bins."""
    got, expected = both.final[both.got[name]], both.expected[name].GetValue()
    assert got.GetEntries() == expected.GetEntries()
    for statistic in ("GetMean", "GetStdDev", "GetSumOfWeights"):
        assert getattr(got, statistic)() == pytest.approx(getattr(expected, statistic)(), rel=1e-12)
    bins = range(1, got.GetNbinsX() + 1)
    assert got.GetBinContent(0) == got.GetBinContent(bins[-1] + 1) == 0
    for i in bins:
        edge, far = got.GetXaxis().GetBinUpEdge(i), 2 * got.GetBinWidth(1)
        low, high = (
            sum(expected.GetBinContent(j) for j in bins if expected.GetXaxis().GetBinUpEdge(j) <= edge + d)
            for d in (-far, far)
        )
        assert low - 1e-9 <= got.Integral(1, i) <= high + 1e-9, f"up to {edge}"


@pytest.mark.parametrize("name", HALF)
def test_limits_of_one_axis(both: SimpleNamespace, name: str) -> None:
    """The given ones are kept where ROOT keeps them (since 6.40), the others are found; nothing is lost."""
    got, expected = both.final[both.got[name]], both.expected[name].GetValue()
    expected.BufferEmpty(1)
    limits, booked = [], (0, 8) if name == "given x" else (0, 40)
    for h in (got, expected):
        given, found = (h.GetXaxis(), h.GetYaxis()) if name == "given x" else (h.GetYaxis(), h.GetXaxis())
        limits.append((given.GetXmin(), given.GetXmax()))
        assert found.GetXmin() < found.GetXmax()
    assert limits[0] == booked or (limits[1] != booked and ROOT.gROOT.GetVersionInt() < 64000), limits
    assert got.GetEntries() == expected.GetEntries()
    everything = got.GetNbinsX() + 1, got.GetNbinsY() + 1
    assert got.Integral(0, everything[0], 0, everything[1]) == pytest.approx(
        expected.Integral(0, everything[0], 0, everything[1]), rel=1e-12
    )


def test_all_entries_counted(both: SimpleNamespace) -> None:
    assert both.final.entries == both.final.entries_total == sum(Files.entries)
    assert both.final.fraction == 1
    assert not both.final.total_is_estimate
    assert both.run.state == "done"
    assert both.run.failures == []


def test_snapshot_gives_a_dataframe(both: SimpleNamespace, files: Files) -> None:
    """A distributed Snapshot gives a dataframe of the files that were written, once per range."""
    local = ROOT.RDataFrame("events", files.trees).Filter("n > 4")
    name, written = both.final[both.got["kept"]]
    assert name == "kept"
    assert len(written) == len(set(written)) > 1
    kept = both.got["kept"].GetValue()
    count, histogram = kept.Count(), kept.Histo1D(("h", "", 20, 0, 10), "x")
    assert count.GetValue() == local.Count().GetValue()
    assert_same(histogram, local.Histo1D(("h", "", 20, 0, 10), "x"))


@pytest.mark.parametrize("name", ADDING)
def test_live(both: SimpleNamespace, name: str) -> None:
    """On the way, every result holds the same entries as the count of the same snapshot."""
    for snapshot in both.seen:
        value = snapshot[both.got[name]]
        entries = 3 if "vectors" in name else 1
        if name == "p1 with limits":
            assert 0 < value.GetEntries() < snapshot.entries
        else:
            assert (value if name == "count" else value.GetEntries()) == entries * snapshot.entries


def test_live_numbers(both: SimpleNamespace) -> None:
    """Numbers of a snapshot agree with the histograms of the same snapshot."""
    for snapshot in both.seen:
        x = {name: snapshot[both.got[name]] for name in ("sum", "mean", "min", "max", "stats", "stats weighted")}
        n = snapshot.entries
        assert math.isclose(x["mean"], x["sum"] / n, rel_tol=1e-12)
        assert math.isclose(x["stats"].GetMean(), x["mean"], rel_tol=1e-12)
        assert x["stats"].GetN() == x["stats weighted"].GetN() == n
        assert (x["stats"].GetMin(), x["stats"].GetMax()) == (x["min"], x["max"])
        assert x["min"] <= x["mean"] <= x["max"]


@pytest.mark.parametrize("name", ["h1", "h1 weighted", "h2", "h3", "hn", "hn weighted", "p1", "p1 weighted", "p2"])
def test_live_variations(both: SimpleNamespace, name: str) -> None:
    """Every variation is live, not only the first, and at the same entry as all others."""
    for snapshot in both.seen:
        varied = snapshot[both.got[f"varied {name}"]]
        expected = [str(key) for key in both.expected[f"varied {name}"].GetKeys()]
        assert sorted(varied.GetKeys()) == sorted(expected)
        assert {key: varied[key].GetEntries() for key in expected} == dict.fromkeys(expected, snapshot.entries)


def test_live_variations_of_numbers(both: SimpleNamespace) -> None:
    """Sums and the like have their variations on the way, too: at the same entry as the nominal value."""
    for snapshot in both.seen:
        varied = {
            name: snapshot[both.got[f"varied {name}"]] for name in ("sum", "mean", "min", "max", "stddev", "count")
        }
        for name, values in varied.items():
            assert values["nominal"] == snapshot[both.got[f"nominal {name}"]], name
            assert {str(key) for key in values.GetKeys()} >= {"nominal", "x:down", "x:up"}
            if name != "count":
                assert values["x:up"] == pytest.approx(1.1 * values["nominal"], rel=1e-12), name
        assert 0 < varied["count"]["x:down"] <= varied["count"]["nominal"] <= varied["count"]["x:up"]


def test_live_lists(both: SimpleNamespace) -> None:
    """Points, labels and sparse bins are live too, where ROOT can show them."""
    snapshot = both.seen[-1]
    cut = snapshot[both.got["cut sum of ints"]]
    assert cut > 0
    passed = snapshot[both.got["cut stats"]].GetN()
    assert snapshot[both.got["cut labels"]].GetEntries() == passed
    assert snapshot[both.got["auto range"]].GetEntries() == snapshot.entries
    labels = snapshot[both.got["cut labels"]].GetXaxis()
    assert {str(labels.GetBinLabel(i)) for i in (1, 2, 3)} == {"fizz", "buzz", "none"}
    graph, errors = (snapshot[both.got[f"cut {name}"]] for name in ("graph", "graph with errors"))
    assert 0 < graph.GetN() == errors.GetN()


def test_snapshots_do_not_change(both: SimpleNamespace) -> None:
    """Objects of a snapshot are the caller's: later snapshots do not touch them, and they belong to no directory."""
    first, last = both.seen[0][both.got["h1"]], both.final[both.got["h1"]]
    assert first.GetEntries() == both.seen[0].entries < last.GetEntries()
    assert not first.GetDirectory()
    assert both.seen[0][both.got["h1"]] is first
