# SPDX-License-Identifier: BSD-3-Clause
"""Sums against exact arithmetic, moments against numpy on all the data at once."""

from __future__ import annotations

import itertools
import math
import sys
from fractions import Fraction

import numpy as np
import pytest

from rdf_live.hub.merge import _BLOCK, Accumulator, Vector

MAX = sys.float_info.max


def accumulate(vectors: list[Vector], rules: list[tuple[str, int, int]] | None = None) -> Vector:
    total = Accumulator(len(vectors[0]), rules or [])
    for v in vectors:
        total.add(v.tobytes())
    return total.merged()


def moments(x: Vector, w: Vector | None = None) -> list[float]:
    w = np.ones_like(x) if w is None else w
    mean = np.average(x, weights=w)
    return [w.sum(), (w * x).sum(), (w * (x - mean) ** 2).sum()]


@pytest.mark.parametrize("length", [1, _BLOCK - 1, _BLOCK, _BLOCK + 1, 3 * _BLOCK + 7])
def test_sum_is_exact_whatever_the_block(length: int) -> None:
    rng = np.random.default_rng(length)
    vectors = [rng.lognormal(0, 10, length) * rng.choice([-1, 1], length) for _ in range(40)]
    got = accumulate(vectors)
    expected = [math.fsum(column) for column in zip(*vectors, strict=True)]
    np.testing.assert_array_equal(got, expected)


def test_sum_that_plain_addition_gets_wrong() -> None:
    vectors = [np.array([x]) for x in (1.0, 1e100, 1.0, -1e100)]
    assert sum(v[0] for v in vectors) == 0
    assert accumulate(vectors)[0] == 2


def test_order_does_not_show() -> None:
    rng = np.random.default_rng(1)
    vectors = [rng.lognormal(0, 3, 500) for _ in range(100)]
    first = accumulate(vectors)
    for _ in range(20):
        rng.shuffle(vectors)
        assert accumulate(vectors).tobytes() == first.tobytes()


def test_counts_are_exact() -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 2**40, (50, 300))
    assert (accumulate(list(counts.astype(float))) == counts.sum(axis=0)).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, math.inf, 1.0], math.inf),
        ([math.inf, -math.inf], math.nan),
        ([1.0, math.nan], math.nan),
        ([MAX, MAX], math.inf),
        ([-0.0, 0.0], 0.0),
    ],
    ids=["inf", "inf-inf", "nan", "overflow", "zero"],
)
def test_what_is_not_finite_comes_out_as_by_plain_addition(values: list[float], expected: float) -> None:
    np.testing.assert_array_equal(accumulate([np.array([x]) for x in values]), [expected])


def test_empty_vector() -> None:
    total = Accumulator(0)
    total.add(b"")
    assert total.merged([b""]).size == 0


def test_neutral_elements() -> None:
    rules = [("min", 1, 2), ("max", 2, 3), ("moments", 3, 6)]
    assert Accumulator(6, rules).merged().tolist() == [0, MAX, -MAX, 0, 0, 0]


def test_min_and_max() -> None:
    rng = np.random.default_rng(3)
    data = rng.normal(size=(20, 10))
    data[3] = [0, MAX, MAX, -MAX, -MAX, 0, MAX, -MAX, 0, 0]  # a range in which no entry passed
    rules = [("min", 1, 3), ("max", 3, 5), ("min", 6, 7), ("max", 7, 8)]
    got = accumulate(list(data), rules)
    assert got[[1, 2, 6]].tolist() == data[:, [1, 2, 6]].min(axis=0).tolist()
    assert got[[3, 4, 7]].tolist() == data[:, [3, 4, 7]].max(axis=0).tolist()
    np.testing.assert_array_equal(got[[0, 5, 8, 9]], [math.fsum(data[:, i]) for i in (0, 5, 8, 9)])


def test_min_and_max_ignore_nan_as_root_does() -> None:
    rules = [("min", 0, 1), ("max", 1, 2)]
    assert accumulate([np.array([math.nan, math.nan]), np.array([1.0, 2.0])], rules).tolist() == [1, 2]


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("mean", [0.0, 91.2, 1e6])
def test_moments(mean: float, weighted: bool) -> None:
    rng = np.random.default_rng(4)
    parts = [rng.normal(mean, 2.5, n) for n in (1, 5, 400, 10_000, 33)]
    weights = [rng.uniform(0.1, 2, p.size) if weighted else np.ones_like(p) for p in parts]
    vectors = [np.array([1.0, *moments(x, w), 2.0]) for x, w in zip(parts, weights, strict=True)]
    vectors.insert(2, np.zeros(5))
    got = accumulate(vectors, [("moments", 1, 4)])

    x = np.concatenate(parts).astype(np.longdouble)
    w = np.concatenate(weights).astype(np.longdouble)
    expected = [w.sum(), (w * x).sum(), (w * (x - (w * x).sum() / w.sum()) ** 2).sum()]
    np.testing.assert_allclose(got[1:4], np.array(expected, float), rtol=1e-12)
    assert got[[0, 4]].tolist() == [5, 10]


def test_moments_are_exact_where_fractions_are() -> None:
    data = [[1, 2], [3, 5, 9], [4], [7, 7, 7]]
    vectors = [np.array(moments(np.array(x, float))) for x in data]
    flat = [Fraction(x) for x in itertools.chain(*data)]
    mean = sum(flat) / len(flat)
    expected = [len(flat), sum(flat), sum((x - mean) ** 2 for x in flat)]
    for order in itertools.permutations(vectors):
        np.testing.assert_allclose(
            accumulate(list(order), [("moments", 0, 3)]), [float(x) for x in expected], rtol=1e-15
        )


@pytest.mark.parametrize("place", ["first", "last", "alone"])
def test_moments_of_no_weight_contribute_nothing(place: str) -> None:
    full, empty = np.array([2.0, 8.0, 3.0]), np.array([0.0, 5.0, 7.0])
    vectors = {"first": [empty, full], "last": [full, empty], "alone": [empty]}[place]
    expected = [0, 0, 0] if place == "alone" else [2, 8, 3]
    assert accumulate(vectors, [("moments", 0, 3)]).tolist() == expected


def test_moments_of_opposite_weights() -> None:
    vectors = [np.array([1.0, 2.0, 0.5]), np.array([-1.0, -3.0, 0.5])]
    assert np.isfinite(accumulate(vectors, [("moments", 0, 3)])).all()


def test_tentative_vectors_are_not_kept() -> None:
    rng = np.random.default_rng(5)
    rules = [("min", 1, 2), ("max", 2, 3), ("moments", 3, 9)]
    vectors = []
    for _ in range(6):
        x, y = rng.normal(size=(2, 50))
        vectors.append(np.array([50, x.min(), x.max(), *moments(x), *moments(y), 7]))
    total = Accumulator(10, rules)
    for v in vectors[:3]:
        total.add(v)
    before = total.merged()
    copies = [v.copy() for v in vectors]

    seen = total.merged(v.tobytes() for v in vectors[3:])
    np.testing.assert_allclose(seen, accumulate(vectors, rules), rtol=1e-14)
    assert seen[0] == 300
    np.testing.assert_array_equal(total.merged(), before)
    np.testing.assert_array_equal(vectors, copies)

    seen[:] = -1
    np.testing.assert_array_equal(total.merged(), before)


def test_first_snapshot_is_tentative_only() -> None:
    total = Accumulator(3, [("min", 1, 2), ("max", 2, 3)])
    assert total.merged([np.array([4.0, 1.0, 2.0])]).tolist() == [4, 1, 2]


def test_memory() -> None:
    assert Accumulator.bytes_of(1000) == 16_000
