# SPDX-License-Identifier: BSD-3-Clause
"""Beside jupyter-collaboration, whose server holds the notebook: nothing twice, and the file is right."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import OpenLive, missing
from jupyter_server_process import JupyterServer
from notebook_page import screenshot, until
from playwright.sync_api import Page


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with both. Not in the environment of the tests: there it would change every other one."""
    folder = tmp_path_factory.mktemp("collaboration")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    packages = ["jupyter-collaboration>=4", "jupyterlab>=4.4", "ipykernel"]
    done = subprocess.run([*install, "--target", folder / "packages", *packages], capture_output=True, text=True)
    if done.returncode:
        missing(f"got no jupyter-collaboration from pip, expected it to install: {done.stderr[-500:]}")
    server = JupyterServer(folder, beside=folder / "packages")
    yield server
    server.close()


def test_page_comes_back(live: OpenLive, together: JupyterServer, page: Page, pictures: Path) -> None:
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


def test_nobody_comes_back(live: OpenLive, together: JupyterServer) -> None:
    nb = live(8, server=together)
    nb.run_all()
    nb.close()
    until(lambda: nb.file()["cells"][3]["outputs"], 30, "the outputs in the file")
    nb.check_file()
