# SPDX-License-Identifier: BSD-3-Clause
"""Several panels of one run: in one notebook, and in another one whose kernel has attached the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import PROLOGUE, Open
from distributed import Client
from jupyter_server_process import JupyterServer
from notebook_page import PANEL, PATIENCE_S, NotebookPage, screenshot, until
from playwright.sync_api import BrowserContext, Locator

START = """
df = frame(200_000, npartitions=6)
h = df.Histo1D(("h", "First;x;events", 50, 0, 100), "x")
g = df.Histo1D(("g", "Second;y;events", 50, 0, 10), "y")
run = rdf_live.start([h, g])
run
"""
AGAIN = "run.panel([g], logy=True)"
ATTACH = """
again = rdf_live.attach(rdf_live.runs(client)[-1]["run"], client=client)
again
"""


def plots(panel: Locator) -> list[str]:
    """Shapes of the plots of a panel."""
    return [shape or "" for shape in panel.locator("svg path").evaluate_all("all => all.map(p => p.getAttribute('d'))")]


def changes(panel: Locator, times: int) -> None:
    """Wait until the plots of a panel have changed so often."""
    seen: list[list[str]] = []

    def new() -> bool:
        now = plots(panel)
        if now and now not in seen:
            seen.append(now)
        return len(seen) > times

    until(new, PATIENCE_S, f"{times} updates of a panel")


def test_all_panels_of_a_run_follow_it(
    notebook: Open,
    context: BrowserContext,
    server: JupyterServer,
    client: Client,
    last_run: Callable[[], dict[str, Any]],
    pictures: Path,
) -> None:
    """Two of its own kernel and one of another; a Stop in the last is seen in all."""
    nb = notebook(START, AGAIN)
    nb.run(1)
    nb.run(2)
    page = context.new_page()
    other = NotebookPage(
        page, server, "attached_in_a_new_kernel", [PROLOGUE.format(address=client.scheduler.address), ATTACH]
    )
    other.run(0)
    other.run(1)
    changes(other.panel, 3)
    nb.page.bring_to_front()
    panels = [nb.cell(1).locator(PANEL), nb.cell(2).locator(PANEL)]
    for panel in panels:
        changes(panel, 3)
    screenshot(nb.page, pictures, "two_panels_of_a_run")
    page.bring_to_front()
    screenshot(page, pictures, "attached_in_a_new_kernel")
    other.panel.get_by_role("button", name="Stop", exact=True).click()
    until(lambda: last_run()["state"] == "stopped", 10, "the run is stopped")
    until(lambda: "stopped" in other.panel.inner_text(), 20, "the panel where Stop was clicked says so")
    nb.page.bring_to_front()
    for panel in panels:
        until(lambda panel=panel: "stopped" in panel.inner_text(), 20, "the other panels say so")
        assert panel.get_by_role("button", name="Stop", exact=True).count() == 0
    words = {panel.locator(".rdf-live-headline").inner_text() for panel in (*panels, other.panel)}
    assert len(words) == 1, "all of them hold the same part"
    page.close()
