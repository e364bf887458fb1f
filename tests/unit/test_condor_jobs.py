# SPDX-License-Identifier: BSD-3-Clause
"""What event logs, the queue and the history of HTCondor say about jobs. The logs were written by HTCondor 23.9."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from rdf_live.cluster.condor import events, jobs, tools
from rdf_live.cluster.condor.events import EventLog, Job, follow
from rdf_live.cluster.condor.jobs import Reader, from_ad
from rdf_live.errors import ClusterTrouble

DATA = Path(__file__).with_name("data") / "condor"
NODE = "node1.example.org"


def story(name):
    """States of the job of a recorded log, each with its reason and its host, without repetitions."""
    found = []
    job = None
    for event in (DATA / name).read_text().split("\n...\n"):
        job = follow(job, event)
        if job is not None and (not found or found[-1] != (job.state, job.reason, job.host)):
            found.append((job.state, job.reason, job.host))
    return job, found


def at(text):
    return datetime.fromisoformat(text).timestamp()


# --- recorded logs ----------------------------------------------------------------------------------------------------


def test_exit_code():
    job, found = story("exit_code.log")
    assert found == [("idle", "", ""), ("running", "", NODE), ("ended", "exit code 127", NODE)]
    assert job == Job(
        id="1.0",
        state="ended",
        reason="exit code 127",
        host=NODE,
        since=at("2026-11-23 22:40:16"),
        starts=1,
        started=at("2026-11-23 22:40:15"),
        ended=at("2026-11-23 22:40:16"),
        exit_code=127,
    )
    assert job.over
    assert job.ran_s == 1.0


def test_signal():
    job, found = story("signal.log")
    assert found[-1] == ("ended", "signal 11", NODE)
    assert (job.exit_code, job.signal) == (None, 11)


def test_held_on_the_node():
    job, found = story("held.log")
    waits = "it was evicted, and waits for another slot"
    why = "Failed to open '/nonexistent/dir/x.err' as standard error: No such file or directory (errno 2)"
    gone = ("removed", "via condor_rm (by user user)", NODE)
    assert found == [("idle", "", ""), ("idle", waits, ""), ("held", why, NODE), gone]
    assert job.over
    assert job.ran_s is None


def test_held_before_it_started():
    _, found = story("held_before_start.log")
    why = "Cannot access initial working directory /home/user/gone: No such file or directory"
    assert found[1] == ("held", why, "")


def test_released_and_removed():
    job, found = story("released_removed.log")
    assert found == [
        ("idle", "", ""),
        ("held", "via condor_hold (by user user)", ""),
        ("idle", "", ""),
        ("removed", "via condor_rm (by user user)", ""),
    ]
    assert job.ended == at("2026-11-23 22:40:55")


def test_evicted_and_started_again_and_lost_with_its_node():
    job, found = story("evicted_lost.log")
    assert [state for state, _, _ in found] == ["idle", "running"] * 2 + ["running", "idle", "idle", "idle", "removed"]
    assert found[2][1] == "it was evicted, and waits for another slot"
    assert found[4][1] == "the submit machine has lost the connection, and tries again"
    assert found[5][1] == "its node was lost, and it waits for another slot"
    assert job.reason == "via condor_rm (by user user)"
    assert job.starts == 2


def test_the_submit_machine_was_restarted():
    job, found = story("reconnected.log")
    lost = "the submit machine has lost the connection, and tries again"
    assert [reason for state, reason, _ in found if state == "running"] == ["", lost, ""]
    assert job.starts == 2


# --- single events ----------------------------------------------------------------------------------------------------


def event(number, *lines, when="2026-11-23 22:40:15", first="What happened."):
    return "\n".join([f"{number:03} (012.003.000) {when} {first}", *(f"\t{line}" for line in lines)])


RUNNING = Job("12.3", "running", host="n", starts=1, started=1.0)


def test_an_error_of_the_shadow():
    job = follow(
        RUNNING, event(7, "Error from n: no space left", "0  -  Run Bytes Sent By Job", first="Shadow exception!")
    )
    assert (job.state, job.reason) == ("idle", "Error from n: no space left")


def test_suspended():
    job = follow(RUNNING, event(10, "Number of processes actually suspended: 2"))
    assert (job.state, job.reason, job.since) == ("running", "suspended by its node", RUNNING.since)
    assert follow(job, event(11)).reason == ""


@pytest.mark.parametrize(
    ("where", "host"),
    [
        ("<192.0.2.7:9618?addrs=192.0.2.7-9618&alias=node7.example.org&noUDP>", "node7.example.org"),
        ("<192.0.2.7:9618?addrs=192.0.2.7-9618&noUDP>", "192.0.2.7"),
        ("<192.0.2.7:9618>", "192.0.2.7"),
        ("<[2001:db8::7]:9618?noUDP>", "2001:db8::7"),
        ("node7", "node7"),
    ],
)
def test_host_where_the_slot_is_not_named(where, host):
    assert follow(None, event(1, first=f"Job executing on host: {where}")).host == host


def test_a_log_that_begins_in_the_middle():
    job = follow(None, event(1, "SlotName: slot1@n", first="Job executing on host: <192.0.2.7:9618>"))
    assert (job.id, job.state, job.host, job.starts) == ("12.3", "running", "n", 1)


def test_an_id_that_is_given_again():
    over = Job("12.3", "ended", exit_code=1)
    assert follow(over, event(0)) == Job("12.3", since=at("2026-11-23 22:40:15"))


@pytest.mark.parametrize("number", [6, 8, 21, 28, 40])
def test_events_that_change_nothing(number):
    assert follow(RUNNING, event(number, "Memory = 100")) == RUNNING


@pytest.mark.parametrize(
    "text",
    ["", "\n", "<?xml version='1.0'?>", "{", "000 (1.0.0) yesterday x", "000 (1.0.0) 2026-99-99 10:00:00 x"],
)
def test_what_is_no_event(text):
    assert follow(RUNNING, text) is RUNNING
    assert follow(None, text) is None


def test_what_is_over_stays_so():
    over = Job("12.3", "ended", exit_code=0)
    assert follow(over, event(9, "via condor_rm")) is over


def test_forms_of_times():
    expected = at("2026-11-23 22:40:15")
    assert follow(None, event(0, when="2026-11-23T22:40:15")).since == expected
    assert follow(None, event(0, when="2026-11-23 22:40:15.250")).since == expected + 0.25
    utc = datetime(2026, 11, 23, 22, 40, 15, tzinfo=UTC).timestamp()
    assert follow(None, event(0, when="2026-11-23T22:40:15Z")).since == utc


@pytest.mark.parametrize(("days", "year"), [(0, 2026), (-5, 2026), (5, 2025)])
def test_times_without_a_year(monkeypatch, days, year):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 6, 15, 12, 0, 0, tzinfo=tz)

    monkeypatch.setattr(events, "datetime", Clock)
    assert follow(None, event(0, when=f"06/{15 + days} 12:00:00")).since == at(f"{year}-06-{15 + days} 12:00:00")


# --- the log as it grows ----------------------------------------------------------------------------------------------


def test_events_arrive_in_pieces(tmp_path):
    whole = b"".join((DATA / name).read_bytes() for name in ("exit_code.log", "signal.log", "evicted_lost.log"))
    path = tmp_path / "events.log"
    log = EventLog(path)
    assert log.read() == {}
    for begin in range(0, len(whole), 97):
        with path.open("ab") as file:
            file.write(whole[begin : begin + 97])
        log.read()
    assert log.read() == EventLog(path, whole=True).read()
    assert {job.id: job.state for job in log.read().values()} == {"1.0": "ended", "2.0": "ended", "5.0": "removed"}


def test_what_an_earlier_cluster_wrote_is_not_read(tmp_path):
    path = tmp_path / "events.log"
    path.write_bytes((DATA / "exit_code.log").read_bytes())
    log = EventLog(path)
    with path.open("ab") as file:
        file.write((DATA / "signal.log").read_bytes())
    assert list(log.read()) == ["2.0"]


# --- the queue and its history ----------------------------------------------------------------------------------------


def ad(number=1, status=1, **values):
    return {"ClusterId": number, "ProcId": 0, "JobStatus": status, "QDate": 100, "EnteredCurrentStatus": 150, **values}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (ad(), Job("1.0", since=150.0)),
        (
            ad(status=2, RemoteHost="slot1_1@n", NumJobStarts=1, JobCurrentStartDate=149),
            Job("1.0", "running", host="n", since=150.0, starts=1, started=149.0),
        ),
        (ad(status=6, LastRemoteHost="slot1_1@n"), Job("1.0", "running", host="n", since=150.0)),
        (ad(status=7), Job("1.0", "running", since=150.0)),
        (
            ad(status=5, HoldReason="Error from slot1_1@n: Failed to open\n 'x'"),
            Job("1.0", "held", "Failed to open 'x'", "n", since=150.0),
        ),
        (ad(status=5), Job("1.0", "held", since=150.0)),
        (
            ad(status=5, HoldReason="Spooling input data files"),
            Job("1.0", "submitting", "its files are on their way", since=150.0),
        ),
        (ad(status=3, RemoveReason="via condor_rm"), Job("1.0", "removed", "via condor_rm", since=150.0, ended=150.0)),
        (
            ad(status=4, CompletionDate=149, ExitBySignal=False, ExitCode=127),
            Job("1.0", "ended", "exit code 127", since=150.0, ended=149.0, exit_code=127),
        ),
        (
            ad(status=4, ExitBySignal=True, ExitSignal=9),
            Job("1.0", "ended", "signal 9", since=150.0, ended=150.0, signal=9),
        ),
        ({"ClusterId": 1, "ProcId": 0, "JobStatus": 99}, Job("1.0")),
    ],
    ids=[
        "idle",
        "running",
        "output",
        "suspended",
        "held",
        "held without words",
        "spooled",
        "removed",
        "exit",
        "signal",
        "unknown",
    ],
)
def test_attributes(found, expected):
    assert from_ad(found) == expected


class Condor:
    """Stands for the queue and its history; counts the questions."""

    def __init__(self, monkeypatch):
        self.queue, self.history, self.asked, self.broken, self.forgetful = [], [], [], "", ""
        monkeypatch.setattr(tools, "queue", self._queue)
        monkeypatch.setattr(tools, "history", self._history)

    async def _queue(self, constraint):
        self.asked.append(constraint)
        if self.broken:
            raise ClusterTrouble(self.broken)
        return self.queue

    async def _history(self, ids):
        self.asked.append(list(ids))
        if self.forgetful:
            raise ClusterTrouble(self.forgetful)
        return [found for found in self.history if f"{found['ClusterId']}.0" in ids]


@pytest.fixture
def condor(monkeypatch):
    return Condor(monkeypatch)


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    # Not time.monotonic itself: the event loop uses it too.
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: now[0], time=time.time))
    return now


def read(reader, *ids):
    return asyncio.run(reader.read(ids))


def test_without_a_log_the_queue_is_asked_now_and_then(condor, clock):
    reader = Reader(None, "mine", every_s=10.0)
    condor.queue = [ad()]
    assert read(reader, "1.0", "2.0")["1.0"].state == "idle"
    assert condor.asked == ["mine", ["2.0"]]
    condor.queue = [ad(status=2)]
    clock[0] += 9
    assert read(reader, "1.0")["1.0"].state == "idle"
    clock[0] += 1
    assert read(reader, "1.0")["1.0"].state == "running"


def test_a_job_that_left_the_queue_is_in_the_history(condor, clock):
    reader = Reader(None, "mine")
    condor.history = [ad(status=4, ExitCode=1)]
    assert read(reader, "1.0")["1.0"].exit_code == 1
    clock[0] += 1000
    assert read(reader, "1.0")["1.0"].exit_code == 1
    assert len(condor.asked) == 2, "what is over is not asked for again"


def test_a_job_that_nobody_knows_is_given_up(condor, clock):
    reader = Reader(None, "mine")
    for _ in range(2):
        assert read(reader, "1.0") == {}
        clock[0] += 10
    assert read(reader, "1.0")["1.0"].state == "removed"
    assert read(reader, "2.0") == {}


def test_while_the_queue_does_not_answer_the_last_stands(condor, clock):
    reader = Reader(None, "mine")
    condor.queue = [ad(status=2)]
    read(reader, "1.0")
    condor.broken = "condor_q did not answer within 60 s"
    clock[0] += 10
    assert read(reader, "1.0")["1.0"].state == "running"
    assert reader.problem == condor.broken
    condor.broken = ""
    clock[0] += 10
    read(reader, "1.0")
    assert reader.problem == ""


def test_without_a_history_the_queue_tells_all_the_same(condor, clock):
    reader = Reader(None, "mine")
    condor.forgetful = "condor_history failed with exit status 1"
    condor.queue = [ad(2, 5, HoldReason="no")]
    for _ in range(2):
        found = read(reader, "1.0", "2.0")
        assert ("1.0" in found, found["2.0"].state) == (False, "held")
        assert reader.problem == condor.forgetful
        clock[0] += 10
    found = read(reader, "1.0", "2.0")
    assert (found["1.0"].state, found["2.0"].state) == ("removed", "held")
    assert "its history cannot be read" in found["1.0"].reason
    clock[0] += 120
    read(reader, "1.0", "2.0")
    assert reader.problem == "", "the history is not needed any more"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "events.log"

    def write(name, until):
        """The events of a recorded log before the one of that number."""
        text = (DATA / name).read_text()
        with path.open("a") as file:
            file.write(text[: text.index(f"\n{until:03} (") + 1])
        return path

    return write


def test_with_a_log_the_queue_is_hardly_asked(condor, clock, log, tmp_path):
    reader = Reader(tmp_path / "events.log", "mine", check_every_s=120.0)
    log("exit_code.log", until=6)
    for _ in range(11):
        assert read(reader, "1.0")["1.0"].state == "running"
        clock[0] += 10
    assert condor.asked == []
    condor.queue = [ad(status=2, EnteredCurrentStatus=at("2026-11-23 22:40:14"))]
    clock[0] += 10
    assert read(reader, "1.0")["1.0"].started == at("2026-11-23 22:40:15"), "the log's story is the later one"
    assert condor.asked == ["mine"]


def test_the_queue_knows_what_the_log_has_lost(condor, clock, log, tmp_path):
    reader = Reader(tmp_path / "events.log", "mine", check_every_s=120.0)
    log("exit_code.log", until=6)
    condor.history = [ad(status=4, ExitCode=3, EnteredCurrentStatus=at("2026-11-23 22:41:00"))]
    clock[0] += 120
    assert read(reader, "1.0")["1.0"].exit_code == 3


def test_a_job_that_is_not_in_the_log_is_asked_for(condor, clock, log, tmp_path):
    reader = Reader(tmp_path / "events.log", "mine")
    log("exit_code.log", until=6)
    condor.queue = [ad(2, 5, HoldReason="no")]
    found = read(reader, "1.0", "2.0")
    assert (found["1.0"].state, found["2.0"].state) == ("running", "held")


def test_jobs_that_nobody_asked_about(condor, clock):
    reader = Reader(None, "mine", every_s=10.0, check_every_s=120.0)
    condor.queue = [ad(1), ad(2), ad(3, 3), ad(4)]
    read(reader, "1.0", "4.0")
    assert reader.strays == set(), "it may have been submitted a moment ago"
    clock[0] += 10
    read(reader, "1.0", "4.0")
    assert reader.strays == {"2.0"}
    condor.queue = [ad(4)]
    clock[0] += 120
    read(reader)
    assert reader.strays == set()
    clock[0] += 120
    read(reader)
    assert reader.strays == {"4.0"}
    condor.queue = []
    clock[0] += 120
    read(reader)
    asked = len(condor.asked)
    clock[0] += 1000
    read(reader)
    assert len(condor.asked) == asked, "where nothing is, nothing is asked"


# --- the programs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Makes a program of that name; what it does is shell."""

    def make(name, body):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    return make


def both(name, *arguments, **values):
    """The result of the function for event loops, and of the one without."""
    results = []
    for call in (
        lambda: asyncio.run(getattr(tools, name)(*arguments, **values)),
        lambda: getattr(tools, f"{name}_now")(*arguments, **values),
    ):
        try:
            results.append(call())
        except ClusterTrouble as error:
            results.append(str(error))
    assert results[0] == results[1]
    return results[0]


def test_a_program_that_works(program):
    program("condor_x", 'echo "$@"')
    assert both("run", "condor_x", "a b", "c") == "a b c\n"


def test_a_program_that_fails(program):
    program("condor_x", "echo out; echo 'went  wrong' >&2; exit 3")
    assert both("run", "condor_x") == "condor_x failed with exit status 3: went wrong"
    program("condor_x", "echo out; exit 3")
    assert both("run", "condor_x") == "condor_x failed with exit status 3: out"
    program("condor_x", "exit 3")
    assert both("run", "condor_x") == "condor_x failed with exit status 3: it said nothing"


def test_a_program_that_is_not_there(program):
    program("other", "")
    assert both("run", "condor_x").startswith("got no condor_x on this machine (No such file or directory), expected")


def test_a_program_that_hangs(program, tmp_path):
    program("condor_x", f"echo $$ >> {tmp_path}/pids; exec sleep 1000")
    assert both("run", "condor_x", timeout_s=0.5) == "condor_x did not answer within 0.5 s"
    for pid in (tmp_path / "pids").read_text().split():
        assert not Path(f"/proc/{pid}").exists()


def test_a_caller_that_is_cancelled_takes_the_program_along(program, tmp_path):
    program("condor_x", f"echo $$ > {tmp_path}/part; mv {tmp_path}/part {tmp_path}/pid; exec sleep 1000")

    async def main():
        task = asyncio.ensure_future(tools.run("condor_x"))
        while not (tmp_path / "pid").exists():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_queue_and_history(program, tmp_path):
    program("condor_q", "echo '[{\"ClusterId\": 1}]'")
    assert both("queue", "mine") == [{"ClusterId": 1}]
    program("condor_q", ":")
    assert both("queue", "mine") == []
    program("condor_q", "echo garbage")
    assert "expected JSON" in both("queue", "mine")
    program("condor_history", f'echo "$@" > {tmp_path}/arguments; echo "[]"')
    assert asyncio.run(tools.history(["1.0", "2.0"])) == []
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[:3] == ["-json", "-limit", "2"]
    assert arguments[-2:] == ["1.0", "2.0"]


def test_remove(program):
    program("condor_rm", ":")
    assert both("remove", "mine") is None
    program("condor_rm", "echo 'no jobs' >&2; exit 1")
    program("condor_q", ":")
    assert both("remove", "mine") is None, "there was none"
    program("condor_q", "echo '[{\"ClusterId\": 1}]'")
    assert both("remove", "mine") == "condor_rm failed with exit status 1: no jobs"
    program("condor_q", "echo 'no schedd' >&2; exit 1")
    assert both("remove", "mine") == "condor_q failed with exit status 1: no schedd"
