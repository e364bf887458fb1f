# SPDX-License-Identifier: BSD-3-Clause
"""Kernels that die and networks that break, while the page is away or there."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from conftest import OpenLive, both_fronts
from cut_line import CutLine
from jupyter_server_process import JupyterServer
from live_cells import LivePage
from notebook_page import PATIENCE_S, screenshot, until
from playwright.sync_api import expect


class Behind:
    """The server as it is seen through a line."""

    def __init__(self, server: JupyterServer, line: CutLine) -> None:
        self.url = f"http://127.0.0.1:{line.port}"
        self.token = server.token
        self.notebooks = server.notebooks
        self.ask = server.ask


def check_not_finished(nb: LivePage, what: str) -> None:
    """The live cell has what it had printed and says why it went no further; the others say that they were not run."""
    until(lambda: what in nb.text(1), PATIENCE_S, "the reason")
    steps = nb.steps()
    assert steps == list(range(len(steps)))
    assert len(steps) >= 3
    assert nb.text(1).count(what) == 1
    for index in (2, 3):
        until(lambda index=index: re.search(r"Not run", nb.cell(index).inner_text()), 20, "not run")
    assert not [index for index in range(4) if "*" in nb.prompt(index)]
    expect(nb.busy).to_be_hidden()


@both_fronts
def test_the_kernel_dies_while_away(live: OpenLive, front: str, pictures: Path) -> None:
    nb = live(60)
    nb.run_all(step=4)
    pid = nb.kernel_pid()
    nb.close()
    os.kill(pid, signal.SIGKILL)
    nb.open()
    check_not_finished(nb, "The kernel died at")
    screenshot(nb.page, pictures, f"reconnect_kernel_died_{front}")
    nb.save()
    assert "The kernel died at" in str(nb.file()["cells"][1]["outputs"])


def test_the_kernel_is_restarted_while_away(live: OpenLive) -> None:
    nb = live(60)
    nb.run_all(step=4)
    kernel = nb.kernel()
    nb.close()
    nb.server.ask("POST", f"api/kernels/{kernel}/restart")
    nb.open()
    check_not_finished(nb, "The kernel was restarted at")
    assert "kernel" in nb.run(0)


@both_fronts
def test_the_kernel_dies_before_the_eyes_of_the_page(live: OpenLive, front: str, pictures: Path) -> None:
    """What this page asked for is left as JupyterLab shows it; a line says what happened."""
    nb = live(60)
    nb.run_all(step=4)
    os.kill(nb.kernel_pid(), signal.SIGKILL)
    dialog = nb.page.locator(".jp-Dialog")
    expect(dialog).to_be_visible(timeout=20_000)
    dialog.get_by_role("button").last.click()
    expect(nb.cell(1).locator(".rdf-live-cell-line")).to_contain_text("The kernel died at", timeout=20_000)
    expect(nb.cell(2).locator(".rdf-live-cell-line")).to_contain_text("Not run: the kernel died at")
    assert not [index for index in range(4) if "*" in nb.prompt(index)]
    screenshot(nb.page, pictures, f"reconnect_kernel_died_here_{front}")
    nb.run(0)
    nb.run(2)
    expect(nb.cell(2).locator(".rdf-live-cell-line")).to_have_count(0)


@pytest.mark.parametrize("page_is", ["closed", "open"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_server_goes(
    live: OpenLive, own_server: JupyterServer, how: signal.Signals, page_is: str, pictures: Path
) -> None:
    """And its kernels with it: nothing runs for ever, and everything until then is there."""
    nb = live(60, server=own_server)
    nb.run_all(step=4)
    if page_is == "closed":
        nb.close()
    else:
        nb.save()
    own_server.again(how, away_s=2)
    if page_is == "closed":
        nb.open()
        check_not_finished(nb, "The Jupyter server w")
        screenshot(nb.page, pictures, f"reconnect_server_{how.name}")
        return
    reason = nb.cell(1).locator(".rdf-live-cell-line")
    expect(reason).to_contain_text("The Jupyter server w", timeout=60_000)
    # JupyterLab looks every ten seconds, or more seldom, whether the kernel is there.
    until(lambda: not [index for index in range(4) if "*" in nb.prompt(index)], PATIENCE_S, "nothing runs for ever")
    screenshot(nb.page, pictures, f"reconnect_server_{how.name}_open")
    steps = nb.steps()
    assert steps == list(range(len(steps)))


@pytest.mark.parametrize("seconds", [9, 40])
def test_the_network_is_cut(live: OpenLive, server: JupyterServer, seconds: int) -> None:
    """The page stays open and gets what it missed, once; nobody asks which version of the file is the right one."""
    line = CutLine(server.port)
    nb = live(seconds + 20, server=Behind(server, line))
    nb.run_all()
    line.cut()
    nb.page.wait_for_timeout(1000 * seconds)
    line.mend()
    lost = nb.page.locator(".jp-Dialog", has_text="Server Connection Error")
    until(lambda: nb.prompt(3) == "[4]:" or lost.count(), PATIENCE_S, "JupyterLab is back")
    if lost.count():
        lost.get_by_role("button").last.click()
    nb.cell(0).locator(".jp-InputArea-prompt").click()
    nb.check_end()
    line.close()
