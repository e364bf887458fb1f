# SPDX-License-Identifier: BSD-3-Clause
"""Nobody without the server's token sees a journal."""

from __future__ import annotations

import urllib.error

import pytest
import websocket
from notebook_server import KernelPage


@pytest.mark.parametrize("token", ["", "0123456789abcdef"])
def test_token(server, notebook, token):
    made = notebook("1")
    page = KernelPage(made)
    page.run("c0")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        server.ask("GET", f"rdf-live/api/journal?path={made.path}", token=token)
    url = f"ws://127.0.0.1:{server.port}/rdf-live/api/journal/follow?path={made.path}"
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(url, header=[f"Authorization: token {token}"])
    assert server.journal(made.path)
    page.close()


def test_unknown_notebook(server):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        server.ask("GET", "rdf-live/api/journal?path=nothing.ipynb")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        server.ask("GET", "rdf-live/api/journal?path=nothing.ipynb&since=x")
