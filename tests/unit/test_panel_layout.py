# SPDX-License-Identifier: BSD-3-Clause
"""From a layout to panes, and how often which of them is sent."""

from __future__ import annotations

from typing import Any

import pytest

from rdf_live.client.keys import find
from rdf_live.errors import BadInput, WrongKind
from rdf_live.snapshot import Result
from rdf_live.view.panel import layout, pace

KINDS = ["TH1D", "TH1D", "TH1D", "TH2D", "TH3D", "TProfile", "TGraph", "Count", "Report", "AsNumpy", "THnD"]
RESULTS = [Result(0, i, f"{kind.lower()}{i}", kind) for i, kind in enumerate(KINDS)]
DATA, ONE, TWO, FLAT, BOX, PROFILE, GRAPH, COUNT = RESULTS[:8]


def panes(given: Any, **axes: Any) -> list[layout.Pane]:
    return layout.panes_of(given, RESULTS, lambda key: find(key, "run", RESULTS, {}), **axes)


def test_default_is_everything_that_can_be_drawn() -> None:
    assert [pane.over for pane in panes(None)] == [(result,) for result in RESULTS[:7]]
    assert panes(None)[0] == layout.Pane((DATA,), (), None, None)


def test_forms() -> None:
    assert panes(ONE) == panes("th1d1") == panes([ONE]) == panes([[ONE]]) == [layout.Pane((ONE,))]
    assert panes([]) == []
    first, second = panes([[DATA, (ONE, TWO)], GRAPH], logx=False, logy=True)
    assert first == layout.Pane((DATA,), (ONE, TWO), False, True)
    assert first.title == "th1d0, th1d1 + th1d2"
    assert first.picture == [DATA, (ONE, TWO)]
    assert first.results == (DATA, ONE, TWO)
    assert second.picture is GRAPH
    (stack,) = panes([(ONE, TWO)])
    assert (stack.over, stack.stack, stack.picture) == ((), (ONE, TWO), [(ONE, TWO)])
    (lines,) = panes([[DATA, PROFILE, GRAPH]])
    assert lines.picture == [DATA, PROFILE, GRAPH]


WRONG = {
    "number": ([COUNT], BadInput, r"got 'count7' \(Count\), expected one of TH1D, .* Leave it out"),
    "tuple as the layout": ((ONE, TWO), WrongKind, "got a tuple, expected a list of panes"),
    "empty pane": ([[]], BadInput, "got an empty pane"),
    "empty stack": ([[DATA, ()]], BadInput, "got an empty pane"),
    "two stacks": ([[(ONE,), (TWO,)]], BadInput, "got 2 stacks in one pane"),
    "graph in a stack": ([[(ONE, GRAPH)]], BadInput, r"got 'tgraph6' \(TGraph\) in a stack"),
    "flat one with others": ([[DATA, FLAT]], BadInput, r"got 'th2d3' \(TH2D\) together with others"),
    "no such result": (["nothing"], KeyError, "got 'nothing', expected one of 'th1d0'"),
    "no result at all": ([3.5], WrongKind, "got a float, expected a booked result"),
}


@pytest.mark.parametrize(("given", "error", "text"), WRONG.values(), ids=WRONG)
def test_what_is_no_layout(given: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        panes(given)


def test_options_are_checked() -> None:
    with pytest.raises(WrongKind, match="logx: got 'yes', expected True, False, or None"):
        panes(None, logx="yes")
    for columns, error in ((True, WrongKind), (2.0, WrongKind), (0, BadInput)):
        with pytest.raises(error, match="columns: got"):
            layout.check_columns(columns)
    layout.check_columns(None)
    layout.check_columns(3)


def test_interval_keeps_to_its_share() -> None:
    cost = pace.Cost()
    assert pace.interval(0.5, cost) == 0.5
    cost.add(3.0)  # loads and compiles
    assert pace.interval(0.5, cost) == 0.5
    for _ in range(2):
        cost.add(0.1)
    assert pace.interval(0.5, cost) == pytest.approx(0.1 / pace.SHARE)
    assert pace.interval(60, cost) == 60
    cost.add(9.0)  # once is no habit
    assert cost.typical == 0.1
    cost.add(9.0)
    assert cost.typical == 9.0


def test_pictures() -> None:
    cost = pace.Cost()
    assert pace.picture_due(None, cost, True)
    assert pace.picture_due(0.1, cost, False)
    assert not pace.picture_due(19.9, cost, True)
    assert pace.picture_due(20.0, cost, True)
    for _ in range(3):
        cost.add(0.6)
    assert not pace.picture_due(39.0, cost, False)
    assert not pace.picture_due(39.0, cost, True)
    assert pace.picture_due(40.1, cost, True)


def test_panes_take_turns() -> None:
    sent: dict[int, int] = {}
    seen = []
    for number in range(9):
        chosen = pace.choose(30, sent, None)
        seen.append(chosen)
        sent |= dict.fromkeys(chosen, number)
    assert seen[:3] == [list(range(12)), list(range(12, 24)), [*range(24, 30), *range(6)]]
    assert all(len(chosen) == 12 for chosen in seen)
    assert {pane for chosen in seen[3:6] for pane in chosen} == set(range(30))


def test_panes_in_sight() -> None:
    assert pace.choose(30, {3: 5, 7: 4}, {7, 3, 20, 30, -1}) == [20, 7, 3]
    assert pace.choose(100, {}, set(range(100))) == list(range(100))
    assert pace.choose(30, {}, set()) == []
