# SPDX-License-Identifier: BSD-3-Clause
"""What an update says of results: the plot of a pane, numbers, cut flows.

Makes ROOT objects and their JSON, and touches no graphics. The snapshot has to be one that nobody else uses: while
their JSON is made, its objects have other colours.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from rdf_live._root import root
from rdf_live.partial.objects import NUMBERS, Variations
from rdf_live.snapshot import Result, Snapshot
from rdf_live.view.panel.layout import Pane
from rdf_live.view.panel.shrink import projections, smaller
from rdf_live.view.text import lacking_text, percent, value_text

__all__ = ["broken", "letters", "numbers_of", "plot_of", "reports_of", "title_of"]

#: Objects of one result in one pane; more than these lines nobody can tell apart.
_MOST_VARIATIONS = 20
_MOST_NUMBERS = 200
#: No blanks, and arrays without their zeros at the ends.
_COMPACT = 23
#: What ROOT draws lines with when nobody has chosen a colour.
_DEFAULT_COLORS = (1, 602)


def plot_of(pane: Pane, snapshot: Snapshot) -> dict[str, Any]:
    """The plot of a pane, as the format has it."""
    here = [result for result in pane.results if snapshot.has(result)]
    graphs = {result.graph: snapshot._graphs[result.graph]["progress"] for result in here}
    total = sum(progress["entries_total"] for progress in graphs.values())
    entries = sum(snapshot._graphs[graph]["entries"] for graph in graphs)
    fraction = next(iter(graphs.values()))["fraction"] if len(graphs) == 1 else min(entries / total if total else 0, 1)
    notes = []
    if len({round(progress["fraction"], 2) for progress in graphs.values()}) > 1:
        # Drawn together, they look as if they were comparable.
        parts = {result.graph: f"{result.label}: {percent(graphs[result.graph]['fraction'])}" for result in here}
        notes.append(", ".join(parts.values()))
    for result in here:
        if lacking := snapshot.lacking(result):
            notes.append((f"{result.label}: " if len(here) > 1 else "") + lacking_text(lacking))
    views = _views(pane, snapshot, here, notes)
    return {"entries": entries, "fraction": fraction, "note": "; ".join(notes) or None, "views": views}


def title_of(pane: Pane, snapshot: Snapshot) -> str:
    """What stands above a pane: the title that its histogram was given, else its label."""
    value = snapshot.get(pane.results[0]) if len(pane.results) == 1 else None
    if isinstance(value, Variations):
        value = value[value.GetKeys()[0]]
    return str(value.GetTitle()) if value is not None and value.GetTitle() else pane.title


def letters(plot: dict[str, Any]) -> int:
    """Size of a plot on its way: ROOT's JSON is a text in it, with its quotes escaped."""
    texts = [text for view in plot["views"] for text in (*view["objects"], *view.get("over", ()))]
    return sum(len(text) + text.count('"') for text in texts)


def broken(snapshot: Snapshot, why: str) -> dict[str, Any]:
    """In the place of a plot that cannot be made."""
    return {"entries": snapshot.entries, "fraction": snapshot.fraction, "note": why, "views": []}


def _views(pane: Pane, snapshot: Snapshot, here: list[Result], notes: list[str]) -> list[dict[str, Any]]:
    values = {result: _values(snapshot[result], notes) for result in here}
    if len(here) == 1 and here[0].kind == "TH3D":
        views = []
        for name, flat, note in projections(values[here[0]][0]):
            if note is not None:
                notes.append(f"{name}: {note}")
            views.append({"name": name, "stack": False, "objects": [_json(flat)], "options": ["colz"]})
        return views
    over = [_small(value, notes) for result in pane.over if result in values for value in values[result]]
    stack = [_small(values[result][0], notes) for result in pane.stack if result in values]
    if stack:
        colors = _colors([*stack, *over], len(stack))
        below = [_dressed(value, color, fill=True) for value, color in zip(stack, colors, strict=False)]
        points = [_dressed(value, color, mark=True) for value, color in zip(over, colors[len(stack) :], strict=True)]
        view = {"name": "", "stack": True, "objects": below, "options": ["hist"] * len(stack)}
        return [view | {"over": points, "over_options": [_on_stack(value) for value in over]}]
    lines = [_dressed(*pair) for pair in zip(over, _colors(over), strict=True)] if len(over) > 1 else map(_json, over)
    options = [_option(value, index == 0) for index, value in enumerate(over)]
    return [{"name": "", "stack": False, "objects": list(lines), "options": options}]


def _values(value: Any, notes: list[str]) -> list[Any]:
    """The object of a result; of varied ones the nominal first, then the others."""
    if not isinstance(value, Variations):
        return [value]
    names = value.GetKeys()
    flat = value[names[0]].InheritsFrom("TGraph") or value[names[0]].GetDimension() == 1
    shown = names[: _MOST_VARIATIONS + 1 if flat else 1]
    if len(shown) < len(names):
        notes.append(f"nominal and {len(shown) - 1} of {len(names) - 1} variations")
    return [value[name] for name in shown]


def _small(value: Any, notes: list[str]) -> Any:
    made, note = smaller(value)
    if note is not None:
        notes.append(note)
    return made


def _json(value: Any) -> str:
    return str(root().TBufferJSON.ToJSON(value, _COMPACT))


def _option(value: Any, first: bool) -> str:
    if value.InheritsFrom("TGraph"):
        return "AP" if first else "P"
    own = str(value.GetOption())
    if own:
        return own
    if value.GetDimension() > 1:
        return "colz"
    return "e" if value.InheritsFrom("TProfile") else "hist"


def _on_stack(value: Any) -> str:
    return "P" if value.InheritsFrom("TGraph") else "pe"


def _colors(values: Sequence[Any], stacked: int = 0) -> list[int | None]:
    """Colours that can be told apart, where nobody has chosen any; None where somebody has.

    The first behind the stack is black.
    """
    taken = {int(value.GetLineColor()) for value in values} - set(_DEFAULT_COLORS)
    names = ("kP6Blue", "kP6Yellow", "kP6Red", "kP6Grape", "kP6Gray", "kP6Violet")
    palette = [int(getattr(root(), name)) for name in names]
    free = itertools.cycle([color for color in palette if color not in taken] or palette)
    colors: list[int | None] = []
    for index, value in enumerate(values):
        if value.GetLineColor() not in _DEFAULT_COLORS:
            colors.append(None)
        else:
            colors.append(int(root().kBlack) if stacked and index == stacked else next(free))
    return colors


def _dressed(value: Any, color: int | None, fill: bool = False, mark: bool = False) -> str:
    """Its JSON with these looks. It keeps its own: it may be in other panes, where it gets others."""
    own = (value.GetLineColor(), value.GetMarkerColor(), value.GetFillColor(), value.GetMarkerStyle())
    try:
        if color is not None:
            value.SetLineColor(color)
            value.SetMarkerColor(color)
            if fill and own[2] == 0:
                value.SetFillColor(color)
        if mark and value.InheritsFrom("TH1") and own[3] == 1:
            value.SetMarkerStyle(20)
        return _json(value)
    finally:
        value.SetLineColor(own[0])
        value.SetMarkerColor(own[1])
        value.SetFillColor(own[2])
        value.SetMarkerStyle(own[3])


def numbers_of(results: Sequence[Result], snapshot: Snapshot) -> list[dict[str, str]]:
    """A line for each result that has no pane and is no cut flow."""
    rows = [(result.label, _number(result, snapshot)) for result in results if result.kind != "Report"]
    if len(rows) > _MOST_NUMBERS:
        rows = [*rows[: _MOST_NUMBERS - 1], ("…", f"and {len(rows) - _MOST_NUMBERS + 1} more")]
    return [{"label": label, "text": text} for label, text in rows]


def _number(result: Result, snapshot: Snapshot) -> str:
    if result.kind not in (*NUMBERS, "TStatistic"):
        if result.kind.startswith("THn"):
            return f"{result.kind}: not drawn"
        # Making these would take the memory of all of it.
        progress = snapshot._graphs[result.graph]["progress"]
        return f"{result.kind} of {progress['committed']:,} of {progress['ranges']:,} ranges"
    value = snapshot.get(result)
    if isinstance(value, Variations):
        names = value.GetKeys()
        return f"{value_text(value[names[0]])} ({len(names) - 1} variations)"
    return "…" if value is None else value_text(value)


def reports_of(results: Sequence[Result], snapshot: Snapshot) -> list[dict[str, Any]]:
    """The cut flows."""
    rows = []
    for result in results:
        if result.kind == "Report":
            report = snapshot.get(result)
            cuts = [
                {"name": str(cut.GetName()), "pass": int(cut.GetPass()), "all": int(cut.GetAll())}
                for cut in (report or ())
            ]
            rows.append({"label": result.label, "cuts": cuts})
    return rows
