# SPDX-License-Identifier: BSD-3-Clause
"""What a user does to a plot stays; what is in the data does nothing to the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from conftest import Open
from notebook_page import PATIENCE_S, NotebookPage, screenshot, until
from playwright.sync_api import Dialog, Locator, expect

RUN = """
df = frame({entries})
h = df.Histo1D(("h", "Zoomed;x [cm];events", 100, 0, 100), "x")
run = rdf_live.start(h, every=0.25)
run
"""
MAP = """
df = frame({entries})
h = df.Histo2D(("h", "Coloured;x;y", 20, 0, 100, 20, 0, 5), "x", "y")
run = rdf_live.start(h, every=0.25)
run
"""
#: It would set window.__hacked if any of it became markup, or code.
EVIL = '<img src=x onerror="window.__hacked=1"><script>window.__hacked=2</script>'
HOSTILE = """
evil = {evil!r}
df = frame(3000, npartitions=3)
ok = df.Filter("x > 0", evil)
h = ok.Histo1D(("h", evil + ";" + evil + ";" + evil, 50, 0, 100), "x")
link = "#url[javascript:window.__hacked=3]{{here}}"
h2 = ok.Histo2D((link, evil + ";" + link + ";" + link, 20, 0, 100, 20, 0, 5), "x", "y")
cuts = ok.Report()
bad = df.Define("bad", 'if (rdfentry_ == 2500) throw std::runtime_error("{quoted}"); return 1.;').Sum("bad")
run = rdf_live.start([h, h2, cuts, ok.Count(), bad], name=evil, on_error="skip", max_attempts=1)
run
"""


def looks(nb: NotebookPage) -> int:
    """How many looks of the plot there have been."""
    return len({look["paths"] for look in nb.seen()})


def ticks(plot: Locator, axis: str) -> list[float]:
    """The numbers at an axis."""
    texts = plot.locator(f".{axis}axis_container text").all_text_contents()
    numbers = []
    for text in texts:
        try:
            numbers.append(float(text.replace("\u2212", "-")))
        except ValueError:  # the title of the axis
            continue
    return numbers


def test_zoom_and_log_stay(notebook: Open, pictures: Path) -> None:
    """A range chosen with the mouse and a logarithmic axis outlive ten updates, and the end of the run."""
    nb = notebook(RUN.format(entries=40_000))
    nb.run(1)
    nb.watch()
    until(lambda: looks(nb) >= 3, PATIENCE_S, "a plot that fills")
    plot = nb.panel.locator(".rdf-live-plot")
    whole = ticks(plot, "x")
    assert (whole[0], whole[-1]) == (0, 100)
    assert not logarithmic(plot)
    nb.panel.get_by_role("button", name="log y", exact=True).click()
    zoom(nb, plot)
    zoomed = until(lambda: (t := ticks(plot, "x")) != whole and t, 5, "another range of x")
    assert 20 < zoomed[0] < zoomed[-1] < 80
    expect(nb.panel.get_by_role("button", name="unzoom", exact=True)).to_be_visible()
    seen = looks(nb)
    until(lambda: looks(nb) >= seen + 10, PATIENCE_S, "ten more updates")
    screenshot(nb.page, pictures, "zoomed")
    assert ticks(plot, "x") == zoomed
    assert logarithmic(plot)
    until(lambda: "done" in nb.seen()[-1]["words"], PATIENCE_S, "the end of the run")
    assert ticks(plot, "x") == zoomed
    assert logarithmic(plot)
    nb.panel.get_by_role("button", name="unzoom", exact=True).click()
    until(lambda: ticks(plot, "x") == whole, 5, "the whole range")
    assert logarithmic(plot)
    nb.panel.get_by_role("button", name="log y", exact=True).click()
    until(lambda: not logarithmic(plot), 5, "a linear axis")


def test_palette_and_statistics_stay(notebook: Open, pictures: Path) -> None:
    """Other colours of a map and the box with the statistics, chosen once, outlive updates and the end of the run."""
    nb = notebook(MAP.format(entries=30_000))
    nb.run(1)
    nb.watch()
    until(lambda: looks(nb) >= 3, PATIENCE_S, "a map that fills")
    plot = nb.panel.locator(".rdf-live-plot")
    assert not grey(plot)
    assert "Entries" not in plot.inner_text()
    nb.panel.get_by_role("combobox", name="colour palette").select_option("Grey")
    nb.panel.get_by_role("button", name="stats", exact=True).click()
    until(lambda: grey(plot), 10, "grey cells")
    expect(plot).to_contain_text("Entries")
    entries = statistics(plot)
    seen = looks(nb)
    until(lambda: looks(nb) >= seen + 5, PATIENCE_S, "five more updates")
    screenshot(nb.panel, pictures, "palette_and_statistics")
    until(lambda: grey(plot), 10, "it is still grey, whenever it is not just being drawn")
    assert statistics(plot) > entries, "the box is of the newest update"
    until(lambda: "done" in nb.seen()[-1]["words"], PATIENCE_S, "the end of the run")
    until(lambda: statistics(plot) == 30_000, 10, "the last update")
    until(lambda: grey(plot), 10, "it is still grey")


def grey(plot: Locator) -> bool:
    """All cells of a map have as much red as green and blue."""
    fills = plot.locator(".main_layer path").evaluate_all("paths => paths.map((path) => getComputedStyle(path).fill)")
    colors = [fill[4:-1].split(",") for fill in fills if fill.startswith("rgb(")]
    return len(colors) > 3 and all(len({int(part) for part in color}) == 1 for color in colors)


def statistics(plot: Locator) -> float:
    """Entries in the box."""
    words = " ".join(plot.locator("text").all_text_contents())
    found = re.search(r"Entries\s*([\d.e+]+)", words)
    assert found, words
    return float(found[1])


def zoom(nb: NotebookPage, plot: Locator) -> None:
    """Drag from side to side in the middle of the plot."""
    plot.scroll_into_view_if_needed()
    box: Any = plot.bounding_box()
    middle = box["y"] + box["height"] / 2
    nb.page.mouse.move(box["x"] + 0.4 * box["width"], middle)
    nb.page.mouse.down()
    for part in (0.45, 0.5, 0.6, 0.7):
        nb.page.mouse.move(box["x"] + part * box["width"], middle, steps=3)
    nb.page.mouse.up()


def logarithmic(plot: Locator) -> bool:
    """The axis of a histogram begins at 0, where a logarithmic one cannot."""
    return 0 not in ticks(plot, "y")


def test_hostile_text_is_only_text(notebook: Open, pictures: Path) -> None:
    """Names, titles, cuts and error messages that try to become markup: all forms of the output stay harmless."""
    dialogs: list[str] = []
    nb = notebook(HOSTILE.format(evil=EVIL, quoted=EVIL.replace('"', '\\\\"')))

    def answer(dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # the page's own, when it is left
            dialogs.append(dialog.message)
        dialog.accept()

    nb.page.on("dialog", answer)
    requests: list[str] = []
    nb.page.on("request", lambda request: requests.append(request.url))
    nb.run(1)
    nb.watch()
    until(
        lambda: any("failed" in look["words"] and "done" in look["words"] for look in nb.seen()), PATIENCE_S, "the end"
    )
    failures = nb.panel.get_by_role("region", name="failed ranges")
    failures.locator("summary").first.click()
    expect(failures.locator("dl").first).to_be_visible()
    screenshot(nb.page, pictures, "hostile")
    screenshot(nb.panel, pictures, "hostile_panel")
    words = nb.panel.inner_text()
    assert words.count("<script>window.__hacked=2</script>") >= 3, "it is shown as what it is"
    assert "RuntimeError" in words or "runtime_error" in words
    nb.save()
    nb.reload()
    expect(nb.panel).to_be_visible()
    nb.page.wait_for_timeout(500)
    assert nb.page.evaluate("window.__hacked") is None
    assert nb.panel.locator("script, img, a, iframe, foreignObject img").count() == 0
    assert dialogs == []
    strangers = [url for url in requests if not url.startswith((nb.server.url, "data:", "blob:"))]
    assert strangers == []
    assert not [url for url in requests if url.rstrip("/").endswith("/x")]
