# SPDX-License-Identifier: BSD-3-Clause
"""A notebook in the browser, as a user has it before him."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from jupyter_server_process import JupyterServer
from playwright.sync_api import Locator, Page, expect

MIME = "application/vnd.rdf-live.v1+json"
#: Seconds, for what takes a few where nothing else happens: only a test that fails waits so long.
PATIENCE_S = 120
#: Where each front end opens a notebook.
FRONTS = {"lab": "lab/tree", "notebook": "notebooks"}

# What a user sees of a panel, noted whenever it has changed: its words, the shapes of its plots, the pictures.
WATCH = """([selector, every, shapes]) => {
  window.__seen = [];
  const look = () => {
    const panel = document.querySelector(selector);
    if (!panel) return;
    const all = (query) => (shapes ? [...panel.querySelectorAll(query)] : []);
    const paths = all('svg path').map((path) => path.getAttribute('d')).join('');
    const images = all('img').map((image) => image.src).join('');
    const words = panel.innerText;
    const last = window.__seen[window.__seen.length - 1];
    if (last && last.words === words && last.paths === paths && last.images === images) return;
    window.__seen.push({ time: Date.now() / 1000, words, paths, images });
  };
  clearInterval(window.__looking);
  window.__looking = setInterval(look, every);
}"""


def until(condition: Callable[[], Any], timeout: float = 20, what: str = "") -> Any:
    """Wait until `condition()` is true, and give its value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {what or condition}"
        time.sleep(0.02)
    return value


PANEL = ".rdf-live"


class NotebookPage:
    """A notebook with the given cells, opened in JupyterLab ("lab") or Notebook 7 ("notebook")."""

    def __init__(
        self,
        page: Page,
        server: JupyterServer,
        name: str,
        cells: list[str],
        front: str = "lab",
        kernel: str = "python3",
    ) -> None:
        self.page = page
        self.server = server
        self.path = server.notebooks / f"{name}.ipynb"
        self.front = front
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        # As in any notebook that was saved: a page that opens while the kernel is busy cannot ask it for colours.
        notebook.metadata["language_info"] = {"name": "python"}
        nbformat.write(notebook, self.path)
        session = {"path": self.path.name, "name": self.path.name, "type": "notebook", "kernel": {"name": kernel}}
        server.ask("POST", "api/sessions", session)
        self.open()

    def open(self) -> None:
        """Open the page (again, as a reload or after it was closed)."""
        where = f"{self.server.url}/{FRONTS[self.front]}/{self.path.name}?token={self.server.token}"
        self.page.goto(where + ("&reset" if self.front == "lab" else ""))
        self.wait_until_shown()

    def reload(self, *, busy: bool = False) -> None:
        """Load the page again; a kernel that is `busy` answers nothing that is asked."""
        self.page.reload()
        self.wait_until_shown(busy=busy)

    def wait_until_shown(self, *, busy: bool = False) -> None:
        expect(self.page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=1000 * PATIENCE_S)
        if busy:
            return
        indicator = self.page.locator(".jp-Notebook-ExecutionIndicator").first
        until(lambda: indicator.get_attribute("data-status") in ("idle", "busy"), PATIENCE_S, "the kernel answers")

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def start(self, index: int) -> None:
        """Run a cell, as with the keyboard; it may wait for others."""
        prompt = self.cell(index).locator(".jp-InputArea-prompt")
        # It comes a little later than the cell.
        before = str(until(prompt.inner_text, PATIENCE_S, "the prompt"))
        editor = self.cell(index).locator(".cm-content")
        deadline = time.monotonic() + 30
        # A page that is still being built loses keys; one that has taken them shows it in the prompt at once.
        while prompt.inner_text() == before:
            assert time.monotonic() < deadline, f"cell {index} does not start"
            editor.click()
            self.page.keyboard.press("Control+Enter")
            with contextlib.suppress(AssertionError):
                expect(prompt).not_to_have_text(before, timeout=3000)

    def wait(self, index: int, timeout: float = PATIENCE_S) -> str:
        """Wait until a cell that was started has ended; what it printed."""
        prompt = self.cell(index).locator(".jp-InputArea-prompt")
        until(lambda: (text := prompt.inner_text()) and text[1:2].isdigit(), timeout, f"cell {index} has ended")
        return self.text(index)

    def run(self, index: int, timeout: float = PATIENCE_S) -> str:
        self.start(index)
        return self.wait(index, timeout)

    def text(self, index: int) -> str:
        """What a cell has printed so far."""
        return "".join(self.cell(index).locator(".jp-RenderedText").all_inner_texts())

    @property
    def panel(self) -> Locator:
        """The first panel of the notebook, drawn by the extension."""
        return self.page.locator(PANEL).first

    def watch(self, selector: str = PANEL, *, shapes: bool = True) -> None:
        """Note from now on what the panel shows, whenever it has changed; without `shapes` only its words."""
        self.page.evaluate(WATCH, [selector, 40, shapes])

    def seen(self) -> list[dict[str, Any]]:
        """What has been noted since `watch`: time (seconds since 1970), words, paths, images."""
        seen: list[dict[str, Any]] = self.page.evaluate("window.__seen")
        if seen and "ended because of an error" in seen[-1]["words"]:
            raise AssertionError(seen[-1]["words"])
        return seen

    def save(self) -> dict[str, Any]:
        """Save with the keyboard; the file."""
        with self.page.expect_response(lambda reply: reply.request.method == "PUT" and self.path.name in reply.url):
            self.page.keyboard.press("Control+s")
        return self.file()

    def file(self) -> dict[str, Any]:
        """The notebook on disk; a server that writes it may have emptied it for a moment."""

        def whole() -> Any:
            with contextlib.suppress(ValueError):
                return json.loads(self.path.read_text())

        file: dict[str, Any] = until(whole, 10, "the whole file")
        return file

    def outputs(self) -> list[dict[str, Any]]:
        """The outputs of all cells in the file."""
        return [output for cell in self.file()["cells"] for output in cell.get("outputs", [])]


def png_size(encoded: str) -> tuple[int, int]:
    """Width and height in the header of a PNG picture, encoded as in a notebook."""
    data = base64.b64decode(encoded)
    assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:8]
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def screenshot(target: Page | Locator, folder: Path, name: str) -> Path:
    """Take a picture of a page or a part of it; for people to look at."""
    path = folder / f"{name}.png"
    target.screenshot(path=str(path))
    return path
