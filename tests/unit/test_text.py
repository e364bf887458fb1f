# SPDX-License-Identifier: BSD-3-Clause
"""Numbers and states as a person reads them."""

from __future__ import annotations

import doctest
from types import SimpleNamespace

import pytest

from rdf_live.view import text


def test_examples() -> None:
    assert doctest.testmod(text).failed == 0


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0"), (999, "999"), (999.6, "1 k"), (1000, "1 k"), (999_600, "1 M"), (2.5e9, "2.5 G"), (1.234e13, "12340 G")],
)
def test_amount(number: float, expected: str) -> None:
    assert text.amount(number) == expected


@pytest.mark.parametrize(
    ("fraction", "expected"), [(0, "0 %"), (1e-9, "0.1 %"), (0.0094, "0.9 %"), (0.0096, "1 %"), (1.0, "100 %")]
)
def test_percent(fraction: float, expected: str) -> None:
    assert text.percent(fraction) == expected


def test_a_cancelled_run_claims_no_data() -> None:
    assert text.state_text("cancelled", 0.5, 1000) == "cancelled: nothing was kept"


@pytest.mark.parametrize(("title", "unit"), [("p_{T} [GeV]", " GeV"), ("x (cm)", " cm"), ("f(x) dx", ""), ("", "")])
def test_unit(title: str, unit: str) -> None:
    assert text.unit_of(title) == unit


class Histogram:
    """As much of a TH1 as one line needs."""

    def __init__(self, entries: int) -> None:
        self.entries = entries

    def GetEntries(self) -> int:
        return self.entries

    def GetDimension(self) -> int:
        return 1

    def GetMean(self, axis: int) -> float:
        return 91.2

    def GetXaxis(self) -> SimpleNamespace:
        return SimpleNamespace(GetTitle=lambda: "m [GeV]")

    GetYaxis = GetZaxis = GetXaxis


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1234567, "1,234,567"),
        (0.5, "0.5"),
        (Histogram(1200), "1,200 entries, mean 91.2 GeV"),
        (Histogram(0), "0 entries"),
        (SimpleNamespace(GetN=lambda: 3), "3 points"),
        (SimpleNamespace(GetN=lambda: 3, GetMean=lambda: 2.0), "3 values, mean 2"),
        (SimpleNamespace(GetN=lambda: 3, GetMean=lambda: 2.0, InheritsFrom="TGraph".__eq__), "3 points"),
        (SimpleNamespace(GetN=lambda: 3, GetMean=lambda: 2.0, InheritsFrom="TObject".__eq__), "3 values, mean 2"),
        ([1], "list"),
    ],
    ids=["count", "number", "histogram", "empty", "points", "values", "graph", "statistic", "other"],
)
def test_value(value: object, expected: str) -> None:
    assert text.value_text(value) == expected
