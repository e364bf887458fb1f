# SPDX-License-Identifier: BSD-3-Clause
"""A distributed run outlives the page, the kernel and the Jupyter server: it is found again, live, and ends exact."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from conftest import Open
from jupyter_server_process import JupyterServer
from notebook_page import PATIENCE_S, NotebookPage, screenshot, until
from playwright.sync_api import expect

ENTRIES, CELLS = 60_000, 97
#: The second cell shows the panel; what is in the histogram is known to the last bin.
START = f"""import os
df = ROOT.RDataFrame({ENTRIES}, executor=client, npartitions=6)
x = df.Define("x", "gSystem->Sleep(1); return double(rdfentry_ % {CELLS})")
run = rdf_live.start(x.Histo1D(("h", "Kept;x;events", {CELLS}, 0, {CELLS}), "x"))
print("kernel", os.getpid())
run"""
ATTACH = "import rdf_live\nagain = rdf_live.attach()\nagain"
RESULT = f"""h = again.result()["h"]
wrong = [i for i in range({CELLS}) if h.GetBinContent(i + 1) != len(range(i, {ENTRIES}, {CELLS}))]
print(again.state, h.GetEntries(), wrong)"""


def started(notebook: Open, server: JupyterServer, kernel: str = "python3") -> NotebookPage:
    nb = notebook(START, ATTACH, RESULT, server=server, kernel=kernel)
    nb.run(1)
    watch(nb, 1)
    until(lambda: fills(nb) >= 2, PATIENCE_S, "the plot fills")
    nb.save()
    return nb


def watch(nb: NotebookPage, cell: int) -> None:
    """Note what the panel of that cell shows: the kernel sends only what is on the screen."""
    # It never holds still, which Playwright would wait for.
    nb.cell(cell).locator(".rdf-live").first.evaluate("(panel) => panel.scrollIntoView({ block: 'start' })")
    nb.watch(f".jp-Notebook .jp-Cell:nth-child({cell + 1}) .rdf-live")


def fills(nb: NotebookPage) -> int:
    """How many different plots have been seen."""
    return len({look["paths"] for look in nb.seen() if look["paths"]})


def test_the_browser_is_closed(notebook: Open, server: JupyterServer) -> None:
    nb = started(notebook, server)
    nb.page.goto("about:blank")
    nb.page.wait_for_timeout(3000)
    nb.open()
    expect(nb.panel).to_be_visible(timeout=20_000)
    watch(nb, 1)
    until(lambda: fills(nb) >= 3, PATIENCE_S, "the same panel goes on")
    nb.run(2)
    assert f"done {ENTRIES}.0 []" in nb.run(3)
    until(lambda: "100 %" in nb.seen()[-1]["words"], 20, "the panel is at its end")


def test_the_server_is_killed_and_the_kernel_stays(notebook: Open, own_server: JupyterServer, pictures: Path) -> None:
    nb = started(notebook, own_server, "rdf-live-lasting")
    nb.page.goto("about:blank")
    own_server.again(signal.SIGKILL, away_s=3)
    nb.open()
    expect(nb.panel).to_be_visible(timeout=20_000)
    watch(nb, 1)
    until(lambda: fills(nb) >= 3, PATIENCE_S, "the same panel goes on")
    screenshot(nb.page, pictures, "reconnect_run_kernel_stays")
    nb.run(2)
    assert f"done {ENTRIES}.0 []" in nb.run(3)
    until(lambda: "100 %" in nb.seen()[-1]["words"], 20, "the panel is at its end")


@pytest.mark.parametrize("how", ["the kernel is killed", "the server is killed", "the server is restarted"])
def test_attached_again(notebook: Open, own_server: JupyterServer, how: str, pictures: Path) -> None:
    nb = started(notebook, own_server)
    kernel = int(re.findall(r"kernel (\d+)", nb.text(1))[0])
    nb.page.goto("about:blank")
    if how == "the kernel is killed":
        os.kill(kernel, signal.SIGKILL)
    else:
        own_server.again(signal.SIGKILL if how == "the server is killed" else signal.SIGTERM)
    nb.open()
    expect(nb.panel).to_be_visible(timeout=20_000)
    assert nb.run(2) == ""
    watch(nb, 2)
    until(lambda: fills(nb) >= 3, PATIENCE_S, "the panel is live in the new kernel")
    assert "running" not in nb.cell(1).inner_text()
    screenshot(nb.page, pictures, f"reconnect_run_{how.replace(' ', '_')}")
    assert f"done {ENTRIES}.0 []" in nb.run(3)
    until(lambda: "100 %" in nb.seen()[-1]["words"], 20, "the panel is at its end")
