# SPDX-License-Identifier: BSD-3-Clause
"""What a notebook file gets of an execution."""

from __future__ import annotations

import pytest
from journal_messages import TIME, plot, requested, run, status, stream

from rdf_live.jupyter.journal import Journal
from rdf_live.jupyter.server.notebook_file import file_outputs, put_into


@pytest.fixture
def journal():
    return Journal("k")


def test_outputs(journal):
    """No display_id, and no carriage return that only says where the cursor stands."""
    run(journal, "m1", plot("frame"), stream("10%\r20%\r"))
    assert file_outputs(journal.executions["m1"]) == [
        {"output_type": "display_data", "data": {"text/plain": "frame"}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": "20%"},
    ]
    assert journal.executions["m1"].to_json()["outputs"][0]["transient"] == {"display_id": "plot"}


def test_reason(journal):
    requested(journal, "m1", "m2")
    journal.message(status("busy"), TIME)
    journal.message(stream("begun\n"), TIME)
    journal.kernel_lost("The kernel died at 10:41.", TIME, alive=False)
    texts = [[out["text"] for out in file_outputs(one)] for one in journal.executions.values()]
    assert texts == [["begun\n", "The kernel died at 10:41.\n"], ["Not run: the kernel died at 10:41.\n"]]


@pytest.mark.parametrize("source", ["code m1", ["code", " m1"]])
def test_the_cell_that_was_run(journal, source):
    run(journal, "m1", stream("hello\n"), count=4)
    cell = {"cell_type": "code", "id": "c1", "source": source, "metadata": {"tags": ["x"]}, "outputs": []}
    made, execution = put_into(cell, journal.executions.values())
    assert execution.id == "m1"
    assert made["execution_count"] == 4
    assert made["metadata"] == {"tags": ["x"], "trusted": True}
    assert made["outputs"][0]["text"] == "hello\n"
    assert cell["outputs"] == []


@pytest.mark.parametrize(
    "change", [{"source": "code m1 "}, {"id": "c2"}, {"cell_type": "markdown"}, {"id": None}], ids=str
)
def test_other_cells(journal, change):
    run(journal, "m1", stream("hello\n"))
    cell = {"cell_type": "code", "id": "c1", "source": "code m1", "metadata": {}, "outputs": []}
    assert put_into({**cell, **change}, journal.executions.values()) is None
