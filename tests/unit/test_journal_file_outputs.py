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


def cell(source="code m1", **changes):
    return {"cell_type": "code", "id": "c1", "source": source, "metadata": {}, "outputs": [], **changes}


@pytest.mark.parametrize("source", ["code m1", ["code", " m1"]])
def test_the_cell_that_was_run(journal, source):
    run(journal, "m1", stream("hello\n"), count=4)
    before = cell(source, metadata={"tags": ["x"]})
    ((index, (made, ids)),) = put_into([cell("1", id="c0"), before], [*journal.executions.values()]).items()
    assert (index, ids) == (1, ["m1"])
    assert made["execution_count"] == 4
    assert made["metadata"] == {"tags": ["x"], "trusted": True}
    assert made["outputs"][0]["text"] == "hello\n"
    assert before["outputs"] == []


@pytest.mark.parametrize("change", [{"source": "code m1 "}, {"id": "c2"}, {"cell_type": "markdown"}], ids=str)
def test_other_cells(journal, change):
    run(journal, "m1", stream("hello\n"))
    assert put_into([cell(**change)], [*journal.executions.values()]) == {}


def test_a_format_without_ids(journal):
    """The text tells the cell where no other has it; the newest execution wins, and the older ones are done with."""
    run(journal, "m1", stream("old\n"))
    journal.request("m2", "of another page", "s2", "code m1", TIME + 1)
    journal.message(status("busy", parent="m2"), TIME + 1)
    journal.message(stream("new\n", parent="m2"), TIME + 1)
    executions = [*journal.executions.values()]
    nameless = cell()
    del nameless["id"]
    ((index, (made, ids)),) = put_into([cell("1", id=None), nameless], executions).items()
    assert (index, ids) == (1, ["m1", "m2"])
    assert made["outputs"][0]["text"] == "new\n"
    assert "id" not in made
    assert put_into([nameless, nameless], executions) == {}
