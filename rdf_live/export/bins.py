# SPDX-License-Identifier: BSD-3-Clause
"""Histograms and graphs as plain numpy arrays. Pure: no ROOT, no Dask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Axis", "Bins", "Points", "Style"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a histogram.

    Attributes
    ----------
    edges : array of float64
        One more than there are bins.
    title : str
        In ROOT's LaTeX.
    labels : tuple of str, optional
        One per bin, "" for bins without one; None if no bin has a label.
    regular : bool
        All bins are equally wide.
    """

    edges: Floats
    title: str = ""
    labels: tuple[str, ...] | None = None
    regular: bool = True

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def centers(self) -> Floats:
        """Middle of each bin."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    @property
    def flow_edges(self) -> Floats:
        """Edges with those of underflow and overflow, which are infinite."""
        return np.concatenate(([-np.inf], self.edges, [np.inf]))


@dataclass(frozen=True, slots=True)
class Style:
    """What the user has set of the looks: colours as ``#rrggbb``, None where it is ROOT's default."""

    line: str | None = None
    fill: str | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class Bins:
    """A histogram or profile of any dimension, with underflow and overflow.

    Attributes
    ----------
    kind : "COUNT" or "MEAN"
        A histogram (a cell has a sum of weights), or a profile (a cell has a mean).
    values, variances : array of float64
        Of each cell, as ROOT's ``GetBinContent`` and the square of ``GetBinError``. One dimension per axis, each with
        underflow first and overflow last. Of a sparse histogram: one number per filled cell (`cells`).
    counts, squares : array of float64, optional
        Of a profile: sum of weights and sum of squared weights in each cell.
    weighted : bool
        It has sums of squared weights.
    cells : array of int, optional
        Of a sparse histogram: the place of each filled cell, one row per cell and one column per axis; 0 is underflow.
    entries : float
        As ROOT's ``GetEntries``.
    moments : array of float64
        As ROOT's ``GetStats``: sums of w, w*w, w*x, w*x*x, ...; empty where ROOT keeps none.
    mean, std_dev : tuple of float
        Per axis.
    """

    kind: Literal["COUNT", "MEAN"]
    name: str
    title: str
    axes: tuple[Axis, ...]
    values: Floats
    variances: Floats
    entries: float
    value_title: str = ""
    weighted: bool = False
    counts: Floats | None = None
    squares: Floats | None = None
    cells: npt.NDArray[np.int64] | None = None
    moments: Floats = field(default_factory=lambda: np.zeros(0))
    mean: tuple[float, ...] = ()
    std_dev: tuple[float, ...] = ()
    style: Style = Style()

    @property
    def effective(self) -> Floats:
        """Effective entries of each cell of a profile: (sum of weights)^2 / sum of squared weights."""
        if self.counts is None or self.squares is None:
            raise ValueError(f"got a histogram of kind {self.kind}, expected a profile")
        return np.divide(self.counts**2, self.squares, out=np.zeros_like(self.counts), where=self.squares > 0)

    def inner(self) -> Bins:
        """Without underflow and overflow."""
        if self.cells is not None:
            inside = np.all((self.cells > 0) & (self.cells <= [len(axis) for axis in self.axes]), axis=1)
            return self._with(lambda array: array[inside], cells=self.cells[inside])
        here = (slice(1, -1),) * len(self.axes)
        return self._with(lambda array: array[here])

    def dense(self) -> Bins:
        """With an array of all cells, for a sparse histogram too."""
        if self.cells is None:
            return self
        shape = tuple(len(axis) + 2 for axis in self.axes)
        places = tuple(self.cells.T)

        def spread(array: Floats) -> Floats:
            full = np.zeros(shape)
            full[places] = array
            return full

        return self._with(spread, cells=None)

    def project(self, keep: Sequence[int]) -> Bins:
        """On some of its axes, in that order; all cells of the others are added, underflow and overflow too.

        Means are averaged with their weights; the variance of such a mean is that of independent cells.
        """
        keep = tuple(keep)
        axes = tuple(self.axes[i] for i in keep)
        shape = tuple(len(axis) + 2 for axis in axes)

        def add(array: Floats) -> Floats:
            if self.cells is not None:
                full = np.zeros(shape)
                np.add.at(full, tuple(self.cells[:, i] for i in keep), array)
                return full
            rest = tuple(i for i in range(len(self.axes)) if i not in keep)
            summed = array.sum(axis=rest)
            return np.transpose(summed, np.argsort(np.argsort(keep)))

        own: dict[str, Any] = {"axes": axes, "cells": None, "moments": np.zeros(0)}
        if self.mean:
            own |= {"mean": tuple(self.mean[i] for i in keep), "std_dev": tuple(self.std_dev[i] for i in keep)}
        if self.counts is None:
            return self._with(add, **own)
        counts = add(self.counts)

        def share(sums: Floats, power: int) -> Floats:
            return np.divide(sums, counts**power, out=np.zeros(shape), where=counts != 0)

        own["values"] = share(add(self.values * self.counts), 1)
        own["variances"] = share(add(self.variances * self.counts**2), 2)
        return self._with(add, **own)

    def _with(self, change: Any, **own: Any) -> Bins:
        """A copy whose arrays of cells went through `change`, except those given."""
        for name in ("values", "variances", "counts", "squares"):
            array = getattr(self, name)
            if name not in own and array is not None:
                own[name] = change(array)
        return replace(self, **own)


@dataclass(frozen=True, slots=True)
class Points:
    """A graph.

    Attributes
    ----------
    x, y : array of float64
    x_errors, y_errors : (low, high), optional
        Lengths of the error bars, each an array of float64; None where there are none.
    x_title, y_title : str
        In ROOT's LaTeX.
    """

    name: str
    title: str
    x: Floats
    y: Floats
    x_errors: tuple[Floats, Floats] | None = None
    y_errors: tuple[Floats, Floats] | None = None
    x_title: str = ""
    y_title: str = ""
    style: Style = Style()
