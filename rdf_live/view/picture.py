# SPDX-License-Identifier: BSD-3-Clause
"""A snapshot as a PNG, drawn by ROOT without a display.

Nothing of ROOT's global state is changed for longer than one drawing: the looks are set on copies, never in ``gStyle``.
"""

from __future__ import annotations

import itertools
import math
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdf_live._root import cpp, root
from rdf_live.errors import BadInput
from rdf_live.snapshot import Snapshot
from rdf_live.view.text import state_text

__all__ = ["Look", "png", "rows_of", "save"]

_FONT, _BOLD = 42, 62
_HEADER = 60  # pixels
_COLORS = ("#3f90da", "#ffa90e", "#bd1f01", "#832db6", "#2f7d6b", "#b9ac70")  # told apart by everyone's eyes
_PREFIX = itertools.count()


@dataclass(frozen=True, slots=True)
class Look:
    """How one result is drawn, where the picture should not choose itself.

    Attributes
    ----------
    title : str, optional
        Above its axes; the histogram's own title otherwise.
    logx, logy : bool, optional
        Logarithmic axes; chosen from the bins and their contents otherwise.
    marks : sequence of (x, text)
        Names of peaks, written above the bin at x. In ROOT's LaTeX.
    """

    title: str | None = None
    logx: bool | None = None
    logy: bool | None = None
    marks: Sequence[tuple[float, str]] = ()


def rows_of(number: int) -> tuple[int, ...]:
    """How many pads stand in each row, for so many results: wider than high, the shorter rows first.

    >>> rows_of(1), rows_of(2), rows_of(4), rows_of(5)
    ((1,), (2,), (2, 2), (2, 3))
    """
    rows = max(1, math.floor(math.sqrt(number)))
    least, more = divmod(number, rows)
    return tuple(least + (row >= rows - more) for row in range(rows))


def png(
    snapshot: Snapshot,
    results: Sequence[Any] | None = None,
    *,
    title: str = "",
    looks: Mapping[str, Look] | None = None,
    rows: Sequence[int] | None = None,
    size: tuple[int, int] | None = None,
) -> bytes:
    """Draw the histograms, profiles and graphs of a snapshot, with a line that says how much of the data is in them.

    Parameters
    ----------
    snapshot : Snapshot
        From `LiveRun.snapshot` or `LiveRun.result`.
    results : sequence of results or labels, optional
        What to draw, in order; the first sixteen otherwise.
    title : str
        In the line at the top, in ROOT's LaTeX.
    looks : mapping from labels to Look, optional
        Where the choice of axes should be another.
    rows : sequence of int, optional
        How many stand in each row; as even as possible otherwise.
    size : (width, height), optional
        In pixels.

    Returns
    -------
    bytes
        A PNG file, for ``IPython.display.Image(data=...)`` for example.

    Raises
    ------
    BadInput
        Nothing in it can be drawn.
    """
    with tempfile.TemporaryDirectory(prefix="rdf_live_") as folder:
        path = Path(folder) / "picture.png"
        _draw(path, snapshot, results, title, looks or {}, rows, size)
        return path.read_bytes()


def save(snapshot: Snapshot, path: str | Path, results: Sequence[Any] | None = None, **options: Any) -> Path:
    """Draw into a PNG file, as `png` does. The file is replaced at once: who looks at it never sees half of it.

    Raises
    ------
    BadInput
        Nothing in the snapshot can be drawn.
    OSError
        The file cannot be written.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}.png")
    try:
        unfinished.write_bytes(png(snapshot, results, **options))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _draw(
    path: Path,
    snapshot: Snapshot,
    results: Sequence[Any] | None,
    title: str,
    looks: Mapping[str, Look],
    rows: Sequence[int] | None,
    size: tuple[int, int] | None,
) -> None:
    ROOT = root()
    found = _drawables(snapshot, results)
    rows = rows_of(len(found)) if rows is None else rows
    if sum(rows) != len(found) or min(rows) < 1:
        raise BadInput(f"rows: got {tuple(rows)}, expected {len(found)} in all, for as many results")
    width, height = size or (max(700, 480 * max(rows)), 430 * len(rows) + _HEADER)
    keep: list[Any] = []  # a pad does not own what it shows
    with _batch(ROOT):
        canvas = ROOT.TCanvas(f"rdf_live_{next(_PREFIX)}", "", 0, 0, width, height)
        try:
            # With the window's frame, which a picture has not, the first size is not the picture's.
            canvas.SetCanvasSize(width, height)
            canvas.SetFillColor(ROOT.kWhite)
            _header(ROOT, snapshot, title, keep, width, height)
            places = _places(rows, 1 - _HEADER / height)
            for number, ((label, value), place) in enumerate(zip(found, places, strict=True)):
                canvas.cd()
                pad = ROOT.TPad(f"{canvas.GetName()}_{number}", "", *place)
                pad.Draw()
                pad.cd()
                pixels = ((place[2] - place[0]) * width, (place[3] - place[1]) * height)
                color = ROOT.TColor.GetColor(_COLORS[number % len(_COLORS)])
                _Pad(ROOT, pad, value, looks.get(label, Look()), color, pixels, keep).draw()
                keep.append(pad)
            canvas.Modified()
            canvas.Update()
            canvas.SaveAs(str(path))
        finally:
            canvas.Close()


def _drawables(snapshot: Snapshot, results: Sequence[Any] | None) -> list[tuple[str, Any]]:
    keys = list(snapshot) if results is None else [snapshot._find(key) for key in results]
    found = []
    for key in keys:
        value: Any = snapshot.get(key)
        if hasattr(value, "InheritsFrom") and (value.InheritsFrom("TH1") or value.InheritsFrom("TGraph")):
            found.append((key.label, value))
    if not found:
        names = ", ".join(repr(r.label) for r in keys) or "none"
        raise BadInput(f"got nothing that can be drawn (results: {names}), expected histograms, profiles or graphs")
    return found[:16] if results is None else found


def _places(rows: Sequence[int], top: float) -> Iterator[tuple[float, float, float, float]]:
    """Corners of the pads, row by row."""
    for row, columns in enumerate(rows):
        low, high = top * (1 - (row + 1) / len(rows)), top * (1 - row / len(rows))
        for column in range(columns):
            yield column / columns, low, (column + 1) / columns, high


@contextmanager
def _batch(ROOT: Any) -> Iterator[None]:
    """No window opens, the current pad stays current, and no line says that a file was written."""
    before, level = ROOT.gROOT.IsBatch(), ROOT.gErrorIgnoreLevel
    context = ROOT.TVirtualPad.TContext()
    ROOT.gROOT.SetBatch(True)
    ROOT.gErrorIgnoreLevel = ROOT.kWarning
    try:
        yield
    finally:
        ROOT.gErrorIgnoreLevel = level
        ROOT.gROOT.SetBatch(before)
        context.__destruct__()


def _text(
    ROOT: Any, x: float, y: float, text: str, size: float, align: int = 11, font: int = _FONT, angle: float = 0
) -> Any:
    latex = ROOT.TLatex()
    latex.SetTextAngle(angle)
    latex.SetNDC()
    latex.SetTextFont(font)
    latex.SetTextSize(size)
    latex.SetTextAlign(align)
    return latex.DrawLatex(x, y, text)


def _header(ROOT: Any, snapshot: Snapshot, title: str, keep: list[Any], width: int, height: int) -> None:
    """Title at the left, state at the right, and below them a bar as long as the part of the data."""
    size = 0.42 * _HEADER / height if width > height else 0.42 * _HEADER / width
    y, left, right = 1 - 0.62 * _HEADER / height, 24 / width, 1 - 24 / width
    keep.append(_text(ROOT, left, y, title, size, font=_BOLD))
    state = ROOT.TText(right, y, state_text(snapshot.state, snapshot.fraction, snapshot.entries))
    state.SetNDC()
    state.SetTextFont(_FONT)
    state.SetTextSize(size)
    state.SetTextAlign(31)
    state.Draw()
    keep.append(state)
    low, high = 1 - 0.95 * _HEADER / height, 1 - 0.87 * _HEADER / height
    for end, color in ((1.0, "#dddddd"), (snapshot.fraction, _COLORS[0])):
        box = ROOT.TBox(left, low, left + end * (right - left), high)
        box.SetFillColor(ROOT.TColor.GetColor(color))
        box.SetLineWidth(0)
        box.Draw()
        keep.append(box)


class _Pad:
    """One result on its pad."""

    def __init__(
        self, ROOT: Any, pad: Any, value: Any, look: Look, color: int, pixels: tuple[float, float], keep: list[Any]
    ) -> None:
        self.ROOT, self.pad, self.look, self.color, self.keep = ROOT, pad, look, color, keep
        self.value = cpp().Copy(value)
        ROOT.SetOwnership(self.value, True)
        keep.append(self.value)
        self.is_graph = bool(value.InheritsFrom("TGraph"))
        self.dimension = 1 if self.is_graph else int(value.GetDimension())
        self.width, self.height = pixels
        # ROOT's text sizes are parts of the smaller side of a pad.
        self.size = 17 / min(pixels)

    def draw(self) -> None:
        """Axes, contents, title, names of peaks."""
        value, pad = self.value, self.pad
        right = 70 if self.dimension == 2 else 22  # pixels, with room for the palette
        pad.SetMargin(88 / self.width, right / self.width, 58 / self.height, 40 / self.height)
        pad.SetTicks(1, 1)
        title = str(value.GetTitle()) if self.look.title is None else self.look.title
        value.SetTitle("")
        if self.is_graph:
            self._graph()
        elif self.dimension == 1:
            self._histogram()
        else:
            value.SetStats(False)
            value.Draw("COLZ" if self.dimension == 2 else "BOX2")
        self._axes()
        pad.RedrawAxis()
        # At the right, because ROOT writes the power of ten of the vertical axis at the left.
        self._write(1 - pad.GetRightMargin(), 1 - 30 / self.height, title, 1.1, align=31)
        if not self.is_graph and value.GetEntries() == 0:
            self._write(0.5, 0.5, "no entries yet", 1, align=22)

    def _write(self, x: float, y: float, text: str, size: float, align: int = 11, angle: float = 0) -> None:
        self.keep.append(_text(self.ROOT, x, y, text, size * self.size, align, angle=angle))

    def _graph(self) -> None:
        self.value.SetMarkerStyle(20)
        self.value.SetMarkerSize(0.6)
        self.value.SetMarkerColor(self.color)
        self.value.SetLineColor(self.color)
        self.value.Draw("AP")

    def _histogram(self) -> None:
        value, axis = self.value, self.value.GetXaxis()
        value.SetStats(False)
        value.SetLineColor(self.color)
        value.SetLineWidth(2)
        contents = [value.GetBinContent(i) for i in range(1, value.GetNbinsX() + 1)]
        filled = sorted(c for c in contents if c > 0)
        profile = value.InheritsFrom("TProfile")
        logx = self.look.logx
        if logx is None:
            logx = axis.IsVariableBinSize() and axis.GetXmin() > 0 and axis.GetXmax() > 50 * axis.GetXmin()
        self.pad.SetLogx(logx)
        if logx:
            axis.SetMoreLogLabels(axis.GetXmax() < 50 * axis.GetXmin())
        logy = self.look.logy
        if logy is None:
            # A few bins far above all others would flatten these.
            logy = bool(filled) and not profile and filled[-1] > 40 * filled[len(filled) // 2] and min(contents) >= 0
        logy = logy and bool(filled)
        self.pad.SetLogy(logy)
        if profile or (filled and min(contents) < 0):
            value.Draw("E")
        else:
            value.SetFillColorAlpha(self.color, 0.25)
            room = 1.25 if self.look.marks else 1.12
            if filled:
                top = filled[-1]
                low = 0.5 * filled[len(filled) // 20] if logy else 0.0
                value.SetMinimum(low)
                value.SetMaximum(low * (top / low) ** room if logy else top * room)
            value.Draw("HIST")
        self._marks(contents)

    def _marks(self, contents: list[float]) -> None:
        """Names above their peaks, in the user's coordinates."""
        axis = self.value.GetXaxis()
        log_low = self.value.GetMinimum() if self.pad.GetLogy() else 0
        for x, text in self.look.marks:
            place = axis.FindFixBin(x)
            top = max(contents[max(place - 3, 0) : place + 2], default=0)
            if not 1 <= place <= axis.GetNbins() or top <= 0:
                continue
            highest = self.value.GetMaximum()
            y = top * (highest / log_low) ** 0.025 if log_low else top + 0.025 * highest
            latex = self.ROOT.TLatex()
            latex.SetTextFont(_FONT)
            latex.SetTextSize(self.size)
            latex.SetTextAlign(21)
            self.keep.append(latex.DrawLatex(x, y, text))

    def _axes(self) -> None:
        """Sizes in pixels, so that pads of different shapes in one picture have the same letters.

        The titles are written as text: ROOT places them by the shape of the pad, too near in a high one and out of
        sight in a wide one.
        """
        x, y = self.value.GetXaxis(), self.value.GetYaxis()
        vertical = str(y.GetTitle()) or ("" if self.is_graph or self.dimension > 1 else "entries")
        right, low = 1 - self.pad.GetRightMargin(), self.pad.GetBottomMargin()
        self._write(right, low - 28 / self.height, str(x.GetTitle()), 1, align=33)
        self._write(14 / self.width, 1 - self.pad.GetTopMargin(), vertical, 1, align=33, angle=90)
        for axis in (x, y):
            axis.SetTitle("")
            axis.SetLabelFont(_FONT)
            axis.SetLabelSize(0.9 * self.size)
            axis.SetNdivisions(506)
        x.SetLabelOffset(0.15 * self.size if self.pad.GetLogx() else 0.4 * self.size)
        y.SetMaxDigits(6)
