# SPDX-License-Identifier: BSD-3-Clause
"""When the journal on disk is behind the kernel that asks: who keeps it writes a little later."""

from __future__ import annotations

import pytest
from journal_messages import TIME, begun, requested, status

from rdf_live.client.where import Where
from rdf_live.jupyter.journal import Journal
from rdf_live.jupyter.kernel.past import _is_behind


def behind(*written, asks="m2", cell="c2", alive=True):
    """`written`: of each execution on disk the messages that are."""
    journal = Journal("k")
    for number, messages in enumerate(written, 1):
        requested(journal, f"m{number}")
        for one in messages:
            journal.message({**one, "parent_header": {"msg_id": f"m{number}"}}, TIME)
    journal.kernel_info["alive"] = alive
    where = Where(notebook=None, cell=cell, kernel="k", execution=asks, host="h", user="u")
    return _is_behind([(journal, one) for one in journal.executions.values()], where)


DONE = (status("busy"), begun(), status("idle"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ((DONE, ()), False),
        ((DONE, (status("busy"),)), False),
        ((DONE, (), ()), False),
        (((status("busy"), begun()), ()), True),
        (((), ()), True),
        ((DONE,), True),
        (((),), True),
        ((), False),
    ],
    ids=["done", "this one runs", "one behind waits", "runs", "waits", "this one is missing", "waits alone", "nothing"],
)
def test_behind(written, expected):
    assert behind(*written) is expected


def test_what_nobody_writes_is_not_waited_for():
    """A console has no cells; and who kept it may be gone."""
    assert not behind(DONE, cell=None)
    assert behind(DONE, (), (), asks="other", cell=None), "what runs may be before it"
    assert not behind(DONE, alive=False)
