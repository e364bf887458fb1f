# SPDX-License-Identifier: BSD-3-Clause
"""Comparison of any result with what local ROOT gives, which says what differs, and in which bin.

Counts, entries and the bins of unweighted histograms must be the same to the bit. Sums of other numbers depend on the
order of adding, so weights and moments must agree to `rtol`. What else ROOT would write of an object (axes, labels,
titles, every member sum) is compared through ROOT's own JSON, member by member.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import ROOT

__all__ = ["assert_same"]

#: Members that count how an object is used, not what it is.
_IGNORED = {"fBits", "fUniqueID", "fMaxSize", "fBufferSize", "fBuffer"}


def assert_same(got: Any, expected: Any, rtol: float = 1e-12, what: str = "result") -> None:
    """Fail, naming the first bins or members that differ.

    Parameters
    ----------
    got : object or number
        As rdf_live gives it.
    expected : object or number
        As local ROOT gives it; a result pointer or map is asked for its value.
    rtol : float
        For what is not exact, relative to the largest number of the same kind in the object.
    what : str
        How messages call it.
    """
    expected = _value(expected)
    got = _value(got)
    if hasattr(expected, "GetKeys"):
        keys = [str(k) for k in expected.GetKeys()]
        assert sorted(map(str, got.GetKeys())) == sorted(keys), f"{what}: variations {list(got.GetKeys())} != {keys}"
        for key in keys:
            assert_same(got[key], expected[key], rtol, f"{what}[{key}]")
    elif isinstance(expected, (bool, int, float)):
        _assert_number(got, expected, rtol, what)
    elif isinstance(expected, dict):
        _assert_columns(got, expected, what)
    elif isinstance(expected, ROOT.RDF.RCutFlowReport):
        cuts = [[(str(c.GetName()), c.GetPass(), c.GetAll()) for c in report] for report in (got, expected)]
        assert cuts[0] == cuts[1], f"{what}: cuts (name, passed, all) {cuts[0]} != {cuts[1]}"
    else:
        _assert_object(got, expected, rtol, what)


def _value(result: Any) -> Any:
    """The object behind a result pointer."""
    return result.GetValue() if hasattr(result, "GetValue") and not isinstance(result, ROOT.TObject) else result


def _assert_number(got: Any, expected: float, rtol: float, what: str) -> None:
    exact = isinstance(expected, int)
    assert isinstance(got, int) == exact, f"{what}: got {got!r}, a {type(got).__name__}, expected {expected!r}"
    same = got == expected if exact else math.isclose(got, expected, rel_tol=rtol)
    assert same, f"{what}: got {got!r}, expected {expected!r}"


def _assert_columns(got: Any, expected: dict[str, Any], what: str) -> None:
    assert list(got) == list(expected), f"{what}: columns {list(got)} != {list(expected)}"
    for name, column in expected.items():
        assert got[name].dtype == column.dtype, f"{what}[{name}]: dtype {got[name].dtype} != {column.dtype}"
        assert len(got[name]) == len(column), f"{what}[{name}]: {len(got[name])} rows != {len(column)}"
        for row, (a, b) in enumerate(zip(got[name], column, strict=True)):
            same = a == b if np.ndim(b) == 0 else np.array_equal(a, b)
            assert same, f"{what}[{name}]: row {row} is {a}, expected {b}"


def _assert_object(got: Any, expected: Any, rtol: float, what: str) -> None:
    assert type(got) is type(expected), f"{what}: got a {type(got).__name__}, expected a {type(expected).__name__}"
    bins, exact = _bins(expected)
    if bins:
        other = _bins(got)[0]
        wrong = []
        for kind, numbers in bins.items():
            a, b = other.get(kind, {}), numbers
            scale = max(map(abs, b.values()), default=0.0)
            for place in sorted(a.keys() | b.keys()):
                x, y = a.get(place), b.get(place)
                if x != y and (exact or x is None or y is None or abs(x - y) > rtol * max(abs(y), 1e-3 * scale)):
                    wrong.append(f"{kind} of {_place(expected, place)}: got {x!r}, expected {y!r}")
        assert not wrong, _list(what, wrong)
    wrong = []
    # The range of an axis without one is what is left of earlier numbers of bins; ROOT's GetFirst does not look at it.
    sums, others = (
        {path: x for path, x in _members(_json(o)) if not path.endswith(("axis.fFirst", "axis.fLast"))}
        for o in (got, expected)
    )
    for path, y in others.items():
        x = sums.pop(path, None)
        number = isinstance(y, float) and isinstance(x, (int, float))
        if x != y and not (number and math.isclose(x, y, rel_tol=rtol)):
            wrong.append(f"{path}: got {x!r}, expected {y!r}")
    wrong += [f"{path}: got {x!r}, expected none" for path, x in sums.items()]
    assert not wrong, _list(what, wrong)
    if isinstance(expected, ROOT.TH1):
        _assert_statistics(got, expected, rtol, what)


def _assert_statistics(got: Any, expected: Any, rtol: float, what: str) -> None:
    """What a user reads off, through ROOT's own functions."""
    assert got.GetEntries() == expected.GetEntries(), f"{what}: entries {got.GetEntries()} != {expected.GetEntries()}"
    for axis, get in enumerate(("GetXaxis", "GetYaxis", "GetZaxis")[: expected.GetDimension()], start=1):
        ranges = [(a.GetFirst(), a.GetLast()) for a in (getattr(got, get)(), getattr(expected, get)())]
        assert ranges[0] == ranges[1], f"{what}: range of axis {axis} {ranges[0]} != {ranges[1]}"
        for name in ("GetMean", "GetStdDev", "GetMeanError"):
            x, y = getattr(got, name)(axis), getattr(expected, name)(axis)
            # A standard deviation is the root of a difference: it holds half of the digits where it is almost zero.
            assert math.isclose(x, y, rel_tol=1e3 * rtol, abs_tol=1e-9), f"{what}: {name}({axis}) {x!r} != {y!r}"
    stats = [np.zeros(ROOT.TH1.kNstat) for _ in range(2)]
    for histogram, numbers in zip((got, expected), stats, strict=True):
        histogram.GetStats(numbers)
    np.testing.assert_allclose(stats[0], stats[1], rtol=rtol, err_msg=f"{what}: GetStats")


def _bins(o: Any) -> tuple[dict[str, dict[Any, float]], bool]:
    """Numbers per bin, flow included, and whether they are counts (exact)."""
    if isinstance(o, (ROOT.TProfile, ROOT.TProfile2D)):
        cells = range(o.GetNcells())
        kinds = {"sum": o.GetArray(), "sum of squares": o.GetSumw2().GetArray()}
        bins = {kind: {i: a[i] for i in cells} for kind, a in kinds.items()}
        bins["entries"] = {i: o.GetBinEntries(i) for i in cells}
        if o.GetBinSumw2().GetSize():
            bins["sum of squared weights"] = {i: o.GetBinSumw2()[i] for i in cells}
        return bins, False
    if isinstance(o, ROOT.TH1):
        cells = range(o.GetNcells())
        bins = {"content": {i: o.GetBinContent(i) for i in cells}}
        if o.GetSumw2N():
            bins["sum of squared weights"] = {i: o.GetSumw2()[i] for i in cells}
        return bins, o.GetSumw2N() == 0
    if isinstance(o, ROOT.THnBase):
        place = np.zeros(o.GetNdimensions(), dtype=np.int32)
        bins: dict[str, dict[Any, float]] = {"content": {}, "squared error": {}}
        for i in range(o.GetNbins()):
            bins["content"][tuple(place)] = o.GetBinContent(i, place)
            bins["content"][tuple(int(p) for p in place)] = bins["content"].pop(tuple(place))
            bins["squared error"][tuple(int(p) for p in place)] = o.GetBinError2(i)
        # Of weights it may have no errors all the same: ROOT's variations do.
        return bins, not o.GetCalculateErrors() and all(x.is_integer() for x in bins["content"].values())
    return {}, True


def _place(o: Any, place: Any) -> str:
    if isinstance(place, tuple):
        return f"bin {place}"
    xyz = [np.zeros(1, dtype=np.int32) for _ in range(3)]
    o.GetBinXYZ(place, *xyz)
    axes = (o.GetXaxis(), o.GetYaxis(), o.GetZaxis())[: o.GetDimension()]
    parts = []
    for axis, (index,), name in zip(axes, xyz, "xyz", strict=False):
        index = int(index)
        if index == 0:
            parts.append(f"{name} underflow")
        elif index > axis.GetNbins():
            parts.append(f"{name} overflow")
        else:
            label = f" {str(axis.GetBinLabel(index))!r}" if axis.GetLabels() else ""
            parts.append(f"{name} bin {index}{label} [{axis.GetBinLowEdge(index):g}, {axis.GetBinUpEdge(index):g})")
    return f"cell {place} ({', '.join(parts)})"


def _json(o: Any) -> Any:
    ROOT.TBufferJSON.SetDoubleFormat("%.17g")
    return json.loads(str(ROOT.TBufferJSON.ConvertToJSON(o)))


def _members(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and string of an object, by its place; the bins have been compared before."""
    if isinstance(value, dict):
        if "fCoordinates" in value or value.get("_typename", "").startswith(("THnSparseArrayChunk", "TNDArray")):
            return
        for name, member in value.items():
            if name not in _IGNORED and not (path == "" and name in ("fArray", "fSumw2", "fBinEntries", "fBinSumw2")):
                yield from _members(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, member in enumerate(value):
            yield from _members(member, f"{path}[{i}]")
    else:
        yield path, float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _list(what: str, wrong: list[str]) -> str:
    more = [f"... and {len(wrong) - 8} more"] if len(wrong) > 8 else []
    return "\n  ".join([f"{what}: {len(wrong)} differences", *wrong[:8], *more])
