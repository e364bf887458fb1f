# SPDX-License-Identifier: BSD-3-Clause
"""Many histograms, many updates: what nobody sees is not drawn, and neither the page nor the file grows."""

from __future__ import annotations

from pathlib import Path

from conftest import Open
from notebook_page import PATIENCE_S, NotebookPage, screenshot, until

RUN = """
df = frame(75_000)
for i in range(100):
    df = df.Define(f"x{i}", f"x + {i}")
hs = [df.Histo1D((f"h{i}", f"Number {i};x;events", 100, 0, 200), f"x{i}") for i in range(100)]
run = rdf_live.start(hs)
run
"""


def heap(nb: NotebookPage) -> int:
    """Bytes of the page's own objects after a collection of garbage."""
    cdp = nb.page.context.new_cdp_session(nb.page)
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    cdp.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in cdp.send("Performance.getMetrics")["metrics"]}
    cdp.detach()
    return int(metrics["JSHeapUsedSize"])


def drawn(nb: NotebookPage) -> list[str]:
    """Titles of the panes that have a plot."""
    titles: list[str] = nb.page.evaluate(
        "[...document.querySelectorAll('.rdf-live-pane')].filter((pane) => pane.querySelector('svg path'))"
        ".map((pane) => pane.innerText.split('\\n')[0])"
    )
    return titles


def updates(nb: NotebookPage) -> int:
    """How many updates there have been: each has other words."""
    count: int = nb.page.evaluate("window.__seen.length")
    return count


def test_nothing_grows(notebook: Open, pictures: Path) -> None:
    nb = notebook(RUN)
    nb.run(1)
    nb.watch(shapes=False)
    until(lambda: updates(nb) >= 12, PATIENCE_S, "a dozen updates")
    assert 0 < len(drawn(nb)) < 30, "only what is on the screen, or near it"
    last = nb.page.locator(".rdf-live-pane").last
    assert "Number 99" not in drawn(nb)
    last.scroll_into_view_if_needed()
    until(lambda: "Number 99" in drawn(nb), 20, "the last plot, once it is seen")
    nb.panel.scroll_into_view_if_needed()
    size = len(str(nb.save()))
    before, first = heap(nb), updates(nb)
    screenshot(nb.page, pictures, "hundred_histograms")
    until(lambda: updates(nb) >= first + 50, PATIENCE_S, "50 more updates")
    after, grown = heap(nb), len(str(nb.save()))
    print(f"\nheap {before / 1e6:.1f} -> {after / 1e6:.1f} MB, file {size / 1e3:.0f} -> {grown / 1e3:.0f} kB")
    assert after - before < 0.15 * before
    assert grown < 1.3 * size
