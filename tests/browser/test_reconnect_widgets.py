# SPDX-License-Identifier: BSD-3-Clause
"""Widgets are of a page and its kernel: they go on beside us, and come back when the kernel can be asked."""

from __future__ import annotations

from pathlib import Path

from conftest import OpenLive
from notebook_page import PATIENCE_S, screenshot, until
from playwright.sync_api import expect

BAR = """import ipywidgets
bar = ipywidgets.IntProgress(max=24, description="bar")
said = ipywidgets.Label("nothing")
display(ipywidgets.VBox([bar, said]))
for i in range(1, 25):
    time.sleep(0.5)
    bar.value, said.value = i, f"at {i}"
    print("step", i)
print("done")"""
TOUCHED = "bar.value, said.value = 3, 'touched'"


def test_widgets(live: OpenLive, pictures: Path) -> None:
    """As in a page that stayed, once the cell has ended; what it printed is there at once."""
    nb = live(cells=(BAR, TOUCHED))
    nb.run(0)
    nb.start(1)
    widget = nb.cell(1).locator(".jupyter-widgets-label, .widget-label", has_text="at ")
    expect(widget.first).to_have_text("at 3", timeout=1000 * PATIENCE_S)
    nb.reload()
    until(lambda: "step 3" in nb.text(1), 20, "what was printed")
    screenshot(nb.page, pictures, "widgets_while_busy")
    until(lambda: "done" in nb.text(1), PATIENCE_S, "the end")
    expect(nb.cell(1).locator(".widget-label", has_text="at 24")).to_have_count(1, timeout=20_000)
    screenshot(nb.page, pictures, "widgets_after_the_end")
    nb.run(2)
    expect(nb.cell(1).locator(".widget-label", has_text="touched")).to_have_count(1, timeout=20_000)
    (view, text) = nb.save()["cells"][1]["outputs"]
    assert "application/vnd.jupyter.widget-view+json" in view["data"]
    assert "".join(text["text"]).splitlines() == [*(f"step {i}" for i in range(1, 25)), "done"]
