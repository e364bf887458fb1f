# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of ROOT objects against ROOT's own functions, in every cell."""

from __future__ import annotations

import array
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from rdf_live._root import cpp, root
from rdf_live.errors import WrongKind
from rdf_live.export.bins import Bins, Points
from rdf_live.export.extract import extract, has_bins, is_drawable, variations_of
from rdf_live.partial.objects import Variations

ROOT = root()
cpp()

EDGES = array.array("d", [0, 0.5, 1.5, 3, 3.25, 4])
#: Some values are in underflow or overflow, some bins stay empty, some have one value.
RNG = np.random.default_rng(7)
X, Y, Z, V = (RNG.normal(2, 1.3, 300) for _ in range(4))
W = RNG.uniform(-0.3, 2, 300)


def detached(made: Any) -> Any:
    made.SetDirectory(ROOT.nullptr)
    return made


def filled(made: Any, columns: int, weighted: bool) -> Any:
    for row, weight in zip(zip(X, Y, Z, V, strict=True), W, strict=True):
        made.Fill(*(float(value) for value in row[:columns]), *([float(weight)] if weighted else []))
    return made


def counts(weighted: bool = False, variable: bool = False, kind: str = "D") -> Iterator[Any]:
    """Histograms of one, two and three axes."""
    axis = (5, EDGES) if variable else (5, 0.0, 4.0)
    ys, zs = ((4, 0.0, 4.0), (3, 0.0, 4.0)) if not variable else ((5, EDGES), (5, EDGES))
    for dimension, axes in enumerate(([axis], [axis, ys], [axis, ys, zs]), start=1):
        name = f"h{dimension}"
        numbers = itertools.chain.from_iterable(axes)
        made = detached(getattr(ROOT, f"TH{dimension}{kind}")(name, f"{name};a;b;c;d", *numbers))
        yield filled(made, dimension, weighted)


def profiles(option: str, weighted: bool) -> Iterator[Any]:
    yield filled(detached(ROOT.TProfile("p1", "", 9, 0, 4, option)), 2, weighted)
    yield filled(detached(ROOT.TProfile("p1v", "", 5, EDGES, option)), 2, weighted)
    yield filled(detached(ROOT.TProfile2D("p2", "", 5, 0, 4, 4, 0, 4, option)), 3, weighted)
    yield filled(detached(ROOT.TProfile3D("p3", "", 3, 0, 4, 2, 0, 4, 2, 0, 4, option)), 4, weighted)


def check(made: Any) -> Bins:
    """Every cell, edge and moment of an object with at most three axes."""
    bins = extract(made)
    assert isinstance(bins, Bins)
    own = (made.GetXaxis(), made.GetYaxis(), made.GetZaxis())[: made.GetDimension()]
    assert bins.values.shape == tuple(axis.GetNbins() + 2 for axis in own) == bins.variances.shape
    for place in np.ndindex(bins.values.shape):
        cell = made.GetBin(*(int(i) for i in place))
        assert bins.values[place] == pytest.approx(made.GetBinContent(cell), rel=1e-14, abs=0), place
        assert bins.variances[place] == pytest.approx(made.GetBinError(cell) ** 2, rel=1e-12, abs=0, nan_ok=True), place
    for axis, other in zip(bins.axes, own, strict=True):
        edges = [other.GetBinLowEdge(i) for i in range(1, other.GetNbins() + 2)]
        np.testing.assert_allclose(axis.edges, edges, rtol=1e-15)
        assert axis.regular == (not other.IsVariableBinSize())
        assert axis.title == other.GetTitle()
    stats = np.zeros(20)
    made.GetStats(stats)
    np.testing.assert_array_equal(bins.moments, stats[:13])
    assert bins.entries == made.GetEntries() == 300
    assert bins.mean == tuple(made.GetMean(i + 1) for i in range(len(own)))
    assert bins.std_dev == tuple(made.GetStdDev(i + 1) for i in range(len(own)))
    return bins


@pytest.mark.parametrize("variable", [False, True], ids=["regular", "variable"])
@pytest.mark.parametrize("how", ["plain", "weights", "Sumw2 first"])
def test_histograms(how: str, variable: bool) -> None:
    for made in counts(how == "weights", variable):
        if how == "Sumw2 first":
            made.Reset()
            made.Sumw2()
            filled(made, made.GetDimension(), weighted=False)
        bins = check(made)
        assert (bins.kind, bins.weighted) == ("COUNT", how != "plain")
        assert bins.counts is None


def test_weights_without_their_squares() -> None:
    """ROOT's error is then that of as many entries as the sum says, also where the sum is negative."""
    for made in counts():
        made.Scale(-2.5, "nosw2")
        assert made.GetSumw2N() == 0
        bins = extract(made)
        assert isinstance(bins, Bins)
        np.testing.assert_array_equal(bins.variances, -bins.values)


@pytest.mark.parametrize("kind", ["C", "S", "I", "L", "F"])
def test_other_numbers(kind: str) -> None:
    for made in counts(kind=kind):
        check(made)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize("option", ["", "s", "i", "g"])
def test_profiles(option: str, weighted: bool) -> None:
    weights = W.copy()
    try:
        W[:] = np.abs(W) + 0.1
        made = list(profiles(option, weighted))
    finally:
        W[:] = weights
    for profile in made:
        bins = check(profile)
        assert (bins.kind, bins.weighted) == ("MEAN", weighted)
        assert bins.counts is not None
        for place in np.ndindex(bins.values.shape):
            cell = profile.GetBin(*(int(i) for i in place))
            assert bins.counts[place] == profile.GetBinEntries(cell)
            assert bins.effective[place] == pytest.approx(profile.GetBinEffectiveEntries(cell), rel=1e-14)


def many(kind: str, errors: bool) -> Any:
    made = getattr(ROOT, kind)("n", "n", 3, np.array([3, 5, 2], dtype=np.int32), np.zeros(3), np.full(3, 4.0))
    made.GetAxis(1).Set(5, EDGES)
    made.GetAxis(2).SetTitle("third")
    if errors:
        made.Sumw2()
    for row, weight in zip(zip(X, Y, Z, strict=True), W, strict=True):
        made.Fill(np.array(row), float(weight) if errors else 1.0)
    return made


@pytest.mark.parametrize("errors", [False, True], ids=["plain", "weights"])
@pytest.mark.parametrize("kind", ["THnD", "THnF", "THnSparseD"])
def test_many_axes(kind: str, errors: bool) -> None:
    made = many(kind, errors)
    bins = extract(made)
    assert isinstance(bins, Bins)
    assert (bins.cells is not None) == (kind == "THnSparseD")
    assert (bins.entries, bins.weighted) == (300, errors)
    np.testing.assert_array_equal(bins.axes[1].edges, EDGES)
    assert [axis.title for axis in bins.axes] == ["", "", "third"]
    full = bins.dense()
    assert full.values.sum() == pytest.approx(W.sum() if errors else 300)
    for place in np.ndindex(full.values.shape):
        cell = made.GetBin(np.array(place, dtype=np.int32), *([False] if bins.cells is not None else []))
        somewhere = np.zeros(3, dtype=np.int32)
        value, error = (made.GetBinContent(cell, somewhere), made.GetBinError2(cell)) if cell >= 0 else (0.0, 0.0)
        assert full.values[place] == value
        assert full.variances[place] == pytest.approx(error, rel=1e-15)


def test_nothing_in_a_histogram_of_many_axes() -> None:
    bins = extract(ROOT.THnD("n", "", 2, np.array([2, 3], dtype=np.int32), np.zeros(2), np.ones(2)))
    assert isinstance(bins, Bins)
    assert bins.values.shape == (4, 5)
    assert not bins.values.any()


@pytest.mark.parametrize("project", [(0, 1), (1, 0), (0, 2), (2,)])
def test_projections(project: tuple[int, ...]) -> None:
    """As ROOT's, with underflow and overflow of the other axes."""
    *_, cube = counts(weighted=True)
    names = "".join("xyz"[i] for i in reversed(project))
    expected = detached(cube.Project3D(f"{names}e"))
    bins = extract(cube)
    assert isinstance(bins, Bins)
    other = extract(expected)
    assert isinstance(other, Bins)
    np.testing.assert_allclose(bins.project(project).values, other.values, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(bins.project(project).variances, other.variances, rtol=1e-12, atol=1e-12)
    sparse = extract(ROOT.THnSparse.CreateSparse("s", "", cube))
    assert isinstance(sparse, Bins)
    np.testing.assert_allclose(sparse.project(project).values, other.values, rtol=1e-12, atol=1e-12)


def test_labels() -> None:
    named = detached(ROOT.TH1D("l", "", 4, 0, 4))
    for i, text in enumerate(["one", "two #mu", "<script>"], start=1):
        named.GetXaxis().SetBinLabel(i, text)
    bins = extract(named)
    assert isinstance(bins, Bins)
    assert bins.axes[0].labels == ("one", "two #mu", "<script>", "")
    grown = detached(ROOT.TH2D("g", "", 1, 0, 1, 3, 0, 3))
    grown.SetCanExtend(ROOT.TH1.kXaxis)
    for text in "abc":
        grown.Fill(text, 1.5, 2.0)
    bins = extract(grown)
    assert isinstance(bins, Bins)
    assert bins.axes[0].labels is not None
    assert bins.axes[0].labels[:3] == ("a", "b", "c")
    assert bins.axes[1].labels is None
    assert list(bins.values[1:4, 2]) == [2, 2, 2]


def test_axes_that_are_not_chosen_yet() -> None:
    waiting = detached(ROOT.TH1D("w", "", 10, 0, 0))
    for value in (3.0, 4.0, 5.0):
        waiting.Fill(value)
    bins = extract(waiting)
    assert isinstance(bins, Bins)
    assert bins.values.sum() == 3
    assert bins.axes[0].edges[-1] == waiting.GetXaxis().GetXmax() > 5


@pytest.mark.parametrize("kind", ["TGraph", "TGraphErrors", "TGraphAsymmErrors"])
def test_graphs(kind: str) -> None:
    graph = getattr(ROOT, kind)(3)
    for i in range(3):
        graph.SetPoint(i, i, i * i)
    if kind == "TGraphErrors":
        graph.SetPointError(1, 0.1, 0.2)
    if kind == "TGraphAsymmErrors":
        graph.SetPointError(1, 0.1, 0.2, 0.3, 0.4)
    points = extract(graph)
    assert isinstance(points, Points)
    assert (list(points.x), list(points.y)) == ([0, 1, 2], [0, 1, 4])
    errors = {
        "TGraph": (None, None),
        "TGraphErrors": ((0.1, 0.1), (0.2, 0.2)),
        "TGraphAsymmErrors": ((0.1, 0.2), (0.3, 0.4)),
    }[kind]
    found = tuple(None if e is None else (e[0][1], e[1][1]) for e in (points.x_errors, points.y_errors))
    assert found == errors
    assert (points.x_title, points.y_title) == ("", "")
    graph.SetTitle("T;horizontal;vertical")
    graph.GetXaxis()
    points = extract(graph)
    assert isinstance(points, Points)
    assert (points.title, points.x_title, points.y_title) == ("T", "horizontal", "vertical")


def test_a_graph_without_points() -> None:
    points = extract(ROOT.TGraph())
    assert isinstance(points, Points)
    assert len(points.x) == len(points.y) == 0


def test_looks() -> None:
    made = detached(ROOT.TH1D("h", "", 3, 0, 1))
    plain = extract(made).style
    assert (plain.line, plain.fill, plain.marker) == (None, None, None)
    made.SetLineColor(ROOT.kRed)
    made.SetFillColor(ROOT.kGreen)
    made.SetMarkerStyle(20)
    style = extract(made).style
    assert (style.line, style.fill, style.marker) == ("#ff0000", "#00ff00", "#000000")


def test_the_arrays_are_copies() -> None:
    made, *_ = counts()
    bins = extract(made)
    assert isinstance(bins, Bins)
    before = bins.values.copy()
    made.Fill(2.0)
    np.testing.assert_array_equal(bins.values, before)


def test_text_that_is_not_utf8() -> None:
    ROOT.gInterpreter.Declare('TH1D rdf_live_test_latin("latin", "\\xe9", 1, 0, 1);')
    ROOT.rdf_live_test_latin.SetDirectory(ROOT.nullptr)
    assert extract(ROOT.rdf_live_test_latin).title == "(not UTF-8)"


def test_what_has_no_bins() -> None:
    made, *_ = counts()
    assert has_bins(made)
    assert not has_bins(ROOT.TGraph())
    assert is_drawable(ROOT.TGraph())
    for value in (3, ROOT.TNamed("a", "b"), None, ROOT.TH2Poly()):
        with pytest.raises(WrongKind, match="expected"):
            extract(value)
    varied = Variations({"nominal": made, "up": made})
    assert list(variations_of(varied)) == ["nominal", "up"]
    assert list(variations_of(made)) == [""]


def test_in_another_thread(recwarn: pytest.WarningsRecorder) -> None:
    """It needs no directory and leaves none behind."""
    found: list[Any] = []

    def work(make: Callable[[], Any]) -> None:
        found.append(extract(make()))

    made, *_ = counts(weighted=True)
    before = ROOT.gDirectory.GetName()
    thread = threading.Thread(target=work, args=(lambda: made,))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[0].values, extract(made).values)
    assert ROOT.gDirectory.GetName() == before
