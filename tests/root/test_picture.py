# SPDX-License-Identifier: BSD-3-Clause
"""Pictures, of snapshots that are made here."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import MISSING, snapshot_of
from PIL import Image

from rdf_live._root import cpp, root
from rdf_live.errors import BadInput
from rdf_live.partial.objects import Variations
from rdf_live.view import picture

NASTY = "<script>#{$%^_{}\\ #sqrt{ \x00\ud800\U0001f600 日本"


def detached(made: Any) -> Any:
    made.SetDirectory(root().nullptr)
    return made


def peak(name: str, title: str, number: int = 400, at: float = 5.0) -> Any:
    made = detached(root().TH1D(name, title, 20, 0, 10))
    for value in np.random.default_rng(3).normal(at, 1, number):
        made.Fill(value)
    return made


@pytest.fixture
def values() -> dict[str, Any]:
    ROOT = root()
    cpp()
    two = detached(ROOT.TH2D("two", "Two;x;y", 5, 0, 1, 5, 0, 1))
    two.Fill(0.5, 0.5)
    three = detached(ROOT.TH3D("three", "Three;x;y;z", 5, 0, 1, 5, 0, 1, 5, 0, 1))
    three.Fill(0.5, 0.5, 0.5)
    profile = detached(ROOT.TProfile("profile", "Profile;p_{T}^{miss};y", 5, 0, 1))
    profile.Fill(0.5, 2.0)
    plane = detached(ROOT.TProfile2D("plane", "", 5, 0, 1, 5, 0, 1))
    plane.Fill(0.5, 0.5, -1.0)
    many = ROOT.THnD("many", "", 4, np.full(4, 3, dtype=np.int32), np.zeros(4), np.ones(4))
    many.Fill(np.full(4, 0.5))
    sparse = ROOT.THnSparseD("sparse", "", 1, np.full(1, 3, dtype=np.int32), np.zeros(1), np.ones(1))
    sparse.Fill(np.full(1, 0.5))
    graph = ROOT.TGraph(3)
    for i in range(3):
        graph.SetPoint(i, i, i * i)
    cuts = detached(ROOT.TH1D("cuts", "", 1, 0, 1))
    cuts.SetCanExtend(ROOT.TH1.kXaxis)
    for text in ("opposite #mu charge", "acceptance", NASTY.replace("\x00", "").replace("\ud800", "")):
        cuts.Fill(text, 1.0)
    negative = peak("negative", "")
    negative.Scale(-1)
    odd = detached(ROOT.TH1D("odd", "", 4, 0, 4))
    odd.SetBinContent(2, float("nan"))
    odd.SetBinContent(3, float("inf"))
    odd.SetBinContent(4, 3)
    return {
        "one": peak("one", "One;m_{#mu#mu} [GeV];events"),
        "empty": detached(ROOT.TH1D("empty", "", 3, 0, 1)),
        "two": two,
        "three": three,
        "profile": profile,
        "plane": plane,
        "many": many,
        "sparse": sparse,
        "graph": graph,
        "no points": ROOT.TGraph(),
        "cuts": cuts,
        "negative": negative,
        "odd": odd,
        "varied variations": Variations({"nominal": peak("v", ""), "pt:up": peak("u", "", at=6)}),
        "count": 5,
    }


def pixels_of(data: bytes) -> Any:
    """Rows from above, columns, red-green-blue."""
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB"))


def greens_in(data: bytes) -> int:
    """Pixels that are green."""
    red, green, blue = np.moveaxis(pixels_of(data).astype(int), 2, 0)
    return int((green > 100 + np.maximum(red, blue)).sum())


def test_every_kind(values: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    data = picture.png(snapshot_of(values), title=NASTY, size=(1200, 900))
    assert pixels_of(data).shape == (900, 1200, 3)
    assert capfd.readouterr() == ("", ""), "ROOT had something to say"


@pytest.mark.parametrize("label", ["one", "two", "three", "profile", "plane", "many", "sparse", "graph", "cuts", "odd"])
def test_something_is_drawn(values: dict[str, Any], label: str) -> None:
    """More than there is of an empty histogram."""
    chosen = {"empty": values["empty"], label: values[label]}
    snapshot = snapshot_of(chosen)
    inner = [pixels_of(picture.png(snapshot, [name]))[75:400, 75:680] for name in chosen]
    drawn = [int((pane.max(axis=2).astype(int) - pane.min(axis=2) > 60).sum()) for pane in inner]
    assert drawn[1] > drawn[0] + 10


def test_pixels_say_how_many(values: dict[str, Any]) -> None:
    """Bins of 1, 2 and 3 entries are as high as that."""
    ROOT = root()
    made = detached(ROOT.TH1D("h", "", 3, 0, 3))
    for place, number in enumerate((1, 2, 3), start=1):
        made.SetBinContent(place, number)
    made.SetEntries(6)
    made.SetLineColor(ROOT.kBlack)
    pane = pixels_of(picture.png(snapshot_of({"h": made}), looks={"h": picture.Look(logy=False)}))[70:, :, 0]
    filled = (pane > 180) & (pane < 200)  # black, a quarter of it
    columns = np.flatnonzero(filled.sum(axis=0) > 10)
    thirds = np.array_split(columns, 3)
    heights = [np.median(filled[:, third].sum(axis=0)) for third in thirds]
    assert heights[1] / heights[0] == pytest.approx(2, rel=0.05)
    assert heights[2] / heights[0] == pytest.approx(3, rel=0.05)


def test_rows_and_marks(values: dict[str, Any]) -> None:
    look = picture.Look(logy=True, marks=[(5, "peak #psi"), (99, "outside")])
    plain = picture.png(snapshot_of(values), ["one", "two"], rows=(1, 1), looks={"one": picture.Look(logy=True)})
    assert picture.png(snapshot_of(values), ["one", "two"], rows=(1, 1), looks={"one": look}) != plain
    with pytest.raises(BadInput, match=r"rows: got \(3,\), expected 2 in all"):
        picture.png(snapshot_of(values), ["one", "two"], rows=(3,))


@pytest.mark.parametrize("logx", [None, True, False])
@pytest.mark.parametrize("logy", [None, True, False])
def test_every_axis(values: dict[str, Any], logx: bool | None, logy: bool | None) -> None:
    """Also logarithmic ones of what has zeros and negative numbers."""
    looks = {label: picture.Look(logx=logx, logy=logy) for label in values}
    assert pixels_of(picture.png(snapshot_of(values), looks=looks)).std() > 1


def test_overlay_and_stack(values: dict[str, Any]) -> None:
    values |= {"mc1": peak("mc1", ""), "mc2": peak("mc2", "", at=3), "other": peak("other", "", at=7)}
    values["other"].SetLineColor(root().kGreen)
    snapshot = snapshot_of(values)
    stack = picture.png(snapshot, [["one", ("mc1", "mc2")]])
    lines = picture.png(snapshot, [["one", "mc1", "mc2"]])
    assert stack != lines
    # A stack is a tuple alone, too; one result in a list is that result.
    assert picture.png(snapshot, [("mc1", "mc2")]) != stack
    assert picture.png(snapshot, [["one"]]) == picture.png(snapshot, ["one"])
    assert greens_in(picture.png(snapshot, [["one", "other"]])) > 50, "the user's own colour"
    picture.png(snapshot, [["one", "graph", "profile", "varied variations"], "two", [("mc1",), ("mc2", "one"), "odd"]])


@pytest.mark.parametrize(
    ("pane", "text"),
    [
        (["one", "two"], "overlay: got 'two', a histogram of 2 axes"),
        (["one", "count"], "overlay: got 'count', a int"),
        ([("one", "profile")], "stack: got 'profile', which does not add"),
        ([("one", "empty")], "stack: got 'one' and 'empty', expected the same bins"),
        ([], "got an empty list"),
    ],
    ids=["two axes", "number", "mean", "bins", "empty"],
)
def test_what_cannot_share_a_pane(values: dict[str, Any], pane: Any, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        picture.png(snapshot_of(values), [pane])


def test_what_has_not_arrived(values: dict[str, Any]) -> None:
    snapshot = snapshot_of({"one": values["one"], "late": MISSING, "n": MISSING}, {"late": "TH1D", "n": "Count"})
    both = picture.png(snapshot, ["one", "late", "n"])
    assert pixels_of(both).shape[1] == 960, "a pane for the histogram, none for the number"
    assert pixels_of(picture.png(snapshot)).shape[1] == 700
    picture.png(snapshot, [["one", ("late",)], ["late", "late"]])


def test_nothing_to_draw() -> None:
    with pytest.raises(BadInput, match=r"nothing that can be drawn \(results: 'count'\)"):
        picture.png(snapshot_of({"count": 5}))


def test_nothing_of_the_user_is_changed(values: dict[str, Any]) -> None:
    import matplotlib

    ROOT = root()
    before = ROOT.gStyle.GetOptStat(), ROOT.gErrorIgnoreLevel, ROOT.gROOT.GetListOfCanvases().GetSize()
    settings = dict(matplotlib.rcParams)
    json = str(ROOT.TBufferJSON.ConvertToJSON(values["one"]))
    picture.png(snapshot_of(values))
    assert (ROOT.gStyle.GetOptStat(), ROOT.gErrorIgnoreLevel, ROOT.gROOT.GetListOfCanvases().GetSize()) == before
    assert str(ROOT.TBufferJSON.ConvertToJSON(values["one"])) == json
    assert dict(matplotlib.rcParams) == settings


def test_the_user_settings_do_not_matter(values: dict[str, Any]) -> None:
    import matplotlib

    snapshot = snapshot_of(values)
    before = picture.png(snapshot)
    changed = {"font.family": "serif", "lines.marker": "x", "savefig.dpi": 30, "text.usetex": True, "axes.linewidth": 9}
    with matplotlib.rc_context(changed):
        assert picture.png(snapshot) == before


def test_no_pyplot() -> None:
    code = "import sys, rdf_live.view.picture; print('matplotlib.pyplot' in sys.modules, 'ROOT' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg", ".PDF"])
def test_file_is_replaced_at_once(values: dict[str, Any], tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    path.write_text("old")
    assert picture.save(snapshot_of(values), path, ["one", "two", ["one", ("one",)]], title="T_{1} & <") == path
    starts = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}
    assert path.read_bytes().startswith(starts[suffix.lower()])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_bad_name_leaves_nothing(values: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"got '.*p.gif', expected a name that ends with one of .png"):
        picture.save(snapshot_of(values), tmp_path / "p.gif")
    with pytest.raises(FileNotFoundError, match="whose folder is not there"):
        picture.save(snapshot_of(values), tmp_path / "no" / "p.png")
    with pytest.raises(BadInput):
        picture.save(snapshot_of({"count": 5}), tmp_path / "p.png")
    assert list(tmp_path.iterdir()) == []


def test_beside_an_event_loop(values: dict[str, Any]) -> None:
    """Pictures in a second thread while the main one runs a loop, and uses matplotlib's own parser of mathtext."""
    from matplotlib.mathtext import MathTextParser

    ROOT = root()
    snapshot = snapshot_of(values)
    expected = picture.png(snapshot, ["one", "profile", ["one", ("one",)]])
    made: list[bytes] = []
    errors: list[BaseException] = []
    over = threading.Event()

    def draw() -> None:
        try:
            while not over.is_set() or len(made) < 3:
                made.append(picture.png(snapshot, ["one", "profile", ["one", ("one",)]]))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=draw)
    thread.start()
    parser = MathTextParser("path")
    for number in range(4):
        frame = ROOT.RDataFrame(300_000).Define("x", "gRandom->Gaus()")
        result = frame.Histo1D(("h", "", 100, -4, 4), "x")
        assert result.GetEntries() == 300_000
        for i in range(40):
            parser.parse(rf"$\frac{{{number}}}{{{i}}} m_{{\mu\mu}}^{{{i}}}$")
    over.set()
    thread.join()
    assert not errors
    assert set(made) == {expected}
