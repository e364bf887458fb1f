# SPDX-License-Identifier: BSD-3-Clause
"""Cells that go on for a while with nothing but ipykernel, and what a user sees of them in the page."""

from __future__ import annotations

import re

from jupyter_server_process import JupyterServer
from notebook_page import PATIENCE_S, NotebookPage, png_size, until
from playwright.sync_api import Locator, Page, expect

#: Makes pictures of histograms that fill; the frame is in their height, so that a test can tell it.
FIRST = """import base64, math, os, struct, time, zlib
from IPython.display import display

def picture(frame, width=420):
    height, share = 120 + frame, 1 - 0.8 ** (frame + 1)
    top = [height * (1 - share * math.exp(-((x // 14 * 14 - 210) / 90) ** 2)) for x in range(width)]
    ink, paper = b"\\x3f\\x90\\xda", b"\\xf4\\xf6\\xf8"
    rows = b"".join(b"\\0" + b"".join(ink if y > t else paper for t in top) for y in range(height))
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return {"image/png": base64.b64encode(png).decode(), "text/plain": f"frame {frame}"}
print("kernel", os.getpid())"""
#: Prints twice a second and shows a new frame every second.
LIVE = """handle = display(picture(0), raw=True, display_id=True)
for i in range({seconds} * 2):
    print("step", i)
    time.sleep(0.5)
    if i % 2:
        handle.update(picture(i // 2 + 1), raw=True)"""
SECOND = "print('the second'); 6 * 7"
THIRD = "raise ValueError('on purpose')"


class LivePage(NotebookPage):
    """A notebook whose second cell goes on for `seconds`, with two cells after it; or with other cells after the first.

    Parameters
    ----------
    cells : tuple of str
        Instead of the live one and the two after it.
    """

    def __init__(
        self,
        page: Page,
        server: JupyterServer,
        name: str,
        seconds: int,
        front: str = "lab",
        cells: tuple[str, ...] = (),
        kernel: str = "python3",
    ) -> None:
        self.seconds = seconds
        after = cells or (LIVE.format(seconds=seconds), SECOND, THIRD)
        super().__init__(page, server, name, [FIRST, *after], front, kernel)
        super().wait_until_shown()

    def close(self) -> None:
        """Close the tab, as with the mouse."""
        self.page.goto("about:blank")

    def open_in(self, page: Page) -> None:
        """Open the notebook in another tab."""
        self.page = page
        self.open()

    def wait_until_shown(self, *, busy: bool = False) -> None:
        """JupyterLab's own indicator does not know of a kernel that is busy when the page opens."""
        expect(self.page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=1000 * PATIENCE_S)

    def run_all(self, step: int = 2) -> None:
        """Start every cell, and wait until the live one has printed so many steps."""
        self.show_all()
        if self.prompt(0) != "[1]:":
            self.run(0)
        for index in (1, 2, 3):
            self.start(index)
        self.wait_for_step(step)

    def steps(self, index: int = 1) -> list[int]:
        """The numbers that the live cell has printed, as the page shows them."""
        return [int(number) for number in re.findall(r"step (\d+)", self.text(index))]

    def wait_for_step(self, step: int) -> None:
        until(lambda: step in self.steps(), PATIENCE_S, f"step {step}")

    def frame(self) -> int:
        """The frame of the one picture of the live cell."""
        image = self.cell(1).locator("img")
        expect(image).to_have_count(1)
        return png_size(str(image.get_attribute("src")).partition(",")[2])[1] - 120

    def prompt(self, index: int) -> str:
        return str(self.cell(index).locator(".jp-InputArea-prompt").text_content())

    def text(self, index: int) -> str:
        # Of a cell that is not on the screen there is no inner text.
        return "".join(self.cell(index).locator(".jp-Cell-outputWrapper .jp-RenderedText").all_text_contents())

    def label(self, index: int) -> Locator:
        return self.cell(index).locator(".rdf-live-cell-label")

    @property
    def banner(self) -> Locator:
        return self.page.locator(".rdf-live-banner")

    @property
    def busy(self) -> Locator:
        return self.page.locator(".rdf-live-busy")

    def show_all(self) -> None:
        """Have room for all cells: JupyterLab 4.2 takes those that are not on the screen out of the page."""
        self.page.set_viewport_size({"width": 1280, "height": 3000})

    def check_running(self) -> None:
        """The page shows what it would if it had never been away, while the live cell runs."""
        self.show_all()
        expect(self.busy).to_have_text(re.compile(r"^busy: cell 2, \d:\d\d$"), timeout=20_000)
        until(self.steps, 20, "the outputs")
        prompts = [self.prompt(index) for index in (1, 2, 3)]
        assert prompts == ["[*]:"] * 3, prompts
        expect(self.label(1)).to_have_text(re.compile(r"^running \d:\d\d$"))
        expect(self.label(2)).to_have_text("queued, next")
        expect(self.label(3)).to_have_text("queued, 2nd")
        steps, frame = self.steps(), self.frame()
        assert steps == list(range(len(steps))), steps
        until(lambda: len(self.steps()) > len(steps) and self.frame() > frame, 20, "it goes on")

    def check_end(self, *, saved: bool = True) -> None:
        """Everything is there once, in order, with the right numbers, in the page and in the file."""
        self.show_all()
        until(lambda: [self.prompt(i) for i in range(4)] == [f"[{i}]:" for i in range(1, 5)], PATIENCE_S, "the prompts")
        assert self.steps() == list(range(2 * self.seconds)), self.steps()
        assert self.frame() == self.seconds, self.frame()
        assert "the second" in self.text(2)
        assert "42" in self.text(2)
        assert self.text(3).count("ValueError: on purpose") == 1
        expect(self.busy).to_be_hidden()
        if saved:
            self.save()
            expect(self.page.locator(".jp-Dialog")).to_have_count(0)
            self.check_file()

    def check_file(self) -> None:
        cells = self.file()["cells"]
        assert [cell["execution_count"] for cell in cells] == [1, 2, 3, 4]
        kinds = [[output["output_type"] for output in cell["outputs"]] for cell in cells]
        assert kinds == [["stream"], ["display_data", "stream"], ["stream", "execute_result"], ["error"]]
        image, text = cells[1]["outputs"]
        assert png_size(image["data"]["image/png"])[1] - 120 == self.seconds
        assert "".join(text["text"]) == "".join(f"step {i}\n" for i in range(2 * self.seconds))

    def kernel_pid(self) -> int:
        """The process of the kernel, which the first cell prints."""
        return int(self.text(0).split()[1])

    def kernel(self) -> str:
        """The id of the kernel."""
        (found,) = [one for one in self.server.ask("GET", "api/sessions") if one["path"] == self.path.name]
        return str(found["kernel"]["id"])
