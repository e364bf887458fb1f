# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: RUF001, RUF002 (the characters are meant)
"""Where the ticks of an axis stand and what is written at them. Pure: no ROOT, no matplotlib.

Matplotlib's own ticks are several objects each; they would take most of the time of a picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Ticks", "linear_ticks", "log_ticks", "power"]

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True, slots=True)
class Ticks:
    """Ticks of one axis.

    Attributes
    ----------
    major, minor : tuple of float
        Where they stand.
    labels : tuple of str
        At the major ones; "" for none.
    factor : str
        What the labels have to be multiplied with, like "×10⁶"; "" for nothing.
    """

    major: tuple[float, ...]
    minor: tuple[float, ...]
    labels: tuple[str, ...]
    factor: str = ""


def power(exponent: int) -> str:
    """A power of ten as it is written at a logarithmic axis.

    >>> power(-3), power(0), power(1), power(5)
    ('10⁻³', '1', '10', '10⁵')
    """
    return {0: "1", 1: "10"}.get(exponent, "10" + str(exponent).translate(_RAISED))


def linear_ticks(low: float, high: float, most: int = 6) -> Ticks:
    """Ticks at round numbers, at most so many with a label (and at least one).

    >>> linear_ticks(0, 110, 6).labels
    ('0', '20', '40', '60', '80', '100')
    >>> linear_ticks(0, 2.5e7, 3).labels, linear_ticks(0, 2.5e7, 3).factor
    (('0', '10', '20'), '×10⁶')
    """
    span = high - low
    if not (math.isfinite(low) and math.isfinite(high) and span > 0 and span > 1e-12 * max(abs(low), abs(high))):
        return Ticks((), (), ())
    exponent = math.floor(math.log10(span / most))
    unit, parts = next((u, p) for u, p in ((1, 5), (2, 4), (5, 5), (10, 5)) if span / (u * 10.0**exponent) <= most)
    step = unit * 10.0**exponent
    major = _multiples(step, low, high)
    minor = tuple(x for x in _multiples(step / parts, low, high) if abs(x / step - round(x / step)) > 1e-6)
    largest = max((abs(x) for x in major), default=0.0)
    times = 0
    if largest >= 1e5 or 0 < largest < 1e-3:
        times = 3 * math.floor(math.log10(largest) / 3)
    digits = max(0, times - math.floor(math.log10(step) + 1e-9))
    labels = tuple(f"{x / 10.0**times:.{digits}f}".replace("-", "−") if x else "0" for x in major)
    return Ticks(major, minor, labels, f"×{power(times)}" if times else "")


def log_ticks(low: float, high: float, most: int = 6) -> Ticks:
    """Ticks at powers of ten; where there are few of them, at twice and five times these too.

    >>> log_ticks(0.3, 200).labels
    ('1', '10', '10²')
    >>> log_ticks(60, 120).labels
    ('60', '70', '80', '90', '100')
    """
    if not (0 < low < high < math.inf):
        return Ticks((), (), ())
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))

    def within(multiples: tuple[float, ...], every: int = 1) -> list[tuple[float, int, float]]:
        rows = [(m * 10.0**e, e, m) for e in range(first, last + 1) if e % every == 0 for m in multiples]
        return [row for row in rows if low * (1 - 1e-9) <= row[0] <= high * (1 + 1e-9)]

    tens = within((1,))
    between = tuple(float(m) for m in range(1, 10))
    if len(tens) >= 2:
        every = math.ceil(len(tens) / most)
        shown = within((1,), every)
        minor = within(between) if every == 1 else tens
        labels = tuple(power(exponent) for _, exponent, _ in shown)
    else:
        shown = within((1, 2, 5))
        if len(shown) < 3:
            shown = within(between)
        if len(shown) < 2:
            return linear_ticks(low, high, most)
        minor = within(between)
        if len(shown) > most:
            shown = shown[:: math.ceil(len(shown) / most)]
        labels = tuple(f"{x:.12g}" if 1e-4 < x < 1e6 else f"{m:g}×{power(e)}" for x, e, m in shown)
    major = tuple(x for x, _, _ in shown)
    return Ticks(major, tuple(x for x, _, _ in minor if x not in major), labels)


def _multiples(step: float, low: float, high: float) -> tuple[float, ...]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(i * step for i in range(first, last + 1))
