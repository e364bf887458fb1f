# SPDX-License-Identifier: BSD-3-Clause
"""What a kernel says on iopub and which cell it says it is in, in any order."""

from __future__ import annotations

from typing import Any

import pytest

from rdf_live.jupyter.journal import Journal
from rdf_live.jupyter.kernel.pairing import Pairing


def message(kind: str, id: str = "a", **content: Any) -> dict[str, Any]:
    parent = {"msg_id": id, "session": "page"}
    return {"header": {"msg_type": kind}, "parent_header": parent, "metadata": {}, "content": content}


def execution(id: str = "a") -> list[dict[str, Any]]:
    return [
        message("status", id, execution_state="busy"),
        message("execute_input", id, code="print(1)", execution_count=3),
        message("stream", id, name="stdout", text="1\n"),
        message("status", id, execution_state="idle"),
    ]


TOLD = {"id": "a", "cell": "cell", "notebook": "/n.ipynb"}


@pytest.mark.parametrize("when", range(5))
def test_either_may_be_first(when: int) -> None:
    journal = Journal("k")
    pairing = Pairing(journal)
    for index, one in enumerate(execution()):
        if index == when:
            pairing.told(TOLD, 10.0)
        pairing.heard(one, 10.0 + index / 100)
    if when == 4:
        assert pairing.waits
        pairing.told(TOLD, 10.1)
    (found,) = journal.executions.values()
    assert (found.id, found.cell, found.session, found.source) == ("a", "cell", "page", "print(1)")
    assert (found.state, found.count) == ("ok", 3)
    assert found.to_json()["outputs"] == [{"output_type": "stream", "name": "stdout", "text": "1\n"}]
    assert journal.path == "/n.ipynb"
    assert not pairing.waits


def test_a_front_end_without_cells() -> None:
    journal = Journal("k")
    pairing = Pairing(journal)
    for one in execution("a"):
        pairing.heard(one, 10.0)
    assert pairing.settle(10.5) == []
    assert pairing.settle(11.0)
    pairing.told({"id": "b", "cell": None, "notebook": None}, 12.0)
    for one in execution("b"):
        pairing.heard(one, 12.0)
    assert [(one.cell, one.state) for one in journal.executions.values()] == [("a", "ok"), ("b", "ok")]


def test_at_the_end_nothing_waits() -> None:
    journal = Journal("k")
    pairing = Pairing(journal)
    for one in execution()[:3]:
        pairing.heard(one, 10.0)
    pairing.settle(10.1, at_once=True)
    journal.kernel_lost("The kernel died at 10:41.", 10.2, alive=False)
    assert journal.executions["a"].state == "lost"


def test_began_before_anybody_listened() -> None:
    journal = Journal("k")
    pairing = Pairing(journal)
    pairing.told({**TOLD, "source": "%load_ext rdf_live", "session": "page", "count": 1}, 10.0)
    assert journal.executions["a"].state == "running"
    pairing.heard(execution()[2], 10.1)
    pairing.heard(execution()[3], 10.2)
    # Told again, by a cell that runs another within it.
    pairing.told(TOLD, 10.3)
    (found,) = journal.executions.values()
    assert (found.state, found.count, found.source) == ("ok", 1, "%load_ext rdf_live")


def test_odd_lines_and_messages() -> None:
    journal = Journal("k")
    pairing = Pairing(journal)
    for told in ({}, {"id": 3}, {"id": "x", "cell": 4, "notebook": 5}):
        pairing.told(told, 1.0)
    pairing.heard(message("iopub_welcome"), 1.0)
    pairing.heard({"header": {}, "parent_header": {}, "metadata": {}, "content": {}}, 1.0)
    assert not journal.executions
    assert not pairing.farewell
    pairing.heard(message("shutdown_reply", restart=False), 2.0)
    assert pairing.farewell
