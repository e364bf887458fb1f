# SPDX-License-Identifier: BSD-3-Clause
"""Pictures, of snapshots that are made here."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from rdf_live._root import root
from rdf_live.errors import BadInput
from rdf_live.snapshot import Result
from rdf_live.view import picture


class Snapshot(dict[Any, Any]):
    """As much of a snapshot as a picture needs."""

    fraction, entries, state = 0.31, 1_234_567, "running"

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__({Result(0, i, label, ""): value for i, (label, value) in enumerate(values.items())})

    def _find(self, key: Any) -> Any:
        return next(r for r in self if r is key or r.label == key)


@pytest.fixture
def values() -> dict[str, Any]:
    ROOT = root()
    one = ROOT.TH1D("one", "One;m [GeV];events", 10, 0, 10)
    one.Fill(3.0)
    two = ROOT.TH2D("two", "Two;x;y", 5, 0, 1, 5, 0, 1)
    two.Fill(0.5, 0.5)
    profile = ROOT.TProfile("profile", "Profile;x;y", 5, 0, 1)
    profile.Fill(0.5, 2.0)
    graph = ROOT.TGraph(3)
    for i in range(3):
        graph.SetPoint(i, i, i * i)
    made = {"one": one, "empty": ROOT.TH1D("empty", "", 3, 0, 1), "two": two, "profile": profile, "graph": graph}
    for name in ("one", "empty", "two", "profile"):
        made[name].SetDirectory(ROOT.nullptr)
    return {**made, "count": 5}


def size_of(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_every_kind(values: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    data = picture.png(Snapshot(values), title="all", size=(900, 700))  # type: ignore[arg-type]
    assert size_of(data) == (900, 700)
    assert capfd.readouterr() == ("", ""), "ROOT had something to say"


def test_rows_and_marks(values: dict[str, Any]) -> None:
    look = picture.Look(logy=True, marks=[(3, "peak"), (99, "outside")])
    picture.png(Snapshot(values), ["one", "two"], rows=(1, 1), looks={"one": look})  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"rows: got \(3,\), expected 2 in all"):
        picture.png(Snapshot(values), ["one", "two"], rows=(3,))  # type: ignore[arg-type]


def test_nothing_to_draw(values: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="nothing that can be drawn"):
        picture.png(Snapshot({"count": 5}))  # type: ignore[arg-type]


def test_nothing_of_the_user_is_changed(values: dict[str, Any]) -> None:
    ROOT = root()
    batch = ROOT.gROOT.IsBatch()
    ROOT.gROOT.SetBatch(True)
    mine = ROOT.TCanvas("mine", "", 100, 100)
    before = ROOT.gStyle.GetOptStat(), ROOT.gErrorIgnoreLevel, ROOT.gROOT.GetListOfCanvases().GetSize()
    picture.png(Snapshot(values))  # type: ignore[arg-type]
    assert (ROOT.gStyle.GetOptStat(), ROOT.gErrorIgnoreLevel, ROOT.gROOT.GetListOfCanvases().GetSize()) == before
    assert ROOT.gPad.GetName() == "mine"
    assert values["one"].GetTitle() == "One"
    assert values["one"].GetXaxis().GetTitle() == "m [GeV]"
    mine.Close()
    ROOT.gROOT.SetBatch(batch)


def test_file_is_replaced_at_once(values: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_text("old")
    assert picture.save(Snapshot(values), path, ["one"]) == path  # type: ignore[arg-type]
    size_of(path.read_bytes())
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]
