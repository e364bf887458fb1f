# SPDX-License-Identifier: BSD-3-Clause
"""ROOT objects to plain arrays.

Whole arrays are copied, never bin by bin (except the filled cells of a sparse histogram, which ROOT gives only one by
one). Nothing here needs a directory or a pad, so that any thread may call it. ROOT's own conversion (``_to_uhi_``) is
not used: it loses the weights of profiles and the variances of flow bins.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from rdf_live._root import root
from rdf_live.errors import WrongKind
from rdf_live.export.bins import Axis, Bins, Floats, Points, Style
from rdf_live.partial.objects import Variations

__all__ = ["extract", "has_bins", "is_drawable", "variations_of"]

_DTYPES: dict[str, Any] = {
    "TArrayD": np.float64,
    "TArrayF": np.float32,
    "TArrayI": np.int32,
    "TArrayS": np.int16,
    "TArrayL64": np.int64,
}
_STATS = 13  # TH1::kNstat


def has_bins(value: Any) -> bool:
    """True for histograms and profiles of any dimension."""
    return hasattr(value, "InheritsFrom") and bool(value.InheritsFrom("TH1") or value.InheritsFrom("THnBase"))


def is_drawable(value: Any) -> bool:
    """True for what `extract` accepts."""
    return has_bins(value) or (hasattr(value, "InheritsFrom") and bool(value.InheritsFrom("TGraph")))


def variations_of(value: Any) -> dict[str, Any]:
    """All variations of a result by their names, or the result itself under the name ""."""
    if isinstance(value, Variations):
        return {name: value[name] for name in value.GetKeys()}
    return {"": value}


def extract(value: Any) -> Bins | Points:
    """Arrays of one ROOT object.

    Parameters
    ----------
    value : TH1, TH2, TH3, TProfile, TProfile2D, TProfile3D, THn, THnSparse, TGraph or a class that inherits from one
        It is not changed; the arrays are copies.

    Raises
    ------
    WrongKind
        It is of another class.
    """
    if not is_drawable(value):
        raise WrongKind(f"got a {_class(value)}, expected a histogram, a profile or a graph")
    if value.InheritsFrom("TGraph"):
        return _graph(value)
    if value.InheritsFrom("THnBase"):
        return _many_axes(value)
    if value.InheritsFrom("TH2Poly"):
        raise WrongKind("got a TH2Poly, whose bins have no axes, expected another histogram")
    value.GetBinContent(0)  # a histogram that still chooses its axes does it when it is first read
    given = (value.GetXaxis(), value.GetYaxis(), value.GetZaxis())
    dimension = value.GetDimension()
    axes = tuple(_axis(axis) for axis in given[:dimension])
    # Cells lie with the first axis next to each other.
    shape = tuple(len(axis) + 2 for axis in reversed(axes))
    profile = any(value.InheritsFrom(kind) for kind in ("TProfile", "TProfile2D", "TProfile3D"))
    made = _profile(value) if profile else _histogram(value)
    arrays: dict[str, Any] = {name: array.reshape(shape).T for name, array in made.items()}
    stats = np.zeros(20)
    value.GetStats(stats)
    return Bins(
        kind="MEAN" if profile else "COUNT",
        name=_text(value.GetName),
        title=_text(value.GetTitle),
        axes=axes,
        entries=float(value.GetEntries()),
        value_title=_text(given[dimension].GetTitle) if dimension < 3 else "",
        weighted=bool(value.GetBinSumw2().GetSize() if profile else value.GetSumw2N()),
        moments=stats[:_STATS].copy(),
        mean=tuple(float(value.GetMean(i + 1)) for i in range(dimension)),
        std_dev=tuple(float(value.GetStdDev(i + 1)) for i in range(dimension)),
        style=_style(value),
        **arrays,
    )


def _histogram(value: Any) -> dict[str, Floats]:
    contents = _contents(value)
    return {"values": contents, "variances": _array(value.GetSumw2()) if value.GetSumw2N() else np.abs(contents)}


def _profile(value: Any) -> dict[str, Floats]:
    """Formulas of ``TProfileHelper::GetBinError``. A cell without weights has no mean: value and variance are 0."""
    sums, sums2 = _contents(value), _array(value.GetSumw2())
    # No function of the class gives the whole of it.
    counts = _array(_member(value, str(value.ClassName()), "fBinEntries", "TArrayD"))
    squares = _array(value.GetBinSumw2()) if value.GetBinSumw2().GetSize() else counts
    filled = counts != 0
    effective = np.divide(counts**2, squares, out=np.zeros_like(counts), where=squares > 0)
    if not value.GetBinSumw2().GetSize():
        effective = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / counts
        spread = np.abs(sums2 / counts - mean**2)
        option = str(value.GetErrorOption())
        if option == "s":
            variance = spread
        elif option == "g":
            variance = 1 / counts
        elif option == "i":
            variance = np.where(spread != 0, spread, 1 / 12) / effective
        else:
            variance = spread / effective
    mean[~filled] = 0
    variance[~filled] = 0
    return {"values": mean, "variances": variance, "counts": counts, "squares": squares.copy()}


def _many_axes(value: Any) -> Bins:
    axes = tuple(_axis(value.GetAxis(i)) for i in range(value.GetNdimensions()))
    made: dict[str, Any]
    shape = tuple(len(axis) + 2 for axis in axes)
    if value.InheritsFrom("THnSparse"):
        made = _filled(value, len(axes))
    elif str(value.ClassName()) == "THnT<double>":
        made = {"values": _nd_array(value.GetArray()).reshape(shape)}
        made["variances"] = np.abs(made["values"])
        if value.GetCalculateErrors():
            made["variances"] = _nd_array(_member(value, "THn", "fSumw2", "TNDArrayT<double>")).reshape(shape)
    else:
        made = {name: array.reshape(shape) for name, array in _filled(value, len(axes)).items() if name != "cells"}
    return Bins(
        kind="COUNT",
        name=_text(value.GetName),
        title=_text(value.GetTitle),
        axes=axes,
        entries=float(value.GetEntries()),
        weighted=bool(value.GetCalculateErrors()),
        **made,
    )


def _filled(value: Any, dimension: int) -> dict[str, Any]:
    number = int(value.GetNbins())
    cells = np.zeros((number, dimension), dtype=np.int32)
    values, variances = np.zeros(number), np.zeros(number)
    for i in range(number):
        # With the place to fill in: a bare 0 would be a null pointer for ROOT.
        values[i] = value.GetBinContent(i, cells[i])
        variances[i] = value.GetBinError2(i)
    return {"values": values, "variances": variances, "cells": cells.astype(np.int64)}


def _graph(value: Any) -> Points:
    number = int(value.GetN())

    def pair(low: str, high: str) -> tuple[Floats, Floats] | None:
        both = [getattr(value, name, lambda: None)() for name in (low, high)]
        return None if not all(both) else (_view(both[0], number), _view(both[1], number))

    # A graph that has not been drawn has no axes, and asking for them would make them.
    made = ctypes.c_void_p.from_address(_address(value, "TGraph", "fHistogram")).value
    titles = [_text(axis.GetTitle) for axis in (value.GetXaxis(), value.GetYaxis())] if made else ["", ""]
    return Points(
        name=_text(value.GetName),
        title=_text(value.GetTitle),
        x=_view(value.GetX(), number),
        y=_view(value.GetY(), number),
        x_errors=pair("GetEXlow", "GetEXhigh") or pair("GetEX", "GetEX"),
        y_errors=pair("GetEYlow", "GetEYhigh") or pair("GetEY", "GetEY"),
        x_title=titles[0],
        y_title=titles[1],
        style=_style(value),
    )


def _axis(axis: Any) -> Axis:
    number, own = int(axis.GetNbins()), axis.GetXbins()
    low, high = float(axis.GetXmin()), float(axis.GetXmax())
    edges = _array(own) if own.GetSize() else np.append(low + np.arange(number) * ((high - low) / number), high)
    labels = axis.GetLabels()
    names = tuple(_text(axis.GetBinLabel, i) for i in range(1, number + 1)) if labels else None
    return Axis(edges, _text(axis.GetTitle), names if names and any(names) else None, not own.GetSize())


def _style(value: Any) -> Style:
    ROOT = root()
    graph = value.InheritsFrom("TGraph")

    def color(index: int, default: int) -> str | None:
        found = None if index == default else ROOT.gROOT.GetColor(index)
        return str(found.AsHexString())[:7] if found else None

    return Style(
        line=color(value.GetLineColor(), 1 if graph else ROOT.gStyle.GetHistLineColor()),
        fill=color(value.GetFillColor(), 0),
        marker=None if value.GetMarkerStyle() == 1 else color(value.GetMarkerColor(), -1),
    )


def _contents(value: Any) -> Floats:
    for kind, dtype in _DTYPES.items():
        if value.InheritsFrom(kind):
            return _view(value.GetArray(), value.GetNcells(), dtype)
    # Bytes, which Python would take for text.
    return np.array([value.GetBinContent(i) for i in range(value.GetNcells())], dtype=float)


def _array(array: Any) -> Floats:
    return _view(array.GetArray(), array.GetSize())


def _view(pointer: Any, number: int, dtype: Any = np.float64) -> Floats:
    """A copy of so many numbers."""
    return np.frombuffer(pointer, dtype=dtype, count=number).astype(np.float64) if number else np.zeros(0)


def _nd_array(array: Any) -> Floats:
    """Of a ``TNDArrayT<double>``; its memory comes with the first filled cell."""
    held = _member(array, "TNDArrayT<double>", "fData", "std::vector<double>")
    number = int(array.GetNbins())
    return np.array(held, dtype=np.float64) if held.size() else np.zeros(number)


def _member(value: Any, declared: str, name: str, kind: str) -> Any:
    """A data member, protected or not, found through ROOT's dictionary."""
    return root().BindObject(_address(value, declared, name), kind)


def _address(value: Any, declared: str, name: str) -> int:
    return int(root().addressof(value)) + int(root().TClass.GetClass(declared).GetDataMemberOffset(name))


def _text(getter: Callable[..., Any], *arguments: Any) -> str:
    try:
        return str(getter(*arguments))
    except (TypeError, UnicodeError):
        return "(not UTF-8)"


def _class(value: Any) -> str:
    return str(value.ClassName()) if hasattr(value, "ClassName") else type(value).__name__
