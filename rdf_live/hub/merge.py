# SPDX-License-Identifier: BSD-3-Clause
"""Addition of partial vectors, such that the order of their arrival does not show."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Accumulator", "Vector"]

Vector = npt.NDArray[np.float64]

#: Items worked on at once: all operands of an addition (64 KiB each) stay in the cache, however long it is.
_BLOCK = 8192

_MAX = sys.float_info.max


class Accumulator:
    """The sum of all committed vectors of one graph.

    Sums are kept as hi + lo: lo collects the exact rounding error of each addition to hi (Knuth's TwoSum,
    "The Art of Computer Programming" vol. 2, 4.2.2), so that the total is as if it had twice the digits.

    Parameters
    ----------
    length : int
        Number of float64.
    rules : sequence of (rule, start, stop)
        The segments that are not sums: "min", "max", or "moments", which holds triples of sum of weights W,
        sum of weighted values M, and sum of weighted squared deviations from the mean M2.
    """

    def __init__(self, length: int, rules: Sequence[tuple[str, int, int]] = ()) -> None:
        self._hi = np.zeros(length)
        self._lo = np.zeros(length)
        self._tmp = np.empty((3, min(length, _BLOCK)))
        self._min = self._places(rules, "min", 1)
        self._max = self._places(rules, "max", 1)
        self._moments = self._places(rules, "moments", 3)
        self._hi[self._min] = _MAX
        self._hi[self._max] = -_MAX

    @staticmethod
    def _places(rules: Sequence[tuple[str, int, int]], rule: str, step: int) -> npt.NDArray[np.intp]:
        places = [np.arange(start, stop, step) for name, start, stop in rules if name == rule]
        return np.concatenate(places) if places else np.empty(0, dtype=np.intp)

    @staticmethod
    def bytes_of(length: int) -> int:
        """Memory that an accumulator of that length needs."""
        return 16 * length

    def add(self, values: Any) -> None:
        """Add a committed vector.

        Parameters
        ----------
        values : bytes-like or ndarray of float64
            Of the accumulator's length; is not changed.
        """
        v = np.frombuffer(values, dtype=np.float64)
        with np.errstate(all="ignore"):
            if self._moments.size:
                v = self._with_cross_term(self._hi + self._lo, v)
            low, high = self._extremes(self._hi, v)
            self._two_sum(v)
        self._set_extremes(self._hi, low, high)
        self._set_extremes(self._lo, 0.0, 0.0)

    def merged(self, tentatives: Iterable[Any] = ()) -> Vector:
        """What is committed plus the tentative vectors, which are not kept.

        The tentative part is added in plain float64, which is several times faster and exact for counts: the
        final result has no tentative part.

        Returns
        -------
        ndarray of float64
            A new array.
        """
        with np.errstate(all="ignore"):
            out = self._hi + self._lo
            # The rounding error of an addition that gives inf is nan: then hi alone is right.
            np.copyto(out, self._hi, where=~np.isfinite(out))
            for values in tentatives:
                v = np.frombuffer(values, dtype=np.float64)
                if self._moments.size:
                    v = self._with_cross_term(out, v)
                low, high = self._extremes(out, v)
                out += v
                self._set_extremes(out, low, high)
        return out

    def _two_sum(self, values: Vector) -> None:
        for start in range(0, values.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            v, hi, lo = values[block], self._hi[block], self._lo[block]
            total, part, error = self._tmp[:, : v.size]
            np.add(hi, v, out=total)
            np.subtract(total, hi, out=part)  # what of v went into the total
            np.subtract(total, part, out=error)
            np.subtract(hi, error, out=error)  # what of hi did not
            np.subtract(v, part, out=part)  # what of v did not
            np.add(error, part, out=error)
            lo += error
            hi[:] = total

    def _with_cross_term(self, total: Vector, values: Vector) -> Vector:
        """Copy of values whose M2 already hold the term of the two means, so that they too are only summed.

        Chan et al., "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
        """
        w = self._moments
        wa, wb = total[w], values[w]
        ma, mb = total[w + 1], values[w + 1]
        denominator = wa * wb * (wa + wb)
        cross = np.zeros_like(denominator)
        np.divide((mb * wa - ma * wb) ** 2, denominator, out=cross, where=denominator != 0)
        values = values.copy()
        values[w[wb == 0]] = values[w[wb == 0] + 1] = values[w[wb == 0] + 2] = 0.0
        values[w + 2] += cross
        return values

    def _extremes(self, total: Vector, values: Vector) -> tuple[Vector, Vector]:
        # fmin and fmax ignore nan, as the comparisons in ROOT's Min and Max do.
        low = np.fmin(total[self._min], values[self._min])
        return low, np.fmax(total[self._max], values[self._max])

    def _set_extremes(self, total: Vector, low: Vector | float, high: Vector | float) -> None:
        total[self._min] = low
        total[self._max] = high
