# SPDX-License-Identifier: BSD-3-Clause
"""A notebook that is opened again shows everything that happened while it was closed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import psutil
from conftest import Browser, OpenLive, both_fronts
from live_cells import LivePage
from notebook_page import PATIENCE_S, screenshot, until
from playwright.sync_api import BrowserContext, Error, Page, expect


@both_fronts
def test_reload_while_a_cell_runs(live: OpenLive, front: str, pictures: Path) -> None:
    nb = live(30)
    nb.run_all()
    nb.reload()
    nb.check_running()
    expect(nb.banner).to_contain_text("Reconnected: cell 2 running since")
    expect(nb.banner).to_contain_text(", 2 queued.")
    screenshot(nb.page, pictures, f"reconnect_running_{front}")
    nb.banner.get_by_role("button", name="Dismiss").press("Enter")
    expect(nb.banner).to_have_count(0)
    nb.check_end()
    nb.cell(2).hover()
    screenshot(nb.page, pictures, f"reconnect_end_{front}")


def test_closed_and_opened_while_a_cell_runs(live: OpenLive, context: BrowserContext) -> None:
    first = context.new_page()
    nb = live(30, page=first)
    nb.run_all()
    first.close()
    second = context.new_page()
    nb.open_in(second)
    nb.check_running()
    second.close()
    nb.open_in(context.new_page())
    nb.check_running()
    nb.check_end()
    nb.page.close()


@both_fronts
def test_opened_after_the_end(live: OpenLive, front: str, page: Page, pictures: Path) -> None:
    nb = live(6)
    nb.run_all()
    nb.close()
    until(lambda: "on purpose" in nb.path.read_text().partition("ename")[2], PATIENCE_S, "the last output in the file")
    until(lambda: nb.path.read_text().endswith("}\n"), 20, "the whole file")
    nb.check_file()
    nb.open()
    nb.check_end()
    screenshot(page, pictures, f"reconnect_after_the_end_{front}")


def test_the_page_crashes(live: OpenLive, context: BrowserContext, page: Page) -> None:
    doomed = context.new_page()
    nb = live(30, page=doomed)
    nb.run_all()
    with contextlib.suppress(Error):
        doomed.goto("chrome://crash")
    nb.open_in(page)
    nb.check_running()
    nb.check_end()
    doomed.close()


def test_the_browser_is_killed_and_another_computer_goes_on(live: OpenLive, browser: Browser, page: Page) -> None:
    """Nothing of the first is there: not its storage, not its cookies, and it has said good-bye to nobody."""
    doomed, folder = browser()
    nb = live(30, page=doomed.new_page())
    nb.run_all()
    given = f"--user-data-dir={folder}"
    processes = [one for one in psutil.process_iter(["cmdline"]) if given in (one.info["cmdline"] or ())]
    assert processes
    for process in processes:
        # The first one takes others with it.
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert psutil.wait_procs(processes, timeout=20)[1] == []
    with contextlib.suppress(Error):
        doomed.close()
    nb.open_in(page)
    nb.check_running()
    expect(nb.banner).to_contain_text("Reconnected: cell 2 running since")
    nb.check_end()


def test_what_was_saved_and_cleared_does_not_come_back(live: OpenLive) -> None:
    nb = live(cells=("print('one')",))
    nb.run(0)
    nb.run(1)
    nb.reload()
    until(lambda: "one" in nb.text(1), 20, "it comes back, for nobody had saved it")
    # The server takes it for saved a little after the end only, when it has surely arrived.
    nb.page.wait_for_timeout(2500)
    nb.save()
    nb.cell(1).locator(".jp-OutputArea-output").click(button="right")
    nb.page.get_by_role("menuitem", name="Clear Cell Output").click()
    until(lambda: "one" not in nb.text(1))
    nb.save()
    nb.reload()
    expect(nb.label(0)).to_have_count(1, timeout=20_000)
    assert "one" not in nb.text(1)
    expect(nb.banner).to_have_count(0)


def test_two_pages(live: OpenLive, context: BrowserContext, page: Page, pictures: Path) -> None:
    """The second shows what the first does, and leaves saving to it."""
    nb = live(20)
    nb.run(0)
    # What JupyterLab itself adds to a new notebook is no change of the second page.
    nb.save()
    nb.run_all()
    other = context.new_page()
    mirror: LivePage = nb.__class__.__new__(nb.__class__)
    mirror.__dict__ |= nb.__dict__
    mirror.open_in(other)
    mirror.check_running()
    expect(other.locator(".jp-mod-dirty")).to_have_count(0)
    nb.check_end()
    mirror.check_end(saved=False)
    expect(other.locator(".jp-mod-dirty")).to_have_count(0)
    screenshot(other, pictures, "reconnect_second_page")
    nb.run(2)
    until(lambda: mirror.prompt(2) == "[5]:", 20, "a later execution is shown, too")
    page.bring_to_front()
    other.close()


def test_renamed_while_away(live: OpenLive) -> None:
    nb = live(20)
    nb.run_all()
    nb.close()
    nb.server.ask("PATCH", f"api/contents/{nb.path.name}", {"path": "renamed.ipynb"})
    nb.path = nb.path.with_name("renamed.ipynb")
    nb.open()
    nb.check_running()
    nb.check_end()
    assert len(nb.server.ask("GET", "api/sessions")) == 1, "the notebook has kept its kernel"


def test_edited_and_deleted_while_away(live: OpenLive, pictures: Path) -> None:
    nb = live(14)
    nb.run_all()
    nb.close()
    file = nb.file()
    file["cells"][1]["source"] = "print('edited')"
    del file["cells"][2]
    nb.path.write_text(json.dumps(file))
    nb.page.wait_for_timeout(2500)
    nb.open()
    beside = nb.page.locator(".rdf-live-beside")
    expect(beside).to_contain_text("Output of an earlier version of this cell, running since", timeout=20_000)
    expect(beside.locator("img")).to_have_count(1)
    expect(beside).to_contain_text("step 5")
    screenshot(nb.page, pictures, "reconnect_edited")
    until(lambda: nb.prompt(2) == "[4]:", PATIENCE_S, "the end")
    assert nb.text(2).count("ValueError: on purpose") == 1
    assert "step" not in "".join(nb.cell(1).locator(".jp-Cell-outputWrapper").all_inner_texts())
    expect(beside).to_contain_text("step 27")
    saved = nb.save()
    assert saved["cells"][1]["outputs"] == []
    nb.reload()
    expect(nb.banner).to_contain_text("1 result belongs to an earlier version of a cell", timeout=20_000)
    expect(nb.banner).to_contain_text("1 result belongs to a cell that is gone")
    screenshot(nb.page, pictures, "reconnect_edited_after_the_end")
    beside.get_by_role("button", name="Dismiss").press("Enter")
    expect(beside).to_have_count(0)
