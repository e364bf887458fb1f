# SPDX-License-Identifier: BSD-3-Clause
"""A sheet of paper measured in pixels, on matplotlib's canvas.

Artists are put on the figure itself: matplotlib's axes would cost more time than all that is drawn in them. There is no
pyplot and no change of ``rcParams``: nothing of the user's own plots is touched, whatever thread this is called from.
"""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import BboxImage
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox, TransformedBbox
from PIL import Image

from rdf_live.titles.latex import Label, label
from rdf_live.titles.mathtext import LOCK, drawable, outline

__all__ = ["INK", "Sheet", "width_of"]

INK = "#222222"
_DPI = 100
#: How far below its place a line begins, in parts of its size.
_LOWER = {"baseline": 0.0, "center": 0.365, "top": 0.76}

Floats = npt.NDArray[np.float64]


def width_of(text: str | Label, size: float, bold: bool = False) -> float:
    """How many pixels a line takes. A string is ROOT's LaTeX."""
    content = label(text) if not isinstance(text, Label) else text
    return size * outline(content.text, content.math, bold)[2]


class Sheet:
    """What is drawn on it first lies below; text lies on top. Places are pixels from the lower left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white", edgecolor="none")
        self._canvas = FigureCanvasAgg(self._figure)
        self._pixels = Affine2D().scale(1 / width, 1 / height) + self._figure.transFigure
        self._texts: dict[str, list[tuple[Floats, npt.NDArray[np.uint8]]]] = {}
        self._order = 0

    def _add(self, artist: Any, **more: Any) -> None:
        self._order += 1
        artist.set(zorder=self._order, **more)
        self._figure.add_artist(artist)

    def line(self, x: Floats, y: Floats, color: str, width: float = 1.5) -> None:
        """Through all points; a NaN ends a stroke."""
        self._add(Line2D(x, y, color=color, linewidth=width, linestyle="-", marker=""), transform=self._pixels)

    def strokes(self, x0: Any, y0: Any, x1: Any, y1: Any, color: str, width: float) -> None:
        """Separate straight lines, in one object."""
        corners = np.stack(np.broadcast_arrays(x0, y0, x1, y1), axis=-1).astype(float).reshape(-1, 2)
        if len(corners):
            codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=Path.code_type), len(corners) // 2)
            patch = PathPatch(Path(corners, codes), facecolor="none", edgecolor=color, linewidth=width, snap=True)
            self._add(patch, transform=self._pixels)

    def markers(self, x: Floats, y: Floats, color: str, size: float) -> None:
        """Dots, of so many pixels."""
        points = 72 * size / _DPI
        dots = Line2D(x, y, linestyle="", marker="o", markersize=points, color=color, markeredgewidth=0)
        self._add(dots, transform=self._pixels)

    def area(self, x: Floats, y: Floats, color: str, alpha: float = 1.0) -> None:
        """The inside of a closed line."""
        path = Path(np.column_stack((x, y)))
        patch = PathPatch(path, facecolor=color, edgecolor="none", alpha=alpha, linewidth=0)
        self._add(patch, transform=self._pixels)

    def box(self, x: float, y: float, width: float, height: float, color: str, alpha: float = 1.0) -> None:
        """A filled rectangle."""
        self.area(np.array([x, x + width, x + width, x]), np.array([y, y, y + height, y + height]), color, alpha)

    def image(self, colors: npt.NDArray[np.uint8], x: float, y: float, width: float, height: float) -> None:
        """Pixels: rows from below, columns, red-green-blue-alpha."""
        place = TransformedBbox(Bbox.from_bounds(x, y, width, height), self._pixels)
        image = BboxImage(place, interpolation="nearest", origin="lower", resample=False)
        image.set_data(colors)
        self._add(image)

    def text(
        self,
        x: float,
        y: float,
        text: str | Label,
        size: float,
        *,
        align: Literal["left", "center", "right"] = "left",
        vertical: Literal["baseline", "center", "top"] = "baseline",
        upwards: bool = False,
        color: str = INK,
        bold: bool = False,
    ) -> None:
        """Write a line, of letters of so many pixels. A string is taken as it is; titles need `title`."""
        content = text if isinstance(text, Label) else Label(drawable(text), False)
        points, codes, width = outline(content.text, content.math, bold)
        if not len(points):
            return
        start = {"left": 0.0, "center": 0.5, "right": 1.0}[align] * width
        moved = size * (points - (start, _LOWER[vertical]))
        if upwards:
            moved = np.column_stack((-moved[:, 1], moved[:, 0]))
        self._texts.setdefault(color, []).append((moved + np.array([x, y]), codes))

    def title(self, x: float, y: float, text: str, size: float, **options: Any) -> None:
        """Write a line of ROOT's LaTeX."""
        self.text(x, y, label(text), size, **options)

    def _write(self) -> None:
        for color, pieces in self._texts.items():
            path = Path(np.concatenate([p for p, _ in pieces]), np.concatenate([c for _, c in pieces]))
            self._add(PathPatch(path, facecolor=color, edgecolor="none", linewidth=0), transform=self._pixels)
        self._texts.clear()

    def png(self) -> bytes:
        """All of it, as a PNG file."""
        self._write()
        with LOCK:
            self._canvas.draw()  # type: ignore[no-untyped-call]
            pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        image = Image.fromarray(np.ascontiguousarray(pixels[:, :, :3]))
        # 256 colours halve the size, of which every notebook that shows it has one copy, and take less time.
        image = image.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        out = io.BytesIO()
        image.save(out, "png", compress_level=3)
        return out.getvalue()

    def vector(self, kind: Literal["pdf", "svg"]) -> bytes:
        """All of it, as a file of another kind."""
        self._write()
        out = io.BytesIO()
        metadata: dict[str, Any] = {"Creator": "rdf-live", "CreationDate" if kind == "pdf" else "Date": None}
        with LOCK:
            self._figure.savefig(out, format=kind, metadata=metadata, dpi=72)
        return out.getvalue()
