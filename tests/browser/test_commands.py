# SPDX-License-Identifier: BSD-3-Clause
"""Stop and Cancel, clicked while the kernel is idle, waits for the run, or works on something else."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from conftest import Open
from notebook_page import PATIENCE_S, NotebookPage, screenshot, until
from playwright.sync_api import expect

#: Two minutes of two workers.
START = """
h = frame(200_000, npartitions=6).Histo1D(("h", "Stopped;x;events", 50, 0, 100), "x")
run = rdf_live.start(h)
"""
OTHER = """
import time
for i in range(100):
    time.sleep(0.1)
    if i % 10 == 0: print("working", i, flush=True)
print("not interrupted")
"""
#: What is in the cell of the run, and what the kernel does when Stop is clicked.
SITUATIONS = {"idle": "run", "its own cell blocks": "run.wait()", "another cell is busy": "run"}
#: A kernel of an older ipykernel hears nothing while a cell runs.
SUBSHELLS = int(version("ipykernel").partition(".")[0]) >= 7
NOTE_CLICK = """document.addEventListener('click', (event) => {
  if (event.target.closest('button')) window.__clicked = Date.now() / 1000;
}, true)"""


def under_way(nb: NotebookPage) -> None:
    """Wait until the panel shows the run with some entries in its plot."""
    nb.watch()
    until(
        lambda: any(look["paths"] and "of the data" in look["words"] for look in nb.seen()),
        PATIENCE_S,
        "a run under way",
    )


def said(nb: NotebookPage, words: str, timeout: float = 10) -> float:
    """When the panel first said the words."""

    def when() -> float | None:
        return next((look["time"] for look in nb.seen() if words in look["words"]), None)

    at: float = until(when, timeout, f"the panel says {words!r}")
    return at


@pytest.mark.parametrize("situation", SITUATIONS)
def test_stop(
    situation: str,
    notebook: Open,
    last_run: Callable[[], dict[str, Any]],
    cluster_idle: Callable[[], bool],
    pictures: Path,
) -> None:
    """The run is over, the workers have nothing to do and the panel says what it holds, 2 s after the click."""
    nb = notebook(START + SITUATIONS[situation], OTHER)
    nb.page.evaluate(NOTE_CLICK)
    nb.start(1)
    if situation == "another cell is busy":
        nb.wait(1)
        nb.start(2)
        until(lambda: "working" in nb.text(2), 20, "the other cell is busy")
    under_way(nb)
    nb.panel.get_by_role("button", name="Stop", exact=True).click()
    if situation == "another cell is busy" and not SUBSHELLS:
        said(nb, "Stopping")
        assert last_run()["state"] == "running", "it is heard when that cell has ended"
        assert "not interrupted" in nb.wait(2, timeout=30)
        said(nb, "stopped")
        assert last_run()["state"] == "stopped"
        return
    until(cluster_idle, 20, "workers with nothing to do")
    free = time.time()
    stopped = said(nb, "stopped")
    clicked = nb.page.evaluate("window.__clicked")
    run = last_run()
    print(
        f"\nafter the click: run over {run['ended'] - clicked:.2f} s, cores free {free - clicked:.2f} s, "
        f"panel {stopped - clicked:.2f} s"
    )
    assert run["state"] == "stopped"
    assert 0 < run["progress"]["fraction"] < 1
    assert run["progress"]["running"] == 0
    screenshot(nb.page, pictures, f"stopped_{situation.replace(' ', '_')}")
    assert max(run["ended"], free, stopped) - clicked <= 2
    assert said(nb, "Stopping") - clicked <= 0.5, "the click is answered at once"
    assert "100 %" not in nb.panel.inner_text()
    expect(nb.panel.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    if situation == "another cell is busy":
        assert "not interrupted" in nb.wait(2, timeout=30)
    else:
        nb.wait(1)
    nb.save()
    assert not [output for output in nb.outputs() if output["output_type"] == "error"]


def test_cancel_asks_once(notebook: Open, last_run: Callable[[], dict[str, Any]], pictures: Path) -> None:
    nb = notebook(START + "run")
    nb.run(1)
    under_way(nb)
    nb.panel.get_by_role("button", name="Cancel", exact=True).click()
    screenshot(nb.panel, pictures, "really_cancel")
    assert last_run()["state"] == "running"
    nb.panel.get_by_role("button", name="Really cancel?", exact=True).click()
    said(nb, "cancelled")
    assert last_run()["state"] == "cancelled"
    screenshot(nb.panel, pictures, "cancelled")
