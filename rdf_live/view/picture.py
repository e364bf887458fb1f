# SPDX-License-Identifier: BSD-3-Clause
"""A snapshot as a picture.

Drawn by matplotlib, without its pyplot and without ROOT's graphics, so that any thread may do it while the main one
computes or draws something else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rdf_live.errors import BadInput
from rdf_live.export.atomic import replaced
from rdf_live.export.suffixes import PICTURES
from rdf_live.snapshot import Snapshot
from rdf_live.view.content import panes_of
from rdf_live.view.curves import COLORS
from rdf_live.view.frame import Box
from rdf_live.view.look import Look
from rdf_live.view.panes import draw_pane
from rdf_live.view.sheet import Sheet, width_of
from rdf_live.view.text import state_text

__all__ = ["Look", "png", "rows_of", "save"]

_HEADER = 60  # pixels


def rows_of(number: int) -> tuple[int, ...]:
    """How many panes stand in each row, for so many results: wider than high, the shorter rows first.

    >>> rows_of(1), rows_of(2), rows_of(4), rows_of(5)
    ((1,), (2,), (2, 2), (2, 3))
    """
    rows = max(1, math.floor(math.sqrt(number)))
    least, more = divmod(number, rows)
    return tuple(least + (row >= rows - more) for row in range(rows))


def png(
    snapshot: Snapshot,
    results: Any = None,
    *,
    title: str = "",
    looks: Mapping[str, Look] | None = None,
    rows: Sequence[int] | None = None,
    size: tuple[int, int] | None = None,
) -> bytes:
    """Draw the histograms, profiles and graphs of a snapshot, with a line that says how much of the data is in them.

    Called from any thread.

    Parameters
    ----------
    snapshot : Snapshot
        From `LiveRun.snapshot` or `LiveRun.result`.
    results : result, label or iterable of them, optional
        What to draw, one pane each, in order. A list in the place of a result: these lie on each other in one pane. In
        such a list a tuple is stacked, and what is beside it is drawn as points with error bars:
        ``[data, (one, two)]``. The first sixteen results otherwise.
    title : str
        In the line at the top, in ROOT's LaTeX.
    looks : mapping from labels to Look, optional
        Where the choice of axes should be another. Of results in one pane, the first that is in it counts.
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
        Nothing in it can be drawn, or results that cannot share a pane are to do so.
    """
    return _draw(snapshot, results, title, looks or {}, rows, size).png()


def save(snapshot: Snapshot, path: str | Path, results: Any = None, **options: Any) -> Path:
    """Draw into a PNG, PDF or SVG file, as `png` does.

    The file is replaced at once: who looks at it never sees half of it.

    Raises
    ------
    BadInput
        Nothing in the snapshot can be drawn, or the name ends differently.
    OSError
        The file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in PICTURES:
        raise BadInput(f"got {str(path)!r}, expected a name that ends with one of {', '.join(PICTURES)}")
    given = {"title": "", "looks": None, "rows": None, "size": None} | options
    sheet = _draw(snapshot, results, given["title"], given["looks"] or {}, given["rows"], given["size"])
    data = sheet.png() if suffix == ".png" else sheet.vector("pdf" if suffix == ".pdf" else "svg")
    with replaced(path) as unfinished:
        unfinished.write_bytes(data)
    return path


def _draw(
    snapshot: Snapshot,
    results: Any,
    title: str,
    looks: Mapping[str, Look],
    rows: Sequence[int] | None,
    size: tuple[int, int] | None,
) -> Sheet:
    panes = panes_of(snapshot, results)
    rows = rows_of(len(panes)) if rows is None else rows
    if sum(rows) != len(panes) or min(rows) < 1:
        raise BadInput(f"rows: got {tuple(rows)}, expected {len(panes)} in all, for as many results")
    width, height = size or (max(700, 480 * max(rows)), 400 * len(rows) + _HEADER)
    sheet = Sheet(width, height)
    _header(sheet, snapshot, title)
    for number, (pane, box) in enumerate(zip(panes, _places(rows, width, height - _HEADER), strict=True)):
        look = next((looks[name] for name in pane.labels if name in looks), Look())
        draw_pane(sheet, box, pane, look, number)
    return sheet


def _places(rows: Sequence[int], width: int, height: int) -> Iterator[Box]:
    """Rectangles of the panes, row by row."""
    high = height / len(rows)
    for row, columns in enumerate(rows):
        for column in range(columns):
            yield Box(column * width / columns, height - (row + 1) * high, width / columns, high)


def _header(sheet: Sheet, snapshot: Snapshot, title: str) -> None:
    """Title at the left, state at the right, and below them a bar as long as the part of the data."""
    left, right = 20, sheet.width - 20
    state = state_text(snapshot.state, snapshot.fraction, snapshot.entries)
    wanted = width_of(title, 20, bold=True) + width_of(state, 18) + 20
    scale = max(0.5, min(1.0, (right - left) / wanted))
    y = sheet.height - 0.6 * _HEADER
    sheet.title(left, y, title, 20 * scale, bold=True)
    sheet.text(right, y, state, 18 * scale, align="right")
    for end, color in ((1.0, "#dddddd"), (min(max(snapshot.fraction, 0.0), 1.0), COLORS[0])):
        sheet.box(left, sheet.height - 0.9 * _HEADER, end * (right - left), 5, color)
