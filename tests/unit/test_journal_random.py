# SPDX-License-Identifier: BSD-3-Clause
"""Random messages: never an exception, always valid outputs, the same on disk, the same as a page that stayed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_messages import ODD, ORDINARY, TIME, NaivePage, requested

from rdf_live.jupyter.journal import Journal, Limits, Store, shown

SMALL = Limits(stream=60, head=20, tail=20, total_bytes=400, outputs=6)


def made(limits=None):
    journal = Journal("k", limits=limits)
    journal.path = "a.ipynb"
    requested(journal, "m1", "m2", "m3")
    return journal


def check_valid(journal):
    """Every snapshot is JSON, and its outputs make a valid notebook."""
    snapshot = json.loads(json.dumps(journal.snapshot()))
    notebook = nbformat.v4.new_notebook()
    for one in snapshot["executions"]:
        outputs = [{name: value for name, value in out.items() if name != "transient"} for out in one["outputs"]]
        cell = {"cell_type": "code", "id": one["cell"], "metadata": {}, "source": one["source"]}
        notebook.cells.append(nbformat.from_dict({**cell, "execution_count": one["count"], "outputs": outputs}))
    nbformat.validate(notebook)


@settings(max_examples=200, deadline=None)
@given(st.lists(ORDINARY | ODD, max_size=40), st.booleans())
def test_odd_messages(messages, small):
    journal = made(SMALL if small else None)
    seq = journal.seq
    for one in messages:
        for change in journal.message(one, TIME):
            assert change.seq > seq
            seq = change.seq
    check_valid(journal)
    if small:
        for one in journal.executions.values():
            assert sum(len(item) for item in one.outputs.items if hasattr(item, "text")) <= 60


@settings(max_examples=200, deadline=None)
@given(st.lists(ORDINARY, max_size=40))
def test_replay(messages):
    """The messages that are sent on make of an empty page what the journal has."""
    journal = made()
    pages = {id: NaivePage() for id in journal.executions}
    for one in messages:
        for change in journal.message(one, TIME):
            if change.message is not None:
                pages[change.execution.id].take(change.message)
    for id, execution in journal.executions.items():
        outputs = execution.to_json()["outputs"]
        for output in outputs:
            if output["output_type"] == "stream":
                output["text"] = shown(output["text"])
        assert outputs == pages[id].outputs


STEPS = st.lists(st.one_of(ORDINARY, st.sampled_from(["flush", "lost", "saved", "again", "rename"])), max_size=40)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.booleans(), st.integers(1, 400))
def test_disk(steps, small, cut):
    """What is read back is what was in memory, and goes on in the same way; a cut loses only the last record."""
    limits = SMALL if small else Limits()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), limits=limits)
        journal = store.open("k")
        journal.path = "a.ipynb"
        requested(journal, "m1", "m2", "m3")
        for number, step in enumerate(steps):
            if step == "flush":
                store.flush(journal)
            elif step == "lost":
                journal.kernel_lost("The kernel died at 10:41.", TIME, alive=True)
            elif step == "saved":
                journal.saved(["m1", "m2"])
            elif step == "again":
                requested(journal, "m1")
            elif step == "rename":
                journal.path = f"b{number}.ipynb"
            else:
                journal.message(step, TIME)
        store.flush(journal)
        read = Store(Path(folder), limits=limits).open("k")
        assert read.snapshot() == journal.snapshot()
        assert list(read.executions) == list(journal.executions)
        # Which process has ended is not kept, so these say nothing of theirs.
        for step in [{**one, "header": {**one["header"], "session": "page"}} for one in steps if isinstance(one, dict)]:
            journal.message(step, TIME)
            read.message(step, TIME)
        assert read.snapshot()["executions"] == journal.snapshot()["executions"]
        (file,) = Path(folder).glob("*.jsonl")
        whole = file.read_bytes()
        lines = whole.splitlines(keepends=True)
        if len(lines) > 2:
            last = min(cut, len(lines[-1]))
            file.write_bytes(whole[:-last])
            assert _lines_read(folder, limits) == _after(folder, limits, lines[:-1])


def _lines_read(folder, limits):
    return Store(Path(folder), limits=limits).open("k").snapshot()


def _after(folder, limits, lines):
    (file,) = Path(folder).glob("*.jsonl")
    file.write_bytes(b"".join(lines))
    return _lines_read(folder, limits)
