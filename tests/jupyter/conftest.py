# SPDX-License-Identifier: BSD-3-Clause
"""One Jupyter server for the tests that leave it alive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from notebook_server import Notebook, NotebookServer

MakeNotebook = Callable[..., Notebook]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookServer]:
    server = NotebookServer(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookServer]:
    """A server that the test may stop and start."""
    server = NotebookServer(tmp_path_factory.mktemp("own_server"))
    yield server
    server.close()


@pytest.fixture
def notebook(server: NotebookServer, request: pytest.FixtureRequest) -> Iterator[MakeNotebook]:
    """Makes a notebook with the given cells and a kernel."""
    # A second attempt must not find the kernel and the journal of the first.
    attempt = getattr(request.node, "execution_count", 1)
    name = re.sub(r"\W+", "_", f"{request.node.name}_{attempt}")
    made: list[Notebook] = []

    def make(*cells: str, where: NotebookServer = server, kernel: str = "python3") -> Notebook:
        made.append(Notebook(where, name, list(cells), kernel))
        return made[-1]

    yield make
    for one in made:
        one.close()
