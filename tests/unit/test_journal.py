# SPDX-License-Identifier: BSD-3-Clause
"""The reducer: from messages to the state and the outputs of each execution."""

from __future__ import annotations

import re

import pytest
from journal_messages import TIME, begun, message, outputs, plot, requested, run, status, stream

from rdf_live.jupyter.journal import Journal, Limits, merged
from rdf_live.jupyter.journal.outputs import Outputs


@pytest.fixture
def journal():
    made = Journal("k")
    made.path = "a.ipynb"
    return made


def states(journal):
    return {id: one.state for id, one in journal.executions.items()}


def test_life_of_an_execution(journal):
    requested(journal, "m1")
    assert states(journal) == {"m1": "queued"}
    journal.message(status("busy"), TIME + 1)
    journal.message(begun(7), TIME + 1)
    assert journal.running.id == "m1"
    (change,) = journal.message(stream("hello\n"), TIME + 2)
    assert change.message["content"]["text"] == "hello\n"
    (change,) = journal.message(status("idle"), TIME + 3)
    done = change.execution
    assert (done.state, done.count, done.queued, done.started, done.ended) == ("ok", 7, TIME, TIME + 1, TIME + 3)
    assert journal.running is None


QUESTION = {"prompt": "who? ", "password": False}


def test_input(journal):
    """The question is of the execution that waits, until it is answered; what is shown of both comes before that."""
    requested(journal, "m1")
    for one in (status("busy"), begun()):
        journal.message(one, TIME)
    (asked,) = journal.asks("m1", QUESTION, TIME + 1)
    assert asked.execution.to_json()["asks"] == QUESTION | {"time": TIME + 1}
    shown, answered = journal.answered(TIME + 2, "who? you\n")
    assert shown.message["content"]["text"] == "who? you\n"
    assert shown.seq < answered.seq == answered.execution.seq
    assert answered.execution.to_json()["asks"] is None
    assert outputs(journal)[0]["text"] == "who? you\n"
    assert journal.answered(TIME + 3) == []


def test_input_that_nobody_answers(journal):
    assert journal.asks("m1", QUESTION, TIME) == []
    requested(journal, "m1", "m2")
    for one in (status("busy"), begun()):
        journal.message(one, TIME)
    journal.asks("m1", QUESTION, TIME)
    journal.message(status("idle"), TIME)
    assert journal.executions["m1"].asks is None
    assert journal.asks("m1", QUESTION, TIME) == []
    for one in (status("busy", "m2"), begun(2, "m2")):
        journal.message(one, TIME)
    journal.asks("m2", QUESTION, TIME)
    journal.kernel_lost("It died.", TIME, alive=True)
    assert journal.executions["m2"].asks is None


@pytest.mark.parametrize("status", ["ok", "aborted"])
def test_input_of_an_execution_whose_end_only_the_page_heard(journal, status):
    """It does not stand in the way of the next question."""
    requested(journal, "m1", "m2")
    journal.asks("m1", QUESTION, TIME)
    journal.replied("m1", status, TIME)
    assert journal.executions["m1"].asks is None
    journal.asks("m2", QUESTION, TIME + 1)
    (answered,) = journal.answered(TIME + 2)
    assert answered.execution.id == "m2"


def test_a_server_that_was_away(journal):
    """Pages are not told any more what they asked for; where nobody has listened, that is said, and nothing goes on."""
    requested(journal, "m1", "m2")
    for one in (status("busy"), begun(), stream("one")):
        journal.message(one, TIME)
    assert [change.execution.session for change in journal.disowned(TIME + 1)] == ["", ""]
    assert journal.disowned(TIME + 1) == []
    journal.unheard("[nobody]\n", TIME + 2)
    assert [one["text"] for one in outputs(journal)] == ["one", "[nobody]\n"]
    ended = journal.ended_unheard(["m1", "m2", "m3"], "Nobody knows.", TIME + 3)
    assert [(one.execution.state, one.execution.reason) for one in ended] == [("lost", "Nobody knows.")] * 2
    assert journal.ended_unheard(["m1"], "Nobody knows.", TIME + 4) == []
    assert journal.unheard("[nobody]\n", TIME + 4) == []


def test_what_a_widget_takes_is_not_of_the_cell(journal):
    """``with output:`` of ipywidgets."""

    def takes(id):
        return message("comm_msg", comm_id="w", data={"method": "update", "state": {"msg_id": id}})

    cleared = message("clear_output", wait=True)
    inside = [takes("m1"), cleared, stream("inside\n"), plot("inside", None), takes("")]
    run(journal, "m1", stream("before\n"), *inside, *inside, stream("after\n"))
    assert [one["text"] for one in outputs(journal)] == ["before\nafter\n"]
    run(journal, "m2", takes("m2"), stream("inside\n", "m2"))
    journal.kernel_lost("It died.", TIME, alive=True)
    run(journal, "m2", stream("again\n", "m2"))
    assert [one["text"] for one in outputs(journal, "m2")] == ["again\n"]


def test_error_and_the_queue_behind_it(journal):
    requested(journal, "m1", "m2")
    for one in (status("busy"), begun(), message("error", ename="E", evalue="e", traceback=[]), status("idle")):
        journal.message(one, TIME)
    assert [one.id for one in journal.queued] == ["m2"]
    for one in (status("busy", "m2"), status("idle", "m2")):
        journal.message(one, TIME + 1)
    assert states(journal) == {"m1": "error", "m2": "aborted"}
    assert journal.executions["m2"].started is None
    assert "Not run" in journal.executions["m2"].reason


def test_unknown_requests_and_messages_change_nothing(journal):
    assert journal.message(stream("x", "other"), TIME) == []
    requested(journal, "m1")
    assert journal.message(message("comm_msg"), TIME) == []
    assert journal.message({}, TIME) == []


def test_kernel_lost(journal):
    requested(journal, "m1", "m2")
    journal.message(status("busy"), TIME)
    changes = journal.kernel_lost("The kernel died at 10:41.", TIME + 5, alive=True)
    assert states(journal) == {"m1": "lost", "m2": "aborted"}
    assert all(change.execution.reason == "The kernel died at 10:41." for change in changes)
    assert journal.kernel_info == {
        "id": "k",
        "alive": True,
        "since": TIME + 5,
        "reason": "The kernel died at 10:41.",
    }
    # What the old process still says is output, and ends nothing.
    requested(journal, "m3")
    journal.message(stream("late\n"), TIME + 6)
    assert states(journal)["m3"] == "queued"
    assert outputs(journal)[0]["text"] == "late\n"


def test_a_new_process_that_nobody_announced(journal):
    requested(journal, "m1", "m2")
    journal.message(status("busy"), TIME)
    journal.message(begun(), TIME)
    requested(journal, "m3")
    journal.message(message("status", "m3", session="new process", execution_state="busy"), TIME + 1)
    assert states(journal) == {"m1": "lost", "m2": "aborted", "m3": "running"}


def test_kernels_that_answer_in_the_name_of_the_page(journal):
    """Some kernels take over the session of the request."""
    requested(journal, "m1")
    for session in ("page", "other page"):
        journal.message(
            {
                "header": {"msg_type": "status", "session": session},
                "parent_header": {"msg_id": "m1", "session": session},
                "content": {"execution_state": "busy"},
            },
            TIME,
        )
    assert states(journal) == {"m1": "running"}


@pytest.mark.parametrize(("restart", "word"), [(True, "restarted"), (False, "shut down")])
def test_the_kernel_says_that_it_goes(journal, restart, word):
    requested(journal, "m1")
    journal.message(status("busy"), TIME)
    journal.message(message("shutdown_reply", "x", restart=restart, status="ok"), TIME)
    assert journal.executions["m1"].reason.startswith(f"The kernel was {word} at ")
    assert journal.kernel_info["alive"] is restart


def test_streams_merge_by_name(journal):
    run(journal, "m1", stream("a"), stream("b\n"), stream("E", name="stderr"), stream("c\n"))
    assert [(one["name"], one["text"]) for one in outputs(journal)] == [
        ("stdout", "ab\n"),
        ("stderr", "E"),
        ("stdout", "c\n"),
    ]


def test_display_updates_in_place_also_in_other_executions(journal):
    run(journal, "m1", plot("0"), stream("x"))
    requested(journal, "m2")
    changes = journal.message(plot("1", parent="m2", kind="update_display_data"), TIME)
    assert [change.execution.id for change in changes] == ["m1"]
    assert outputs(journal)[0]["data"] == {"text/plain": "1"}
    assert outputs(journal)[0]["transient"] == {"display_id": "plot"}
    assert outputs(journal, "m2") == []
    # Shown once more under the same name: both are the newest.
    changes = journal.message(plot("2", parent="m2"), TIME)
    assert [(change.execution.id, change.message["msg_type"]) for change in changes] == [
        ("m1", "update_display_data"),
        ("m2", "display_data"),
    ]
    assert [outputs(journal, id)[0]["data"]["text/plain"] for id in ("m1", "m2")] == ["2", "2"]


def test_clear_output(journal):
    run(journal, "m1", stream("a"), message("clear_output", wait=True))
    assert outputs(journal)[0]["text"] == "a"
    assert journal.executions["m1"].to_json()["clear"] is True
    journal.message(stream("b"), TIME)
    assert [one["text"] for one in outputs(journal)] == ["b"]
    journal.message(message("clear_output", wait=False), TIME)
    assert outputs(journal) == []


def test_saved(journal):
    run(journal, "m1", plot("0"))
    requested(journal, "m2")
    assert [change.execution.id for change in journal.saved(["m1", "m2", "unknown"])] == ["m1"]
    assert journal.saved(["m1"]) == []
    # What changes after that is not in the file.
    journal.message(plot("1", kind="update_display_data", parent="other"), TIME)
    assert not journal.executions["m1"].saved


def test_of_each_cell_the_newest(journal):
    run(journal, "m1", stream("old"))
    journal.request("m2", "c1", "page", "code", TIME + 1)
    assert [one["id"] for one in journal.snapshot()["executions"]] == ["m2"]
    assert "m1" in journal.executions
    journal.message(begun(2, "m2"), TIME + 1)
    assert list(journal.executions) == ["m2"]


def test_snapshot_since(journal):
    run(journal, "m1")
    seq = journal.snapshot()["seq"]
    run(journal, "m2", count=2)
    assert [one["id"] for one in journal.snapshot(seq)["executions"]] == ["m2"]
    assert journal.snapshot(journal.seq)["executions"] == []


def test_merged(journal):
    """A notebook whose kernel was shut down and that got another one."""
    run(journal, "m1", stream("one"))
    run(journal, "m2")
    journal.kernel_lost("The kernel was shut down at 10:41.", TIME + 1, alive=False)
    other = Journal("k2")
    other.path = "a.ipynb"
    other.request("n1", "c1", "page", "code", TIME + 2)
    snapshot = merged([other, journal])
    assert [one["id"] for one in snapshot["executions"]] == ["m2", "n1"]
    assert snapshot["kernel"]["id"] == "k2"
    assert snapshot["seq"] == other.seq > journal.seq
    assert [one["id"] for one in merged([journal, other], journal.seq)["executions"]] == ["n1"]
    with pytest.raises(ValueError, match="got no journal"):
        merged([])


def test_forget(journal):
    for index in range(1, 6):
        journal.request(f"m{index}", f"c{index}", "page", "", TIME)
        for one in (begun(1, f"m{index}"), status("idle", f"m{index}")):
            journal.message(one, TIME + index)
    requested(journal, "m6")
    journal.forget(TIME + 1.5, most=3)
    assert list(journal.executions) == ["m3", "m4", "m5", "m6"]


def test_stream_limit():
    journal = Journal("k", limits=Limits(stream=2000, head=500, tail=500))
    run(journal, "m1", *(stream(f"line {index:4d}\n") for index in range(1000)))
    (output,) = outputs(journal)
    text = output["text"]
    assert text.startswith("line    0\n")
    assert text.endswith("line  999\n")
    assert len(text) < 2000
    before, note, after = text.partition("... ")
    assert before.endswith("\n")
    assert note
    assert after.splitlines()[0].endswith("kB of output left out ...")
    left_out = journal.executions["m1"].to_json()["left_out_bytes"]
    assert left_out + len(before) + len(after.partition("\n")[2]) == 10_000


def test_stream_limit_over_two_streams():
    journal = Journal("k", limits=Limits(stream=2000, head=500, tail=500))
    run(journal, "m1", *(stream(f"{index:9d}\n", name=("stdout", "stderr")[index % 2]) for index in range(1000)))
    texts = [one["text"] for one in outputs(journal)]
    assert sum(map(len, texts)) < 2100
    assert texts[0] == "        0\n"
    assert texts[-1] == "      999\n"
    assert sum("left out" in text for text in texts) == 1


def test_other_limits():
    journal = Journal("k", limits=Limits(total_bytes=10_000, outputs=8))
    big = "x" * 9_000
    error = message("error", ename="E", evalue="e", traceback=[])
    run(journal, "m1", plot(big, "a"), plot(big, "b"), *(plot(str(index), None) for index in range(90)), error)
    shown = [one.get("data", {}).get("text/plain") for one in outputs(journal)]
    assert shown[:4] == [big, "... 9.1 kB of output left out ...", "0", "1"]
    assert re.fullmatch(r"\.\.\. \d\d outputs left out \.\.\.", shown[4])
    assert shown[-3:] == ["88", "89", None]
    assert len(shown) - 1 + int(shown[4].split()[1]) == 93
    assert journal.executions["m1"].to_json()["left_out_bytes"] > 9_000
    # An update that fits again is shown again.
    journal.message(plot("small", "b", kind="update_display_data"), TIME)
    assert outputs(journal)[1]["data"] == {"text/plain": "small"}


def test_more_outputs_than_are_kept():
    """Beginning and end stay, whatever kinds they are, also of text that was cut, and how many are missing is said."""
    journal = Journal("k", limits=Limits(outputs=20, stream=300, head=50, tail=50))
    lines = [stream(f"{index:9d}\n", name=("stdout", "stderr")[index % 2]) for index in range(200)]
    run(journal, "m1", *lines, plot("end", "d"))
    journal.message(plot("the end", "d", kind="update_display_data"), TIME)
    shown = outputs(journal)
    assert shown[0]["text"] == "        0\n"
    assert shown[-1]["data"]["text/plain"] == "the end"
    assert shown[-2]["text"].endswith("      199\n")
    assert len(shown) <= 20
    assert sum("outputs left out" in str(one) for one in shown) == 1


@pytest.mark.parametrize(("status_said", "state"), [("ok", "ok"), ("error", "error"), ("aborted", "aborted")])
def test_answer_ends_what_no_message_has_ended(journal, status_said, state):
    """Messages to everybody may be missed while a new process is connected; the answer to the page is not."""
    requested(journal, "m1")
    (change,) = journal.replied("m1", status_said, TIME + 1)
    assert change.execution.state == state
    assert change.execution.ended == TIME + 1
    assert change.execution.started is None
    assert journal.replied("m1", status_said, TIME + 2) == []
    assert journal.replied("unknown", "ok", TIME) == []


def test_what_has_a_hole_is_not_for_the_file(journal):
    """Nobody knows what an execution has shown whose beginning was not heard, and the page that asked has all of it."""
    requested(journal, "m1", "m2", "m3")
    journal.replied("m1", "ok", TIME + 1)
    for one in (stream("the end of much\n", "m2"), status("idle", "m2")):
        journal.message(one, TIME + 1)
    assert states(journal) == {"m1": "ok", "m2": "ok", "m3": "queued"}
    journal.kernel_lost("The kernel died at 10:41.", TIME + 2, alive=True)
    assert {id: (one.count, one.saved) for id, one in journal.executions.items()} == {
        "m1": (None, True),
        "m2": (None, True),
        "m3": (None, False),
    }
    journal.message(stream("late\n"), TIME + 2)
    assert journal.executions["m1"].saved


def test_the_beginning_comes_late(journal):
    """What everybody is told is far behind the answer to the page: it is complete in the end."""
    requested(journal, "m1")
    journal.replied("m1", "ok", TIME + 1)
    for one in (status("busy"), begun(3), stream("all of it\n")):
        journal.message(one, TIME + 2)
    assert states(journal) == {"m1": "running"}
    journal.message(status("idle"), TIME + 2)
    done = journal.executions["m1"]
    assert (done.state, done.count, done.started, done.saved) == ("ok", 3, TIME + 2, False)


@pytest.mark.parametrize("status_said", ["ok", "error"])
def test_the_answer_corrects_what_the_rest_of_the_messages_said(journal, status_said):
    """An execution looks as if it was skipped when its beginning was not heard."""
    requested(journal, "m1")
    for one in (status("busy"), status("idle")):
        journal.message(one, TIME)
    assert states(journal) == {"m1": "aborted"}
    (change,) = journal.replied("m1", status_said, TIME + 1)
    assert (change.execution.state, change.execution.reason, change.execution.saved) == (status_said, None, True)


def test_a_late_answer_does_not_drop_the_next_execution(journal):
    requested(journal, "m1")
    journal.request("m2", "c1", "page", "code m2", TIME)
    for one in (status("busy", "m2"), begun(2, "m2"), stream("new\n", "m2"), status("idle", "m2")):
        journal.message(one, TIME)
    journal.replied("m1", "ok", TIME + 5)
    assert outputs(journal, "m2")[0]["text"] == "new\n"


def test_a_request_that_outlives_the_process(journal):
    """It waits in the connection, and the new process takes it; the one that is gone says nothing any more."""
    journal.message(status("idle", "x"), TIME)
    requested(journal, "m1", "m2")
    journal.kernel_lost("The kernel died at 10:41.", TIME, alive=True)
    journal.saved(["m1", "m2"], TIME)
    for one in (begun(7, "m2"), stream("all of it\n", "m2")):
        journal.message(one, TIME)
    assert states(journal) == {"m1": "aborted", "m2": "aborted"}
    assert not journal.executions["m2"].saved, "it did run a little, and nothing of it is missing"
    for content in ({"kind": "status", "execution_state": "busy"}, {"kind": "execute_input", "execution_count": 1}):
        journal.message(message(parent="m1", session="new process", **content), TIME + 3)
    begins = journal.executions["m1"]
    assert (begins.state, begins.started, begins.ended, begins.reason) == ("running", TIME + 3, None, None)
    journal.message(message("status", "m1", session="new process", execution_state="idle"), TIME + 4)
    assert (begins.state, begins.saved) == ("ok", False)


def test_answer_after_the_end_changes_nothing(journal):
    requested(journal, "m1")
    for one in (status("busy"), begun(7), status("idle")):
        journal.message(one, TIME)
    assert journal.replied("m1", "ok", TIME + 9) == []


def test_an_update_looks_only_where_its_name_is(journal, monkeypatch):
    """A thousand cells must not cost anything at each frame of one plot."""
    for number in range(1, 50):
        run(journal, f"m{number}", plot("0", f"plot {number}", f"m{number}"))
    looked = []
    update = Outputs.update
    monkeypatch.setattr(Outputs, "update", lambda self, content: (looked.append(self), update(self, content)))
    journal.message(plot("1", "plot 7", kind="update_display_data"), TIME)
    assert looked == [journal.executions["m7"].outputs]
    journal.message(message("clear_output", "m7"), TIME)
    assert journal.message(plot("2", "plot 7", kind="update_display_data"), TIME) == []
