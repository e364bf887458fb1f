# SPDX-License-Identifier: BSD-3-Clause
"""A cell waits in ``input()``, and the page that started it is gone: another one answers."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from notebook_server import V1, Follower, KernelPage, until

ASK = "print('hello', input('who? '))"
LATER = "import time\nprint('begun', flush=True)\ntime.sleep(2)\n" + ASK
TWICE = "for i in range(2): print(input('more? '))"
SECRET = "import getpass\nprint(len(getpass.getpass('key? ')))"


def asked(made, cell="c0"):
    """What the journal says that the cell asks."""
    return made.journal().get(cell, {}).get("asks")


def answer(made, page, value, cell="c0", asked_at=None, there=False):
    """As the field below the cell does, which is shown when the page that was asked has gone (or is `there`)."""
    follower = Follower(made, page.session)
    session = made.journal()[cell]["session"]
    if not there:
        follower.until(lambda said: session not in said.get("sessions", [session]))
    journal = made.journal()[cell]
    time = journal["asks"]["time"] if asked_at is None else asked_at
    follower.say({"type": "answer", "id": journal["id"], "time": time, "value": value})
    return follower


@pytest.mark.parametrize("protocol", [V1, None])
@pytest.mark.parametrize("code", [ASK, LATER], ids=["asked before it goes", "asked later"])
def test_another_page_answers(notebook, code, protocol):
    made = notebook(code)
    gone = KernelPage(made, protocol=protocol)
    gone.execute("c0")
    until(lambda: made.state("c0") == "running")
    if code == ASK:
        until(lambda: asked(made), "the page that is there has been asked")
    gone.close()
    page = KernelPage(made, protocol=protocol)
    question = until(lambda: asked(made), "it asks")
    assert (question["prompt"], question["password"]) == ("who? ", False)
    follower = answer(made, page, "you")
    until(lambda: made.state("c0") == "ok")
    assert asked(made) is None
    assert made.journal()["c0"]["outputs"][-1]["text"].endswith("who? you\nhello you\n")
    follower.close()
    page.close()
    until(lambda: made.text(0).endswith("who? you\nhello you\n"), "it is in the file")


def test_a_page_without_a_connection_to_the_kernel_answers(notebook):
    """The server holds the channel of the page that is gone; the answer takes another one."""
    made = notebook(ASK)
    gone = KernelPage(made)
    gone.execute("c0")
    until(lambda: asked(made))
    gone.close()
    until(lambda: made.server.ask("GET", f"api/kernels/{made.kernel}")["connections"] == 0)
    answer(made, SimpleNamespace(session="reader"), "you").close()
    until(lambda: made.state("c0") == "ok")
    assert "hello you" in str(made.journal())


def test_of_two_pages_the_one_that_asked_goes(notebook):
    made = notebook(LATER)
    gone, page = KernelPage(made), KernelPage(made)
    gone.execute("c0")
    until(lambda: "begun" in str(made.journal()))
    gone.close()
    until(lambda: asked(made), "it asks")
    answer(made, page, "you").close()
    until(lambda: made.state("c0") == "ok")
    assert "hello you" in str(made.journal())


def test_the_page_that_asked_comes_back(notebook):
    """It is asked as ever, whoever was there meanwhile."""
    made = notebook(LATER)
    first = KernelPage(made)
    id = first.execute("c0")
    until(lambda: "begun" in str(made.journal()))
    first.close()
    other = KernelPage(made)
    again = KernelPage(made, session=first.session)
    again.answers = "me"
    assert again.wait(id).endswith("hello me\n")
    until(lambda: made.state("c0") == "ok")
    assert asked(made) is None
    other.close()
    again.close()


def test_asked_while_it_is_away_and_another_page_is_there(notebook):
    """It comes back and is asked what was asked meanwhile."""
    made = notebook(LATER)
    first, other = KernelPage(made), KernelPage(made)
    id = first.execute("c0")
    until(lambda: "begun" in str(made.journal()))
    first.vanish()
    until(lambda: asked(made), "it asks")
    again = KernelPage(made, session=first.session)
    answer(made, other, "the other", there=True).close()
    again.answers = "me"
    assert again.wait(id).endswith("hello me\n")
    other.close()
    again.close()


def test_again_and_again(notebook):
    made = notebook(TWICE)
    gone = KernelPage(made)
    gone.execute("c0")
    first = until(lambda: asked(made))
    gone.close()
    page = KernelPage(made)
    answer(made, page, "one").close()
    until(lambda: (now := asked(made)) and now["time"] != first["time"], "the second question")
    answer(made, page, "late", asked_at=first["time"]).close()
    answer(made, page, "two").close()
    until(lambda: made.state("c0") == "ok")
    assert made.journal()["c0"]["outputs"][0]["text"] == "more? one\none\nmore? two\ntwo\n"


def test_a_password_is_not_shown(notebook):
    made = notebook(SECRET)
    gone = KernelPage(made)
    gone.execute("c0")
    assert until(lambda: asked(made))["password"] is True
    gone.close()
    page = KernelPage(made)
    answer(made, page, "secret").close()
    until(lambda: made.state("c0") == "ok")
    journal = json.dumps(made.journal())
    assert "secret" not in journal.replace(json.dumps(SECRET), "")
    assert made.journal()["c0"]["outputs"][-1]["text"] == "key? ········\n6\n"


def test_nobody_answers_for_a_page_that_is_there(notebook):
    made = notebook(ASK)
    page, other = KernelPage(made), KernelPage(made)
    id = page.execute("c0")
    until(lambda: asked(made))
    answer(made, other, "the other", there=True).close()
    page.answers = "me"
    assert page.wait(id) == "hello me\n"
    page.close()
    other.close()
