# SPDX-License-Identifier: BSD-3-Clause
"""What ``rdf_live.journal()`` and ``%rdf_live`` say."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rdf_live.errors import BadInput
from rdf_live.jupyter.kernel.magic import choose, overview
from rdf_live.jupyter.kernel.past import Cell, Cells

#: Noon of today.
NOON = time.mktime((*time.localtime()[:3], 12, 0, 0, 0, 0, -1))
SHOWN = [{"output_type": "stream", "name": "stdout", "text": "1\n"}]


def cell(id: str, count: int | None = 1, state: str = "ok", **more: Any) -> Cell:
    fields = {"queued": NOON, "started": NOON, "ended": NOON + 0.2, "reason": None, "source": "x = 1", "outputs": []}
    return Cell(cell=id, count=count, state=state, **{**fields, **more})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (cell("a", 3), "[3] ok, 12:00: x = 1"),
        (cell("a", 3, ended=NOON + 125), "[3] ok, 12:00, 2:05 long: x = 1"),
        (cell("a", None, "queued", started=None, ended=None), "[ ] queued, since 12:00: x = 1"),
        (cell("a", 2, source="\n  first\nsecond"), "[2] ok, 12:00: first"),
        (cell("a", 2, source="y" * 100), f"[2] ok, 12:00: {'y' * 79}…"),
        (cell("a", 2, source=""), "[2] ok, 12:00: "),
        (
            cell("a", 2, "lost", reason="The kernel died at 12:00."),
            "[2] lost, 12:00: x = 1  # The kernel died at 12:00.",
        ),
    ],
)
def test_words(given: Cell, words: str) -> None:
    assert repr(given) == words


def test_another_day() -> None:
    then = time.mktime((2020, 2, 3, 10, 41, 0, 0, 0, -1))
    assert repr(cell("a", started=then, ended=then)) == "[1] ok, 03 Feb 10:41: x = 1"


def test_nothing_becomes_markup() -> None:
    table = Cells([cell("a", source="<script>", reason="<b>", state="<i>")])._repr_html_()
    assert "&lt;script&gt;" in table
    assert not {"<script>", "<b>", "<i>"} & {part + ">" for part in table.split(">")}
    assert Cells()._repr_html_() == "<p>no cells</p>"
    assert repr(Cells()) == "no cells"


def test_choose() -> None:
    cells = Cells(
        [
            cell("a", 1, outputs=SHOWN),
            cell("b", 2),
            cell("c", 1, outputs=SHOWN),
            cell("d", 4, outputs=SHOWN, source="%rdf_live restore all"),
        ]
    )
    assert [one.cell for one in choose(cells, "all")] == ["a", "c"]
    assert [one.cell for one in choose(cells, "1")] == ["a", "c"]
    assert [one.cell for one in choose(cells, "b")] == ["b"]
    with pytest.raises(
        BadInput, match="got the cell '3', expected the number in the prompt of one that was kept: 1, 2"
    ):
        choose(cells, "3")
    with pytest.raises(BadInput, match="kept: none; or all"):
        choose(Cells(), "3")


def test_overview() -> None:
    assert overview(Cells(), "They are kept.") == "They are kept. There are none of other cells yet."
    many = Cells(cell(str(n), n, outputs=SHOWN) for n in range(1, 24))
    lines = overview(many, "They are kept.").splitlines()
    assert lines[:3] == ["They are kept.", "... and 3 before:", "[4] ok, 12:00: x = 1"]
    assert lines[-1].startswith("%rdf_live restore 23 shows the outputs of cell [23] again, ")
    assert len(lines) == 23
