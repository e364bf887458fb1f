# SPDX-License-Identifier: BSD-3-Clause
"""A kernel that outlives the server: the next server has it, and everything that it has said meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import time
from pathlib import Path

import psutil
import pytest
from conftest import MakeNotebook
from notebook_server import KernelPage, Notebook, NotebookServer, until

LASTING = "rdf-live-lasting"
COUNT = "import time\nfor i in range(60):\n    print(i, flush=True)\n    time.sleep(0.1)"
COUNTED = "".join(f"{i}\n" for i in range(60))
#: Says that it has run to whoever looks into the folder.
SIGN = "print('three'); open('sign', 'w').close()"
FOR_EVER = "import time\nwhile True:\n    time.sleep(0.1)"


def records(server: NotebookServer) -> list[Path]:
    """What is written down of kernels."""
    return sorted((server.folder / "jupyter_data_dir/rdf_live/kernels").iterdir())


def process_of(server: NotebookServer) -> int:
    """The process that is written down of the one kernel."""
    (place,) = (one for one in records(server) if one.suffix == ".json")
    return int(json.loads(place.read_text())["process"][0])


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def recorder_of(pid: int) -> psutil.Process:
    """The process beside a kernel."""
    (found,) = (
        one
        for one in psutil.process_iter()
        if one.status() != psutil.STATUS_ZOMBIE
        and "rdf_live.jupyter.server.recorder" in (words := one.cmdline())
        and str(pid) in words
    )
    return found


@pytest.fixture
def lasting(notebook: MakeNotebook, own_server: NotebookServer):
    """Makes a notebook with such a kernel; gives it, its page and the kernel's process id."""

    def make(*cells: str) -> tuple[Notebook, KernelPage, int]:
        made = notebook(*cells, where=own_server, kernel=LASTING)
        page = KernelPage(made)
        pid = made.kernel_pid(page)
        pids.append(pid)
        return made, page, pid

    pids: list[int] = []
    yield make
    if own_server.process.poll() is not None:
        # Nothing of a test that failed goes on.
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_is_said_while_no_server_is_there(lasting, own_server, how):
    made, page, pid = lasting(COUNT, "print('second')", "1 / 0", "print('not run')")
    for cell in ("c0", "c1", "c2", "c3"):
        page.execute(cell)
    until(lambda: made.journal().get("c0", {}).get("outputs"), "it prints")
    assert own_server.stop(how) < 5
    time.sleep(1)
    assert not gone(pid)
    own_server.start()
    (session,) = own_server.ask("GET", "api/sessions")
    assert (session["id"], session["path"], session["kernel"]["id"]) == (made.session, made.path, made.kernel)
    assert session["kernel"]["execution_state"] == "busy"
    until(lambda: made.state("c3") == "aborted", "the last cell's end")
    assert made.journal()["c0"]["outputs"] == [{"output_type": "stream", "name": "stdout", "text": COUNTED}]
    assert {cell: (one["state"], one["count"]) for cell, one in made.journal().items()} == {
        "pid": ("ok", 1),
        "c0": ("ok", 2),
        "c1": ("ok", 3),
        "c2": ("error", 4),
        "c3": ("aborted", None),
    }
    until(lambda: made.text(1) == "second\n", "written into the file")
    assert made.text(0) == COUNTED
    (session,) = own_server.ask("GET", "api/sessions")
    assert session["kernel"]["execution_state"] == "idle"


def test_everything_has_ended_meanwhile(lasting, own_server):
    made, page, _ = lasting("import time; print('one'); time.sleep(1); print('two')", SIGN)
    page.execute("c0")
    page.execute("c1")
    until(lambda: made.state("c0") == "running", "it runs")
    own_server.stop(signal.SIGKILL)
    until((own_server.notebooks / "sign").exists, "the last cell's end")
    began_again = time.time()
    own_server.start()
    until(lambda: made.state("c1") == "ok", "the last cell's end")
    assert made.journal()["c0"]["outputs"][0]["text"] == "one\ntwo\n"
    assert made.journal()["c0"]["ended"] < began_again
    (session,) = own_server.ask("GET", "api/sessions")
    assert session["kernel"]["execution_state"] == "idle"


def test_interrupt_restart_death_and_end_as_of_any_kernel(lasting, own_server):
    made, page, pid = lasting(FOR_EVER)
    own_server.stop(signal.SIGKILL)
    own_server.start()
    page = KernelPage(made)
    assert made.kernel_pid(page) == pid
    running = page.execute("c0")
    until(lambda: made.state("c0") == "running", "it runs")
    own_server.ask("POST", f"api/kernels/{made.kernel}/interrupt")
    page.wait(running)
    until(lambda: made.state("c0") == "error", "the interrupt")

    recorder = recorder_of(pid)
    own_server.ask("POST", f"api/kernels/{made.kernel}/restart")
    until(lambda: gone(pid), "the process ends")
    second = made.kernel_pid(KernelPage(made))
    until(lambda: gone(recorder.pid), "the process beside it ends")

    os.kill(second, signal.SIGKILL)
    third = until(lambda: (new := process_of(own_server)) != second and new, "a new process")
    assert made.kernel_pid(KernelPage(made)) == third
    own_server.stop(signal.SIGTERM)
    own_server.start()
    assert made.kernel_pid(KernelPage(made)) == third

    recorder = recorder_of(third)
    own_server.ask("DELETE", f"api/sessions/{made.session}")
    until(lambda: gone(third) and gone(recorder.pid), "nothing is left")
    assert records(own_server) == []


def test_killed_while_no_server_is_there(lasting, own_server):
    made, page, pid = lasting(COUNT.replace("    time", "    i == 20 and open('sign', 'w').close()\n    time"), "1")
    page.execute("c0")
    page.execute("c1")
    until(lambda: made.state("c0") == "running", "it runs")
    own_server.stop(signal.SIGKILL)
    recorder = recorder_of(pid)
    until((own_server.notebooks / "sign").exists, "it has printed more")
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(recorder.pid), "the process beside it ends")
    own_server.start()
    found = made.journal()
    assert (found["c0"]["state"], found["c1"]["state"]) == ("lost", "aborted")
    assert found["c0"]["reason"] == found["c1"]["reason"] == "The kernel died while the Jupyter server was away."
    text = found["c0"]["outputs"][0]["text"]
    assert COUNTED.startswith(text)
    assert len(text.split()) > 20
    assert own_server.ask("GET", "api/sessions") == []
    assert records(own_server) == []


def test_nobody_has_listened(lasting, own_server):
    """It says what it does not know, and nothing runs for ever."""
    made, page, pid = lasting("import time; print('one', flush=True); time.sleep(2); print('two')", SIGN)
    page.execute("c0")
    page.execute("c1")
    (journal,) = until(lambda: list(own_server.journals.glob("*.jsonl")), "the journal")
    until(lambda: '"one\\n"' in journal.read_text(), "it prints")
    own_server.stop(signal.SIGKILL)
    recorder_of(pid).kill()
    until((own_server.notebooks / "sign").exists, "the last cell's end")
    own_server.start()
    until(lambda: made.state("c0") == "lost" and made.state("c1") == "lost", "their end")
    found = made.journal()["c0"]
    assert "while the Jupyter server was away: nobody knows how." in found["reason"]
    first, notice = found["outputs"]
    assert first["text"] == "one\n"
    assert "is not known" in notice["text"]
    page = KernelPage(made)
    assert page.run("c1") == "three\n"


def test_only_the_owner_can_read_it(lasting, own_server):
    lasting("1")
    for place in records(own_server):
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(records(own_server)[0].parent.stat().st_mode) == 0o700


def test_renamed_before_the_server_goes(lasting, own_server):
    made, _, pid = lasting("1")
    own_server.ask("PATCH", f"api/contents/{made.path}", {"path": "renamed.ipynb"})
    made.path = "renamed.ipynb"
    until(lambda: own_server.ask("GET", "api/sessions")[0]["path"] == made.path, "the session is renamed")
    own_server.stop(signal.SIGKILL)
    own_server.start()
    (session,) = own_server.ask("GET", "api/sessions")
    assert session["path"] == made.path
    assert made.kernel_pid(KernelPage(made)) == pid


def test_saved_under_another_name(lasting, own_server):
    """Which the page tells the server, and the server nobody."""
    made, _, pid = lasting("1")
    session = {"path": "other.ipynb", "name": "other.ipynb", "type": "notebook"}
    own_server.ask("PATCH", f"api/sessions/{made.session}", session)
    until(lambda: any('"other.ipynb"' in one.read_text() for one in records(own_server)), "it is noted")
    own_server.stop(signal.SIGKILL)
    own_server.start()
    (session,) = own_server.ask("GET", "api/sessions")
    assert session["path"] == "other.ipynb"
    assert made.kernel_pid(KernelPage(made)) == pid


def test_the_next_server_stops_before_it_has_heard_the_kernels(lasting, own_server):
    made, page, pid = lasting(FOR_EVER)
    page.execute("c0")
    until(lambda: made.state("c0") == "running", "it runs")
    os.kill(pid, signal.SIGSTOP)
    own_server.stop(signal.SIGKILL)
    own_server.start()
    (session,) = own_server.ask("GET", "api/sessions")
    assert session["kernel"]["id"] == made.kernel
    assert own_server.stop() < 5
    os.kill(pid, signal.SIGCONT)
    assert not gone(pid)
    own_server.start()
    until(lambda: made.state("c0") == "running", "it goes on")
    own_server.ask("POST", f"api/kernels/{made.kernel}/interrupt")
    until(lambda: made.state("c0") == "error", "the interrupt")


def test_the_next_server_stops_before_it_knows_what_was_said(lasting, own_server):
    """The one after that hears all of it."""
    made, page, pid = lasting(COUNT)
    page.execute("c0")
    until(lambda: made.state("c0") == "running", "it runs")
    own_server.stop(signal.SIGKILL)
    recorder = recorder_of(pid)
    recorder.suspend()
    own_server.start()
    time.sleep(1)
    assert own_server.stop() < 5
    recorder.resume()
    own_server.start()
    until(lambda: made.state("c0") == "ok", "its end")
    assert [one["text"] for one in made.journal()["c0"]["outputs"]] == [COUNTED]


def test_a_second_server_leaves_it_to_the_first(lasting, own_server):
    _, page, _ = lasting("print('here')")
    beside = NotebookServer.__new__(NotebookServer)
    beside.__dict__ |= own_server.__dict__
    beside.start()
    assert beside.ask("GET", "api/sessions") == beside.ask("GET", "api/kernels") == []
    beside.stop()
    assert page.run("c0") == "here\n"


def test_a_kernel_of_nobody_ends_with_the_server(own_server):
    """A page that never came could not find it again."""
    own_server.ask("POST", "api/kernels", {"name": LASTING})
    (place,) = (one for one in records(own_server) if one.suffix == ".json")
    assert own_server.stop() < 5
    assert not place.exists()
