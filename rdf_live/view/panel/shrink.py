# SPDX-License-Identifier: BSD-3-Clause
"""Large objects made small enough to be sent to a page, and three-dimensional ones made flat.

With numpy, on objects of their own: ROOT's Rebin loses the bins at the end where the number does not divide, and its
projections are put into the current directory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rdf_live._root import cpp, root

__all__ = ["MOST_BINS", "MOST_CELLS", "MOST_POINTS", "projections", "smaller"]

#: More is no use on a screen, and takes seconds to draw.
MOST_CELLS, MOST_BINS, MOST_POINTS = 40_000, 20_000, 20_000

Array = npt.NDArray[np.float64]


def smaller(value: Any) -> tuple[Any, str | None]:
    """An object of at most so many cells, bins or points, and a sentence if it is another one.

    Parameters
    ----------
    value : TH1, TH2 or TGraph
        Is not changed.
    """
    if value.InheritsFrom("TGraph"):
        return _thinned(value)
    if value.GetDimension() == 1:
        n = value.GetNbinsX()
        if n <= MOST_BINS:
            return value, None
        step = -(-n // MOST_BINS)
        return _merged_1d(value, step), f"{n:,} bins; {step} of them are one here"
    n, m = value.GetNbinsX(), value.GetNbinsY()
    if n * m <= MOST_CELLS:
        return value, None
    steps = _steps(n, m)
    if value.InheritsFrom("TProfile2D"):
        cells, per_cell = _cells(value, (m + 2, n + 2)), _bin_entries(value, (m + 2, n + 2))
        sums, counts = _grouped(cells, steps), _grouped(per_cell, steps)
        contents = np.divide(sums, counts, out=np.zeros_like(sums), where=counts != 0)
    else:
        contents = _grouped(_cells(value, (m + 2, n + 2)), steps)
    made = _flat(value, contents, value.GetXaxis(), value.GetYaxis(), steps)
    return made, f"{n:,} x {m:,} cells; {steps[0]} x {steps[1]} of them are one here"


def projections(value: Any) -> list[tuple[str, Any, str | None]]:
    """The three projections of a TH3, all of the third axis added up: name, TH2D, and a sentence if it was shrunk."""
    axes = {"x": value.GetXaxis(), "y": value.GetYaxis(), "z": value.GetZaxis()}
    cells = _cells(value, tuple(axis.GetNbins() + 2 for axis in reversed(axes.values())))
    found = []
    for across, up, added in (("x", "y", 0), ("x", "z", 1), ("y", "z", 2)):
        flat = _flat(value, cells.sum(axis=added), axes[across], axes[up], (1, 1))
        flat.SetName(f"{value.GetName()}_{across}{up}")
        found.append((f"{across}-{up}", *smaller(flat)))
    return found


def _steps(n: int, m: int) -> tuple[int, int]:
    """Bins that become one, on both axes; first on the axis that has more of them."""
    steps = [1, 1]
    while -(-n // steps[0]) * -(-m // steps[1]) > MOST_CELLS:
        steps[0 if n / steps[0] >= m / steps[1] else 1] += 1
    return steps[0], steps[1]


def _cells(value: Any, shape: tuple[int, ...]) -> Array:
    cells = np.frombuffer(value.GetArray(), dtype=np.float64, count=value.GetNcells())
    return cells.reshape(shape)


def _bin_entries(value: Any, shape: tuple[int, ...]) -> Array:
    n = value.GetNcells()
    return np.fromiter((value.GetBinEntries(i) for i in range(n)), dtype=np.float64, count=n).reshape(shape)


def _starts(n: int, step: int) -> list[int]:
    """Where groups begin, in an axis with its two flow bins, which stay by themselves."""
    return [0, *range(1, n + 1, step), n + 1]


def _grouped(cells: Array, steps: tuple[int, int]) -> Array:
    for axis, step in ((1, steps[0]), (0, steps[1])):
        cells = np.add.reduceat(cells, _starts(cells.shape[axis] - 2, step), axis=axis)
    return cells


def _edges(axis: Any, step: int) -> Array:
    n = axis.GetNbins()
    if axis.IsVariableBinSize():
        edges = np.frombuffer(axis.GetXbins().GetArray(), dtype=np.float64, count=n + 1)
    else:
        edges = np.linspace(axis.GetXmin(), axis.GetXmax(), n + 1)
    return np.append(edges[:-1:step], edges[-1])


def _flat(like: Any, contents: Array, x: Any, y: Any, steps: tuple[int, int]) -> Any:
    """A TH2D of these contents, with the looks of another histogram."""
    made = root().TH2D()  # made like this it is in no directory
    across, up = _edges(x, steps[0]), _edges(y, steps[1])
    made.SetBins(len(across) - 1, across, len(up) - 1, up)
    _cells(made, contents.shape)[:] = contents
    made.SetNameTitle(like.GetName(), like.GetTitle())
    cpp().CopyAxisLook(x, made.GetXaxis())
    cpp().CopyAxisLook(y, made.GetYaxis())
    made.SetEntries(like.GetEntries())
    return made


def _merged_1d(value: Any, step: int) -> Any:
    n = value.GetNbinsX()
    cells = _cells(value, (n + 2,))
    starts = _starts(n, step)
    contents = np.add.reduceat(cells, starts)
    if value.InheritsFrom("TProfile"):
        counts = np.add.reduceat(_bin_entries(value, (n + 2,)), starts)
        contents = np.divide(contents, counts, out=np.zeros_like(contents), where=counts != 0)
    made = root().TH1D()
    edges = _edges(value.GetXaxis(), step)
    made.SetBins(len(edges) - 1, edges)
    _cells(made, contents.shape)[:] = contents
    made.SetNameTitle(value.GetName(), value.GetTitle())
    cpp().CopyAxisLook(value.GetXaxis(), made.GetXaxis())
    cpp().CopyAxisLook(value.GetYaxis(), made.GetYaxis())
    made.SetEntries(value.GetEntries())
    return made


def _thinned(value: Any) -> tuple[Any, str | None]:
    n = value.GetN()
    if n <= MOST_POINTS:
        return value, None
    step = -(-n // MOST_POINTS)

    def every(given: Any) -> Array:
        return np.ascontiguousarray(np.frombuffer(given, dtype=np.float64, count=n)[::step])

    names = ["GetX", "GetY"]
    if value.InheritsFrom("TGraphAsymmErrors"):
        names += ["GetEXlow", "GetEXhigh", "GetEYlow", "GetEYhigh"]
    columns = [every(getattr(value, name)()) for name in names]
    kind = root().TGraphAsymmErrors if len(columns) > 2 else root().TGraph
    made = kind(len(columns[0]), *columns)
    made.SetNameTitle(value.GetName(), value.GetTitle())
    cpp().CopyLook(value, made)
    return made, f"{n:,} points; every {step}th is shown"
