# SPDX-License-Identifier: BSD-3-Clause
"""The list of runs as pages get it: a real Jupyter server, a real scheduler."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator

import pytest
from distributed import Client
from notebook_server import NotebookServer
from unworked_runs import begin, scheduler

from rdf_live.hub.plugin import HubPlugin

RUNS = "rdf-live/api/runs"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookServer]:
    """A server of a user who has no clusters; records that a test writes are that user's."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        server = NotebookServer(folder / "server")
        yield server
        server.close()
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


@pytest.fixture
def address(server: NotebookServer) -> Iterator[str]:
    """A scheduler that knows the run "a", started in work/z.ipynb."""
    notebook = server.notebooks / "work" / "z.ipynb"
    notebook.parent.mkdir()
    notebook.write_text("{}")
    with scheduler(protocol="tcp://") as cluster, Client(cluster) as client:
        client.register_plugin(HubPlugin())
        begin(client, "a", notebook)
        yield cluster.scheduler.address


def test_list_and_stop(server: NotebookServer, address: str) -> None:
    answer = server.ask("GET", RUNS)
    (row,) = answer["runs"]
    assert (row["name"], row["notebook"], row["here"], row["state"]) == ("run a", "work/z.ipynb", True, "running")
    assert answer["clusters"][0]["address"] == address
    assert server.ask("POST", f"{RUNS}/a/stop")["run"] == "a"
    assert server.ask("GET", RUNS)["runs"][0]["state"] == "stopped"


def test_no_run(server: NotebookServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.ask("POST", f"{RUNS}/x/stop")
    with refused.value as error:
        assert error.code == 404
        assert "got the run 'x'" in json.loads(error.read())["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", RUNS), ("POST", f"{RUNS}/a/stop")])
def test_nobody_else(server: NotebookServer, method: str, path: str) -> None:
    for token in ("", "0" * 32):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            server.ask(method, path, token=token)
