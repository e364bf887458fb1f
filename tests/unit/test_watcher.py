# SPDX-License-Identifier: BSD-3-Clause
"""What is done about jobs that end, are held, refused or lost; and how many workers there are to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rdf_live.cluster.condor import judge as rules
from rdf_live.cluster.condor import words
from rdf_live.cluster.condor.jobs import Job
from rdf_live.cluster.condor.judge import Demand, Judge, Seen, Verdict, silent, spare

HOUR_S = 3600.0
REFUSED = Seen("w", refused="ERROR: no project")
UNREACHABLE = Seen("w", refused="ERROR: Can't find address of local schedd")


def job(state="running", ran_s=None, **values):
    """A job that began 1000 s after the epoch."""
    ended = None if ran_s is None else 1000.0 + ran_s
    return Job("1.0", state, started=1000.0, ended=ended, **values)


def ended(ran_s, exit_code=0, worker="w", **values):
    return Seen(worker, job("ended", ran_s, exit_code=exit_code, reason=f"exit code {exit_code}", **values))


def here(worker="w"):
    return Seen(worker, job(), connected=True)


@pytest.fixture
def judge():
    return Judge(runtime_s=3 * HOUR_S)


def came(judge, *workers, now=0.0):
    """Workers connect."""
    assert judge.look([here(worker) for worker in workers], len(workers), now) == []


# --- one job ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seen",
    [
        Seen("w"),
        Seen("w", Job("1.0")),
        Seen("w", Job("1.0", reason="it was evicted, and waits for another slot")),
        Seen("w", job("held", reason="no such file")),
        Seen("w", job()),
        here(),
    ],
    ids=["submitting", "idle", "evicted", "held", "starting", "connected"],
)
def test_what_may_still_come_is_left(judge, seen):
    for now in (0.0, 1e6):
        assert judge.look([seen], 1, now) == []
    assert judge.gave_up == ""


@pytest.mark.parametrize(
    ("before", "seen", "kind"),
    [
        (True, ended(2.6 * HOUR_S), "normal"),
        (True, ended(120), "normal"),
        (True, ended(2.9 * HOUR_S, exit_code=1), "normal"),
        (True, ended(2.9 * HOUR_S, exit_code=None, signal=15), "normal"),
        (True, ended(5), "lost"),
        (True, ended(HOUR_S, exit_code=1), "lost"),
        (True, ended(HOUR_S, exit_code=None, signal=9), "lost"),
        (True, Seen("w", job("removed", HOUR_S)), "lost"),
        (True, Seen("w", job("removed", 3 * HOUR_S)), "lost"),
        (True, ended(5, exit_code=1), "failed"),
        (True, ended(5, exit_code=None, signal=11), "failed"),
        (False, ended(1, exit_code=127), "failed"),
        (False, ended(65, exit_code=1), "failed"),
        (False, ended(120), "failed"),
        (False, Seen("w", Job("1.0", "removed", ended=1.0)), "failed"),
    ],
    ids=[
        "lifetime",
        "told to end",
        "end of the runtime",
        "terminated at the end of the runtime",
        "came and went",
        "failed late",
        "killed late",
        "removed",
        "removed late",
        "failed at once",
        "crashed at once",
        "exit 127",
        "never reached the scheduler",
        "never came but ended well",
        "removed before it ran",
    ],
)
def test_kinds_of_ends(judge, before, seen, kind):
    if before:
        came(judge, "w")
    (verdict,) = judge.look([seen], 1, 10.0)
    assert verdict == Verdict(seen, kind)


def test_a_worker_that_is_still_listed_when_its_job_is_over(judge):
    came(judge, "w")
    (verdict,) = judge.look([replace(ended(HOUR_S, exit_code=1), connected=True)], 1, 10.0)
    assert verdict.kind == "lost"


def test_a_name_is_forgotten_with_its_worker(judge):
    came(judge, "w")
    judge.look([ended(2.6 * HOUR_S)], 1, 10.0)
    assert [verdict.kind for verdict in judge.look([ended(120)], 1, 20.0)] == ["failed"]


def test_an_evicted_worker_that_comes_back_is_no_new_one(judge):
    came(judge, "w")
    judge.look([ended(1, 127, "a"), ended(1, 127, "b"), Seen("w", Job("1.0"))], 3, 10.0)
    came(judge, "w")
    judge.look([ended(1, 127, "c"), here("w")], 3, 20.0)
    assert judge.gave_up == "failed"


# --- giving up --------------------------------------------------------------------------------------------------------


def test_three_failures_in_a_row(judge):
    for now in (0.0, 10.0):
        judge.look([ended(1, 127)], 1, now)
        assert judge.gave_up == ""
        assert judge.why == []
    judge.look([ended(1, 127)], 1, 20.0)
    assert judge.gave_up == "failed"
    assert [verdict.seen for verdict in judge.why] == [ended(1, 127)] * 3


def test_failures_at_the_same_time(judge):
    judge.look([ended(1, 127, worker) for worker in "abc"], 3, 0.0)
    assert judge.gave_up == "failed"


def test_a_worker_that_connects_breaks_the_row(judge):
    judge.look([ended(1, 127, "a"), ended(1, 127, "b")], 3, 0.0)
    came(judge, "c")
    judge.look([ended(1, 127, "d"), ended(1, 127, "e"), here("c")], 3, 10.0)
    assert judge.gave_up == ""


def test_a_worker_that_connects_later_lifts_it(judge):
    judge.look([ended(1, 127, worker) for worker in "abc"], 4, 0.0)
    assert judge.gave_up == "failed"
    came(judge, "d")
    assert judge.gave_up == ""


def test_it_goes_on_when_somebody_asks_again(judge):
    judge.look([ended(1, 127, worker) for worker in "abc"], 3, 0.0)
    judge.again()
    assert judge.gave_up == ""
    judge.look([ended(1, 127, worker) for worker in "de"], 3, 10.0)
    assert judge.gave_up == ""


def test_too_many_are_lost(judge):
    limit = rules.LOST_PER_WORKER + rules.LOST_MORE
    for n in range(limit):
        came(judge, "w", now=float(n))
        judge.look([ended(HOUR_S / 2, 1)], 1, float(n))
        assert judge.gave_up == ""
    came(judge, "w")
    judge.look([ended(HOUR_S / 2, 1)], 1, float(limit))
    assert judge.gave_up == "lost"
    assert len(judge.why) == limit + 1
    came(judge, "x", now=float(limit))
    assert judge.gave_up == "lost"


def test_what_was_lost_an_hour_ago_lifts_it(judge):
    limit = rules.LOST_PER_WORKER + rules.LOST_MORE
    for n in range(limit + 1):
        came(judge, "w", now=float(n))
        judge.look([ended(HOUR_S / 2, 1)], 1, float(n))
    assert judge.gave_up == "lost"
    judge.look([], 1, rules.LOST_WINDOW_S - 1)
    assert judge.gave_up == "lost"
    judge.look([], 1, rules.LOST_WINDOW_S)
    assert judge.gave_up == ""


def test_it_is_tried_again_where_others_work(judge):
    came(judge, "x")
    judge.look([here("x"), *(ended(1, 127, worker) for worker in "abc")], 4, 10.0)
    judge.look([here("x")], 4, rules.RETRY_S + 9)
    assert judge.gave_up == "failed"
    judge.look([here("x")], 4, rules.RETRY_S + 10)
    assert judge.gave_up == ""
    judge.look([here("x"), *(ended(1, 127, worker) for worker in "def")], 4, rules.RETRY_S + 20)
    judge.look([here("x")], 4, 2 * rules.RETRY_S + 19)
    assert judge.gave_up == "failed"


def test_it_is_not_tried_again_where_nobody_works(judge):
    judge.look([ended(1, 127, worker) for worker in "abc"], 3, 10.0)
    judge.look([], 3, 1e6)
    assert judge.gave_up == "failed"


def test_losses_are_forgotten_after_an_hour(judge):
    for n in range(50):
        came(judge, "w", now=600.0 * n)
        judge.look([ended(HOUR_S / 2, 1)], 1, 600.0 * n)
    assert judge.gave_up == ""


def test_normal_ends_never_count(judge):
    for n in range(50):
        came(judge, "w", now=float(n))
        judge.look([ended(2.6 * HOUR_S)], 1, float(n))
    assert judge.gave_up == ""


# --- refused submissions ----------------------------------------------------------------------------------------------


def test_a_refused_submission_is_seen_for_a_while(judge):
    assert judge.look([REFUSED], 1, 0.0) == []
    assert judge.look([REFUSED], 1, rules.REFUSED_PAUSE_S - 1) == []
    assert judge.look([REFUSED], 1, rules.REFUSED_PAUSE_S) == [Verdict(REFUSED, "failed")]


def test_three_refused_submissions(judge):
    now = 0.0
    for _ in range(3):
        assert judge.gave_up == ""
        judge.look([REFUSED], 1, now)
        now += rules.REFUSED_PAUSE_S
        judge.look([REFUSED], 1, now)
    assert judge.gave_up == "failed"


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: Can't find address of local schedd",
        "ERROR: Failed to connect to local queue manager CEDAR:6001:Failed to connect to <127.0.0.1:9618>",
        "ERROR: Failed to commit job submission into the queue.",
    ],
)
def test_a_queue_that_cannot_be_reached_is_tried_without_end(judge, text):
    seen, now, pauses = Seen("w", refused=text), 0.0, []
    for _ in range(20):
        began = now
        while not (verdicts := judge.look([seen], 1, now)):
            now += 1.0
        assert [verdict.kind for verdict in verdicts] == ["unreachable"]
        pauses.append(now - began)
    assert judge.gave_up == ""
    assert pauses[:3] == [rules.UNREACHABLE_PAUSE_S * factor for factor in (1, 2, 4)]
    assert pauses[-1] == rules.UNREACHABLE_LONGEST_S


@pytest.mark.parametrize("how", ["connects", "again"])
def test_the_pause_is_short_again(judge, how):
    judge.look([UNREACHABLE], 1, 0.0)
    judge.look([UNREACHABLE], 1, 15.0)
    if how == "connects":
        came(judge, "x", now=16.0)
    else:
        judge.again()
    judge.look([UNREACHABLE], 1, 20.0)
    assert judge.look([UNREACHABLE], 1, 35.0)


# --- workers that are gone without a word -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "gone"),
    [
        (Seen("w", Job("1.0", "idle", starts=1), connected=True), True),
        (Seen("w", Job("1.0", "held", starts=1), connected=True), True),
        (replace(ended(HOUR_S, starts=1), connected=True), True),
        (Seen("w", Job("1.0", "idle", starts=1)), False),
        (Seen("w", Job("1.0", "idle"), connected=True), False),
        (Seen("w", Job("1.0", "running", starts=1), connected=True), False),
        (Seen("w", connected=True), False),
    ],
    ids=["evicted", "held", "over", "not connected", "seen before the queue tells", "runs", "no job"],
)
def test_silent_workers(seen, gone):
    assert silent(seen, rules.SILENT_S + 1) is gone
    assert silent(seen, rules.SILENT_S) is False


# --- who goes first ---------------------------------------------------------------------------------------------------


def test_order_of_leaving():
    workers = [
        (here("busy"), 3),
        (here("less busy"), 1),
        (here("at leisure"), 0),
        (Seen("starting", job()), 0),
        (Seen("old idle", Job("1.0", since=10.0)), 0),
        (Seen("young idle", Job("1.0", since=20.0)), 0),
        (Seen("held", Job("1.0", "held")), 0),
        (Seen("submitting"), 0),
    ]
    expected = ["submitting", "held", "young idle", "old idle", "starting", "at leisure", "less busy", "busy"]
    assert [seen.worker for seen, _ in sorted(workers, key=lambda pair: spare(*pair))] == expected


# --- as many as there is work for -------------------------------------------------------------------------------------


def test_more_at_once():
    demand = Demand(0, 10)
    assert demand.target(0, 0, 0.0) == 0
    assert demand.target(4, 0, 1.0) == 4
    assert demand.target(100, 4, 2.0) == 10


def test_fewer_when_that_has_lasted():
    demand = Demand(1, 10, patience_s=30.0)
    assert demand.target(0, 8, 0.0) == 8
    assert demand.target(0, 8, 29.0) == 8
    assert demand.target(0, 8, 30.0) == 1


def test_work_between_keeps_what_it_needed():
    demand = Demand(0, 10, patience_s=30.0)
    assert demand.target(0, 8, 0.0) == 8
    assert demand.target(5, 8, 10.0) == 8
    assert demand.target(0, 8, 30.0) == 5
    assert demand.target(0, 5, 59.0) == 5
    assert demand.target(0, 5, 60.0) == 0


def test_work_for_all_begins_the_patience_anew():
    demand = Demand(0, 10, patience_s=30.0)
    demand.target(0, 8, 0.0)
    assert demand.target(8, 8, 20.0) == 8
    assert demand.target(0, 8, 40.0) == 8
    assert demand.target(0, 8, 69.0) == 8
    assert demand.target(0, 8, 70.0) == 0


def test_the_end_of_a_run_is_one_wait():
    """Its last tasks do not keep their workers for longer than the others."""
    demand = Demand(0, 10, patience_s=30.0)
    assert demand.target(8, 8, 0.0) == 8
    assert [demand.target(tasks, 8, now) for now, tasks in ((2.0, 3), (4.0, 0), (31.0, 0))] == [8, 8, 8]
    assert demand.target(0, 8, 32.0) == 3
    assert demand.target(0, 3, 34.0) == 0


def test_who_stays_is_asked_again_later():
    demand = Demand(0, 10, patience_s=30.0)
    demand.target(0, 0, 0.0)
    assert demand.target(0, 2, 40.0) == 2
    assert demand.target(0, 2, 69.0) == 2
    assert demand.target(0, 2, 70.0) == 0


def test_limits_hold_at_once():
    assert Demand(3, 10).target(0, 0, 0.0) == 3
    assert Demand(0, 4).target(2, 8, 0.0) == 4


# --- what is shown of a job -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "after_s", "state", "reason"),
    [
        (Seen("w"), 0, "submitting", ""),
        (REFUSED, 0, "refused", "ERROR: no project"),
        (Seen("w", Job("1.0", since=1000.0)), 60, "idle", ""),
        (Seen("w", Job("1.0", since=1000.0)), 61, "idle", "no node has been found for it yet; it asks for 1 core"),
        (Seen("w", Job("1.0", since=1000.0, reason="it was evicted")), 61, "idle", "it was evicted"),
        (Seen("w", Job("1.0")), 61, "idle", ""),
        (Seen("w", Job("1.0", since=1000.0), connected=True), 61, "running", ""),
        (Seen("w", job(since=1000.0)), 60, "running", ""),
        (Seen("w", job(since=1000.0)), 61, "running", "its worker is not connected to tls://10.0.0.1:8786"),
        (Seen("w", job(since=1000.0), connected=True), 61, "running", ""),
        (Seen("w", job("held", since=1000.0, reason="no such file")), 61, "held", "no such file"),
        (Seen("w", job("ended", 1, since=1000.0)), 61, "ended", ""),
    ],
)
def test_what_is_shown(seen, after_s, state, reason):
    shown = words.describe(seen, "1 core", "tls://10.0.0.1:8786", 1000.0 + after_s)
    assert (shown.worker, shown.state, shown.reason) == ("w", state, reason)
    assert shown.id == (seen.job.id if seen.job else "")


def test_what_a_job_asks_for():
    assert words.request(2_000_000_000, 500_000_000, 0) == "1 core, 2.0 GB of memory, 0.5 GB of disk"
    assert words.request(2_000_000_000, 500_000_000, 1).endswith(", 1 GPU")


# --- words ------------------------------------------------------------------------------------------------------------


def said(seen, kind="failed", lines=""):
    return words.sentence([Verdict(seen, kind)] * 3, lines, "tls://10.0.0.1:8786", 60.0)


@pytest.mark.parametrize(
    ("seen", "lines", "expected"),
    [
        (ended(1, 127, host="node1"), "sh: not found", "3 jobs failed one after another: the last one (1.0 on node1)"),
        (ended(1, 127), "sh: not found", 'ran for 1 s and ended (exit code 127). It wrote last: "sh: not found". The'),
        (ended(1, 127), "", "exit code 127). The interpreter was not found on the node: set python=..."),
        (ended(1, 126), "", "The interpreter was not found"),
        (ended(1, 1), "ModuleNotFoundError: No module named 'distributed'", "has no package distributed: set python="),
        (ended(40, None, signal=9), "", "ask for more with memory=..."),
        (ended(63, 1), "", "did not reach the scheduler at tls://10.0.0.1:8786: set scheduler_host=..."),
        (ended(1, 1), "", "rdf-live doctor looks for the cause."),
        (REFUSED, "", "the last one was refused (ERROR: no project). See what is submitted: rdf-live profile"),
        (
            Seen("w", Job("1.0", "removed", "via condor_rm (by user x)")),
            "",
            "(1.0) was removed (via condor_rm (by user x))",
        ),
        (Seen("w", Job("1.0", "removed")), "", "(1.0) was removed. Ask for workers again if that was not meant"),
    ],
)
def test_a_sentence_says_what_happened_and_what_to_do(seen, lines, expected):
    text = said(seen, lines=lines)
    assert text.startswith("no more jobs are submitted for now, since 3 jobs failed one after another: the last one")
    assert text.endswith(".")
    assert expected in text


def test_a_sentence_about_losses():
    assert "since 3 jobs were lost within an hour: the last one (1.0)" in said(ended(HOUR_S, 1), "lost")


def test_last_lines(tmp_path: Path):
    file = tmp_path / "worker-1.0.err"
    assert words.last_lines(file) == ""
    file.write_bytes(b"")
    assert words.last_lines(file) == ""
    file.write_bytes(b"x" * 10000 + b"\none\n\n  two \xff\nthree\nfour\n\n")
    assert words.last_lines(file) == "two \ufffd | three | four"
    file.write_bytes(b"y" * 10000)
    assert words.last_lines(file) == "y" * 400
