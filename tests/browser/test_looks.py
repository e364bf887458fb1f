# SPDX-License-Identifier: BSD-3-Clause
"""What people see, in both themes, wide and narrow. The pictures are for people; what must hold is asserted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Open
from jupyter_server_process import JupyterServer
from notebook_page import PATIENCE_S, screenshot, until

RUN = """
df = frame(3000, npartitions=6)
sel = df.Filter("x > 40", "central").Filter("y < 2", "low")
data = sel.Histo1D(("data", "Stack and data;x [cm];events", 40, 0, 100), "x")
mc1 = sel.Filter("y < 1").Histo1D(("mc1", "low y;x [cm];events", 40, 0, 100), "x")
mc2 = sel.Filter("y >= 1").Histo1D(("mc2", "high y;x [cm];events", 40, 0, 100), "x")
other = df.Histo1D(("m", "Spectrum;m_{#mu#mu} [GeV];events", 60, 0, 10), "y")
xy = df.Histo2D(("xy", "Two dimensions;x [cm];y", 40, 0, 100, 40, 0, 6), "x", "y")
p = df.Profile1D(("p", "Profile;x [cm];mean y", 20, 0, 100), "x", "y")
xyz = df.Define("z", "x + y").Histo3D(("xyz", "Three;x;y;z", 10, 0, 100, 10, 0, 6, 10, 0, 100), "x", "y", "z")
cuts, n, mean = sel.Report(), df.Count(), df.Mean("x")
run = rdf_live.start([data, mc1, mc2, other, xy, p, xyz, cuts, n, mean])
run.panel([[data, (mc1, mc2)], other, xy, p, xyz])
"""
THEME = "@jupyterlab/apputils-extension:themes"


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"], ids=["light", "dark"])
def theme(request: pytest.FixtureRequest, server: JupyterServer) -> Iterator[str]:
    name = request.param
    server.ask("PUT", f"lab/api/settings/{THEME}", {"raw": json.dumps({"theme": name})})
    yield name
    server.ask("PUT", f"lab/api/settings/{THEME}", {"raw": "{}"})


def test_looks(theme: str, notebook: Open, pictures: Path) -> None:
    name = theme.split()[-1].lower()
    nb = notebook(RUN)
    nb.page.set_viewport_size({"width": 1280, "height": 1400})
    nb.run(1)
    nb.watch()
    until(lambda: any("done" in look["words"] for look in nb.seen()), PATIENCE_S, "the end of the run")
    until(lambda: nb.panel.locator(".rdf-live-pane svg").count() >= 5, 20, "five plots")
    nb.page.wait_for_timeout(1000)
    screenshot(nb.page, pictures, f"wide_{name}")
    panel = nb.panel.bounding_box()
    assert panel is not None
    panes = [pane.bounding_box() for pane in nb.panel.locator(".rdf-live-pane").all()]
    assert len(panes) == 5
    assert all(pane and pane["width"] >= 200 for pane in panes)
    assert panes[0]["y"] == panes[1]["y"], "two beside each other where there is room"
    nb.page.set_viewport_size({"width": 640, "height": 1400})
    nb.page.wait_for_timeout(1500)
    screenshot(nb.page, pictures, f"narrow_{name}")
    overflow = nb.panel.evaluate("node => node.scrollWidth - node.clientWidth")
    assert overflow <= 1, "nothing sticks out"
    labels = nb.panel.locator(".rdf-live-pane").first.locator(".xaxis_container text").all_text_contents()
    assert {"0", "100"} <= set(labels), "axes in narrow panes too"
