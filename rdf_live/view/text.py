# SPDX-License-Identifier: BSD-3-Clause
"""Numbers and states as a person reads them. Pure: no ROOT, no Dask."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["amount", "clock", "lacking_text", "percent", "state_text", "unit_of", "value_text"]


def amount(number: float) -> str:
    """Three digits and a prefix.

    >>> amount(950), amount(1_234_567), amount(24_000)
    ('950', '1.23 M', '24 k')
    """
    scaled = float(number)
    for prefix in ("", " k", " M", " G"):
        # 999.5 would be rounded to four digits
        if abs(scaled) < 999.5 or prefix == " G":
            break
        scaled /= 1000
    return f"{scaled:.3g}{prefix}" if abs(scaled) < 999.5 else f"{scaled:.0f}{prefix}"


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any.

    >>> clock(6.2), clock(3723)
    ('0:06', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lacking_text(ranges: int) -> str:
    """What a plot lacks, beside the part of the data that stands elsewhere.

    >>> lacking_text(1), lacking_text(3)
    ('without 1 running range: too large until it ends', 'without 3 running ranges: too large until they end')
    """
    end = "s: too large until they end" if ranges > 1 else ": too large until it ends"
    return f"without {ranges} running range{end}"


def percent(fraction: float) -> str:
    """Whole per cents; smaller parts with one digit. Only all of it is 100 %.

    >>> percent(0.314), percent(0.004), percent(0.9996), percent(1)
    ('31 %', '0.4 %', '99 %', '100 %')
    """
    hundredths = 100 * fraction
    if 0 < hundredths < 0.95:
        return f"{max(hundredths, 0.1):.1f} %"
    if fraction < 1:
        return f"{min(round(hundredths), 99)} %"
    return "100 %"


def state_text(state: str, fraction: float, entries: int) -> str:
    """One line about a run or a snapshot.

    >>> state_text("stopped", 0.31, 1_234_567)
    'stopped: 31 % of the data, 1.23 M entries'
    """
    if state == "cancelled":
        return "cancelled: nothing was kept"
    return f"{state}: {percent(fraction)} of the data, {amount(entries)} entries"


def unit_of(title: str) -> str:
    """Unit in the title of an axis, with a space before it.

    >>> unit_of("m_{#mu#mu} [GeV]"), unit_of("#eta")
    (' GeV', '')
    """
    found = re.search(r"[\[(]\s*([A-Za-z#%/^{}\-0-9]+)\s*[\])]\s*$", title)
    return f" {found[1]}" if found else ""


def value_text(value: Any) -> str:
    """What one line says of a result: entries and mean of a histogram, points of a graph, or the number."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if hasattr(value, "GetEntries"):
        text = f"{value.GetEntries():,.0f} entries"
        if not value.GetEntries() or not hasattr(value, "GetMean"):
            return text
        axes = [value.GetXaxis(), value.GetYaxis(), value.GetZaxis()][: value.GetDimension()]
        means = [f"{value.GetMean(i):.4g}{unit_of(str(axis.GetTitle()))}" for i, axis in enumerate(axes, start=1)]
        return f"{text}, mean {', '.join(means)}"
    # A graph has a mean too, which is nobody's question.
    graph = hasattr(value, "InheritsFrom") and value.InheritsFrom("TGraph")
    if hasattr(value, "GetMean") and hasattr(value, "GetN") and not graph:
        return f"{value.GetN():,} values, mean {value.GetMean():.4g}"
    if hasattr(value, "GetN"):
        return f"{value.GetN():,} points"
    return type(value).__name__
