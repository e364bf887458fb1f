# SPDX-License-Identifier: BSD-3-Clause
"""Outputs that change what is there already, in a page that was opened while they go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import OpenLive
from notebook_page import PATIENCE_S, NotebookPage, screenshot, until
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
ASKED_LATER = "print('begun'); time.sleep(6)\nprint('hello', input('who? '), input('and? '))"
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


def test_input_of_a_page_that_is_gone(live: OpenLive, pictures: Path) -> None:
    """The kernel asks only the page that started the cell: the one that was opened since answers in its place."""
    nb = live(cells=(ASKED_LATER, ASKED))
    nb.run(0)
    nb.start(1)
    until(lambda: "begun" in nb.text(1), PATIENCE_S, "it has begun")
    nb.reload()
    field = nb.page.get_by_label("who?")
    expect(field).to_be_visible(timeout=1000 * PATIENCE_S)
    screenshot(nb.page, pictures, "reconnect_input")
    field.fill("you")
    field.press("Enter")
    second = nb.page.get_by_label("and?")
    expect(second).to_be_visible(timeout=20_000)
    nb.reload()
    expect(second).to_be_visible(timeout=20_000)
    # Letters are no shortcuts of the notebook here.
    second.press_sequentially("dd")
    nb.page.get_by_role("button", name="Answer").click()
    until(lambda: "hello you dd" in nb.text(1), 20, "it goes on")
    assert nb.text(1).splitlines() == ["begun", "who? you", "and? dd", "hello you dd"]
    expect(nb.page.locator(".rdf-live-question")).to_have_count(0)
    nb.start(2)
    nb.page.locator(".jp-Stdin-input").fill("me")
    nb.page.locator(".jp-Stdin-input").press("Enter")
    assert "hello me" in nb.wait(2)
    expect(nb.page.locator(".rdf-live-question")).to_have_count(0)


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


def test_a_cell_is_moved_while_it_runs_and_afterwards(live: OpenLive) -> None:
    """Its new place gets what the old one had, and goes on. One that is deleted and comes back does so too."""
    nb = live(20)
    nb.run_all()
    nb.reload()
    nb.check_running()
    nb.cell(1).locator(".jp-InputArea-prompt").click()
    nb.page.keyboard.press("Control+Shift+ArrowDown")
    until(lambda: "step" in nb.text(2), 20, "it has moved")
    # What is done at once is undone at once.
    nb.page.wait_for_timeout(1500)
    nb.page.keyboard.press("d")
    nb.page.keyboard.press("d")
    until(lambda: "step" not in nb.text(2), 20, "it is deleted")
    nb.page.wait_for_timeout(1500)
    nb.page.keyboard.press("z")
    until(lambda: "step" in nb.text(2), 20, "it is back")
    until(lambda: nb.prompt(2) == "[2]:", PATIENCE_S, "the end")
    assert nb.steps(2) == list(range(40))
    nb.cell(2).locator(".jp-InputArea-prompt").click()
    nb.page.keyboard.press("Control+Shift+ArrowUp")
    until(lambda: "step" in nb.text(1), 20, "it has moved")
    nb.page.wait_for_timeout(1000)
    assert nb.prompt(1) == "[2]:"


@pytest.mark.parametrize("front", ["lab"])
def test_two_views(live: OpenLive) -> None:
    """Both show the same outputs, once. Notebook 7 has one view only."""
    nb = live(15)
    nb.run_all()
    nb.reload()
    nb.page.locator(".lm-TabBar-tab.jp-mod-current", has_text=nb.path.name).click(button="right")
    nb.page.get_by_role("menuitem", name="New View for Notebook").click()
    expect(nb.page.locator(".jp-Notebook")).to_have_count(2, timeout=20_000)
    until(lambda: nb.prompt(1) == "[2]:", PATIENCE_S, "the end")
    assert nb.steps() == list(range(30))


def test_a_format_without_names_of_cells(live: OpenLive) -> None:
    """Each page gives them others, and the file has none: their texts tell."""
    nb = live(cells=("print('one')", "time.sleep(8); print('two')"))
    nb.close()
    file = nb.file()
    file["nbformat_minor"] = 4
    for cell in file["cells"]:
        del cell["id"]
    nb.path.write_text(json.dumps(file))
    nb.open()
    # Keys that come before the kernel are lost.
    NotebookPage.wait_until_shown(nb)
    nb.run(0)
    nb.run(1)
    nb.start(2)
    nb.reload()
    until(lambda: "one" in nb.text(1) and nb.prompt(1) == "[2]:", 20, "it is restored")
    assert nb.prompt(2) == "[*]:"
    nb.close()
    until(lambda: '"two\\n"' in nb.path.read_text(), PATIENCE_S, "it is in the file")
    until(lambda: nb.path.read_text().endswith("}\n"), 20, "the whole file")
    assert not [cell for cell in nb.file()["cells"] if "id" in cell]
    nb.open()
    until(lambda: "two" in nb.text(2) and nb.prompt(2) == "[3]:", 20, "it is opened again")
