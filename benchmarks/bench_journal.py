# SPDX-License-Identifier: BSD-3-Clause
"""What coming back costs: the server while a kernel prints, and all journals of a busy month read at once."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from common import header, interleave, line

sys.path.append(str(Path(__file__).parent.parent / "tests" / "jupyter"))

from notebook_server import KernelPage, Notebook, NotebookServer, until

from rdf_live.jupyter.journal import Store, merged

PRINTS = """
import time
begin = time.monotonic()
for i in range({number}):
    print("output", i, flush=True)
    time.sleep(max(0, begin + i / 100 - time.monotonic()))
"""


def filled(folder: Path, kernels: int, executions: int) -> None:
    """Journals as they lie on disk, each of a notebook with so many cells that print two lines."""
    store = Store(folder)
    for kernel in range(kernels):
        journal = store.open(f"kernel{kernel}")
        journal.path = f"{kernel}.ipynb"
        for place in range(executions):
            at = 1e9 + place
            id = f"{kernel}-{place}"
            journal.request(id, f"cell{place}", "page", f"fit({place})\nprint(result)", at)
            parent = {"parent_header": {"msg_id": id}, "metadata": {}}
            for kind, content in (
                ("status", {"execution_state": "busy"}),
                ("execute_input", {"execution_count": place}),
                ("stream", {"name": "stdout", "text": f"chi2 {place}\nndf 42\n"}),
                ("status", {"execution_state": "idle"}),
            ):
                journal.message({"header": {"msg_type": kind, "session": "s"}, **parent, "content": content}, at)
        store.flush(journal)


def restore(folder: Path, kernels: int) -> None:
    """Read all of them and make what their pages are sent."""
    store = Store(folder)
    for kernel in range(kernels):
        json.dumps(merged(store.journals(f"{kernel}.ipynb")))


def server_cpu(extension: bool, seconds: int) -> float:
    """Part of a core that a server takes, whose one kernel prints 100 times per second for one page, in percent."""
    with tempfile.TemporaryDirectory() as folder:
        server = NotebookServer(Path(folder) / "server", extension=extension)
        try:
            made = Notebook(server, "prints", [PRINTS.format(number=100 * (seconds + 4))])
            page = KernelPage(made)
            asked = page.execute("c0")
            listening = threading.Thread(target=page.wait, args=(asked,))
            listening.start()
            until(lambda: page.text(asked).count("\n") > 100, "it prints")
            process = psutil.Process(server.process.pid)
            cpu, start = sum(process.cpu_times()[:2]), time.monotonic()
            time.sleep(seconds)
            used = 100 * (sum(process.cpu_times()[:2]) - cpu) / (time.monotonic() - start)
            listening.join()
            page.close()
            made.close()
            return used
        finally:
            server.close()


def measure(pairs: int, quick: bool) -> dict[str, Any]:
    """Both, the servers in turn."""
    kernels, executions = (2, 50) if quick else (20, 1000)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "journal"
        filled(place, kernels, executions)
        times = interleave(pairs, restore=lambda: restore(place, kernels))
    pairs, seconds = (1, 2) if quick else (min(pairs, 5), 10)
    cpu: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(pairs):
        for extension in cpu:
            cpu[extension].append(server_cpu(extension, seconds))
    header()
    of = f"{kernels} kernels with {executions} executions each"
    return {
        "restore_s": line(f"all journals of {of} (aim < 1)", times["restore"], "s"),
        "server_percent": line("server, 100 outputs per second, with the journal", cpu[True], "%"),
        "plain_percent": line("server, 100 outputs per second, plain", cpu[False], "%"),
        "journal_percent": line(
            "of a core for the journal (aim < 3)", [a - b for a, b in zip(cpu[True], cpu[False], strict=True)], "%"
        ),
    }
