# SPDX-License-Identifier: BSD-3-Clause
"""Drawing a histogram of two or more axes: a map of colours."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rdf_live.export.bins import Axis, Bins
from rdf_live.view.frame import Box, Frame, Scale, extent
from rdf_live.view.sheet import Sheet

__all__ = ["draw_plane", "trimmed"]

_FINER = 2  # pixels of the map per pixel of the picture, for files that are printed


def draw_plane(sheet: Sheet, box: Box, data: Bins, title: str, stats: str, log: bool | None) -> None:
    """A map of the first two axes. Cells without content stay white."""
    note = ""
    if len(data.axes) > 2:
        note = f"x-y projection of {len(data.axes)} axes   "
        data = data.project((0, 1))
    data = trimmed(data.dense()).inner()
    x_axis, y_axis = data.axes
    frame = Frame(sheet, box, labels=x_axis.labels, y_labels=y_axis.labels, palette=True)
    inner = frame.inner
    x, y = _scale(x_axis, inner.x, inner.width), _scale(y_axis, inner.y, inner.height)
    values, x_edges, y_edges = _coarser(data, int(inner.width), int(inner.height))
    filled = values[np.isfinite(values)]
    z = _colour_scale(filled, log, inner) if len(filled) else None
    if z is not None:
        columns = _places(x_edges, x.values(_FINER * int(inner.width)))
        rows = _places(y_edges, y.values(_FINER * int(inner.height)))
        part = (z(values) - z.start) / z.length
        index = np.where(np.isnan(part), 256, np.nan_to_num(part) * 255.999).astype(int)
        sheet.image(_table()[index.T[np.ix_(rows, columns)]], inner.x, inner.y, inner.width, inner.height)
        frame.palette(z, _table()[:256], data.value_title)
    frame.axes(x, y, x_axis.title, y_axis.title)
    frame.title(title, note + stats)
    if data.entries == 0:
        sheet.text(inner.x + inner.width / 2, inner.y + inner.height / 2, "no entries yet", frame.size, align="center")


def trimmed(data: Bins) -> Bins:
    """Without the empty bins at the end of an axis that has grown with its labels."""
    for place, axis in enumerate(data.axes if data.cells is None else ()):
        if axis.labels is None or axis.labels[-1]:
            continue
        others = tuple(i for i in range(len(data.axes)) if i != place)
        used = np.flatnonzero(np.any(data.values != 0, axis=others)[1:-1]) if others else data.values[1:-1].nonzero()[0]
        named = max(i for i, text in enumerate(axis.labels) if text) + 1
        keep = max(named, int(used[-1]) + 1 if len(used) else 0)
        cut = np.r_[0 : keep + 1, len(axis) + 1]
        shorter = Axis(axis.edges[: keep + 1], axis.title, axis.labels[:keep], axis.regular)
        axes = (*data.axes[:place], shorter, *data.axes[place + 1 :])
        arrays = {
            name: np.take(array, cut, axis=place)
            for name in ("values", "variances", "counts", "squares")
            if (array := getattr(data, name)) is not None
        }
        data = replace(data, axes=axes, **arrays)
    return data


def _scale(axis: Axis, start: float, length: float) -> Scale:
    low, high = float(axis.edges[0]), float(axis.edges[-1])
    log = not axis.regular and axis.labels is None and low > 0 and high > 50 * low
    return Scale(*extent(low, high), log, start, length)


def _coarser(data: Bins, width: int, height: int) -> tuple[npt.NDArray[np.float64], ...]:
    """Values with NaN for empty cells. Cells smaller than a pixel are added up, so that none is left out."""
    values, counts = data.values, data.counts
    edges = [axis.edges for axis in data.axes]
    for place, pixels in enumerate((width, height)):
        size = -(-values.shape[place] // pixels)
        if size > 1:
            starts = np.arange(0, values.shape[place], size)
            if counts is None:
                values = np.add.reduceat(values, starts, axis=place)
            else:
                summed = np.add.reduceat(values * counts, starts, axis=place)
                counts = np.add.reduceat(counts, starts, axis=place)
                values = np.divide(summed, counts, out=np.zeros_like(summed), where=counts != 0)
            edges[place] = np.append(edges[place][starts], edges[place][-1])
    shown = (values != 0) if counts is None else (counts != 0)
    return np.where(shown & np.isfinite(values), values, np.nan), edges[0], edges[1]


def _colour_scale(filled: npt.NDArray[np.float64], log: bool | None, inner: Box) -> Scale:
    low, high = float(filled.min()), float(filled.max())
    if log is None:
        log = low > 0 and high > 100 * float(np.median(filled))
    if log and low > 0:
        return Scale(low, high if high > low else 2 * low, True, inner.y, inner.height)
    low = min(low, 0.0) if low > -0.1 * abs(high) and low < 0.5 * high else low
    return Scale(low, high if high > low else low + 1, False, inner.y, inner.height)


def _places(edges: npt.NDArray[np.float64], at: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    return np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(edges) - 2)


@functools.cache
def _table() -> npt.NDArray[np.uint8]:
    """256 colours from low to high, and white."""
    from matplotlib import colormaps

    ramp = colormaps["viridis"](np.linspace(0, 1, 256), bytes=True)
    return np.vstack([ramp, [[255, 255, 255, 255]]]).astype(np.uint8)
