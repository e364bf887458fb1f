# SPDX-License-Identifier: BSD-3-Clause
"""A page is closed while cells run: nothing that they do is lost, and the file gets it."""

from __future__ import annotations

import pytest
from notebook_server import V1, Follower, KernelPage, until

PRINTS = """
import time
for i in range(12):
    print("line", i)
    time.sleep(0.25)
"""
PLOT = """
from IPython.display import display
import time
shown = display({"text/plain": "frame 0"}, raw=True, display_id="plot")
for i in range(1, 20):
    time.sleep(0.1)
    shown.update({"text/plain": f"frame {i}"}, raw=True)
"""


@pytest.mark.parametrize("protocol", [V1, None])
def test_everything_is_in_the_file_when_nobody_comes_back(notebook, protocol):
    """The main case: the file is complete within seconds after the end."""
    made = notebook(PRINTS, PLOT, "1 / 0", "print('never')", "42")
    page = KernelPage(made, protocol=protocol)
    for cell in ("c0", "c1", "c2", "c3"):
        page.execute(cell)
    until(lambda: made.state("c0") == "running")
    page.close()
    assert made.state("c1") == "queued"
    until(lambda: made.state("c2") == "error")
    until(lambda: made.cells()[2].outputs, "the file is written", 5)
    journal = made.journal()
    assert [journal[cell]["state"] for cell in ("c0", "c1", "c2", "c3")] == ["ok", "ok", "error", "aborted"]
    assert made.text(0) == "".join(f"line {i}\n" for i in range(12))
    cells = made.cells()
    assert [out.data["text/plain"] for out in cells[1].outputs] == ["frame 19"]
    assert cells[2].outputs[0].ename == "ZeroDivisionError"
    assert "Not run" in cells[3].outputs[0].text
    assert [cell.execution_count for cell in cells] == [1, 2, 3, None, None]
    until(lambda: all(one["saved"] for one in made.journal().values()))


def test_a_page_that_follows_gets_all_without_a_gap(notebook):
    """A page that comes in the middle: the snapshot and the messages after it make the whole text."""
    made = notebook(PRINTS)
    page = KernelPage(made)
    page.execute("c0")
    until(lambda: "line 2" in str(made.journal()))
    page.close()
    follower = Follower(made)
    snapshot = follower.until(lambda said: said["type"] == "snapshot")
    follower.until(lambda said: said["type"] == "state" and said["execution"]["state"] == "ok")
    text = snapshot["executions"][0]["outputs"][0]["text"]
    text += "".join(said["message"]["content"]["text"] for said in follower.heard if said["type"] == "message")
    assert text == "".join(f"line {i}\n" for i in range(12))
    seqs = [said["seq"] for said in follower.heard if "seq" in said]
    assert seqs == sorted(seqs)
    # While it is there, the file is its own business.
    assert made.cells()[0].outputs == []
    follower.close()
    until(lambda: made.text(0) == text)
    again = Follower(made)
    snapshot = again.until(lambda said: said["type"] == "snapshot")
    assert snapshot["sessions"] == [again.session]
    assert snapshot["left"] > 0
    written = again.until(lambda said: said["type"] == "written")
    model = made.server.ask("GET", f"api/contents/{made.path}?content=0&hash=1")
    assert written["now"] == {"last_modified": model["last_modified"], "hash": model["hash"]}
    assert written["base"] != written["now"]
    again.close()


def test_what_a_page_saved_does_not_come_back(notebook):
    """A user who clears the outputs and saves finds them cleared."""
    made = notebook("print('hello')")
    page = KernelPage(made)
    page.run("c0")
    until(lambda: made.state("c0") == "ok")
    until(lambda: made.save() or made.journal()["c0"]["saved"])
    page.close()
    follower = Follower(made)
    assert follower.until(lambda said: said["type"] == "snapshot")["executions"][0]["saved"]
    follower.close()
    assert made.cells()[0].outputs == []


def test_what_another_page_restored_is_saved_by_it(notebook):
    """A page that says that it holds an execution saves it."""
    made = notebook("print('hello')")
    page = KernelPage(made)
    follower = Follower(made)
    page.execute("c0")
    ended = follower.until(lambda said: said["type"] == "state" and said["execution"]["state"] == "ok")
    page.vanish()
    follower.say({"type": "hold", "ids": [ended["execution"]["id"]]})
    until(lambda: made.save() or made.journal()["c0"]["saved"])
    follower.close()


def test_edited_and_deleted_cells_are_left_alone(notebook):
    """Outputs go into the cell that made them, or nowhere; the journal keeps them."""
    made = notebook("import time; time.sleep(2); print('old')", "print('gone')", "print('kept')")
    page = KernelPage(made)
    for cell in ("c0", "c1", "c2"):
        page.execute(cell)
    until(lambda: made.state("c0") == "running")

    def edit(notebook):
        notebook.cells[0].source = "print('new')"
        del notebook.cells[1]

    made.save(edit)
    page.close()
    until(lambda: made.cells()[1].outputs, "the cell that was not touched is written")
    assert made.cells()[0].outputs == []
    journal = made.journal()
    until(lambda: made.journal()["c2"]["saved"])
    assert not journal["c0"]["saved"]
    assert not journal["c1"]["saved"]
    assert journal["c1"]["outputs"][0]["text"] == "gone\n"


def test_renamed_while_away(notebook):
    """The journal goes with the notebook, and so does the kernel."""
    made = notebook("import time; time.sleep(2); print('done')")
    page = KernelPage(made)
    follower = Follower(made)
    page.execute("c0")
    until(lambda: made.state("c0") == "running")
    page.close()
    old, made.path = made.path, "new_" + made.path
    made.server.ask("PATCH", f"api/contents/{old}", {"path": made.path})
    assert follower.until(lambda said: said["type"] == "renamed")["path"] == made.path
    follower.close()
    (session,) = [one for one in made.server.ask("GET", "api/sessions") if one["id"] == made.session]
    assert (session["path"], session["name"], session["kernel"]["id"]) == (made.path, made.path, made.kernel)
    until(lambda: made.text(0) == "done\n", "it is written into the file with the new name")
    assert made.server.journal(old) == {}


def test_two_pages(notebook):
    """What one page runs, the other hears; each session asks for its own."""
    made = notebook("print('one')", "print('two')")
    first, second = KernelPage(made), KernelPage(made)
    follower = Follower(made, second.session)
    first.run("c0")
    second.run("c1")
    until_ok = follower.until(lambda said: said["type"] == "state" and said["execution"]["state"] == "ok")
    while until_ok["execution"]["cell"] != "c1":
        until_ok = follower.until(lambda said: said["type"] == "state" and said["execution"]["state"] == "ok")
    texts = [said["message"]["content"]["text"] for said in follower.heard if said["type"] == "message"]
    assert texts == ["one\n"]
    journal = made.journal()
    assert [journal[cell]["session"] for cell in ("c0", "c1")] == [first.session, second.session]
    first.close()
    # The other page is still there: it has the second cell, and nobody writes under its feet.
    assert made.cells()[1].outputs == []
    second.close()
    follower.close()
    until(lambda: made.text(0) == "one\n" and made.text(1) == "two\n")


def test_a_page_whose_network_was_cut(notebook):
    """The same page comes back and gets from the server what it missed: what it saves then is complete."""
    made = notebook("import time; time.sleep(1); print('done')")
    page = KernelPage(made)
    page.execute("c0")
    until(lambda: made.state("c0") == "running")
    page.vanish()
    until(lambda: made.state("c0") == "ok")
    back = KernelPage(made, session=page.session)
    until(lambda: made.save() or made.journal()["c0"]["saved"])
    back.close()
    assert made.cells()[0].outputs == []


def test_a_page_that_falls_silent(notebook):
    """A lid is closed: nothing is said, and no connection ends. The file gets what the page cannot save any more."""
    made = notebook("import time; time.sleep(1); print('done')")
    page = KernelPage(made)
    follower = Follower(made, page.session)
    follower.until(lambda said: said["type"] == "snapshot")
    page.execute("c0")
    # Whoever does not listen does not answer either.
    until(lambda: made.text(0) == "done\n", "the file is written", 60)
    assert made.server.ask("GET", f"api/kernels/{made.kernel}")["connections"] == 1
