# SPDX-License-Identifier: BSD-3-Clause
"""Kernels die, are restarted and shut down; servers stop and are killed: no cell runs for ever."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from notebook_server import Follower, KernelPage, until

LONG = "print('begun', flush=True)\nimport time\ntime.sleep(100)"


def started(made, *cells):
    """A page that has begun the first cell and queued the others."""
    page = KernelPage(made)
    for cell in cells:
        page.execute(cell)
    until(lambda: has_begun(made), "the cell has printed")
    return page


def has_begun(made):
    """True if the first cell has printed."""
    return "begun" in str([one["outputs"] for one in made.journal().values()])


@pytest.mark.parametrize("away", [True, False])
def test_kernel_killed(notebook, away):
    """The cell says when and why, those behind it were not run; also on disk."""
    made = notebook(LONG, "1")
    page = KernelPage(made)
    pid = made.kernel_pid(page)
    page.execute("c0")
    page.execute("c1")
    until(lambda: made.state("c0") == "running")
    follower = Follower(made)
    if away:
        page.close()
    until(lambda: has_begun(made))
    os.kill(pid, signal.SIGKILL)
    follower.until(lambda said: said["type"] == "kernel" and "died" in str(said["kernel"]["reason"]))
    journal = made.journal()
    assert [journal[cell]["state"] for cell in ("c0", "c1")] == ["lost", "aborted"]
    now = time.strftime("%H:")
    assert journal["c0"]["reason"].startswith(f"The kernel died at {now}")
    if not away:
        # The new process works for the page that stayed, and its executions are not lost with the old one.
        page.close()
        page = KernelPage(made, session=page.session)
        page.run("c1")
        until(lambda: made.state("c1") == "ok")
        page.close()
    follower.close()
    until(lambda: "The kernel died" in made.text(0), "the file says it")
    assert made.text(0).startswith("begun\n")
    assert made.cells()[1].execution_count == (None if away else 1)


def test_asked_before_anybody_knows_that_the_kernel_is_dead(notebook):
    """The request waits in the connection and the new process takes it: the cell was given up, and runs."""
    made = notebook("print('again', flush=True)\nimport time\ntime.sleep(1)")
    page = KernelPage(made)
    pid = made.kernel_pid(page)
    assert made.shell_port() in connected_to(made.server.process.pid)
    os.kill(pid, signal.SIGKILL)
    # What is sent before the server's end of the connection has noticed is lost with the process.
    until(lambda: made.shell_port() not in connected_to(made.server.process.pid), "the connection has ended")
    page.execute("c0")
    # Whether the page hears the new process in time is up to Jupyter; the journal does.
    until(lambda: made.state("c0") == "ok", "it runs after all")
    page.close()
    until(lambda: made.text(0) == "again\n")


def connected_to(pid):
    """Ports that a process is connected to."""
    found = psutil.Process(pid).net_connections("tcp4")
    return {one.raddr.port for one in found if one.status == psutil.CONN_ESTABLISHED}


@pytest.mark.parametrize("how", ["restart", "shutdown"])
def test_kernel_restarted_or_shut_down(notebook, how):
    """Somebody did it on purpose: that is the reason."""
    made = notebook(LONG, "1")
    page = started(made, "c0", "c1")
    page.close()
    if how == "restart":
        made.server.ask("POST", f"api/kernels/{made.kernel}/restart")
    else:
        made.server.ask("DELETE", f"api/sessions/{made.session}")
    until(lambda: made.state("c0") == "lost" and made.state("c1") == "aborted")
    word = {"restart": "restarted", "shutdown": "shut down"}[how]
    until(lambda: f"The kernel was {word} at" in made.text(0) and made.text(1), "the file says it")
    snapshot = made.server.ask("GET", f"rdf-live/api/journal?path={made.path}")
    until(
        lambda: (
            made.server.ask("GET", f"rdf-live/api/journal?path={made.path}")["kernel"]["alive"] == (how == "restart")
        )
    )
    assert snapshot["executions"][0]["outputs"][0]["text"] == "begun\n"


def test_kernel_works_after_restart(notebook):
    """What is asked of the new process does not end with the old one."""
    made = notebook(LONG, "print('again')")
    page = started(made, "c0")
    made.server.ask("POST", f"api/kernels/{made.kernel}/restart")
    until(lambda: made.state("c0") == "lost")
    # JupyterLab connects anew as well, and so hears the new process from its first word on.
    page.close()
    page = KernelPage(made, session=page.session)
    page.run("c1")
    until(lambda: made.state("c1") == "ok")
    time.sleep(1.5)
    assert made.state("c1") == "ok"
    page.close()


def test_server_stopped(own_server, notebook):
    """Everything until then is on disk, the server stops soon, and the next one knows."""
    made = notebook(LONG, "1", where=own_server)
    started(made, "c0", "c1").close()
    assert own_server.stop() < 5
    assert made.text(0).startswith("begun\nThe Jupyter server was stopped at ")
    assert made.text(1).startswith("Not run: the Jupyter server was stopped at ")
    own_server.start()
    assert own_server.states(made.path) == {"c0": "lost", "c1": "aborted"}


def test_what_runs_while_the_server_stops(own_server, notebook):
    """The server interrupts the kernel: a cell may mind it, and those behind it run."""
    mind = "import time\ntry:\n    print('begun')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('minded')"
    made = notebook(mind, "print('behind')", "time.sleep(60)", "print('never')", where=own_server)
    started(made, "c0", "c1", "c2", "c3").close()
    assert own_server.stop() < 5
    assert made.text(0) == "begun\nminded\n"
    assert made.text(1) == "behind\n"
    assert made.text(2).startswith("The Jupyter server was stopped at ")
    assert made.text(3).startswith("Not run: the Jupyter server was stopped at ")


def test_server_stopped_while_the_page_is_open(own_server, notebook):
    """The page has its own version: the journal keeps ours for it."""
    made = notebook(LONG, where=own_server)
    page = started(made, "c0")
    assert own_server.stop() < 5
    page.socket.close()
    assert made.cells()[0].outputs == []
    own_server.start()
    assert own_server.states(made.path) == {"c0": "lost"}
    until(lambda: "begun\n" in made.text(0), "the next server writes it when the page does not come back")


def test_server_killed(own_server, notebook):
    """At most what the last 0.2 s brought is lost; the next server says what became of the cells."""
    made = notebook(LONG, "1", where=own_server)
    page = KernelPage(made)
    pid = made.kernel_pid(page)
    page.close()
    page = started(made, "c0", "c1")
    time.sleep(0.5)
    own_server.stop(signal.SIGKILL)
    own_server.start()
    journal = own_server.journal(made.path)
    assert [journal[cell]["state"] for cell in ("c0", "c1")] == ["lost", "aborted"]
    assert journal["c0"]["reason"].startswith("The Jupyter server went away; it was last heard at ")
    assert journal["c0"]["outputs"][0]["text"] == "begun\n"
    until(lambda: "The Jupyter server went away" in made.text(0), "the file says it")
    until(lambda: not os.path.exists(f"/proc/{pid}"), "the kernel has ended, too")


def test_files_are_the_owners(own_server, notebook):
    """Nobody else can read a journal."""
    made = notebook("1", where=own_server)
    page = KernelPage(made)
    page.run("c0")
    files = until(lambda: list(own_server.journals.glob("*")))
    assert own_server.journals.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600]
    page.close()
