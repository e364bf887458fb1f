# SPDX-License-Identifier: BSD-3-Clause
"""Nobody sees a journal without the server's token, or whom the server's authorizer refuses."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import websocket
from conftest import MakeNotebook
from notebook_server import Follower, KernelPage, NotebookServer, until

#: Refuses what stands in a file: pairs of action and resource.
AUTHORIZER = """
import json, pathlib
from jupyter_server.auth.authorizer import Authorizer

class Refusing(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        refused = json.loads(pathlib.Path(__file__).with_name("refused.json").read_text())
        return [action, resource] not in refused
"""


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


@pytest.fixture
def refuse(tmp_path: Path) -> Iterator[tuple[NotebookServer, Callable[..., None]]]:
    """A server with an authorizer, and what it is to refuse from now on."""
    folder = tmp_path / "refusing"
    folder.mkdir()
    (folder / "refusing.py").write_text(AUTHORIZER)

    def refused(*pairs: tuple[str, str]) -> None:
        (folder / "refused.json").write_text(json.dumps(pairs))

    refused()
    server = NotebookServer(folder, "--ServerApp.authorizer_class=refusing.Refusing")
    yield server, refused
    refused()
    server.close()


def test_whoever_may_not_read_kernels(notebook: MakeNotebook, refuse) -> None:
    server, refused = refuse
    made = notebook("print('secret')", where=server)
    page = KernelPage(made)
    page.run("c0")
    assert "secret" in str(made.journal())
    refused(("read", "kernels"))
    for path in (f"rdf-live/api/journal?path={made.path}", "rdf-live/api/runs"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            server.ask("GET", path)
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        Follower(made)


def test_whoever_may_not_write_stops_no_run(refuse) -> None:
    server, refused = refuse
    refused(("write", "kernels"))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        server.ask("POST", "rdf-live/api/runs/abc/stop", {})
    assert server.ask("GET", "rdf-live/api/runs")["runs"] == []


def test_whoever_may_not_execute_answers_nothing(notebook: MakeNotebook, refuse) -> None:
    server, refused = refuse
    made = notebook("print('hello', input('who? '))", where=server)
    page = KernelPage(made)
    page.execute("c0")
    asked = until(lambda: made.journal().get("c0", {}).get("asks"), "it asks")
    page.close()
    until(lambda: server.ask("GET", f"api/kernels/{made.kernel}")["connections"] == 0, "the page is gone")

    def answer(value: str) -> None:
        follower = Follower(made)
        follower.until(lambda said: page.session not in said.get("sessions", [page.session]))
        said = {"type": "answer", "id": made.journal()["c0"]["id"], "time": asked["time"], "value": value}
        follower.say(said)
        # It was taken, or not, before this page is told that it has gone.
        follower.close()

    refused(("execute", "kernels"))
    answer("a reader")
    assert made.journal()["c0"]["asks"] == asked
    refused()
    answer("you")
    until(lambda: made.state("c0") == "ok", "the answer")
    assert "hello you" in str(made.journal())
    assert "a reader" not in str(made.journal())
