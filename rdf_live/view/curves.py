# SPDX-License-Identifier: BSD-3-Clause
"""The lines and points of a pane as arrays, and the scales that show all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rdf_live.export.bins import Bins, Points
from rdf_live.view.content import Layer
from rdf_live.view.frame import Box, Scale, extent
from rdf_live.view.look import Look
from rdf_live.view.plane import trimmed
from rdf_live.view.sheet import INK

__all__ = ["COLORS", "Curve", "curves_of", "horizontal", "vertical"]

COLORS = ("#3f90da", "#ffa90e", "#bd1f01", "#832db6", "#2f7d6b", "#b9ac70")  # told apart by everyone's eyes
_MANY_POINTS = 20_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """What is drawn at once in one colour: steps from `base` to `y` over `edges`, or points with error bars."""

    name: str
    how: str
    color: str
    y: Floats
    error: tuple[Floats, Floats]
    edges: Floats
    x: Floats
    x_error: tuple[Floats, Floats] | None = None
    base: Floats | None = None


def curves_of(layers: Sequence[Layer], number: int) -> Iterator[Curve]:
    """In the order of drawing; the pane's number chooses its colours."""
    stacked = any(layer.how == "stack" for layer in layers)
    place = 0
    for layer in layers:
        base: Floats | None = None
        variance: Floats | None = None
        for member in layer.members:
            data = member.data
            default = COLORS[(number + place) % len(COLORS)]
            color = (data.style.fill if layer.how == "stack" else None) or data.style.line or default
            if layer.how == "points":
                color = data.style.marker or data.style.line or (INK if place == len(layers[0].members) else default)
            place += 1
            if isinstance(data, Points):
                yield _of_points(member.name, data, color)
                continue
            curve = _of_bins(member.name, data, layer.how, color)
            if layer.how == "stack":
                base = np.zeros_like(curve.y) if base is None else base
                top = base + curve.y
                variance = curve.error[0] ** 2 + (0 if variance is None else variance)
                yield Curve(member.name, "stack", color, top, curve.error, curve.edges, curve.x, base=base)
                base = top
            else:
                yield curve
        if stacked and base is not None and variance is not None:
            error = np.sqrt(variance)
            yield Curve("", "band", INK, base + error, (error, error), curve.edges, curve.x, base=base - error)


def _of_bins(name: str, data: Bins, how: str, color: str) -> Curve:
    inner = trimmed(data.dense()).inner()
    error = np.sqrt(inner.variances)
    values = np.where(np.isfinite(inner.values), inner.values, np.nan)
    edges, centers = inner.axes[0].edges, inner.axes[0].centers
    bars = data.kind == "MEAN" or np.nanmin(values, initial=0) < 0 or data.style.marker is not None
    if how == "points" or (bars and how != "stack"):
        filled = (values != 0) if inner.counts is None else (inner.counts != 0)
        filled &= np.isfinite(values)
        half = 0.5 * np.diff(edges)[filled]
        points = error[filled]
        return Curve(name, "points", color, values[filled], (points, points), edges, centers[filled], (half, half))
    return Curve(name, how, color, np.nan_to_num(values), (error, error), edges, centers)


def _of_points(name: str, data: Points, color: str) -> Curve:
    step = -(-len(data.x) // _MANY_POINTS) or 1
    sound = np.isfinite(data.x) & np.isfinite(data.y)
    picked = np.flatnonzero(sound)[::step]
    none = np.zeros(len(picked))
    error = tuple(e[picked] for e in data.y_errors) if data.y_errors else (none, none)
    x_error = tuple(e[picked] for e in data.x_errors) if data.x_errors else None
    x = data.x[picked]
    return Curve(name, "points", color, data.y[picked], error, x, x, x_error)  # type: ignore[arg-type]


def horizontal(curves: Sequence[Curve], first: Bins | Points, look: Look, inner: Box) -> Scale:
    """From the first edge or point to the last."""
    places = np.concatenate([curve.edges for curve in curves])
    if not len(places):
        return Scale(0.0, 1.0, False, inner.x, inner.width)
    low, high = float(places.min()), float(places.max())
    log = look.logx
    if log is None and isinstance(first, Bins):
        axis = first.axes[0]
        log = not axis.regular and axis.labels is None and low > 0 and high > 50 * low
    if log and low <= 0:  # the first edge that such an axis can show
        low = float(min(places[places > 0], default=0.0))
    log = bool(log) and 0 < low < high
    if isinstance(first, Points):
        margin = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
        low, high = (low / 1.2, high * 1.2) if log else (low - margin, high + margin)
    elif not log:
        low = float(places.min())
    return Scale(*extent(low, high), log, inner.x, inner.width)


def vertical(curves: Sequence[Curve], look: Look, inner: Box, room: float, logx: bool) -> Scale:
    """Leave `room` (part of the height) above what is highest."""
    points = any(curve.how == "points" for curve in curves)
    only_points = all(curve.how == "points" for curve in curves)
    tops = [curve.y + (curve.error[1] if curve.how in ("points", "band") else 0) for curve in curves]
    values = np.concatenate([curve.y for curve in curves if curve.how != "band"])
    high = float(np.nanmax(np.concatenate(tops), initial=-np.inf)) if len(values) else -np.inf
    lowest = float(min((np.min(c.y - c.error[0]) for c in curves if c.how == "points" and len(c.y)), default=0.0))
    filled = np.sort(values[values > 0])
    log = look.logy
    means = points and only_points and not any(curve.base is not None for curve in curves)
    if log is None:
        # A few bins far above all others would flatten these.
        log = bool(len(filled)) and not means and filled[-1] > 40 * filled[len(filled) // 2] and values.min() >= 0
    if not np.isfinite(high):
        return Scale(0.0, 1.0, False, inner.y, inner.height)
    free = 1 - min(0.06 + room, 0.5)
    if log and len(filled):
        low = 0.5 * float(filled[len(filled) // 20])
        high = max(high, 2 * low)
        return Scale(low, low * (high / low) ** (1 / free), True, inner.y, inner.height)
    low = min(lowest, float(np.min(values)))
    if only_points and (means or low < 0):
        margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
        low = low - margin
    else:
        low = min(low, 0.0)
    high = high if high > low else low + 1
    return Scale(low, low + (high - low) / free, False, inner.y, inner.height)
