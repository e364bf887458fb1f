# SPDX-License-Identifier: BSD-3-Clause
"""The frame of a pane: scales, ticks, titles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rdf_live.view.sheet import INK, Sheet, width_of
from rdf_live.view.ticks import Ticks, linear_ticks, log_ticks

__all__ = ["Box", "Frame", "Scale", "extent"]

_GREY = "#666666"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the sheet, in pixels from the lower left corner."""

    x: float
    y: float
    width: float
    height: float


def extent(low: float, high: float) -> tuple[float, float]:
    """Of an axis that is drawn. One without given limits has none as long as nothing was filled.

    >>> extent(60, 120), extent(0, 0)
    ((60, 120), (0, 1.0))
    """
    return (low, high) if low < high else (low, low + max(1.0, abs(low)))


@dataclass(frozen=True, slots=True)
class Scale:
    """From the user's numbers to pixels."""

    low: float
    high: float
    log: bool
    start: float
    length: float

    def __call__(self, values: npt.ArrayLike) -> Floats:
        """Pixels; what is outside stands at the border, NaN stays."""
        numbers = np.asarray(values, dtype=float)
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        if self.log:
            numbers = np.log10(np.maximum(numbers, self.low * 1e-3))
        clipped: Floats = np.clip((numbers - low) / (high - low), 0, 1)
        return self.start + self.length * clipped

    def holds(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which are inside."""
        numbers = np.asarray(values, dtype=float)
        return np.asarray((numbers >= self.low) & (numbers <= self.high))

    def values(self, number: int) -> Floats:
        """The user's numbers in the middle of so many equal parts of the length."""
        parts = (np.arange(number) + 0.5) / number
        if self.log:
            return np.asarray(self.low * (self.high / self.low) ** parts)
        return np.asarray(self.low + (self.high - self.low) * parts)

    def ticks(self, most: int) -> Ticks:
        """Of this scale."""
        return log_ticks(self.low, self.high, most) if self.log else linear_ticks(self.low, self.high, most)


class Frame:
    """Room for the contents, and what stands around it.

    Parameters
    ----------
    sheet : Sheet
    box : Box
        All that the pane may use.
    labels : sequence of str, optional
        Of the bins of the horizontal axis.
    y_labels : sequence of str, optional
        Of the bins of the vertical axis.
    palette : bool
        Leave room for one at the right.
    """

    def __init__(
        self,
        sheet: Sheet,
        box: Box,
        labels: Sequence[str] | None = None,
        y_labels: Sequence[str] | None = None,
        palette: bool = False,
    ) -> None:
        self.sheet, self.box = sheet, box
        #: Small panes have smaller letters.
        self.size = 14 * min(1.0, max(0.6, min(box.width / 400, box.height / 300)))
        self.labels, self.y_labels = _shortened(labels), _shortened(y_labels)
        size = self.size
        left = max(5.3 * size, 2.2 * size + _longest(self.y_labels, 0.85 * size))
        right, top, bottom = (5.3 if palette else 1.3) * size, 2.4 * size, 3.5 * size
        width = box.width - left - right
        self.turned = bool(self.labels) and _longest(self.labels, 0.85 * size) > width / max(len(self.labels), 1)
        if self.turned:
            bottom = min(2.2 * size + _longest(self.labels, 0.85 * size), 0.5 * box.height)
        self.inner = Box(round(box.x + left), round(box.y + bottom), round(width), round(box.height - top - bottom))

    def title(self, text: str, stats: str) -> None:
        """Above the frame: the title at the left, small numbers at the right."""
        inner, size = self.inner, self.size
        y = inner.y + inner.height + 0.6 * size
        taken = width_of(text, 1.05 * size)
        free = inner.width - taken - size
        small = 0.78 * size
        for shorter in (stats, stats.partition("   ")[0]):
            if width_of(shorter, small) <= free:
                self.sheet.text(inner.x + inner.width, y, shorter, small, align="right", color=_GREY)
                break
        shrink = min(1.0, (inner.width + 2 * size) / max(taken, 1))
        self.sheet.title(inner.x, y, text, 1.05 * size * max(shrink, 0.6))

    def axes(self, x: Scale, y: Scale, x_title: str, y_title: str) -> None:
        """Frame, ticks, numbers and titles of the two axes."""
        inner, size, sheet = self.inner, self.size, self.sheet
        right, top = inner.x + inner.width, inner.y + inner.height
        self._numbers_below(x)
        self._numbers_left(y)
        sheet.strokes(
            [inner.x, right, right, inner.x],
            [inner.y, inner.y, top, top],
            [right, right, inner.x, inner.x],
            [inner.y, top, top, inner.y],
            INK,
            0.8,
        )
        sheet.title(right, self.box.y + 0.75 * size, x_title, size, align="right")
        shrink = min(1.0, (inner.height + 1.5 * size) / max(width_of(y_title, size), 1))
        sheet.title(self.box.x + 1.35 * size, top, y_title, size * max(shrink, 0.6), align="right", upwards=True)

    def _numbers_below(self, scale: Scale) -> None:
        inner, size = self.inner, self.size
        if self.labels:
            self._names_below(scale)
            return
        ticks = scale.ticks(max(2, min(8, int(inner.width / (4.2 * size)))))
        low, high = inner.y, inner.y + inner.height
        for places, length in ((scale(ticks.major), 0.6 * size), (scale(ticks.minor), 0.3 * size)):
            self.sheet.strokes(places, low, places, low + length, INK, 0.8)
            self.sheet.strokes(places, high, places, high - length, INK, 0.8)
        for place, text in zip(scale(ticks.major), ticks.labels, strict=True):
            self.sheet.text(place, low - 0.45 * size, text, 0.9 * size, align="center", vertical="top")
        if ticks.factor:
            # Beside the title, which stands at the right.
            self.sheet.text(inner.x, self.box.y + 0.75 * size, ticks.factor, 0.9 * size)

    def _numbers_left(self, scale: Scale) -> None:
        inner, size = self.inner, self.size
        if self.y_labels:
            count = len(self.y_labels)
            step = max(1, math.ceil(count * 1.1 * size / inner.height))
            for i in range(0, count, step):
                place = float(scale(scale.low + (i + 0.5) * (scale.high - scale.low) / count))
                options = {"align": "right", "vertical": "center"}
                self.sheet.title(inner.x - 0.45 * size, place, self.y_labels[i], 0.85 * size, **options)
            return
        ticks = scale.ticks(max(2, min(7, int(inner.height / (2.2 * size)))))
        low, high = inner.x, inner.x + inner.width
        for places, length in ((scale(ticks.major), 0.6 * size), (scale(ticks.minor), 0.3 * size)):
            self.sheet.strokes(low, places, low + length, places, INK, 0.8)
            self.sheet.strokes(high, places, high - length, places, INK, 0.8)
        for place, text in zip(scale(ticks.major), ticks.labels, strict=True):
            self.sheet.text(low - 0.45 * size, place, text, 0.9 * size, align="right", vertical="center")
        if ticks.factor:
            y = inner.y + inner.height + 0.6 * size
            self.sheet.text(low - 0.45 * size, y, ticks.factor, 0.9 * size, align="right")

    def _names_below(self, scale: Scale) -> None:
        inner, size = self.inner, self.size
        count = len(self.labels)
        step = max(1, math.ceil(count * 1.1 * size / inner.width)) if self.turned else 1
        wide = (scale.high - scale.low) / count
        borders = scale(scale.low + wide * np.arange(1, count)) if step == 1 else np.zeros(0)
        self.sheet.strokes(borders, inner.y, borders, inner.y + 0.3 * size, INK, 0.8)
        for i in range(0, count, step):
            place = float(scale(scale.low + (i + 0.5) * wide))
            options = {"align": "right", "vertical": "center", "upwards": True}
            options = options if self.turned else {"align": "center", "vertical": "top"}
            self.sheet.title(place, inner.y - 0.45 * size, self.labels[i], 0.85 * size, **options)

    def palette(self, scale: Scale, colors: npt.NDArray[np.uint8], title: str) -> None:
        """The colours of a scale, at the right of the frame. The scale's pixels are those of the vertical axis."""
        inner, size, sheet = self.inner, self.size, self.sheet
        x, width = round(inner.x + inner.width + 0.5 * size), round(0.9 * size)
        sheet.image(colors[:, None, :], x, inner.y, width, inner.height)
        ticks = scale.ticks(max(2, min(6, int(inner.height / (2.2 * size)))))
        for place, text in zip(scale(ticks.major), ticks.labels, strict=True):
            sheet.text(x + width + 0.3 * size, place, text, 0.8 * size, vertical="center")
        over = inner.y + inner.height + 0.6 * size
        sheet.text(self.box.x + self.box.width - 0.3 * size, over, ticks.factor, 0.8 * size, align="right")
        sheet.title(
            self.box.x + self.box.width - 0.3 * size, self.box.y + 0.75 * size, title, 0.8 * size, align="right"
        )


def _shortened(labels: Sequence[str] | None) -> list[str]:
    return [text if len(text) <= 20 else text[:19] + "…" for text in labels or ()]


def _longest(labels: Sequence[str], size: float) -> float:
    return max((width_of(text, size) for text in labels), default=0.0) + 0.5 * size
