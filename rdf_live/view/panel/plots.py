# SPDX-License-Identifier: BSD-3-Clause
"""What an update says of results: the plot of a pane, numbers, cut flows.

Makes ROOT objects and their JSON, and touches no graphics. The snapshot has to be one that nobody else uses: its
objects get colours here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rdf_live._root import root
from rdf_live.partial.objects import NUMBERS, Variations
from rdf_live.snapshot import Result, Snapshot
from rdf_live.view.panel.layout import Pane
from rdf_live.view.panel.shrink import projections, smaller
from rdf_live.view.text import percent, value_text

__all__ = ["broken", "numbers_of", "plot_of", "reports_of", "title_of"]

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
    views = _views(pane, snapshot, here, notes)
    return {"entries": entries, "fraction": fraction, "note": "; ".join(notes) or None, "views": views}


def title_of(pane: Pane, snapshot: Snapshot) -> str:
    """What stands above a pane: the title that its histogram was given, else its label."""
    value = snapshot.get(pane.results[0]) if len(pane.results) == 1 else None
    if isinstance(value, Variations):
        value = value[value.GetKeys()[0]]
    return str(value.GetTitle()) if value is not None and value.GetTitle() else pane.title


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
            views.append(_view([flat], ["colz"], name))
        return views
    over = [_small(value, notes) for result in pane.over if result in values for value in values[result]]
    stack = [_small(values[result][0], notes) for result in pane.stack if result in values]
    if stack or len(over) > 1:
        _color(stack, fill=True)
        _color(over, points=bool(stack))
    if stack:
        view = _view(stack, ["hist"] * len(stack), stack=True)
        for value in over:
            if value.InheritsFrom("TH1") and value.GetMarkerStyle() == 1:
                value.SetMarkerStyle(20)
        return [view | {"over": [_json(value) for value in over], "over_options": [_on_stack(v) for v in over]}]
    return [_view(over, [_option(value, index == 0) for index, value in enumerate(over)])]


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


def _view(objects: list[Any], options: list[str], name: str = "", stack: bool = False) -> dict[str, Any]:
    return {"name": name, "stack": stack, "objects": [_json(value) for value in objects], "options": options}


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


def _color(values: Sequence[Any], fill: bool = False, points: bool = False) -> None:
    """Colours that can be told apart, where nobody has chosen any."""
    names = ("kBlack" if points else "kP6Blue", "kP6Yellow", "kP6Red", "kP6Grape", "kP6Gray", "kP6Violet")
    for index, value in enumerate(values):
        if value.GetLineColor() not in _DEFAULT_COLORS:
            continue
        color = int(getattr(root(), names[index % len(names)]))
        value.SetLineColor(color)
        value.SetMarkerColor(color)
        if fill and value.GetFillColor() == 0:
            value.SetFillColor(color)


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
