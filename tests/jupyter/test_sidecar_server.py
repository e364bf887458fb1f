# SPDX-License-Identifier: BSD-3-Clause
"""``%load_ext rdf_live`` under a server that keeps the journal itself: nothing is started, and all of it is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from notebook_server import KernelPage, Notebook, NotebookServer, until

ASK = """
import json, rdf_live
from rdf_live.client.where import here
from rdf_live.jupyter.kernel.folders import own_folder
place = here()
print(json.dumps({"notebook": place.notebook, "cell": place.cell, "kernel": place.kernel,
    "own": own_folder().exists(), "cells": [(c.cell, c.state, c.outputs) for c in rdf_live.journal()]}))
"""


def named(one: Notebook) -> None:
    """A session as JupyterLab makes it, with the name of the file, and its kernel."""
    if one.session:
        one.server.ask("DELETE", f"api/sessions/{one.session}")
    session = {"path": one.path, "name": one.path, "type": "notebook", "kernel": {"name": "python3"}}
    made = one.server.ask("POST", "api/sessions", session)
    one.session, one.kernel = made["id"], made["kernel"]["id"]


def test_the_server_keeps_it(notebook: Callable[..., Notebook], server: NotebookServer) -> None:
    one = notebook("%load_ext rdf_live", "print('seen')", ASK, "%rdf_live restore c1", "%rdf_live")
    named(one)
    page = KernelPage(one)
    assert page.run("c0") == ""
    page.run("c1")

    def ask(page: KernelPage) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(page.run("c2"))
        return found

    found = ask(page)
    assert found["notebook"] == str(one.file)
    assert (found["cell"], found["kernel"], found["own"]) == ("c2", one.kernel, False)
    seen = ["c1", "ok", [{"output_type": "stream", "name": "stdout", "text": "seen\n"}]]
    assert seen in found["cells"]
    assert page.run("c4").startswith("The Jupyter server keeps the outputs of this notebook.\n")
    page.close()

    # A new kernel of the same notebook.
    named(one)
    page = KernelPage(one)
    page.run("c0")
    until(lambda: seen in ask(page)["cells"], "the cell of the kernel before")
    assert page.run("c3") == "seen\n"
    page.close()
