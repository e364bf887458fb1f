# SPDX-License-Identifier: BSD-3-Clause
"""How much goes into one update, and a plot or a picture that cannot be made."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import test_panel_thread
from test_panel_thread import PATIENCE_S, Page, Run

from rdf_live.errors import BadInput
from rdf_live.snapshot import Result
from rdf_live.view import picture
from rdf_live.view.panel import panel, plots

page = test_panel_thread.page
LETTERS = 300_000


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Ten histograms of 300 kB, of which the third cannot be shown; pictures are a byte long."""
    run = Run()
    run.results = [Result(0, i, f"h{i}", "TH1D") for i in range(10)]

    def plot_of(pane: Any, snapshot: Any) -> dict[str, Any]:
        if pane.title == "h2":
            raise RuntimeError("no reason")
        view = {"name": "", "stack": False, "objects": ["x" * LETTERS], "options": ["hist"]}
        return {"entries": 30, "fraction": 0.3, "note": None, "views": [view]}

    monkeypatch.setattr(plots, "plot_of", plot_of)
    monkeypatch.setattr(plots, "title_of", lambda pane, _: f"title of {pane.title}")
    monkeypatch.setattr(picture, "png", lambda *_, **__: b"p")
    return run


def test_no_update_is_too_large(page: Page, run: Run) -> None:
    """What does not fit goes with the next one, without any news; the last one says what it has left out."""
    run.panel()
    run.deliver(1)
    page.until(lambda frames: {pane for f in frames for pane in f["plots"]} == set(map(str, range(10))))
    sizes = [len(json.dumps(f)) for f in page.frames]
    assert max(sizes) < 1_000_000 + LETTERS + 5000
    assert page.frames[-1]["plots"].keys() & page.frames[-2]["plots"].keys() == set()
    run.deliver(2, "done")
    page.until(lambda frames: frames[-1]["final"])
    last = page.frames[-1]
    assert len(json.dumps(last)) < 2_000_000
    assert list(last["plots"]) == [str(i) for i in range(10)]
    left_out = [key for key, plot in last["plots"].items() if (plot["note"] or "").startswith("left out")]
    assert left_out == ["7", "8", "9"]
    assert [pane["title"] for pane in last["panes"]] == [f"title of h{i}" if i != 2 else "h2" for i in range(10)]


def test_plot_that_cannot_be_made(page: Page, run: Run) -> None:
    """Its pane gets a note; the others go on."""
    run.deliver(1, "done")
    shown = run.panel()
    (last,) = page.frames
    assert last["plots"]["2"]["note"] == "cannot be shown: RuntimeError: no reason"
    assert last["plots"]["2"]["views"] == []
    assert last["plots"]["3"]["views"]
    assert shown.error is None


def test_picture_comes_after_the_first_plots_and_stays(page: Page, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    def png(snapshot: Any, results: Any, **options: Any) -> bytes:
        made.append(options | {"results": results})
        return bytes([len(made)])

    monkeypatch.setattr(picture, "png", png)
    shown = run.panel(logy=True, columns=4)
    shown.watch("page", [0])
    run.deliver(1)
    page.until(lambda frames: frames[-1]["plots"])
    assert "image/png" not in page.bundles[-1]
    for seq in (2, 3, 4):
        run.deliver(seq)
        page.until(lambda frames, seq=seq: sum(bool(f["plots"]) for f in frames) >= seq)
    # A page is watching: one picture is enough for now, and each update has it.
    assert [base64.b64decode(bundle["image/png"]) for bundle in page.bundles[-3:]] == [b"\1"] * 3
    run.deliver(5, "stopped")
    page.until(lambda frames: frames[-1]["final"])
    assert base64.b64decode(page.bundles[-1]["image/png"]) == b"\2"
    assert len(made) == 2
    assert (made[0]["title"], made[0]["rows"], made[0]["results"]) == ("counts", [4, 4, 2], run.results)
    assert made[0]["looks"]["h3"] == picture.Look(logy=True)
    shown.settle(PATIENCE_S)


def test_panel_that_is_scrolled_away(page: Page, run: Run) -> None:
    """Something is drawn once, and a picture: the notebook may be saved before anybody looks."""
    shown = run.panel()
    shown.watch("page", [])
    run.deliver(1)
    page.until(lambda frames: frames[-1]["plots"])
    run.deliver(2)
    page.until(lambda _: "image/png" in page.bundles[-1])
    run.deliver(3)
    page.until(lambda frames: len(frames) > 3)
    assert page.frames[-1]["plots"] == {}
    run.deliver(4, "done")
    page.until(lambda frames: frames[-1]["final"])


def test_page_that_is_loaded_again_gets_its_plots(page: Page, run: Run) -> None:
    """Also of a run that hangs."""
    shown = run.panel()
    shown.watch("page", [0, 1])
    run.deliver(1)
    page.until(lambda frames: frames[-1]["plots"])
    shown.watch("the same", [])
    shown.watch("the same", [1])
    page.until(lambda frames: sum("1" in f["plots"] for f in frames) == 2)
    run.deliver(2, "done")
    page.until(lambda frames: frames[-1]["final"])


def test_picture_of_what_can_be_drawn(page: Page, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One pane that cannot be drawn is left out; so is what would be too much, and the title says so."""
    made: list[tuple[int, str]] = []

    def png(snapshot: Any, results: Any, *, title: str, **_: Any) -> bytes:
        if any(result.label == "h4" for result in results):
            raise BadInput("stack: got other bins")
        made.append((len(results), title))
        return b"p"

    monkeypatch.setattr(picture, "png", png)
    run.deliver(1, "done")
    run.panel()
    assert "image/png" in page.bundles[-1]
    assert made[-1] == (9, "counts (9 of 10)")
    many = test_panel_thread.Run()
    many.results = [Result(0, i % 3, f"many{i}", "TH1D") for i in range(100)]
    many.deliver(1, "done")
    many.panel()
    assert made[-1] == (16, "counts (16 of 100)")


@pytest.mark.parametrize("error", [BadInput("nothing that can be drawn"), MemoryError()])
def test_picture_that_cannot_be_made(page: Page, run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def png(*_: Any, **__: Any) -> bytes:
        raise error

    monkeypatch.setattr(picture, "png", png)
    run.deliver(1, "done")
    run.panel()
    assert set(page.bundles[-1]) == {panel.MIME, "text/plain"}
