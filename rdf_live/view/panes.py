# SPDX-License-Identifier: BSD-3-Clause
"""Drawing the contents of one pane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdf_live.export.bins import Bins, Points
from rdf_live.titles.latex import label, plain
from rdf_live.view.content import Member, Pane
from rdf_live.view.curves import Curve, curves_of, horizontal, vertical
from rdf_live.view.frame import Box, Frame, Scale
from rdf_live.view.look import Look
from rdf_live.view.plane import draw_plane, trimmed
from rdf_live.view.sheet import Sheet, width_of
from rdf_live.view.text import amount, unit_of

__all__ = ["draw_pane", "stats_text"]


def draw_pane(sheet: Sheet, box: Box, pane: Pane, look: Look, number: int) -> None:
    """One pane: its contents, axes, title, and names of peaks."""
    members = [member for layer in pane.layers for member in layer.members]
    if not members:
        _nothing_yet(sheet, box, look.title if look.title is not None else pane.labels[0])
        return
    first = members[0].data
    title = look.title if look.title is not None else _title(members, pane)
    if isinstance(first, Bins) and len(first.axes) > 1:
        draw_plane(sheet, box, first, title, pane.note or stats_text(first), look.logy)
        return
    curves = list(curves_of(pane.layers, number))
    frame = Frame(sheet, box, labels=_labels(first))
    inner = frame.inner
    x = horizontal(curves, first, look, inner)
    alone = len(members) == 1
    legend = [] if alone else [(c.name, c.color, c.how) for c in curves if c.name]
    room = (0.13 if look.marks else 0) + 1.5 * frame.size * len(legend) / inner.height
    y = vertical(curves, look, inner, room, x.log)
    for curve in curves:
        _draw(sheet, curve, x, y)
    for curve in curves:
        _marks(frame, curve, x, y, look)
    x_title, y_title = _axis_titles(first)
    frame.axes(x, y, x_title, y_title)
    frame.title(title, pane.note or (stats_text(first) if alone else ""))
    if legend:
        _legend(frame, legend)
    if all(isinstance(m.data, Bins) and m.data.entries == 0 for m in members):
        _centered(frame, "no entries yet")


def stats_text(data: Bins | Points) -> str:
    """Small numbers above a pane.

    Entries, mean and standard deviation with a unit; of two axes the means; of named bins the entries only; of a
    graph the number of points.
    """
    if isinstance(data, Points):
        return f"{amount(len(data.x))} points"
    text = f"{amount(data.entries)} entries"
    if not data.entries or not data.mean or any(axis.labels for axis in data.axes):
        return text
    if len(data.axes) > 1:
        return f"{text}   means {', '.join(f'{mean:.4g}' for mean in data.mean[:3])}"
    unit = plain(unit_of(data.axes[0].title))
    return f"{text}   mean {data.mean[0]:.4g}{unit}   std dev {data.std_dev[0]:.3g}{unit}"


def _title(members: Sequence[Member], pane: Pane) -> str:
    """What all have in common; of variations that of the nominal one."""
    titles = {member.data.title for member in members}
    return members[0].data.title if len(titles) == 1 or len(pane.labels) == 1 else ""


def _labels(first: Bins | Points) -> tuple[str, ...] | None:
    return trimmed(first.dense()).axes[0].labels if isinstance(first, Bins) else None


def _axis_titles(first: Bins | Points) -> tuple[str, str]:
    if isinstance(first, Points):
        return first.x_title, first.y_title
    return first.axes[0].title, first.value_title or ("entries" if first.kind == "COUNT" else "")


# ---- drawing


def _draw(sheet: Sheet, curve: Curve, x: Scale, y: Scale) -> None:
    if curve.how == "points":
        _draw_points(sheet, curve, x, y)
        return
    across = np.repeat(x(curve.edges), 2)
    top = np.repeat(y(curve.y), 2)
    floor = y(np.zeros(1) if curve.base is None else curve.base)
    below = np.repeat(floor if len(floor) > 1 else np.full(len(curve.y), floor[0]), 2)
    if curve.how != "line":
        alpha = {"fill": 0.25, "stack": 0.85, "band": 0.3}[curve.how]
        outline_x = np.concatenate((across[1:-1], across[-2:0:-1]))
        sheet.area(outline_x, np.concatenate((top, below[::-1])), curve.color, alpha)
    if curve.how in ("fill", "line"):
        ends = (below[:1], below[-1:]) if curve.how == "fill" else (top[:1], top[-1:])
        sheet.line(across, np.concatenate((ends[0], top, ends[1])), curve.color, 1.3)
    elif curve.how == "stack":
        sheet.line(across[1:-1], top, curve.color, 1.0)


def _draw_points(sheet: Sheet, curve: Curve, x: Scale, y: Scale) -> None:
    inside = x.holds(curve.x)
    low, high = curve.y - curve.error[0], curve.y + curve.error[1]
    bars = inside & (curve.error[0] + curve.error[1] > 0) & (high >= y.low) & (low <= y.high)
    sheet.strokes(x(curve.x[bars]), y(low[bars]), x(curve.x[bars]), y(high[bars]), curve.color, 1.0)
    inside &= y.holds(curve.y)
    if curve.x_error is not None:
        left, right = curve.x - curve.x_error[0], curve.x + curve.x_error[1]
        sheet.strokes(x(left[inside]), y(curve.y[inside]), x(right[inside]), y(curve.y[inside]), curve.color, 1.0)
    many = len(curve.x) / max(x.length, 1)
    sheet.markers(x(curve.x[inside]), y(curve.y[inside]), curve.color, 5 if many < 0.2 else 3)


def _marks(frame: Frame, curve: Curve, x: Scale, y: Scale, look: Look) -> None:
    """Names above their peaks, in the user's coordinates."""
    if curve.how not in ("fill", "line"):
        return
    for at, text in look.marks:
        place = int(np.searchsorted(curve.edges, at, side="right")) - 1
        near = curve.y[max(place - 3, 0) : place + 2]
        if not 0 <= place < len(curve.y) or near.max() <= 0 or not x.holds(at):
            continue
        above = float(y(near.max())) + 0.35 * frame.size
        frame.sheet.title(float(x(at)), above, text, 0.95 * frame.size, align="center")


def _legend(frame: Frame, entries: Sequence[tuple[str, str, str]]) -> None:
    """Names at the upper right, the topmost of a stack first."""
    inner, size, sheet = frame.inner, frame.size, frame.sheet
    stack = [entry for entry in entries if entry[2] == "stack"]
    rows = [entry for entry in entries if entry[2] != "stack"] + stack[::-1]
    right = inner.x + inner.width - 0.9 * size
    for row, (name, color, how) in enumerate(rows):
        y = inner.y + inner.height - 1.6 * size * (row + 1)
        wide = 1.6 * size
        shown = name if width_of(name, 0.9 * size) < 0.7 * inner.width else name[:28] + "…"
        sheet.text(right - wide - 0.5 * size, y, shown, 0.9 * size, align="right")
        middle = y + 0.33 * size
        if how == "points":
            sheet.strokes(right - wide, middle, right, middle, color, 1.0)
            sheet.markers(np.array([right - wide / 2]), np.array([middle]), color, 5)
        elif how == "stack":
            sheet.box(right - wide, middle - 0.4 * size, wide, 0.8 * size, color, 0.85)
        else:
            sheet.strokes(right - wide, middle, right, middle, color, 1.8)


def _nothing_yet(sheet: Sheet, box: Box, title: str) -> None:
    frame = Frame(sheet, box)
    inner = frame.inner
    frame.axes(Scale(0, 1, False, inner.x, inner.width), Scale(0, 1, False, inner.y, inner.height), "", "")
    frame.title(title, "")
    _centered(frame, "nothing has arrived yet")


def _centered(frame: Frame, text: str) -> None:
    inner = frame.inner
    frame.sheet.text(
        inner.x + inner.width / 2, inner.y + inner.height / 2, label(text), 1.1 * frame.size, align="center"
    )
