# SPDX-License-Identifier: BSD-3-Clause
"""Histograms of the ``hist`` package."""

from __future__ import annotations

from typing import Any

import numpy as np

from rdf_live.errors import BadInput, WrongKind
from rdf_live.export.bins import Axis, Bins
from rdf_live.export.extract import extract, has_bins, variations_of
from rdf_live.export.optional import needed
from rdf_live.titles.latex import plain

__all__ = ["result_to_hist", "to_hist"]

_MOST_CELLS = 50_000_000


def result_to_hist(value: Any) -> Any:
    """One ROOT object, or a dict of all its variations.

    Raises
    ------
    WrongKind
        It is no histogram.
    """
    made = {}
    for name, one in variations_of(value).items():
        bins = extract(one) if has_bins(one) else None
        if not isinstance(bins, Bins):
            raise WrongKind(f"got a {type(one).__name__}, expected a histogram or a profile")
        made[name] = to_hist(bins)
    return made.get("", made)


def to_hist(bins: Bins) -> Any:
    """A ``hist.Hist`` with the same values and variances, underflow and overflow included.

    Parameters
    ----------
    bins : Bins
        A histogram becomes ``Double`` storage, or ``Weight`` where it has sums of squared weights; a profile ``Mean``
        or ``WeightedMean``. An axis with labels becomes a category axis, unless something is in its underflow, which a
        category axis has not.

    Raises
    ------
    ImportError
        There is no ``hist``.
    BadInput
        A sparse histogram has too many cells.
    """
    hist = needed("hist", "to_hist")
    cells = np.prod([float(len(axis) + 2) for axis in bins.axes])
    if bins.cells is not None and cells > _MOST_CELLS:
        raise BadInput(f"got {bins.name!r} with {cells:.2g} cells, expected at most {_MOST_CELLS:.2g}; use to_arrow")
    full = bins.dense()
    names = "xyz" if len(full.axes) <= 3 else [f"axis{i}" for i in range(len(full.axes))]
    axes, inside = [], []
    for place, (name, axis) in enumerate(zip(names, full.axes, strict=False)):
        axes.append(_axis(hist, name, axis, categories=_is_category(full, place)))
        inside.append(slice(1, None) if _is_category(full, place) else slice(None))
    made = hist.Hist(*axes, storage=_storage(hist, full), name=full.name or None, label=plain(full.title) or None)
    view = made.view(flow=True)
    here = tuple(inside)
    values, variances = full.values[here], full.variances[here]
    if full.kind == "COUNT":
        if full.weighted or np.any(values < 0):
            view["value"], view["variance"] = values, variances
        else:
            view[...] = values
        return made
    assert full.counts is not None
    assert full.squares is not None
    view["value"] = values
    if full.weighted:
        spread = "_sum_of_weighted_deltas_squared"
        view["sum_of_weights"], view["sum_of_weights_squared"] = full.counts[here], full.squares[here]
    else:
        spread = "_sum_of_deltas_squared"
        view["count"] = full.counts[here]
    # A variance is proportional to this sum, by a factor that is hist's own affair (and has changed): what it makes of
    # a one says which sum gives ROOT's variance. With one effective entry or less it makes nothing of it.
    view[spread] = 1
    factor = made.variances(flow=True)
    known = np.isfinite(factor) & (factor > 0) & np.isfinite(variances)
    view[spread] = np.divide(variances, factor, out=np.zeros_like(variances), where=known)
    return made


def _storage(hist: Any, bins: Bins) -> Any:
    if bins.kind == "MEAN":
        return hist.storage.WeightedMean() if bins.weighted else hist.storage.Mean()
    # Without sums of squares hist takes the values for the variances, which may not be negative.
    return hist.storage.Weight() if bins.weighted or np.any(bins.values < 0) else hist.storage.Double()


def _is_category(bins: Bins, place: int) -> bool:
    if bins.axes[place].labels is None:
        return False
    counts = bins.values if bins.counts is None else bins.counts
    return not np.any(np.take(counts, 0, axis=place)) and not np.any(np.take(bins.variances, 0, axis=place))


def _axis(hist: Any, name: str, axis: Axis, categories: bool) -> Any:
    title = plain(axis.title)
    if categories and axis.labels is not None:
        names: list[str] = []
        for number, text in enumerate(axis.labels, start=1):
            own = text or f"bin {number}"
            names.append(own if own not in names else f"{own} (bin {number})")
        return hist.axis.StrCategory(names, name=name, label=title, growth=False)
    if axis.regular:
        low, high = float(axis.edges[0]), float(axis.edges[-1])
        # Without given limits, an axis has no width before something is filled, which hist refuses.
        high = high if low < high else low + max(1.0, abs(low))
        return hist.axis.Regular(len(axis), low, high, name=name, label=title)
    return hist.axis.Variable(axis.edges, name=name, label=title)
