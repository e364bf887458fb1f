# SPDX-License-Identifier: BSD-3-Clause
"""The pace keeps the cost of all publishers together within the budget."""

from __future__ import annotations

import doctest

import pytest

from rdf_live.hub import pace as module
from rdf_live.hub.pace import Pace, transport_s

TRANSPORT_S = 0.25e-3


def test_docstring() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("publishers", [1, 200, 1000, 5000])
@pytest.mark.parametrize("nbytes", [0, 1000, 80_000, 8_000_000])
def test_never_above_the_budget(publishers: int, nbytes: int) -> None:
    pace = Pace(budget=0.05, max_rate=50e6, transport=TRANSPORT_S)
    for _ in range(300):
        pace.note(100, 50e-6)
        pace.note(80_000, 150e-6)
    interval = pace.interval(0.5, nbytes, publishers)
    assert interval >= 0.5
    assert publishers * pace.cost(nbytes) / interval <= 0.03 * 1.000001
    assert publishers * nbytes / interval <= 50e6 * 1.000001


def test_publishers_of_different_sizes_share_the_budget() -> None:
    pace = Pace(budget=0.05, max_rate=1e12, transport=TRANSPORT_S)
    sizes = [8_000_000] * 100 + [1000] * 3000
    load = sum(pace.cost(n) / pace.interval(0.1, n, len(sizes)) for n in sizes)
    assert load <= 0.05 * 1.000001


def test_few_publishers_get_what_the_user_asked_for() -> None:
    assert Pace(budget=0.05, max_rate=50e6, transport=TRANSPORT_S).interval(0.5, 100_000, 8) == 0.5
    assert Pace(budget=0.05, max_rate=50e6, transport=TRANSPORT_S).interval(0.5, 100_000, 0) == 0.5


def test_measured_cost_is_learned() -> None:
    pace = Pace(budget=0.05, max_rate=50e6, transport=TRANSPORT_S)
    before = pace.cost(0)
    assert before == TRANSPORT_S
    for _ in range(300):
        pace.note(0, 1e-3)
    assert pace.cost(0) == pytest.approx(before + 1e-3, rel=1e-3)
    slope = pace.cost(10**6) - pace.cost(0)
    for _ in range(300):
        pace.note(10**6, 1e-3 + 5e-3)
    assert pace.cost(10**6) - pace.cost(0) == pytest.approx(slope + 5e-3, rel=1e-3)


def test_a_message_cheaper_than_the_overhead_costs_no_less_than_nothing() -> None:
    pace = Pace(budget=0.05, max_rate=50e6, transport=TRANSPORT_S)
    for _ in range(100):
        pace.note(0, 1e-3)
        pace.note(10_000, 1e-6)
    assert pace.cost(10_000) >= pace.cost(0)


@pytest.mark.parametrize(
    ("cost_s", "nbytes", "watchers", "expected"),
    [(0.0, 0, 1, 0.5), (0.005, 0, 1, 0.5), (0.05, 0, 1, 2.86), (0.05, 0, 3, 8.57), (0.0, 200_000_000, 1, 5.71)],
    ids=["nothing", "cheap", "dear", "several-watchers", "large"],
)
def test_frames(cost_s: float, nbytes: int, watchers: int, expected: float) -> None:
    pace = Pace(budget=0.05, max_rate=50e6, transport=TRANSPORT_S)
    assert pace.frame_interval(0.5, cost_s, nbytes, watchers) == pytest.approx(expected, rel=0.02)


def test_a_message_on_this_machine() -> None:
    assert 1e-5 < transport_s() < 0.1
