# SPDX-License-Identifier: BSD-3-Clause
"""One browser, one Jupyter server and one cluster of two worker processes for all tests of this folder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from jupyter_server_process import EXTENSION, JupyterServer
from live_cells import LivePage
from notebook_page import NotebookPage, until
from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright

import rdf_live

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # For measuring memory: without it the numbers are rounded.
    "--enable-precise-memory-info",
]
#: What the first cell of every notebook does. Workers sleep, so that two cores are enough for them and for the browser.
PROLOGUE = """
import ROOT, rdf_live
client = rdf_live.connect({address!r})
def frame(entries, npartitions=8, ms=1):
    df = ROOT.RDataFrame(entries, executor=client, npartitions=npartitions)
    return df.Define("x", f"gSystem->Sleep({{ms}}); return gRandom->Gaus(50, 12)").Define("y", "gRandom->Exp(1.)")
print("ready")
"""

#: Of tests that are worth their time in both on every run; ``--front`` is for the others.
both_fronts = pytest.mark.parametrize("front", ["lab", "notebook"])
Browser = Callable[[], tuple[BrowserContext, Path]]
Open = Callable[..., NotebookPage]
OpenLive = Callable[..., LivePage]


def missing(what: str) -> None:
    """Skip on a user's machine; fail where the tests are the point."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Starts the browser of this machine, as after its installation; what it writes lies in the folder it returns."""
    found = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing("got no Chromium, expected one on the PATH or in CHROMIUM; on Debian: apt install chromium")

    with sync_playwright() as playwright:

        def start() -> tuple[BrowserContext, Path]:
            folder = tmp_path_factory.mktemp("browser")
            size: ViewportSize = {"width": 1280, "height": 900}
            launch = playwright.chromium.launch_persistent_context
            return launch(folder, executable_path=found, args=FLAGS, viewport=size), folder

        yield start


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of all tests."""
    context, _ = browser()
    yield context
    context.close()


@pytest.fixture
def front(request: pytest.FixtureRequest) -> str:
    """JupyterLab ("lab") or Notebook 7 ("notebook")."""
    return str(request.config.getoption("--front"))


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """The cluster; notebooks reach it by its address. Its workers have loaded ROOT: that takes seconds."""
    import ROOT

    client = rdf_live.connect("local", workers=2)
    cluster = client.cluster
    warm = ROOT.RDataFrame(2, executor=client, npartitions=2).Define("x", "1.").Histo1D(("warm", "", 1, 0, 1), "x")
    rdf_live.start(warm).result()
    yield client
    client.close()
    cluster.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """JupyterLab and Notebook 7, with the extension of this checkout."""
    if not (EXTENSION / "package.json").is_file():
        pytest.fail(f"got no {EXTENSION}, expected the notebook extension: make labextension")
    server = JupyterServer(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where screenshots go."""
    folder = tmp_path_factory.mktemp("screenshots")
    yield folder
    if kept := request.config.getoption("--keep-screenshots"):
        shutil.copytree(folder, kept, dirs_exist_ok=True)


def name_of(request: pytest.FixtureRequest) -> str:
    """Of a test's notebook; a second attempt must not find the journal of the first."""
    attempt = getattr(request.node, "execution_count", 1)
    return re.sub(r"\W+", "_", request.node.name).strip("_") + ("" if attempt == 1 else f"_{attempt}")


def ours(text: str) -> bool:
    """False for what the browser says where a test ends the connection, and JupyterLab where the machine is slow."""
    return not text.startswith("WebSocket connection to") and "ms to activate" not in text


@pytest.fixture
def page(context: BrowserContext, pictures: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new page, which must not report errors of ours; its last look is kept."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)) if "rdf-live" in str(error.stack) else None)
    page.on("console", lambda said: errors.append(said.text) if "rdf-live" in said.text and ours(said.text) else None)
    yield page
    page.screenshot(path=str(pictures / f"{re.sub(r'[^a-z0-9]+', '_', request.node.name)}_end.png"))
    page.close()
    assert errors == []


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[JupyterServer]:
    """A server that the test may end and start again."""
    server = JupyterServer(tmp_path / "own")
    yield server
    server.close()


@pytest.fixture
def notebook(
    page: Page, server: JupyterServer, client: Client, front: str, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Opens a notebook whose first cell, which connects to the cluster, has been run: ``notebook(*cells)``."""
    name = name_of(request)

    def open_(*cells: str, front: str = front, server: JupyterServer = server, kernel: str = "python3") -> NotebookPage:
        prologue = PROLOGUE.format(address=client.scheduler.address)
        made = NotebookPage(page, server, name, [prologue, *cells], front, kernel)
        assert "ready" in made.run(0)
        return made

    yield open_
    server.end_kernels()
    end_runs(client)


@pytest.fixture
def live(page: Page, server: JupyterServer, front: str, request: pytest.FixtureRequest) -> Iterator[OpenLive]:
    """Opens a notebook that needs no cluster, with a cell that goes on for a while: ``live(seconds)``."""
    name = name_of(request)

    def open_(seconds: int = 12, **options: Any) -> LivePage:
        given: dict[str, Any] = {"page": page, "server": server, "front": front, **options}
        return LivePage(given.pop("page"), given.pop("server"), name, seconds, **given)

    yield open_
    server.end_kernels()


def end_runs(client: Client) -> None:
    """Cancel what is still going on, so that the next test has all workers."""
    for run in rdf_live.runs(client):
        if run["ended"] is None:
            rdf_live.attach(run["run"], client=client).cancel()
    until(lambda: idle(client), 30, "workers with nothing to do")


def idle(client: Client) -> bool:
    """True if no worker has a task."""
    processing: dict[str, Any] = client.processing()
    return not any(processing.values())


@pytest.fixture
def cluster_idle(client: Client) -> Callable[[], bool]:
    """Tells whether no worker has a task."""
    return lambda: idle(client)


@pytest.fixture
def last_run(client: Client) -> Callable[[], dict[str, Any]]:
    """What the hub says about the newest run."""
    return lambda: rdf_live.runs(client)[-1]
