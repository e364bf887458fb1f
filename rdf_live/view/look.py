# SPDX-License-Identifier: BSD-3-Clause
"""What a picture may be told. Here, so that whoever tells it does not load matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Look"]


@dataclass(frozen=True, slots=True)
class Look:
    """How one result is drawn, where the picture should not choose itself.

    Attributes
    ----------
    title : str, optional
        Above its axes; the histogram's own title otherwise.
    logx, logy : bool, optional
        Logarithmic axes; chosen from the bins and their contents otherwise.
    marks : sequence of (x, text)
        Names of peaks, written above the bin at x. In ROOT's LaTeX.
    """

    title: str | None = None
    logx: bool | None = None
    logy: bool | None = None
    marks: Sequence[tuple[float, str]] = ()
