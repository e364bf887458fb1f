# SPDX-License-Identifier: BSD-3-Clause
"""The server goes and comes back while a cell runs in a kernel that outlives it: as if nothing had happened."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from conftest import OpenLive
from jupyter_server_process import JupyterServer
from notebook_page import screenshot


@pytest.mark.parametrize("page_is", ["closed", "open"])
def test_the_server_is_killed(live: OpenLive, own_server: JupyterServer, page_is: str, pictures: Path) -> None:
    nb = live(30, server=own_server, kernel="rdf-live-lasting")
    nb.run_all()
    pid = nb.kernel_pid()
    if page_is == "closed":
        nb.close()
    own_server.again(signal.SIGKILL, away_s=5)
    if page_is == "closed":
        nb.open()
    elif nb.front == "lab":
        # It says that the server is away; Notebook 7 says nothing.
        nb.page.get_by_role("dialog").get_by_role("button").last.click(timeout=20_000)
    nb.check_running()
    screenshot(nb.page, pictures, f"reconnect_lasting_{page_is}")
    nb.check_end()
    nb.run(0)
    assert nb.kernel_pid() == pid
