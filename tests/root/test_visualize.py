# SPDX-License-Identifier: BSD-3-Clause
"""ROOT's own style of watching: ``LiveVisualize`` and then a value is asked for."""

from __future__ import annotations

from typing import Any

import pytest
import ROOT
from compare import assert_same
from conftest import Gate
from distributed import Client

import rdf_live
from rdf_live import errors

ENTRIES = 5000


@pytest.fixture(autouse=True)
def batch() -> None:
    ROOT.gROOT.SetBatch(True)


def define(df: Any) -> Any:
    return df.Define("x", "0.01 * (rdfentry_ % 997)").Define("y", "x * x")


def source(client: Client, gate: Gate) -> Any:
    return define(gate.on(ROOT.RDataFrame(ENTRIES, executor=client, npartitions=2)))


def histogram(df: Any, name: str = "h") -> Any:
    return df.Histo1D((name, "title;x;events", 20, 0, 10), "x")


class Watcher:
    """A callback that notes what it is given, and opens the gate when it has seen enough."""

    def __init__(self, gate: Gate, enough: int = 3) -> None:
        self.gate = gate
        self.enough = enough
        self.seen: list[tuple[str, float]] = []

    def __call__(self, shown: Any) -> None:
        entries = shown.GetN() if shown.InheritsFrom("TGraph") else shown.GetEntries()
        self.seen.append((str(shown.GetName()), entries))
        if len(self.seen) >= self.enough:
            self.gate.open()


FORMS = {
    "one result": lambda h, f: rdf_live.LiveVisualize(h, f, every=0.05),
    "list": lambda h, f: rdf_live.LiveVisualize([h], f, every=0.05),
    "tuple": lambda h, f: rdf_live.LiveVisualize((h,), f, every=0.05),
    "dict": lambda h, f: rdf_live.LiveVisualize({h: f}, every=0.05),
    "ROOT's keyword": lambda h, f: rdf_live.LiveVisualize({h: None}, global_callback=f, every=0.05),
    "dict and a callback for all": lambda h, f: rdf_live.LiveVisualize({h: None}, f, every=0.05),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms(client: Client, gate: Gate, form: Any) -> None:
    """Callbacks see the histogram grow; asking for a value ends with the whole."""
    h, watcher = histogram(source(client, gate)), Watcher(gate)
    form(h, watcher)
    assert watcher.seen == []  # nothing runs yet
    h.Draw()
    entries = [n for _, n in watcher.seen]
    assert {name for name, _ in watcher.seen} == {"h"}
    assert 0 < entries[0] < entries[1] <= entries[2] <= entries[-1] == ENTRIES
    assert_same(h, histogram(define(ROOT.RDataFrame(ENTRIES))))


def test_own_callback_before_the_one_for_all(client: Client, gate: Gate) -> None:
    """Several results on their pads; each with its own callback, then with the common one."""
    df = source(client, gate)
    h, g = histogram(df), df.Filter("rdfentry_ % 50 == 0").Graph("x", "y")
    p, unseen = df.Profile1D(("p", "t", 10, 0, 10), "x", "y"), df.Count()
    order: list[tuple[str, str]] = []
    watcher = Watcher(gate, enough=6)

    def common(shown: Any) -> None:
        order.append(("common", shown.ClassName()))
        watcher(shown)

    own = {
        h: lambda shown: order.append(("own", shown.ClassName())),
        g: None,
        p: lambda shown: order.append(("own", shown.ClassName())),
    }
    rdf_live.LiveVisualize(own, common, every=0.05)
    assert unseen.GetValue() == ENTRIES
    first = [("own", "TH1D"), ("common", "TH1D"), ("common", "TGraph"), ("own", "TProfile"), ("common", "TProfile")]
    assert order[:5] == order[-5:] == first
    local = define(ROOT.RDataFrame(ENTRIES))
    assert_same(h, histogram(local))
    assert_same(p, local.Profile1D(("p", "t", 10, 0, 10), "x", "y"))
    assert g.GetN() == ENTRIES / 50


def test_looks_stay_and_data_are_not_touched(client: Client, gate: Gate) -> None:
    """What a callback sets of the looks is on the final object; what it does to the data is not."""
    h, watcher = histogram(source(client, gate)), Watcher(gate)

    def dress(shown: Any) -> None:
        shown.SetLineColor(ROOT.kRed)
        shown.SetFillStyle(3004)
        shown.SetTitle("dressed")
        shown.GetXaxis().SetTitle("x [cm]")
        shown.GetXaxis().SetRangeUser(2, 8)
        watcher(shown)
        shown.Fit("pol0", "Q0")
        shown.Scale(10)
        shown.SetBinContent(3, -1)
        shown.SetMaximum(1234)  # last, because Scale forgets it

    rdf_live.LiveVisualize({h: dress}, every=0.05)
    final = h.GetValue()
    assert (final.GetLineColor(), final.GetFillStyle()) == (ROOT.kRed, 3004)
    assert (str(final.GetTitle()), str(final.GetXaxis().GetTitle())) == ("dressed", "x [cm]")
    assert (final.GetMaximumStored(), final.GetXaxis().GetFirst(), final.GetXaxis().GetLast()) == (1234, 5, 16)
    assert final.GetFunction("pol0")
    local = histogram(define(ROOT.RDataFrame(ENTRIES))).GetValue()
    assert [final.GetBinContent(i) for i in range(22)] == [local.GetBinContent(i) for i in range(22)]
    assert final.GetEntries() == local.GetEntries() == ENTRIES
    final.GetXaxis().SetRange()
    assert final.GetMean() == pytest.approx(local.GetMean(), rel=1e-12)


def test_callback_that_raises(client: Client, gate: Gate) -> None:
    """It is reported once and not called again; the others and the run go on."""
    df = source(client, gate)
    h, other, watcher = histogram(df), histogram(df, "other"), Watcher(gate, enough=4)
    calls: list[Any] = []

    def broken(shown: Any) -> None:
        calls.append(shown)
        raise KeyError("on purpose")

    rdf_live.LiveVisualize({h: broken, other: watcher}, every=0.05)
    with pytest.warns(
        RuntimeWarning, match=r"(?s)broken raised and is not called again; the run goes on.*on purpose"
    ) as warned:
        assert h.GetEntries() == ENTRIES
    assert len(calls) == len(warned) == 1
    assert other.GetEntries() == ENTRIES
    assert len(watcher.seen) >= 4


def test_any_callable(client: Client, gate: Gate) -> None:
    """Bound methods, partials and builtins, which ROOT's own cannot take."""
    from functools import partial

    seen: list[Any] = []
    h, watcher = histogram(source(client, gate)), Watcher(gate)
    rdf_live.LiveVisualize(
        {h: watcher.__call__}, partial(lambda kept, shown: kept.append(shown.GetEntries()), seen), every=0.05
    )
    assert h.GetEntries() == ENTRIES == seen[-1]
    assert len(watcher.seen) == len(seen)


def test_run_again_after_it(client: Client, gate: Gate) -> None:
    """What is booked later on the same dataframe is computed too, in either style."""
    df = source(client, gate)
    h, watcher = histogram(df), Watcher(gate)
    rdf_live.LiveVisualize([h], watcher, every=0.05)
    assert h.GetEntries() == ENTRIES
    assert df.Sum("x").GetValue() == pytest.approx(0.01 * sum(i % 997 for i in range(ENTRIES)), rel=1e-12)
    later = df.Count()
    assert rdf_live.start(later).result(60)[later] == ENTRIES


def test_after_a_cancel(client: Client, gate: Gate) -> None:
    """It shows a new run, and says nothing of the old one."""
    h, watcher = histogram(source(client, gate)), Watcher(gate)
    rdf_live.start(h).cancel()
    rdf_live.LiveVisualize({h: watcher}, every=0.05)
    h.Draw()
    assert watcher.seen[-1] == ("h", ENTRIES)
    assert h.GetEntries() == ENTRIES


def test_bad_arguments(client: Client, gate: Gate) -> None:
    df = source(client, gate)
    h = histogram(df)
    with pytest.raises(errors.BadInput, match="got 'Count', expected one of Histo1D"):
        rdf_live.LiveVisualize([df.Count()])
    with pytest.raises(errors.WrongKind, match="callback: got a int, expected something to call"):
        rdf_live.LiveVisualize({h: 3})
    with pytest.raises(errors.WrongKind, match="expected one that takes one object"):
        rdf_live.LiveVisualize([h], lambda a, b: None)
    with pytest.raises(errors.WrongKind, match="got an int, expected a booked result"):
        rdf_live.LiveVisualize([3])
    with pytest.raises(errors.BadInput, match="got no results"):
        rdf_live.LiveVisualize([])
    with pytest.raises(errors.BadInput, match="got results of 2 dataframes, expected one"):
        rdf_live.LiveVisualize([h, histogram(source(client, gate))])
    with pytest.raises(errors.BadInput, match="every: got 0, expected a positive number"):
        rdf_live.LiveVisualize([h], every=0)


def test_too_late(client: Client, gate: Gate) -> None:
    """As with ROOT's: what has been computed is not computed again, and says so."""
    gate.open()
    h = histogram(source(client, gate))
    rdf_live.start(h).result(60)
    with pytest.warns(UserWarning, match="before triggering"):
        rdf_live.LiveVisualize([h])
    assert h.GetEntries() == ENTRIES


def test_of_root_itself(client: Client, gate: Gate) -> None:
    """On a dataframe that rdf_live has, ROOT's own shows nothing; the value is right."""
    gate.open()
    df = source(client, gate)
    rdf_live.start(df.Count()).result(60)
    h = histogram(df)
    ROOT.RDF.Distributed.LiveVisualize([h])
    with pytest.warns(UserWarning, match="rdf_live.LiveVisualize takes the same"):
        assert h.GetEntries() == ENTRIES
