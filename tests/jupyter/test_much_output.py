# SPDX-License-Identifier: BSD-3-Clause
"""Cells that write much, or over what they wrote: memory and file stay bounded."""

from __future__ import annotations

import psutil
from notebook_server import KernelPage, until

BAR = """
import sys, time
for i in range(101):
    sys.stderr.write(f"\\r{i:3d}%|" + "#" * (i // 5))
    sys.stderr.flush()
    time.sleep(0.005)
sys.stderr.write("\\n")
"""
CLEAR = """
from IPython.display import clear_output
import time
for i in range(30):
    clear_output(wait=True)
    print("step", i)
    time.sleep(0.02)
"""


def run_away(made, *cells):
    """Run cells without a page, and wait until their outputs are in the file."""
    page = KernelPage(made)
    for cell in cells:
        page.execute(cell)
    until(lambda: made.state(cells[0]) in ("running", "ok"))
    page.close()
    until(lambda: all(made.journal()[cell]["saved"] for cell in cells), "it is in the file", 120)


def test_bars_and_loops(notebook):
    """As in a page that stayed: one line."""
    made = notebook(BAR, CLEAR)
    run_away(made, "c0", "c1")
    assert made.text(0) == "100%|" + "#" * 20 + "\n"
    assert made.text(1) == "step 29\n"


WIDGET = """
import ipywidgets
from IPython.display import clear_output, display
output = ipywidgets.Output()
print("before")
display(output)
for i in range(3):
    with output:
        clear_output(wait=True)
        print("inside", i)
print("after")
"""


def test_a_widget_that_takes_outputs(notebook):
    """As in a page that stayed: what it takes is not of the cell."""
    made = notebook(WIDGET)
    run_away(made, "c0")
    first, shown, last = made.cells()[0].outputs
    assert (first.text, last.text) == ("before\n", "after\n")
    assert "application/vnd.jupyter.widget-view+json" in shown.data


def test_many_lines(notebook):
    """200,000 lines: beginning and end are kept, and how much is missing is said."""
    made = notebook("for i in range(200_000): print('line', i, 'of very many')")
    run_away(made, "c0")
    text = made.text(0)
    assert text.startswith("line 0 of very many\n")
    assert text.endswith("line 199999 of very many\n")
    (note,) = [line for line in text.splitlines(keepends=True) if line.endswith("of output left out ...\n")]
    assert len(text) < 2_100_000
    whole = sum(len(f"line {i} of very many\n") for i in range(200_000))
    assert made.journal()["c0"]["left_out_bytes"] + len(text) - len(note) == whole


def test_50_mb(notebook, server):
    """Text in large pieces; the file on disk stays small, and so does the server."""
    process = psutil.Process(server.process.pid)
    before_bytes = process.memory_info().rss
    made = notebook("for i in range(50): print(f'{i:02d}' + 'x' * 999_990)", "print('after')")
    run_away(made, "c0", "c1")
    assert made.text(0).startswith("00xxx")
    assert made.text(0).endswith("x" * 499_999 + "\n")
    assert made.text(1) == "after\n"
    assert len(made.text(0)) < 2_100_000
    size = sum(file.stat().st_size for file in made.server.journals.glob(f"{made.kernel}*"))
    assert size < 20_000_000
    assert process.memory_info().rss - before_bytes < 150_000_000
