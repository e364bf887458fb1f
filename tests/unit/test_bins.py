# SPDX-License-Identifier: BSD-3-Clause
"""Histograms as plain arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rdf_live.export.atomic import replaced
from rdf_live.export.bins import Axis, Bins
from rdf_live.view.plane import trimmed

RNG = np.random.default_rng(1)


def made(kind: str = "COUNT", **more: object) -> Bins:
    axes = (Axis(np.arange(4.0), "x"), Axis(np.array([0.0, 1, 5]), "y", regular=False))
    values, variances = RNG.normal(size=(2, 5, 4))
    counts, squares = RNG.uniform(1, 2, size=(2, 5, 4)) if kind == "MEAN" else (None, None)
    return Bins(kind, "b", "B", axes, values, variances, 10, counts=counts, squares=squares, **more)  # type: ignore[arg-type]


def test_axis() -> None:
    axis = made().axes[1]
    assert len(axis) == 2
    assert list(axis.centers) == [0.5, 3]
    assert list(axis.flow_edges) == [-np.inf, 0, 1, 5, np.inf]


def test_inner() -> None:
    bins = made("MEAN")
    inner = bins.inner()
    np.testing.assert_array_equal(inner.values, bins.values[1:-1, 1:-1])
    assert inner.counts is not None
    assert inner.counts.shape == inner.effective.shape == (3, 2)


def test_a_sparse_one() -> None:
    cells = np.array([[0, 1], [1, 1], [3, 2], [4, 3]])
    axes = made().axes
    sparse = Bins("COUNT", "s", "", axes, np.arange(1.0, 5), np.arange(2.0, 6), 4, cells=cells)
    full = sparse.dense()
    assert full.values.shape == (5, 4)
    assert full.values.sum() == 10
    assert [full.values[tuple(c)] for c in cells] == [1, 2, 3, 4]
    assert full.dense() is full
    inner = sparse.inner()
    assert list(inner.values) == [2, 3]
    for axis in (0, 1):
        np.testing.assert_array_equal(sparse.project([axis]).values, full.project([axis]).values)


def test_projection_of_means() -> None:
    """The mean of all that is in the cells, each with its weight."""
    bins = made("MEAN", mean=(1.0, 2.0), std_dev=(3.0, 4.0))
    assert bins.counts is not None
    other = bins.project([1])
    assert other.counts is not None
    np.testing.assert_allclose(other.counts, bins.counts.sum(axis=0))
    np.testing.assert_allclose(other.values, np.average(bins.values, axis=0, weights=bins.counts))
    share = bins.counts / bins.counts.sum(axis=0)
    np.testing.assert_allclose(other.variances, (share**2 * bins.variances).sum(axis=0))
    assert (other.mean, other.std_dev) == ((2.0,), (4.0,))


def test_order_of_a_projection() -> None:
    bins = made()
    np.testing.assert_array_equal(bins.project([1, 0]).values, bins.values.T)
    np.testing.assert_array_equal(bins.project([0, 1]).values, bins.values)


def test_effective_entries_are_of_profiles() -> None:
    with pytest.raises(ValueError, match="got a histogram of kind COUNT, expected a profile"):
        _ = made().effective


def test_trimmed() -> None:
    """Bins without a name go if nothing is in them; overflow stays."""
    edges = np.arange(7.0)
    axis = Axis(edges, labels=("a", "b", "", "", "", ""))
    values = np.array([1.0, 2, 3, 0, 0, 0, 0, 9])
    shorter = trimmed(Bins("COUNT", "b", "", (axis,), values, values, 15))
    assert shorter.axes[0].labels == ("a", "b")
    assert list(shorter.values) == [1, 2, 3, 9]
    values[4] = 5
    shorter = trimmed(Bins("COUNT", "b", "", (axis,), values, values, 20))
    assert shorter.axes[0].labels == ("a", "b", "", "")
    whole = made()
    assert trimmed(whole) is whole


def test_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with replaced(path) as unfinished:
        unfinished.write_text("one")
        assert not path.exists()
        assert unfinished.suffix == ".txt"
    assert path.read_text() == "one"

    def fail() -> None:
        with replaced(path) as unfinished:
            unfinished.write_text("two")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError, match="whose folder is not there"), replaced(tmp_path / "b" / "c"):
        pass
