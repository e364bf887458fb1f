# SPDX-License-Identifier: BSD-3-Clause
"""Text as outlines, which are kept.

The same words stand in every picture of a run, and matplotlib takes a millisecond to set each of them. It also has one
parser of mathtext per process, which keeps its state while it works; pictures are drawn in a thread beside the user's
own plots, so they need another one.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.mathtext import MathTextParser
from matplotlib.textpath import TextToPath

__all__ = ["LOCK", "drawable", "outline", "parses"]

#: Held while the parser works, and so while a picture is drawn.
LOCK = threading.RLock()


class _Parser(MathTextParser):  # type: ignore[type-arg]
    """The class keeps the parser, so a subclass has one of its own."""

    _parser: Any = None


_setter = TextToPath()
_setter.mathtext_parser = _Parser("path")


@functools.cache
def _font(bold: bool = False) -> font_manager.FontProperties:
    """The font that every matplotlib brings, whatever the user's settings are."""
    return font_manager.FontProperties(
        family=["DejaVu Sans"], weight="bold" if bold else "normal", math_fontfamily="dejavusans"
    )


@functools.lru_cache(maxsize=4096)
def outline(text: str, math: bool, bold: bool) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8], float]:
    """Points and codes of a path for letters of size 1 that start at (0, 0), and its width.

    Raises
    ------
    ValueError
        It is no mathtext.
    """
    with LOCK:
        points, codes = _setter.get_text_path(_font(bold), text, ismath=math)
    array = np.asarray(points, dtype=float).reshape(-1, 2) / _setter.FONT_SCALE
    return array, np.asarray(codes, dtype=np.uint8), float(array[:, 0].max(initial=0))


def parses(text: str) -> bool:
    """Whether this is mathtext that can be drawn."""
    try:
        outline(text, True, False)
    except (ValueError, RuntimeError, RecursionError):
        return False
    return True


@functools.cache
def _characters() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont(_font())).get_charmap())


def drawable(text: str) -> str:
    """Characters that the font lacks become boxes: matplotlib would warn about each of them in every picture."""
    known = _characters()
    return "".join(c if ord(c) in known else "\u25a1" for c in text)
