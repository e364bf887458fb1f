# SPDX-License-Identifier: BSD-3-Clause
"""Beside extensions that hold the notebook or its outputs on the server: nothing twice, and nobody asks anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import OpenLive, missing
from jupyter_server_process import JupyterServer
from live_cells import LivePage
from notebook_page import PATIENCE_S, screenshot, until
from playwright.sync_api import Page, expect

COLLABORATION = "jupyter-collaboration>=4"
#: They execute cells, or keep what these put out, in their own way.
OTHERS = ("jupyter-server-nbmodel", "jupyter-server-documents")
Beside = Callable[[str], JupyterServer]


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """A server with such a package. Not in the environment of the tests: there it would change every other one."""
    servers: dict[str, JupyterServer] = {}

    def start(package: str) -> JupyterServer:
        if package not in servers:
            folder = tmp_path_factory.mktemp("beside")
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            packages = [package, "jupyterlab>=4.4", "ipykernel"]
            done = subprocess.run(
                [*install, "--target", folder / "packages", *packages], capture_output=True, text=True
            )
            if done.returncode:
                missing(f"got no {package} from pip, expected it to install: {done.stderr[-500:]}")
            servers[package] = JupyterServer(folder, beside=folder / "packages")
        return servers[package]

    yield start
    for server in servers.values():
        server.close()


def test_collaboration_page_comes_back(live: OpenLive, beside: Beside, page: Page, pictures: Path) -> None:
    together = beside(COLLABORATION)
    nb = live(18, server=together)
    nb.run_all()
    nb.close()
    until(lambda: "step 8" in str(together.ask("GET", "rdf-live/api/journal?path=" + nb.path.name)), 30, "it goes on")
    nb.open_in(page)
    nb.check_running()
    screenshot(nb.page, pictures, "collaboration_reconnected")
    nb.check_end(saved=False)
    # By the server, which holds the notebook.
    nb.page.keyboard.press("Control+s")
    until(lambda: nb.file()["cells"][3]["outputs"], 30, "the outputs in the file")
    nb.check_file()


def test_collaboration_nobody_comes_back(live: OpenLive, beside: Beside) -> None:
    nb = live(8, server=beside(COLLABORATION))
    nb.run_all()
    nb.close()
    until(lambda: nb.file()["cells"][3]["outputs"], 30, "the outputs in the file")
    nb.check_file()


def start_all(nb: LivePage) -> None:
    """Press the keys: what a page shows of a cell that waits is theirs."""
    nb.run(0)
    for index in (1, 2, 3):
        nb.cell(index).locator(".cm-content").click()
        nb.page.keyboard.press("Control+Enter")
    nb.wait_for_step(2)


@pytest.mark.parametrize("package", OTHERS)
def test_others_are_left_alone(live: OpenLive, beside: Beside, package: str, pictures: Path) -> None:
    """What comes back is theirs, as without us: nothing of it is shown twice, marked by us, or asked about."""
    server = beside(package)
    active = server.log.read_text()
    assert f"{package.replace('-', '_')} | extension was successfully loaded" in active
    assert "rdf_live.jupyter | extension was successfully loaded" in active
    nb = live(12, server=server)
    start_all(nb)
    nb.close()
    nb.page.wait_for_timeout(4000)
    nb.open()
    nb.show_all()
    nb.page.wait_for_timeout(15_000)
    screenshot(nb.page, pictures, f"beside_{package}")
    steps = nb.steps()
    # jupyter-server-nbmodel by itself brings nothing back, the other one everything.
    assert steps == (list(range(24)) if package == "jupyter-server-documents" else sorted(set(steps))), steps
    assert nb.text(3).count("ValueError: on purpose") <= 1
    expect(nb.busy).to_be_hidden()
    for ours in (nb.banner, nb.label(1), nb.page.locator(".jp-Dialog"), nb.page.locator(".rdf-live-beside")):
        expect(ours).to_have_count(0)
    texts = ["".join(output.get("text", "")) for output in nb.file()["cells"][1]["outputs"]]
    assert "".join(texts).count("step 3\n") <= 1
    # And it can be worked with.
    nb.cell(2).locator(".cm-content").click()
    nb.page.keyboard.press("Control+a")
    nb.page.keyboard.type("print('later')")
    nb.page.keyboard.press("Control+Enter")
    until(lambda: nb.text(2).strip() == "later", PATIENCE_S, "the next execution")
