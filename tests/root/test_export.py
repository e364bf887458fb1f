# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots as files, ``hist`` and Arrow, against ROOT's own numbers."""

from __future__ import annotations

import functools
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from compare import assert_same
from conftest import Files, Gate, watch
from distributed import Client
from made import MISSING, snapshot_of
from test_extract import counts, many, profiles

import rdf_live
from rdf_live._root import cpp, root
from rdf_live.errors import BadInput, WrongKind
from rdf_live.export.bins import Bins
from rdf_live.export.extract import extract
from rdf_live.export.optional import needed
from rdf_live.partial.objects import Variations

ROOT = root()
cpp()


def named_axis() -> Any:
    made = ROOT.TH1D("cuts", "Cuts;cut;events", 4, 0, 4)
    made.SetDirectory(ROOT.nullptr)
    for i, text in enumerate(["all", "#mu", "all"], start=1):
        made.GetXaxis().SetBinLabel(i, text)
    for i in range(1, 6):
        made.SetBinContent(i, 2.0 * i)
    return made


@pytest.fixture
def values() -> dict[str, Any]:
    one, two, three = counts(weighted=True)
    graph = ROOT.TGraph(2)
    graph.SetPoint(1, 1, 2)
    statistic = ROOT.TStatistic("s")
    statistic.Fill(3.0)
    report = ROOT.RDataFrame(10).Filter("rdfentry_ > 3", "a/b").Report().GetValue()
    return {
        "one": one,
        "a/b;c": two,
        "a_b_c": three,
        "profile": next(profiles("s", False)),
        "many": many("THnD", True),
        "sparse": many("THnSparseD", False),
        "graph": graph,
        "cuts": named_axis(),
        "varied variations": Variations({"nominal": one, "pt:up": one}),
        "numbers variations": Variations({"nominal": 3, "pt:up": 4}),
        "statistic": statistic,
        "report": report,
        "count": 2**40 + 1,
        "mean": 0.1,
        "nothing": float("nan"),
        "snapshot": ("tree", ["f.root"]),
        "columns": {"x": np.arange(3)},
        "late": MISSING,
        "rdf_live": 1,
    }


LEFT_OUT = ["columns", "late"]


def check_note(note: dict[str, Any]) -> None:
    assert note.pop("time") > 1.7e9
    assert note == {
        "run": "my run",
        "state": "stopped",
        "fraction": 0.31,
        "entries": 1_234_567,
        "entries_total": 4_000_000,
        "total_is_estimate": False,
        "left_out": LEFT_OUT,
    }


# ---- files


def test_root_file(values: dict[str, Any], tmp_path: Path) -> None:
    mine = ROOT.TMemFile("mine", "RECREATE")
    snapshot = snapshot_of(values, state="stopped")
    path = snapshot.save(tmp_path / "out.root")
    assert path == tmp_path / "out.root"
    assert ROOT.gDirectory.GetName() == "mine", "another directory is the current one"
    assert mine.GetList().GetSize() == 0
    mine.Close()
    assert [p.name for p in tmp_path.iterdir()] == ["out.root"]
    file = ROOT.TFile.Open(str(path))
    found = {str(key.GetName()): key.ReadObj() for key in file.GetListOfKeys()}
    check_note(json.loads(found.pop("rdf_live").GetTitle()))
    for label, name in [("one", "one"), ("a/b;c", "a_b_c"), ("a_b_c", "a_b_c_2"), ("profile", "profile")]:
        assert_same(found.pop(name), values[label], what=label)
    for label in ("many", "sparse", "cuts"):
        assert_same(found.pop(label), values[label], what=label)
    assert_same(found.pop("varied_nominal"), values["one"])
    assert_same(found.pop("varied_pt_up"), values["one"])
    assert found.pop("statistic").GetMean() == 3
    assert list(found.pop("graph").GetY()) == [0, 2]
    numbers = {"numbers_nominal": 3, "numbers_pt_up": 4, "count": 2**40 + 1, "mean": 0.1, "rdf_live_2": 1}
    for name, number in numbers.items():
        value = found.pop(name)
        assert (value.ClassName(), value.GetVal()) == ("TParameter<double>", number)
    assert np.isnan(found.pop("nothing").GetVal())
    assert json.loads(found.pop("report").GetTitle()) == [{"name": "a/b", "pass": 6, "all": 10}]
    assert json.loads(found.pop("snapshot").GetTitle()) == {"tree": "tree", "files": ["f.root"]}
    assert not found
    file.Close()


def test_root_file_is_read_without_this_package(values: dict[str, Any], tmp_path: Path) -> None:
    path = snapshot_of(values).save(tmp_path / "out.root", ["one", "count"])
    code = (
        f"import sys, ROOT; f = ROOT.TFile.Open({str(path)!r}); print(f.Get('one').Integral(0, 6), "
        "f.Get('count').GetVal(), sorted(k.GetName() for k in f.GetListOfKeys()), 'rdf_live' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{values['one'].Integral(0, 6)} {2.0**40 + 1} ['count', 'one', 'rdf_live'] False\n"


@pytest.mark.parametrize("suffix", [".root", ".json", ".png"])
def test_one_result_or_several(values: dict[str, Any], tmp_path: Path, suffix: str) -> None:
    """A result or its label alone is a list of one; anything that gives them one by one is a list."""
    snapshot = snapshot_of(values)
    one, two = list(snapshot)[:2]
    made = {}
    lazy = itertools.islice(snapshot, 2)
    for name, given in {"result": one, "label": "one", "list": [one], "both": [one, two], "lazy": lazy}.items():
        path = snapshot.save(tmp_path / f"{name}{suffix}", given)
        if suffix == ".root":
            with ROOT.TFile.Open(str(path)) as file:
                made[name] = sorted(str(key.GetName()) for key in file.GetListOfKeys())
        else:
            made[name] = json.loads(path.read_text())["results"] if suffix == ".json" else path.read_bytes()
    assert made["result"] == made["label"] == made["list"] != made["both"] == made["lazy"]
    assert snapshot.to_arrow("one").num_rows == snapshot.to_arrow(iter(["one"])).num_rows > 0


def test_booked_result_alone(client: Client, tmp_path: Path) -> None:
    df = ROOT.RDataFrame(100, executor=client, npartitions=2).Define("x", "double(rdfentry_)")
    booked = df.Histo1D(("z", "", 10, 0, 100), "x")
    run = rdf_live.start([booked, df.Count()])
    run.wait()
    assert run.save(tmp_path / "z.png", booked).read_bytes() == run.save(tmp_path / "z.png", "z").read_bytes()


def test_nothing_was_filled_and_no_limits(tmp_path: Path) -> None:
    """ROOT gives such an axis no width at all: hist gets one that it takes, and every file is written in silence."""
    one, two = ROOT.TH1D("one", "", 8, 0, 0), ROOT.TH2D("two", "", 8, 0, 0, 4, 0, 0)
    for made in (one, two):
        made.SetDirectory(ROOT.nullptr)
    snapshot = snapshot_of({"one": one, "two": two})
    axes = snapshot.to_hist("two").axes
    assert [(len(axis), axis.edges[0], axis.edges[-1]) for axis in axes] == [(8, 0, 1), (4, 0, 1)]
    assert snapshot.to_hist("one").sum(flow=True) == 0
    for name in ("z.root", "z.json", "z.png", "z.pdf"):
        assert snapshot.save(tmp_path / name).stat().st_size > 100


def test_titles_keep_their_characters() -> None:
    """What the font of the pictures lacks is no reason to lose it in data."""
    made = ROOT.TH1D("mass", "質量;質量 [GeV]", 4, 0, 1)
    made.SetDirectory(ROOT.nullptr)
    held = snapshot_of({"mass": made}).to_hist("mass")
    assert (held.label, held.axes[0].label) == ("質量", "質量 [GeV]")


def test_json_file(values: dict[str, Any], tmp_path: Path) -> None:
    snapshot = snapshot_of(values, state="stopped")
    held = json.loads(
        snapshot.save(tmp_path / "out.json").read_text(), parse_constant=lambda text: pytest.fail(f"{text} is no JSON")
    )
    check_note(held["rdf_live"])
    results = held["results"]
    assert results["count"] == 2**40 + 1
    assert results["mean"] == 0.1
    assert results["nothing"] is None
    assert results["report"] == [{"name": "a/b", "pass": 6, "all": 10}]
    again = ROOT.TBufferJSON.ConvertFromJSON(json.dumps(results["one"]))
    assert_same(again, values["one"], rtol=1e-13)
    assert {"a_b_c", "a_b_c_2", "varied_nominal", "varied_pt_up", "graph", "sparse", "many"} < results.keys()


def test_pictures(values: dict[str, Any], tmp_path: Path) -> None:
    snapshot = snapshot_of(values)
    for suffix, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")):
        path = snapshot.save(str(tmp_path / f"p{suffix}"), [["one", ("one",)]], title="a")
        assert path.read_bytes().startswith(start)


def test_what_cannot_be_saved(values: dict[str, Any], tmp_path: Path) -> None:
    snapshot = snapshot_of(values)
    with pytest.raises(BadInput, match=r"got '.*out.txt', expected a name that ends with .root, .json, .png"):
        snapshot.save(tmp_path / "out.txt")
    with pytest.raises(BadInput, match=r"got title for .*, expected these only for .png"):
        snapshot.save(tmp_path / "out.root", title="a")
    with pytest.raises(FileNotFoundError, match="whose folder is not there"):
        snapshot.save(tmp_path / "no" / "out.root")
    (tmp_path / "old.root").write_text("old")
    with pytest.raises(StopIteration):
        snapshot.save(tmp_path / "old.root", ["no such result"])
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("old.root", "old")]


def test_a_file_of_a_run_that_goes_on(client: Client, files: Files, gate: Gate, tmp_path: Path) -> None:
    """From the main thread in the middle of a range, and its final result."""
    df = gate.on(ROOT.RDataFrame("events", files.trees, executor=client, npartitions=2))
    histogram, count = df.Histo1D(("h", "h;x", 50, 0, 11), "x", "w"), df.Count()
    run = rdf_live.start([histogram, count], every=0.05, name="saved")
    watch(run, 2)
    for name in ("now.root", "now.json", "now.png"):
        run.save(tmp_path / name, None if name == "now.root" else ["h"])
    assert run.state == "running"
    file = ROOT.TFile.Open(str(tmp_path / "now.root"))
    note = json.loads(file.Get("rdf_live").GetTitle())
    assert (note["run"], note["state"], note["entries_total"]) == ("saved", "running", sum(Files.entries))
    assert 0 < note["fraction"] < 1
    assert file.Get("h").GetEntries() == file.Get("Count").GetVal() == note["entries"] > 0
    file.Close()
    gate.open()
    run.result()
    with ROOT.TFile.Open(str(run.save(tmp_path / "end.root"))) as file:
        assert_same(file.Get("h"), histogram.GetValue())
        assert json.loads(file.Get("rdf_live").GetTitle())["fraction"] == 1


# ---- hist


@functools.cache
def every_histogram() -> dict[str, Any]:
    made = {}
    for how in ("plain", "weights"):
        for variable in (False, True):
            made |= {f"{how} {variable} {h.GetName()}": h for h in counts(how == "weights", variable)}
        made |= {
            f"{option} {how} {p.GetName()}": p
            for option in ("", "s", "i", "g")
            for p in profiles(option, how != "plain")
        }
        made |= {f"{kind} {how}": many(kind, how == "weights") for kind in ("THnD", "THnSparseD")}
    negative = next(counts())
    negative.Scale(-1, "nosw2")
    return made | {"negative": negative}


@pytest.mark.parametrize("label", list(every_histogram()))
def test_hist(label: str) -> None:
    made = every_histogram()[label]
    bins = extract(made)
    assert isinstance(bins, Bins)
    full = bins.dense()
    h = snapshot_of({"h": made}).to_hist("h")
    np.testing.assert_allclose(h.values(flow=True), full.values, rtol=1e-12, atol=0)
    variances = h.variances(flow=True)
    storage = type(h.storage_type()).__name__
    if bins.kind == "MEAN":
        assert storage == ("WeightedMean" if bins.weighted else "Mean")
        assert h.kind == "MEAN"
        known = full.effective > 1 + 1e-9
        assert known.any()
        np.testing.assert_allclose(variances[known], full.variances[known], rtol=1e-9, atol=1e-14)
        assert np.isnan(variances[full.effective < 1 - 1e-9]).all()
        np.testing.assert_allclose(h.counts(flow=True)[known], full.effective[known], rtol=1e-12)
    else:
        assert storage == ("Weight" if bins.weighted or label == "negative" else "Double")
        assert h.kind == "COUNT"
        np.testing.assert_allclose(variances, full.variances, rtol=1e-12, atol=0)
    for axis, own, name in zip(h.axes, bins.axes, "xyz", strict=False):
        np.testing.assert_allclose(axis.edges, own.edges, rtol=1e-15)
        assert type(axis).__name__ == ("Regular" if own.regular else "Variable")
        assert axis.name == name
    assert (h.name, h.axes[0].label) == (made.GetName(), bins.axes[0].title or "x")


def test_hist_with_labels() -> None:
    named = named_axis()
    h = snapshot_of({"h": named}).to_hist("h")
    assert list(h.axes[0]) == ["all", "#mu", "all (bin 3)", "bin 4"]
    assert list(h.values(flow=True)) == [2, 4, 6, 8, 10]
    named.SetBinContent(0, 1)  # a category axis has no underflow
    h = snapshot_of({"h": named}).to_hist("h")
    assert list(h.values(flow=True)) == [1, 2, 4, 6, 8, 10]


def test_hist_is_a_uhi_histogram(values: dict[str, Any]) -> None:
    from uhi.typing.plottable import PlottableHistogram

    h = snapshot_of(values).to_hist("one")
    assert isinstance(h, PlottableHistogram)
    assert h.sum(flow=True).value == pytest.approx(values["one"].Integral(0, 6))


def test_hist_of_variations(values: dict[str, Any]) -> None:
    made = snapshot_of(values).to_hist("varied variations")
    assert list(made) == ["nominal", "pt:up"]
    with pytest.raises(WrongKind, match="got a TGraph, expected a histogram"):
        snapshot_of(values).to_hist("graph")


# ---- Arrow


def test_arrow(values: dict[str, Any], tmp_path: Path) -> None:
    snapshot = snapshot_of(values)
    table = snapshot.to_arrow()
    assert table.column_names == [
        *("result", "variation", "kind", "x_low", "x_high", "x_label", "y_low", "y_high", "z_low", "z_high"),
        *("value", "variance"),
    ]
    note = json.loads(table.schema.metadata[b"rdf_live"])
    assert (note["run"], note["state"], note["fraction"], note["entries"]) == ("my run", "running", 0.31, 1_234_567)
    rows = table.to_pylist()
    labels = ["one", "a/b;c", "a_b_c", "profile", "many", "sparse", "cuts", "varied variations"]
    assert list(dict.fromkeys(row["result"] for row in rows)) == labels
    for label in labels[:-1]:
        check_rows([row for row in rows if row["result"] == label], values[label])
    varied = [row for row in rows if row["result"] == "varied variations"]
    assert {row["variation"] for row in varied} == {"nominal", "pt:up"}
    assert {row["variation"] for row in rows if row["result"] == "one"} == {None}
    path = snapshot.to_parquet(tmp_path / "out.parquet")
    again = pyarrow.parquet.read_table(path)
    assert again.equals(table)
    assert again.schema.metadata[b"rdf_live"] == table.schema.metadata[b"rdf_live"]
    assert [p.name for p in tmp_path.iterdir()] == ["out.parquet"]


def check_rows(rows: list[dict[str, Any]], made: Any) -> None:
    """Each row against the cell of the histogram that its edges name."""
    bins = extract(made)
    assert isinstance(bins, Bins)
    full = bins.dense()
    assert len(rows) == (full.values.size if bins.cells is None else len(bins.cells))
    places = set()
    for row in rows:
        place = []
        for name, axis in zip("xyz", bins.axes, strict=False):
            assert row[f"{name}_low"] < row[f"{name}_high"]
            i = int(np.searchsorted(axis.flow_edges, row[f"{name}_low"], side="right")) - 1
            assert row[f"{name}_high"] == axis.flow_edges[i + 1]
            place.append(i)
        assert all(row[f"{name}_low"] is None for name in "xyz"[len(bins.axes) :])
        assert row["kind"] == bins.kind
        assert row["value"] == full.values[tuple(place)]
        assert row["variance"] == full.variances[tuple(place)]
        labels = bins.axes[0].labels
        inside = 0 < place[0] <= len(bins.axes[0])
        assert row["x_label"] == ((labels[place[0] - 1] or None) if labels and inside else None)
        places.add(tuple(place))
    assert len(places) == len(rows)


def test_arrow_of_some(values: dict[str, Any]) -> None:
    snapshot = snapshot_of(values)
    table = snapshot.to_arrow("one")
    assert table.column_names == ["result", "variation", "kind", "x_low", "x_high", "value", "variance"]
    assert table.num_rows == 7
    assert snapshot.to_arrow(["one", "cuts"]).num_rows == 13
    assert snapshot_of({"n": 3}).to_arrow().num_rows == 0
    with pytest.raises(WrongKind, match="got 'graph', a TGraph, expected a histogram"):
        snapshot.to_arrow("graph")
    with pytest.raises(KeyError, match="nothing of 'late' has arrived"):
        snapshot.to_arrow("late")


def test_missing_package() -> None:
    with pytest.raises(ImportError, match=r"to_x needs the package no_such, got none .*pip install .*conda install"):
        needed("no_such.part", "to_x")
