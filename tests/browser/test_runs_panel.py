# SPDX-License-Identifier: BSD-3-Clause
"""The side panel "Runs": a real run in it, and lists as they may be."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Open
from jupyter_server_process import JupyterServer
from notebook_page import PATIENCE_S, NotebookPage, screenshot, until
from playwright.sync_api import Locator, Page, expect

#: Two minutes of two workers.
START = """
h = frame(200_000, npartitions=6).Histo1D(("h", "Listed;x;events", 50, 0, 100), "x")
run = rdf_live.start(h, name={name!r})
print("started")
"""
ACTIVE = re.compile(r"\bjp-mod-active\b")
LONG = "import time\n" * 40
#: Titles of the groups that are shown.
GROUPS = ".rdf-live-runs-section:not([hidden]) .rdf-live-runs-group"
THEME = "@jupyterlab/apputils-extension:themes"
#: Where the browser asks for the list.
LIST = "**/rdf-live/api/runs"
#: Counts how often that happens.
COUNT = "performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('rdf-live/api/runs')).length"


def side(page: Page, front: str = "lab") -> Locator:
    """Open the panel, as a user does."""
    if front == "lab":
        page.locator('.jp-SideBar [data-id="rdf-live-runs"]').click()
    else:
        page.locator(".lm-MenuBar-item", has_text="View").click()
        page.locator(".lm-Menu-item", has_text="Left Sidebar").hover()
        page.locator(".lm-Menu-item", has_text="Runs").click()
    panel = page.locator(".rdf-live-runs")
    expect(panel).to_be_visible()
    return panel


def row(panel: Locator, name: str) -> Locator:
    return panel.locator("li.rdf-live-runs-row").filter(has=panel.page.get_by_role("button", name=name, exact=True))


def run_and_look(nb: NotebookPage, name: str) -> Locator:
    """Start the run of cell 1 and open the panel: the row of the run, with entries."""
    assert "started" in nb.run(1)
    mine = row(side(nb.page, nb.front), name)
    expect(mine).to_have_attribute("data-state", "running", timeout=20_000)
    expect(mine).to_contain_text("entries ·", timeout=1000 * PATIENCE_S)
    return mine


def test_a_run(notebook: Open, last_run: Callable[[], dict[str, Any]], pictures: Path) -> None:
    """It fills, one goes to its cell, stops it, and attaches it in a cell below."""
    nb = notebook(START.format(name="Z peak"), LONG, "print('last')")
    mine = run_and_look(nb, "Z peak")
    screenshot(nb.page, pictures, "runs_running")
    expect(mine).to_contain_text(f"cell 2 in {nb.path.name}")
    bar = mine.get_by_role("progressbar")
    before = int(bar.get_attribute("aria-valuenow") or 0)
    until(lambda: int(bar.get_attribute("aria-valuenow") or 0) > before, 30, "the bar goes on")

    nb.cell(3).locator(".cm-content").click()
    mine.get_by_role("button", name="Z peak", exact=True).click()
    expect(nb.cell(1)).to_have_class(ACTIVE)
    expect(nb.cell(1)).to_be_in_viewport()

    mine.get_by_role("button", name="Stop Z peak").click()
    expect(mine.get_by_role("button", name="Stopping Z peak")).to_be_visible(timeout=500)
    screenshot(nb.page, pictures, "runs_stopping")
    expect(mine).to_have_attribute("data-state", "stopped", timeout=20_000)
    expect(mine.get_by_role("button", name="Stop Z peak")).to_have_count(0)
    assert last_run()["state"] == "stopped"

    nb.cell(3).locator(".cm-content").click()
    mine.get_by_role("button", name="Attach Z peak here").click()
    expect(mine).to_contain_text(f"Added a cell to {nb.path.name}")
    attached = nb.cell(4)
    assert f'rdf_live.attach("{last_run()["run"]}")' in attached.locator(".cm-content").inner_text()
    expect(attached.locator(".jp-InputArea-prompt")).to_have_text("[ ]:")
    screenshot(nb.page, pictures, "runs_attached")
    nb.run(4)
    expect(nb.panel).to_contain_text("stopped", timeout=20_000)
    expect(nb.panel).to_contain_text("Z peak")
    screenshot(nb.page, pictures, "runs_attached_shown")


def test_notebook_7(notebook: Open, pictures: Path) -> None:
    nb = notebook(START.format(name="in Notebook 7"), LONG, front="notebook")
    mine = run_and_look(nb, "in Notebook 7")
    screenshot(nb.page, pictures, "runs_notebook_7")
    nb.cell(2).locator(".cm-content").click()
    mine.get_by_role("button", name="in Notebook 7", exact=True).click()
    expect(nb.cell(1)).to_have_class(ACTIVE)
    mine.get_by_role("button", name="Stop in Notebook 7").click()
    expect(mine).to_have_attribute("data-state", "stopped", timeout=20_000)


def test_from_another_notebook(notebook: Open, server: JupyterServer) -> None:
    """A click on the name opens the notebook that the run was started in, at its cell."""
    nb = notebook(START.format(name="of another"), LONG)
    assert "started" in nb.run(1)
    nb.save()
    mine = row(side(opened(nb.page, server)), "of another")
    expect(mine.get_by_role("button", name="Attach of another here")).to_be_disabled()
    expect(mine).not_to_contain_text("cell 2")
    mine.get_by_role("button", name="of another", exact=True).click()
    nb.wait_until_shown()
    expect(nb.cell(1)).to_have_class(ACTIVE)
    expect(mine).to_contain_text("cell 2")
    expect(mine.get_by_role("button", name="Attach of another here")).to_be_enabled()


# ---- lists as they may be


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"], ids=["light", "dark"])
def theme(request: pytest.FixtureRequest, server: JupyterServer) -> Iterator[str]:
    name: str = request.param
    server.ask("PUT", f"lab/api/settings/{THEME}", {"raw": json.dumps({"theme": name})})
    yield name.split()[-1].lower()
    server.ask("PUT", f"lab/api/settings/{THEME}", {"raw": "{}"})


def told(run: str, state: str = "done", **more: Any) -> dict[str, Any]:
    """A run as the server tells it."""
    now = time.time()
    given = {"run": run, "name": run, "state": state, "cluster": "naf", "notebook": "work/z_peak.ipynb", "here": True}
    given |= {"cell": "c", "fraction": 1.0, "entries": 4_000_000, "total": 4_000_000, "why": "", "attach": "run"}
    return given | {"started": now - 3000, "ended": now - 2800, "left_s": None} | more


def opened(page: Page, server: JupyterServer) -> Page:
    """JupyterLab without a notebook."""
    page.goto(f"{server.url}/lab?token={server.token}&reset")
    # It takes the keyboard when it comes.
    expect(page.locator(".jp-Launcher")).to_be_focused(timeout=1000 * PATIENCE_S)
    return page


def lab(page: Page, server: JupyterServer, answer: Any) -> Locator:
    """JupyterLab with the panel open, whose server gives this answer."""
    page.route(LIST, lambda route: route.fulfill(json=answer() if callable(answer) else answer))
    return side(opened(page, server))


def test_states(theme: str, page: Page, server: JupyterServer, pictures: Path) -> None:
    running = {"fraction": 0.31, "entries": 1_234_567, "left_s": 42.0, "ended": None}
    long = "Z→μμ with a name that somebody has thought about for a long time, variations included <b>all</b>"
    runs = [
        told("Z peak", "running", **running),
        told(long, "running", **running | {"notebook": "a_notebook_with_a_rather_long_name_of_its_own.ipynb"}),
        told("W mass", "stopping", **running),
        told("just begun", "running", **running | {"fraction": 0.0, "entries": 0, "notebook": None, "here": False}),
        *(told(f"{state} run", state) for state in ("done", "stopped", "failed")),
        told("cancelled run", "cancelled", attach="", here=False),
        told("yesterday", "gone", why="Its cluster does not answer.", attach="", fraction=None, ended=None),
    ]
    why = "There was no answer from tls://naf-school01.desy.de:8786 for 2 s."
    away = {"name": "naf-big", "address": "", "reachable": False, "why": why, "since": time.time() - 600}
    panel = lab(page, server, {"runs": runs, "clusters": [away]})
    expect(panel.locator(GROUPS)).to_have_text(["Running (4)", "Ended (4)", "Not reachable (1)"])
    expect(panel).to_contain_text("naf-big: not reachable since")
    panel.locator("summary").click()
    expect(panel).to_contain_text("Its cluster does not answer.")
    assert panel.evaluate("(node) => node.scrollWidth <= node.clientWidth"), "nothing is wider than the panel"
    page.set_viewport_size({"width": 1280, "height": 1400})
    screenshot(page, pictures, f"runs_states_{theme}")


def test_nothing(page: Page, server: JupyterServer, pictures: Path) -> None:
    panel = lab(page, server, {"runs": [], "clusters": []})
    expect(panel).to_contain_text("No runs. rdf_live.start(...) in a notebook begins one.")
    screenshot(page, pictures, "runs_nothing")


def test_among_the_files_of_notebook_7(page: Page, server: JupyterServer) -> None:
    page.route(LIST, lambda route: route.fulfill(json={"runs": [told("Z peak")], "clusters": []}))
    page.goto(f"{server.url}/tree?token={server.token}")
    expect(side(page, "notebook")).to_contain_text("Z peak")


def test_many(page: Page, server: JupyterServer, pictures: Path) -> None:
    """Where one looks stays, although the list is told again every two seconds."""
    runs = [told(f"run {i}", "running" if i < 3 else "done") for i in range(50)]
    panel = lab(page, server, {"runs": runs, "clusters": []})
    expect(panel.locator(GROUPS)).to_have_text(["Running (3)", "Ended (47)"])
    panel.evaluate("(node) => node.scrollTo(0, 2000)")
    focused = row(panel, "run 30").get_by_role("button", name="run 30", exact=True)
    focused.focus()
    place = panel.evaluate("(node) => node.scrollTop")
    count = page.evaluate(COUNT)
    until(lambda: page.evaluate(COUNT) > count + 1, 20, "it asks again")
    assert panel.evaluate("(node) => node.scrollTop") == place
    expect(focused).to_be_focused()
    screenshot(page, pictures, "runs_many")


def test_asks_only_while_it_is_seen(page: Page, server: JupyterServer) -> None:
    panel = lab(page, server, {"runs": [], "clusters": []})
    until(lambda: page.evaluate(COUNT) > 1, 20, "it asks")
    page.locator('.jp-SideBar [data-id="rdf-live-runs"]').click()
    expect(panel).to_be_hidden()
    count = page.evaluate(COUNT)
    page.wait_for_timeout(5000)
    assert page.evaluate(COUNT) <= count + 1


def test_it_is_open_again_after_a_reload(page: Page, server: JupyterServer) -> None:
    panel = lab(page, server, {"runs": [told("Z peak")], "clusters": []})
    expect(panel).to_contain_text("Z peak")
    # JupyterLab saves its layout a moment after it has changed.
    page.wait_for_timeout(3000)
    page.goto(f"{server.url}/lab?token={server.token}")
    expect(panel).to_be_visible(timeout=1000 * PATIENCE_S)
    expect(panel).to_contain_text("Z peak")


def test_a_server_without_it(page: Page, server: JupyterServer) -> None:
    page.route(LIST, lambda route: route.fulfill(status=404, body="<html>no</html>"))
    expect(side(opened(page, server))).to_contain_text("The Jupyter server knows no rdf_live.")
