# SPDX-License-Identifier: BSD-3-Clause
"""What stands in each pane of a picture: results of a snapshot as arrays, alone, on top of each other, or stacked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from rdf_live.errors import BadInput
from rdf_live.export.bins import Bins, Points
from rdf_live.export.chosen import listed
from rdf_live.export.extract import extract, is_drawable, variations_of
from rdf_live.partial.objects import NUMBERS
from rdf_live.snapshot import Result, Snapshot
from rdf_live.view.text import lacking_text

__all__ = ["Layer", "Member", "Pane", "panes_of"]

_NEVER = (*NUMBERS, "Report", "AsNumpy", "Snapshot", "TStatistic")
_MOST = 16


@dataclass(frozen=True, slots=True)
class Member:
    """One histogram or graph, with its name in a legend."""

    name: str
    data: Bins | Points


@dataclass(frozen=True, slots=True)
class Layer:
    """What is drawn at once: "fill" and "line" are outlines, "points" have error bars, a "stack" lies on each other."""

    how: Literal["fill", "line", "points", "stack"]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Pane:
    """One pair of axes: labels of its results, its layers from below (none if nothing has arrived yet), and what is not
    in it."""

    labels: tuple[str, ...]
    layers: tuple[Layer, ...]
    note: str = ""


def panes_of(snapshot: Snapshot, results: Any) -> list[Pane]:
    """The panes that were asked for, or one for each of the first sixteen results that can be drawn.

    Raises
    ------
    BadInput
        Nothing can be drawn, or what lies on each other has different axes.
    """
    chosen = list(snapshot) if results is None else listed(results)
    panes = [
        replace(pane, note=_lacking(snapshot, item))
        for item in chosen
        if (pane := _pane(snapshot, item, asked=results is not None))
    ]
    if not panes:
        found = (snapshot._find(key) for item in chosen for key in _flat(item))
        names = ", ".join(repr(result.label) for result in found) or "none"
        raise BadInput(f"got nothing that can be drawn (results: {names}), expected histograms, profiles or graphs")
    return panes[:_MOST] if results is None else panes


def _lacking(snapshot: Snapshot, item: Any) -> str:
    most = max((snapshot.lacking(snapshot._find(key)) for key in _flat(item)), default=0)
    return lacking_text(most) if most else ""


def _flat(item: Any) -> list[Any]:
    return [key for part in item for key in _flat(part)] if isinstance(item, (list, tuple)) else [item]


def _pane(snapshot: Snapshot, item: Any, asked: bool) -> Pane | None:
    if not isinstance(item, (list, tuple)):
        return _single(snapshot, snapshot._find(item), asked)
    parts = [item] if isinstance(item, tuple) else list(item)
    stacked = any(isinstance(part, tuple) for part in parts)
    results = [snapshot._find(key) for key in _flat(item)]
    if not results:
        raise BadInput("got an empty list of results for one pane, expected at least one")
    if len(results) == 1 and not stacked:
        return _single(snapshot, results[0], asked)
    layers = []
    # Points last: what is compared with a stack lies on it.
    for part in sorted(parts, key=lambda part: not isinstance(part, tuple)):
        members = tuple(m for key in _flat(part) if (m := _member(snapshot, snapshot._find(key))))
        if members:
            layers.append(Layer("stack" if isinstance(part, tuple) else "points" if stacked else "line", members))
    for layer in layers:
        _check_stack(layer)
    return Pane(tuple(result.label for result in results), tuple(layers))


def _single(snapshot: Snapshot, result: Result, asked: bool) -> Pane | None:
    value = snapshot.get(result)
    if value is None:
        return Pane((result.label,), ()) if asked and result.kind not in _NEVER else None
    varied = {name: one for name, one in variations_of(value).items() if is_drawable(one)}
    if not varied:
        return None
    if len(varied) == 1:
        return Pane((result.label,), (Layer("fill", (Member(result.label, extract(next(iter(varied.values())))),)),))
    members = [Member(name, extract(one)) for name, one in varied.items()]
    if any(isinstance(m.data, Bins) and len(m.data.axes) > 1 for m in members):
        members = members[:1]  # the nominal one
    return Pane((result.label,), tuple(Layer("line", (member,)) for member in members))


def _member(snapshot: Snapshot, result: Result) -> Member | None:
    value = snapshot.get(result)
    if value is None and result.kind not in _NEVER:
        return None
    value = next(iter(variations_of(value).values()), None)  # the nominal one
    data = extract(value) if is_drawable(value) else None
    if data is None or (isinstance(data, Bins) and len(data.axes) > 1):
        what = type(value).__name__ if data is None else f"histogram of {len(data.axes)} axes"
        raise BadInput(f"overlay: got {result.label!r}, a {what}, expected histograms of one axis, profiles or graphs")
    return Member(result.label, data)


def _check_stack(layer: Layer) -> None:
    if layer.how != "stack":
        return
    for member in layer.members:
        if not isinstance(member.data, Bins) or member.data.kind != "COUNT":
            raise BadInput(f"stack: got {member.name!r}, which does not add, expected histograms")
        first = layer.members[0].data
        assert isinstance(first, Bins)
        one, other = first.axes[0], member.data.axes[0]
        # Named bins come in the order in which they were filled first.
        names = zip(one.labels or (), other.labels or (), strict=False)
        if not np.array_equal(one.edges, other.edges) or any(a and b and a != b for a, b in names):
            raise BadInput(f"stack: got {layer.members[0].name!r} and {member.name!r}, expected the same bins in both")
