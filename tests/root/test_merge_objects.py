# SPDX-License-Identifier: BSD-3-Clause
"""Merging in the client of what does not add: histograms that found their own limits, and objects that stand twice."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import ROOT

from rdf_live._root import cpp


@pytest.fixture(autouse=True)
def detached() -> Iterator[None]:
    """Histograms of the same name do not replace each other in ROOT's directory."""
    before = ROOT.TH1.AddDirectoryStatus()
    ROOT.TH1.AddDirectory(False)
    yield
    ROOT.TH1.AddDirectory(before)


def filled(name: str, low: float, high: float, weight: float = 1.0, n: int = 3000) -> Any:
    """A histogram that chose its limits, having seen more than ROOT keeps in a buffer."""
    h = ROOT.TH1D(name, "", 50, 0, 0)
    h.SetCanExtend(ROOT.TH1.kAllAxes)  # as RDataFrame does
    for x in np.linspace(low, high, n):
        h.Fill(x, weight)
    assert h.GetBufferLength() == 0
    return h


@pytest.mark.parametrize("weight", [1.0, 0.25])
@pytest.mark.parametrize("limits", [(0, 7), (3, 8), (-20, -10), (100, 300)], ids=str)
def test_limits_that_do_not_fit(limits: tuple[float, float], weight: float) -> None:
    """Nothing is lost, moments are exact, and what is moved is moved by less than a bin of the result."""
    one, other = filled("one", 0, 10), filled("other", *limits, weight)
    values = [np.linspace(0, 10, 3000), np.linspace(*limits, 3000)]
    weights = [1.0, weight]
    cpp().MergeInto(one, other)
    assert one.GetEntries() == 6000
    assert one.GetSumOfWeights() == pytest.approx(3000 * (1 + weight), rel=1e-12)
    mean = sum(w * v.sum() for v, w in zip(values, weights, strict=True)) / (3000 * (1 + weight))
    assert one.GetMean() == pytest.approx(mean, rel=1e-12)
    assert one.GetBinContent(0) == one.GetBinContent(51) == 0
    errors = sum(one.GetBinError(i) ** 2 for i in range(52))
    assert errors == pytest.approx(3000 * (1 + weight**2), rel=1e-12)
    width = one.GetBinWidth(1)
    for i in range(1, 51):
        edge, below = one.GetXaxis().GetBinUpEdge(i), one.Integral(1, i)
        low, high = (
            sum(w * np.count_nonzero(v <= edge + d) for v, w in zip(values, weights, strict=True))
            for d in (-width, width)
        )
        assert low - 1e-6 <= below <= high + 1e-6


def test_two_dimensions() -> None:
    parts = []
    for low, high in ((0.0, 10.0), (-5.0, 33.0)):
        h = ROOT.TH2D("h", "", 20, 0, 0, 30, 0, 0)
        h.SetCanExtend(ROOT.TH1.kAllAxes)
        for x in np.linspace(low, high, 3000):
            h.Fill(x, x * x)
        parts.append(h)
    mean = (parts[0].GetMean(2) + parts[1].GetMean(2)) / 2
    cpp().MergeInto(*parts)
    assert parts[0].GetEntries() == parts[0].GetSumOfWeights() == 6000
    assert parts[0].GetMean(2) == pytest.approx(mean, rel=1e-12)


def test_buffered_entries_are_filled_one_by_one() -> None:
    """Few entries are still known exactly, so the result is that of one histogram that saw them all."""
    parts, whole = [], ROOT.TH1D("whole", "", 20, 0, 0)
    for low, high in ((0.0, 10.0), (5.0, 12.0)):
        h = ROOT.TH1D("h", "", 20, 0, 0)
        for x in np.linspace(low, high, 300):
            h.Fill(x)
            whole.Fill(x)
        parts.append(h)
    cpp().MergeInto(*parts)
    for h in (parts[0], whole):
        h.BufferEmpty(1)
    assert parts[0].GetXaxis().GetXmax() == whole.GetXaxis().GetXmax()
    assert [parts[0].GetBinContent(i) for i in range(22)] == [whole.GetBinContent(i) for i in range(22)]


def test_what_root_cannot_merge() -> None:
    with pytest.raises(Exception, match="got a TNamed, which has no Merge"):
        cpp().MergeInto(ROOT.TNamed("a", ""), ROOT.TNamed("b", ""))


WRITE = """
std::pair<std::uintptr_t, std::size_t> rdf_live_test_write_twice(const TObject &object)
{
   static std::string bytes;
   bytes = rdf_live::WriteObjects({&object, nullptr, &object});
   return {reinterpret_cast<std::uintptr_t>(bytes.data()), bytes.size()};
}
"""


def test_an_object_that_stands_twice() -> None:
    """The nominal result and that of its variations are one object; who reads them has two, and deletes each once."""
    cpp()
    assert ROOT.gInterpreter.Declare(WRITE)
    h = ROOT.TH1D("h", "", 10, 0, 1)
    h.Fill(0.5)
    data = ROOT.rdf_live_test_write_twice(h)
    array = cpp().ReadObjects(data.first, data.second)
    ROOT.SetOwnership(array, True)
    array.SetOwner(True)
    first, second = array.At(0), array.At(2)
    assert not array.At(1)
    first.Fill(0.1)
    assert (first.GetEntries(), second.GetEntries()) == (2, 1)
    del first, second, array
    gc.collect()


@pytest.mark.parametrize("grows", [True, False])
def test_flow_stays_flow(grows: bool) -> None:
    """Where axes cannot grow, as of weighted histograms before ROOT 6.38, entries lie beyond the limits found."""
    parts = []
    for name, low in (("one", 0), ("other", 20)):
        h = ROOT.TH1D(name, "", 10, 0, 0)
        h.Sumw2()
        if grows:
            h.SetCanExtend(ROOT.TH1.kAllAxes)
        # Twice as many as ROOT looks at before it takes limits.
        for x in np.tile(np.linspace(low, low + 10, 1000), 2):
            h.Fill(x, 0.5)
        if not grows:
            for x in (-1000, 1000, 1001):
                h.Fill(x, 0.5)
            assert h.GetBinContent(11) == 1
        parts.append(h)
    one, other = parts
    bits = one.CanExtendAllAxes()
    cpp().MergeInto(one, other)
    inside = sum(one.GetBinContent(i) for i in range(1, 11))
    assert (one.GetBinContent(0), inside, one.GetBinContent(11)) == ((0, 2000, 0) if grows else (1, 2000, 2))
    assert one.GetXaxis().GetXmin() <= 0 < 30 <= one.GetXaxis().GetXmax() < 1000
    assert one.GetEntries() == (4000 if grows else 4006)
    assert sum(one.GetBinError(i) ** 2 for i in range(12)) == pytest.approx(0.25 * one.GetEntries(), rel=1e-12)
    assert one.CanExtendAllAxes() == bits


def test_profiles_that_found_other_limits() -> None:
    """Bins of a profile are means: they do not add, and it is said that they cannot be merged."""
    parts = []
    for name, low in (("one", 0), ("other", 1000)):
        p = ROOT.TProfile(name, "", 10, 0, 0)
        for x in np.linspace(low, low + 10, 2000):
            p.Fill(x, 100)
        p.BufferEmpty(1)
        parts.append(p)
    with pytest.raises(Exception, match="cannot merge two parts of one"):
        cpp().MergeInto(*parts)
