# SPDX-License-Identifier: BSD-3-Clause
"""Plots of every kind of result, as the panel sends them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import ROOT
from conftest import distributes
from distributed import Client
from notebook_kernel import SCHEMA, VALIDATOR

import rdf_live
from rdf_live.view.panel import plots, shrink
from rdf_live.view.panel.layout import panes_of

ENTRIES = 4000
PLOT = VALIDATOR.evolve(schema=SCHEMA["$defs"]["plot"] | {"$defs": SCHEMA["$defs"]})


@pytest.fixture(scope="module")
def run(client: Client) -> Any:
    """One run with a result of each kind."""
    df = ROOT.RDataFrame(ENTRIES, executor=client, npartitions=3)
    df = df.Define("x", "0.01 * (rdfentry_ % 997)").Define("y", "0.1 * (rdfentry_ % 89)").Define("z", "0.5 * x")
    weighted = df.Define("w", "0.1 + 0.01 * (rdfentry_ % 7)")
    cut = df.Filter("x > 5", "half")
    h = df.Histo1D(("h", "h;x [cm];events", 50, 0, 10), "x")
    varied = df.Vary("x", "ROOT::RVecD{0.9 * x, 1.1 * x}", ["down", "up"], "scale")
    nominal = varied.Histo1D(("v", "v", 50, 0, 10), "x")
    flat = varied.Histo2D(("v2", "v2", 5, 0, 10, 5, 0, 10), "x", "y")
    results = [
        h,
        cut.Histo1D(("cut", "cut", 50, 0, 10), "x"),
        weighted.Histo1D(("w", "w", 50, 0, 10), "x", "w"),
        df.Histo2D(("large", "l;x;y;n", 501, 0, 10, 403, 0, 9), "x", "y"),
        df.Histo3D(("box", "b;x;y;z", 5, 0, 10, 6, 0, 9, 7, 0, 5), "x", "y", "z"),
        df.Profile1D(("profile", "p", 10, 0, 10), "x", "y"),
        df.Profile2D(("profile2", "p", 300, 0, 10, 300, 0, 9), "x", "y", "z"),
        df.Filter("rdfentry_ % 10 == 0").Graph("x", "y"),
        nominal,
        ROOT.RDF.Distributed.VariationsFor(nominal),
        flat,
        ROOT.RDF.Distributed.VariationsFor(flat),
        df.Count(),
        df.Mean("x"),
        df.Stats("x"),
        *([cut.Report()] if distributes("Report") else []),
        df.AsNumpy(["x"], lazy=True),
        df.HistoND(("nd", "nd", 4, [5] * 4, [0.0] * 4, [10.0] * 4), ["x", "y", "z", "x"]),
    ]
    run = rdf_live.start(results, every=0.1)
    run.result()
    run._kept = results
    return run


def plot(run: Any, layout: Any) -> dict[str, Any]:
    (pane,) = panes_of([layout], run.results, run._find)
    made = plots.plot_of(pane, run._take(own=True))
    PLOT.validate(made)
    assert (made["entries"], made["fraction"]) == (ENTRIES, 1)
    return made


def objects(view: dict[str, Any], key: str = "objects") -> list[Any]:
    """Back to ROOT objects."""
    return [ROOT.TBufferJSON.ConvertFromJSON(text) for text in view[key]]


KINDS = {
    "h": ("TH1D", "hist"),
    "w": ("TH1D", "hist"),
    "profile": ("TProfile", "e"),
    "Graph(x, y)": ("TGraph", "AP"),
    "large": ("TH2D", "colz"),
    "profile2": ("TH2D", "colz"),  # of merged bins: their means, not a profile any more
}


@pytest.mark.parametrize("label", KINDS)
def test_kinds(run: Any, label: str) -> None:
    kind, option = KINDS[label]
    made = plot(run, label)
    (view,) = made["views"]
    assert (view["name"], view["stack"], view["options"]) == ("", False, [option])
    (shown,) = objects(view)
    assert shown.ClassName() == kind
    assert ("are one here" in (made["note"] or "")) == label.startswith(("large", "profile2"))
    if kind in ("TH1D", "TProfile"):
        expected = run.snapshot()[label]
        contents = [expected.GetBinContent(i) for i in range(12)]
        assert [shown.GetBinContent(i) for i in range(12)] == pytest.approx(contents, rel=1e-12)
        assert shown.GetEntries() == expected.GetEntries() == ENTRIES
        assert str(shown.GetXaxis().GetTitle()) == str(expected.GetXaxis().GetTitle())


def test_nothing_is_left_behind(run: Any) -> None:
    """No object in a directory, none of the run's own objects changed."""
    before = [str(o.GetName()) for o in ROOT.gDirectory.GetList()]
    color = run.snapshot()["h"].GetLineColor()
    for layout in ("box", "large", ["h", ("cut", "w")]):
        plot(run, layout)
        plot(run, layout)
    assert [str(o.GetName()) for o in ROOT.gDirectory.GetList()] == before
    assert run.snapshot()["h"].GetLineColor() == color
    assert run.snapshot()["w"].GetFillColor() == 0


def test_large_one_is_merged(run: Any) -> None:
    """The sum of all cells is the same, in its place, with what lies outside."""
    full = run.snapshot()["large"]
    (shown,) = objects(plot(run, "large")["views"][0])
    n, m = shown.GetNbinsX(), shown.GetNbinsY()
    assert n * m <= shrink.MOST_CELLS
    assert (shown.GetXaxis().GetXmin(), shown.GetXaxis().GetXmax()) == (0, 10)
    assert (shown.GetYaxis().GetXmin(), shown.GetYaxis().GetXmax()) == (0, 9)
    assert shown.GetEntries() == ENTRIES
    assert shown.Integral() == full.Integral() == ENTRIES
    step = round(full.GetXaxis().GetBinWidth(1) and shown.GetXaxis().GetBinWidth(1) / full.GetXaxis().GetBinWidth(1))
    assert shown.Integral(1, 10, 1, m) == full.Integral(1, 10 * step, 1, 403)


def test_projections(run: Any) -> None:
    """As ROOT's Project3D has them."""
    made = plot(run, "box")
    assert [view["name"] for view in made["views"]] == ["x-y", "x-z", "y-z"]
    box = run.snapshot()["box"].Clone("copy")
    for view, how in zip(made["views"], ("yx", "zx", "zy"), strict=True):
        (shown,) = objects(view)
        expected = box.Project3D(how)
        cells = range(expected.GetNcells())
        assert [shown.GetBinContent(i) for i in cells] == [expected.GetBinContent(i) for i in cells]
        assert str(shown.GetXaxis().GetTitle()) == str(expected.GetXaxis().GetTitle()) == view["name"][0]
        assert str(shown.GetYaxis().GetTitle()) == view["name"][2]
        expected.Delete()


def test_profile_of_merged_bins(run: Any) -> None:
    """Means of all entries of the bins, not means of means."""
    full = run.snapshot()["profile2"]
    (shown,) = objects(plot(run, "profile2")["views"][0])
    step = round(shown.GetXaxis().GetBinWidth(1) / full.GetXaxis().GetBinWidth(1))
    up = round(shown.GetYaxis().GetBinWidth(1) / full.GetYaxis().GetBinWidth(1))
    for i, j in ((1, 1), (10, 17), (40, 3)):
        cells = [
            full.GetBin(a, b)
            for a in range((i - 1) * step + 1, i * step + 1)
            for b in range((j - 1) * up + 1, j * up + 1)
        ]
        entries = sum(full.GetBinEntries(c) for c in cells)
        mean = sum(full.GetBinContent(c) * full.GetBinEntries(c) for c in cells) / entries if entries else 0
        assert shown.GetBinContent(i, j) == pytest.approx(mean)


def test_long_ones() -> None:
    long = ROOT.TH1D("long", "l;x", 50_001, 0, 1)
    for i in range(0, 50_003, 7):
        long.SetBinContent(i, i)
    shown, note = shrink.smaller(long)
    assert note == "50,001 bins; 3 of them are one here"
    assert (shown.GetNbinsX(), shown.GetXaxis().GetXmax()) == (16_667, 1)
    assert shown.GetSumOfWeights() == long.GetSumOfWeights()
    assert shown.GetBinContent(shown.GetNbinsX() + 1) == long.GetBinContent(50_002)
    x = np.arange(50_000.0)
    graph, note = shrink.smaller(ROOT.TGraph(50_000, x, 2 * x))
    assert note == "50,000 points; every 3th is shown"
    assert graph.GetN() == 16_667
    assert (graph.GetPointX(5), graph.GetPointY(5)) == (15, 30)
    errors = ROOT.TGraphAsymmErrors(50_000, x, x, x, 2 * x, 3 * x, 4 * x)
    thin, _ = shrink.smaller(errors)
    assert (thin.GetErrorXlow(2), thin.GetErrorXhigh(2), thin.GetErrorYlow(2), thin.GetErrorYhigh(2)) == (6, 12, 18, 24)
    assert shrink.smaller(ROOT.TGraph(3, x, x))[1] is None


def test_overlay(run: Any) -> None:
    (view,) = plot(run, ["h", "cut", "profile", "Graph(x, y)"])["views"]
    assert view["options"] == ["hist", "hist", "e", "P"]
    assert "over" not in view
    colors = [shown.GetLineColor() for shown in objects(view)]
    assert len(set(colors)) == 4


def test_stack(run: Any) -> None:
    (view,) = plot(run, ["h", ("cut", "w")])["views"]
    assert view["stack"]
    assert (view["options"], view["over_options"]) == (["hist", "hist"], ["pe"])
    below, above = objects(view)
    assert (str(below.GetName()), str(above.GetName())) == ("cut", "w")
    assert below.GetFillColor() != above.GetFillColor()
    (points,) = objects(view, "over")
    assert (points.GetMarkerStyle(), points.GetLineColor()) == (20, 1)


def test_result_in_two_panes(run: Any) -> None:
    """Colours differ within each pane, and looks of one do not go into the other."""
    snapshot = run._take(own=True)

    def shown(layout: Any) -> list[Any]:
        (pane,) = panes_of([layout], run.results, run._find)
        view = plots.plot_of(pane, snapshot)["views"][0]
        return objects(view) + (objects(view, "over") if view["stack"] else [])

    first = [o.GetLineColor() for o in shown(["h", "cut"])]
    for layout in (["cut", "w"], ["h", "profile", ("cut", "w")]):
        colors = [o.GetLineColor() for o in shown(layout)]
        assert len(set(colors)) == len(colors)
    assert [o.GetLineColor() for o in shown(["h", "cut"])] == first
    (alone,) = shown("h")
    assert (alone.GetLineColor(), alone.GetFillColor(), alone.GetMarkerStyle()) == (602, 0, 1)
    snapshot["cut"].SetLineColor(first[0])  # chosen by somebody: the other one gets another
    assert shown(["h", "cut"])[0].GetLineColor() not in (first[0], 602)


def test_variations(run: Any) -> None:
    """Nominal first, then the others; of flat ones the nominal only, and it says so."""
    made = plot(run, "v variations")
    assert made["note"] is None
    shown = objects(made["views"][0])
    assert [str(o.GetName()) for o in shown] == ["v", "v_scale_down", "v_scale_up"]
    assert len({o.GetLineColor() for o in shown}) == 3
    flat = plot(run, "v2 variations")
    assert len(flat["views"][0]["objects"]) == 1
    assert flat["note"] == "nominal and 0 of 2 variations"


def test_numbers_and_cut_flows(run: Any) -> None:
    snapshot = run._take(own=True)
    others = [r for r in run.results if r.kind in ("Count", "Mean", "TStatistic", "Report", "AsNumpy", "THnD")]
    rows = {row["label"]: row["text"] for row in plots.numbers_of(others, snapshot)}
    assert rows["Count"] == "4,000"
    assert float(rows["Mean(x)"]) == pytest.approx(run.snapshot()["Mean(x)"], rel=1e-5)
    assert rows["Stats(x)"].startswith("4,000 values, mean")
    assert rows["AsNumpy"] == "AsNumpy of 3 of 3 ranges"
    assert rows["nd"] == "THnD: not drawn"
    if not distributes("Report"):
        return
    (report,) = plots.reports_of(others, snapshot)
    passed = run.snapshot()["cut"].GetEntries()
    assert report == {"label": "Report", "cuts": [{"name": "half", "pass": passed, "all": ENTRIES}]}


def test_samples_that_are_not_equally_far(client: Client) -> None:
    """Two dataframes in one pane: it says how much of each is in it, because they look comparable."""

    def book(n: int, name: str) -> Any:
        return ROOT.RDataFrame(n, executor=client, npartitions=1).Define("x", "1.").Histo1D((name, "", 5, 0, 5), "x")

    pair = [book(100, "data"), book(50, "mc")]
    run = rdf_live.start(pair)
    run.result()
    (pane,) = panes_of([pair], run.results, run._find)
    snapshot = run._take(own=True)
    assert plots.plot_of(pane, snapshot)["note"] is None
    snapshot._graphs[1]["progress"]["fraction"] = 0.5
    made = plots.plot_of(pane, snapshot)
    assert made["note"] == "data: 100 %, mc: 50 %"
    assert (made["entries"], made["fraction"]) == (150, 1)


def test_many_variations_and_numbers(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "_MOST_VARIATIONS", 1)
    made = plot(run, "v variations")
    assert made["note"] == "nominal and 1 of 2 variations"
    assert len(made["views"][0]["objects"]) == 2
    monkeypatch.setattr(plots, "_MOST_NUMBERS", 2)
    count = next(r for r in run.results if r.kind == "Count")
    rows = plots.numbers_of([count] * 5, run._take(own=True))
    assert rows == [{"label": "Count", "text": "4,000"}, {"label": "…", "text": "and 4 more"}]


def test_markup_stays_text(run: Any) -> None:
    text = plot(run, "h")["views"][0]["objects"][0]
    assert json.loads(text)["fTitle"] == "h"
    histogram = run._take(own=True)["h"]
    histogram.SetTitle('</script><img src="x">')
    assert json.loads(plots._json(histogram))["fTitle"] == '</script><img src="x">'
