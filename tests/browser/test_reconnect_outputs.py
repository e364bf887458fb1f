# SPDX-License-Identifier: BSD-3-Clause
"""Outputs that change what is there already, in a page that was opened while they go on."""

from __future__ import annotations

from conftest import OpenLive
from notebook_page import PATIENCE_S, until
from playwright.sync_api import expect

BAR = """for i in range(41):
    print(f"\\r{i:2d}/40 " + "#" * i, end="")
    time.sleep(0.5)
print()
print("bar done")"""
CLEARED = """from IPython.display import clear_output
for i in range(31):
    clear_output(wait=True)
    print("round", i)
    time.sleep(0.5)"""
ASKED = "print('hello', input('who? '))"
UPDATED = "late = display(picture(0), raw=True, display_id=True)"
UPDATE = "late.update(picture(7), raw=True)"


def test_progress_bar(live: OpenLive) -> None:
    nb = live(cells=(BAR,))
    nb.run(0)
    nb.start(1)
    until(lambda: " 2/40" in nb.text(1), PATIENCE_S, "it goes on")
    nb.reload()
    until(lambda: "#" in nb.text(1), PATIENCE_S, "it is back")
    until(lambda: "bar done" in nb.text(1), PATIENCE_S, "the end")
    assert nb.text(1).splitlines() == ["40/40 " + "#" * 40, "bar done"]
    until(lambda: nb.prompt(1) == "[2]:")
    (output,) = nb.save()["cells"][1]["outputs"]
    assert "".join(output["text"]) == "40/40 " + "#" * 40 + "\nbar done\n"


def test_clear_output(live: OpenLive) -> None:
    nb = live(cells=(CLEARED,))
    nb.run(0)
    nb.start(1)
    until(lambda: "round 2" in nb.text(1), PATIENCE_S, "it goes on")
    nb.reload()
    until(lambda: "round" in nb.text(1), PATIENCE_S, "it is back")
    until(lambda: nb.prompt(1) == "[2]:", PATIENCE_S, "the end")
    assert nb.text(1).strip() == "round 30"


def test_input(live: OpenLive) -> None:
    """Questions go to the page that asked for the execution, as ever."""
    nb = live(cells=(ASKED,))
    nb.start(1)
    field = nb.page.locator(".jp-Stdin-input")
    expect(field).to_be_visible(timeout=20_000)
    field.fill("you")
    field.press("Enter")
    assert "hello you" in nb.wait(1)


def test_update_from_a_later_cell(live: OpenLive) -> None:
    """A plot that was restored is updated by a cell of this page, too."""
    nb = live(cells=(UPDATED, UPDATE))
    nb.run(0)
    nb.run(1)
    nb.reload()
    expect(nb.cell(1).locator("img")).to_have_count(1, timeout=20_000)
    assert nb.frame() == 0
    nb.run(2)
    until(lambda: nb.frame() == 7, 20, "the new frame")
    nb.page.wait_for_timeout(2500)
    nb.save()
    nb.reload()
    expect(nb.cell(1).locator("img")).to_have_count(1, timeout=20_000)
    nb.run(2)
    assert nb.frame() == 7


def test_a_cell_is_moved_while_it_runs(live: OpenLive) -> None:
    """Its new place gets what the old one had, and goes on."""
    nb = live(20)
    nb.run_all()
    nb.reload()
    nb.check_running()
    nb.cell(1).locator(".jp-InputArea-prompt").click()
    nb.page.keyboard.press("Control+Shift+ArrowDown")
    until(lambda: "step" in nb.text(2), 20, "it has moved")
    until(lambda: nb.prompt(2) == "[2]:", PATIENCE_S, "the end")
    assert nb.steps(2) == list(range(40))
