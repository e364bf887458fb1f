# SPDX-License-Identifier: BSD-3-Clause
"""What is left after the page was loaded again, and when the notebook is opened without a kernel."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Open
from nbconvert import HTMLExporter
from notebook_page import MIME, PATIENCE_S, png_size, screenshot, until
from playwright.sync_api import expect

RUN = """
h = frame({entries}).Histo1D(("h", "Reloaded;x;events", 50, 0, 100), "x")
run = rdf_live.start(h)
run
"""


def test_reload_during_a_run(notebook: Open, pictures: Path) -> None:
    """The panel comes back live, and its buttons work."""
    nb = notebook(RUN.format(entries=600_000))
    nb.run(1)
    nb.watch()
    until(lambda: any(look["paths"] for look in nb.seen()), PATIENCE_S, "a first plot")
    nb.save()
    nb.reload()
    expect(nb.panel).to_be_visible(timeout=20_000)
    nb.watch()
    until(lambda: len({look["paths"] for look in nb.seen() if look["paths"]}) >= 4, PATIENCE_S, "a plot that goes on")
    screenshot(nb.page, pictures, "reloaded_during_a_run")
    nb.panel.get_by_role("button", name="Stop", exact=True).click()
    until(lambda: "stopped" in nb.seen()[-1]["words"], 10, "the panel says that it was stopped")
    nb.save()
    (output,) = [output for output in nb.outputs() if MIME in output.get("data", {})]
    state = output["data"][MIME]["run"]["state"]
    assert state == "stopped", "the file has what came after the reload"


def test_reload_while_result_blocks(notebook: Open, pictures: Path) -> None:
    """The kernel is busy with the cell of the run: the panel comes back live all the same, and Stop is heard."""
    nb = notebook(RUN.format(entries=600_000).removesuffix("run\n") + "print(run.result().state)")
    nb.start(1)
    nb.watch()
    until(lambda: any(look["paths"] for look in nb.seen()), PATIENCE_S, "a first plot")
    nb.save()
    nb.reload(busy=True)
    expect(nb.panel).to_be_visible(timeout=60_000)
    nb.watch()
    until(lambda: len({look["paths"] for look in nb.seen() if look["paths"]}) >= 4, PATIENCE_S, "a plot that goes on")
    screenshot(nb.page, pictures, "reloaded_while_result_blocks")
    nb.panel.get_by_role("button", name="Stop", exact=True).click()
    until(lambda: "stopped" in nb.seen()[-1]["words"], 20, "the panel says that it was stopped")


def test_saved_and_opened_without_a_kernel(notebook: Open, pictures: Path) -> None:
    """All three forms are in the file; the panel draws the last one, and its buttons are gone."""
    nb = notebook(RUN.format(entries=4000))
    nb.run(1)
    nb.watch()
    until(lambda: "done" in nb.seen()[-1]["words"] if nb.seen() else False, PATIENCE_S, "the end of the run")
    nb.save()
    (output,) = [output for output in nb.outputs() if MIME in output.get("data", {})]
    assert output["data"][MIME]["final"] is True
    assert output["data"][MIME]["progress"]["entries"] == 4000
    assert min(png_size(output["data"]["image/png"])) > 200
    assert "100 %" in "".join(output["data"]["text/plain"])
    html, _ = HTMLExporter().from_filename(str(nb.path))
    assert output["data"]["image/png"].strip() in html.replace("\n", ""), "what nbviewer and nbconvert show"
    assert MIME not in html
    paths = nb.seen()[-1]["paths"]
    nb.server.end_kernels()
    nb.page.goto("about:blank")
    # Of a language that no kernel speaks, or JupyterLab starts the nearest one.
    stranger = {"kernelspec": {"name": "none", "display_name": "None", "language": "none"}}
    nb.path.write_text(json.dumps(nb.file() | {"metadata": stranger}))
    nb.page.goto(f"{nb.server.url}/lab/tree/{nb.path.name}?token={nb.server.token}&reset")
    expect(nb.panel).to_be_visible(timeout=60_000)
    dialog = nb.page.locator(".jp-Dialog")
    expect(dialog).to_be_visible(timeout=20_000)
    dialog.get_by_role("button", name="No Kernel", exact=True).click()
    nb.watch()
    until(lambda: any(look["paths"] for look in nb.seen()), 20, "the plot")
    assert nb.seen()[-1]["paths"] == paths, "the plot of the end"
    assert "100 %" in nb.panel.inner_text()
    expect(nb.panel.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    screenshot(nb.page, pictures, "without_kernel")
