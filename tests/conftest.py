# SPDX-License-Identifier: BSD-3-Clause
"""Every test belongs to exactly one layer, so that no test is left out of a run by layers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator

import pytest

#: What these show has to hold every time, not in one of two attempts.
EXACT = ("test_exactly_once.py", "test_merge_objects.py", "test_actions.py")
LAYERS = {
    "unit": "no ROOT, no Dask: pure logic",
    "dask": "Dask in this process, no ROOT",
    "root": "real ROOT, real clusters of worker processes",
    "condor": "a real HTCondor pool",
    "jupyter": "real Jupyter servers and kernels, no browser",
    "browser": "real notebooks in a real browser",
}


@pytest.fixture(scope="session", autouse=True)
def _state() -> Iterator[None]:
    """What tests write down about their runs is not for the user's notebooks to find."""
    folder = tempfile.mkdtemp(prefix="rdf_live-state-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", folder)
        yield
    shutil.rmtree(folder, ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    # Here and not in browser/, whose conftest is read too late where no folder is named on the command line.
    parser.addoption("--keep-screenshots", metavar="DIR", help="copy the pictures that the browser tests take there")
    fronts = {"choices": ("lab", "notebook"), "default": "lab"}
    parser.addoption("--front", **fronts, help="where browser tests open notebooks that name no front end themselves")


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in LAYERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


# First, so that the layer taken from the folder is there when `-m` selects.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of ``tests/<layer>/`` with that layer, and refuse a test that has none or several."""
    tests = config.rootpath / "tests"
    for item in items:
        marked = {mark.name for mark in item.iter_markers()} & LAYERS.keys()
        folder = item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""
        if not marked and folder in LAYERS:
            item.add_marker(folder)
            marked = {folder}
        if config.pluginmanager.hasplugin("rerunfailures") and (marked & {"unit", "dask"} or item.path.name in EXACT):
            item.add_marker(pytest.mark.flaky(reruns=0))
        if len(marked) != 1:
            raise pytest.UsageError(
                f"{item.nodeid}: got layers {sorted(marked)}, expected exactly one of {list(LAYERS)}: "
                f"put the file in tests/<layer>/ or set pytestmark = pytest.mark.<layer>"
            )
