# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: RUF001 (the characters are meant)
"""Ticks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdf_live.view.ticks import Ticks, linear_ticks, log_ticks

NUMBERS = st.floats(-1e30, 1e30, allow_nan=False)
UP, DOWN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"), str.maketrans("−", "-")


def value_of(text: str) -> float:
    """The number that a label names."""
    mantissa, times, raised = text.translate(DOWN).partition("×")
    raised = raised if times else mantissa
    if raised.startswith("10") and raised.translate(UP) != raised:
        return (float(mantissa) if times else 1.0) * 10.0 ** int(raised[2:].translate(UP))
    return float(mantissa) * (float(raised) if times else 1.0)


@pytest.mark.parametrize(
    ("low", "high", "labels", "factor"),
    [
        (0, 10, ["0", "2", "4", "6", "8", "10"], ""),
        (2.8, 4, ["2.8", "3.0", "3.2", "3.4", "3.6", "3.8", "4.0"], ""),
        (-1, 1, ["−1.0", "−0.5", "0", "0.5", "1.0"], ""),
        (0, 90_000, ["0", "20000", "40000", "60000", "80000"], ""),
        (0, 120_000, ["0", "20", "40", "60", "80", "100", "120"], "×10³"),
        (0, 3e6, ["0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"], "×10⁶"),
        (0, 2e-5, ["0", "5", "10", "15", "20"], "×10⁻⁶"),
        (1.79e9, 1.7901e9, ["1.79000", "1.79002", "1.79004", "1.79006", "1.79008", "1.79010"], "×10⁹"),
    ],
)
def test_linear(low: float, high: float, labels: list[str], factor: str) -> None:
    ticks = linear_ticks(low, high, 7)
    assert list(ticks.labels) == labels
    assert ticks.factor == factor


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.5, 2e6, ["1", "10", "10²", "10³", "10⁴", "10⁵", "10⁶"]),
        (1e-20, 1, ["10⁻¹⁸", "10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]),
        (1.5, 60, ["2", "5", "10", "20", "50"]),
        (60, 120, ["60", "70", "80", "90", "100"]),
        (2e7, 9e8, ["2×10⁷", "5×10⁷", "1×10⁸", "2×10⁸", "5×10⁸"]),
        (101, 109, ["102", "104", "106", "108"]),
    ],
)
def test_log(low: float, high: float, labels: list[str]) -> None:
    assert list(log_ticks(low, high, 7).labels) == labels


@pytest.mark.parametrize("limits", [(1, 1), (2, 1), (math.nan, 1), (0, math.inf), (1e300, 1e300 * (1 + 1e-15))])
def test_nothing_to_divide(limits: tuple[float, float]) -> None:
    assert linear_ticks(*limits) == Ticks((), (), ())
    assert log_ticks(*limits) == Ticks((), (), ()) or limits[1] > limits[0] > 0
    assert log_ticks(0, 1) == Ticks((), (), ())


@given(NUMBERS, NUMBERS, st.integers(1, 10))
def test_linear_ticks_are_right(a: float, b: float, most: int) -> None:
    low, high = min(a, b), max(a, b)
    ticks = linear_ticks(low, high, most)
    if not ticks.major and not ticks.minor:
        return
    slack = 1e-6 * (high - low)
    assert all(low - slack <= x <= high + slack for x in ticks.major + ticks.minor)
    assert len(ticks.labels) == len(ticks.major) <= most + 1
    assert len(ticks.minor) <= 5 * (most + 2)
    times = value_of(ticks.factor[1:]) if ticks.factor else 1.0
    for x, text in zip(ticks.major, ticks.labels, strict=True):
        assert value_of(text) * times == pytest.approx(x, abs=1e-6 * (high - low), rel=1e-9)


@given(st.floats(-12, 12), st.floats(0.01, 20), st.integers(2, 10))
def test_log_ticks_are_right(start: float, length: float, most: int) -> None:
    low, high = 10.0**start, 10.0 ** (start + length)
    ticks = log_ticks(low, high, most)
    assert ticks.major
    assert all(low * (1 - 1e-6) <= x <= high * (1 + 1e-6) for x in ticks.major + ticks.minor)
    assert not set(ticks.major) & set(ticks.minor)
    times = value_of(ticks.factor[1:]) if ticks.factor else 1.0
    for x, text in zip(ticks.major, ticks.labels, strict=True):
        assert value_of(text) * times == pytest.approx(x, rel=1e-6)
