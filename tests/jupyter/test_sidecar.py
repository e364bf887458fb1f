# SPDX-License-Identifier: BSD-3-Clause
"""``%load_ext rdf_live`` where no server has rdf_live: outputs outlive page and kernel."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bare_kernel import PATIENCE_S, Kernel, alive, until

from rdf_live.jupyter.journal import Store

#: Prints and updates a picture until a file appears.
LONG = """
import os, time
from IPython.display import display
print("begun")
shown = display({"text/plain": "frame 0"}, raw=True, display_id="plot")
frame = 0
while not os.path.exists("go on"):
    frame += 1
    shown.update({"text/plain": f"frame {frame}"}, raw=True)
    time.sleep(0.05)
shown.update({"text/plain": "last frame"}, raw=True)
print("done")
"""

CELLS = """[{"cell": c.cell, "count": c.count, "state": c.state, "reason": c.reason, "source": c.source,
    "outputs": c.outputs} for c in __import__("rdf_live").journal()]"""


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "analysis.ipynb"
    path.write_text("{}")
    return path


@pytest.fixture
def kernels(tmp_path: Path, notebook: Path) -> Iterator[Callable[[], Kernel]]:
    """Makes kernels of one notebook; all of them, and what they started, are gone afterwards."""
    made: list[Kernel] = []

    def make(path: Path | None = notebook) -> Kernel:
        made.append(Kernel(tmp_path, path))
        return made[-1]

    yield make
    for kernel in made:
        kernel.close()
    until(lambda: not any(map(alive, keepers(tmp_path))), "the end of the processes beside the kernels")
    log = tmp_path / "state" / "rdf_live" / "journal" / "sidecar.log"
    assert not log.exists() or "Traceback" not in log.read_text()


def journals(folder: Path) -> list[Path]:
    return sorted((folder / "state" / "rdf_live" / "journal").glob("*.jsonl"))


def keepers(folder: Path) -> list[int]:
    """Processes that wrote journals."""
    return [json.loads(path.read_text().splitlines()[0])["by"]["pid"] for path in journals(folder)]


def cells(kernel: Kernel) -> dict[str, dict[str, Any]]:
    return {cell["cell"]: cell for cell in kernel.value(CELLS)}


def state(kernel: Kernel, cell: str) -> str:
    """State of a cell; empty if the journal does not know it yet."""
    return str(cells(kernel).get(cell, {}).get("state", ""))


def text(cell: dict[str, Any]) -> str:
    return "".join(o["text"] for o in cell["outputs"] if o["output_type"] == "stream")


def test_nobody_listens(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    """The page goes while a cell runs; a new kernel of the notebook has what it showed, once, at its last frame."""
    first = kernels()
    first.run("%load_ext rdf_live", "load")
    first.run("2 + 2", "short")
    first.start(LONG, "long")
    second = kernels()
    until(lambda: cells(second).get("long", {}).get("outputs"), "the first output")
    first.leave()
    running = cells(second)["long"]
    assert (running["state"], running["count"]) == ("running", 3)
    (tmp_path / "go on").touch()
    until(lambda: state(second, "long") == "ok", "the end")
    found = cells(second)
    assert list(found)[:3] == ["load", "short", "long"]
    assert [found[name]["state"] for name in ("load", "short", "long")] == ["ok", "ok", "ok"]
    assert [found[name]["count"] for name in ("load", "short", "long")] == [1, 2, 3]
    assert found["short"]["outputs"][0]["data"] == {"text/plain": "4"}
    assert text(found["long"]) == "begun\ndone\n"
    assert [o["data"] for o in found["long"]["outputs"] if "data" in o] == [{"text/plain": "last frame"}]

    second.run("%load_ext rdf_live", "load")
    shown = second.run("%rdf_live restore long")
    data = [m for m in shown if m["type"] == "display_data"]
    assert "<code>import os, time</code>" in data[0]["data"]["text/html"]
    assert data[1]["data"] == {"text/plain": "last frame"}
    assert not data[1].get("transient")
    assert "".join(m["text"] for m in shown if m["type"] == "stream") == "begun\ndone\n"
    kinds = [m["type"] for m in shown if m["type"] in ("stream", "display_data")]
    assert kinds == ["display_data", "stream", "display_data", "stream"]


def test_in_the_same_kernel(kernels: Callable[[], Kernel]) -> None:
    kernel = kernels()
    kernel.run("%load_ext rdf_live", "load")
    kernel.run("1 / 0", "wrong")
    kernel.run("import sys; print('out'); print('careful', file=sys.stderr)", "words")
    until(lambda: state(kernel, "words") == "ok", "the end")
    assert cells(kernel)["wrong"]["state"] == "error"
    assert "ZeroDivisionError" in kernel.text("%rdf_live restore wrong", "a")
    said = kernel.run("%rdf_live restore all", "b")
    assert "".join(m["text"] for m in said if m.get("name") == "stdout").count("out\n") == 1
    assert "careful\n" in [m["text"] for m in said if m.get("name") == "stderr"]
    # What was restored is not restored again.
    until(lambda: state(kernel, "b") == "ok", "its end")
    assert kernel.text("%rdf_live restore all", "c").count("careful") == 1
    overview = kernel.text("%rdf_live", "d")
    assert overview.startswith("The outputs of this notebook are kept.\n")
    assert re.search(r"\[2\] error, \d\d:\d\d: 1 / 0", overview)
    kernel.run("import rdf_live; past = rdf_live.journal()")
    assert "<td" in kernel.text("print(past._repr_html_())")
    wrong = kernel.text("%rdf_live restore 99")
    assert wrong.startswith("UsageError: got the cell '99', expected the number in the prompt of one that was kept: ")
    assert kernel.text("%rdf_live rstore").startswith("UsageError: got %rdf_live rstore, expected %rdf_live, ")


def test_pipes_that_live_on(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    """A process that the kernel forked holds all its pipes after it was killed."""
    kernel = kernels()
    kernel.run("%load_ext rdf_live", "load")
    kernel.run("import os, time\nchild = os.fork() or (os.setsid(), time.sleep(600), os._exit(0))", "fork")
    child = kernel.value("child")
    (keeper,) = keepers(tmp_path)
    try:
        os.kill(kernel.pid, signal.SIGKILL)
        until(lambda: not alive(keeper), "the end of the process beside the kernel")
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("how", ["killed", "restarted", "shut down"])
def test_kernel_goes(kernels: Callable[[], Kernel], tmp_path: Path, how: str) -> None:
    """The cell that was running says so, and the process beside the kernel ends."""
    kernel = kernels()
    kernel.run("%load_ext rdf_live", "load")
    kernel.start("import time\nprint('under way', flush=True)\ntime.sleep(600)", "long")
    other = kernels()
    until(lambda: cells(other).get("long", {}).get("outputs"), "the first output")
    (keeper,) = keepers(tmp_path)
    if how == "killed":
        os.kill(kernel.pid, signal.SIGKILL)
    elif how == "restarted":
        kernel.restart()
    else:
        kernel.shut_down()
    until(lambda: not alive(keeper), "the end of the process beside the kernel")
    lost = cells(other)["long"]
    assert lost["state"] == "lost"
    said = {"killed": "died", "restarted": "(was restarted|died)", "shut down": "(was shut down|died)"}[how]
    assert re.fullmatch(rf"The kernel {said} at \d\d:\d\d\.", lost["reason"])
    assert text(lost) == "under way\n"
    assert cells(other)["load"]["state"] == "ok"
    if how == "restarted":
        kernel.run("%load_ext rdf_live", "load")
        kernel.run("print('again')", "long")
        until(lambda: state(other, "long") == "ok", "the new execution")
        assert text(cells(other)["long"]) == "again\n"
        assert len(journals(tmp_path)) == 2


def test_the_keeper_is_killed(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    """With the machine, say: what was running is not running for ever. And it can be started again, once."""
    kernel = kernels()
    kernel.run("%load_ext rdf_live", "load")
    kernel.run("%load_ext rdf_live", "again")
    kernel.run("%reload_ext rdf_live", "and again")
    (keeper,) = keepers(tmp_path)
    kernel.start(
        "import os, time\nprint('under way', flush=True)\nwhile not os.path.exists('go on'): time.sleep(0.05)", "long"
    )
    other = kernels()
    until(lambda: cells(other).get("long", {}).get("outputs"), "the first output")
    os.kill(keeper, signal.SIGKILL)
    # Its number is there until the kernel has taken notice.
    until(lambda: state(other, "long") == "lost", "its end")
    lost = cells(other)["long"]
    assert lost["reason"].startswith("Nothing was heard of the kernel after ")
    (tmp_path / "go on").touch()
    assert kernel.text("print(1)", "next") == "1\n"
    assert "are not kept just now" in kernel.text("%rdf_live", "ask")
    kernel.run("%reload_ext rdf_live", "reload")
    kernel.run("print('kept')", "next")
    until(lambda: state(other, "next") == "ok", "the new execution")
    assert text(cells(other)["next"]) == "kept\n"


def test_it_never_holds_up_a_cell(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    """One that hangs does not take what it is told; nor does it miss what happens meanwhile."""
    kernel = kernels()
    kernel.run("%load_ext rdf_live", "load")
    (keeper,) = keepers(tmp_path)
    os.kill(keeper, signal.SIGSTOP)
    try:
        kernel.run(
            "from rdf_live.jupyter.kernel import extension\nfor _ in range(3000): extension._beside.tell()", "many"
        )
        assert kernel.text("print('goes on')", "next") == "goes on\n"
    finally:
        os.kill(keeper, signal.SIGCONT)
    # Which cell it was could not be told; the output is there.
    until(lambda: "goes on\n" in map(text, cells(kernel).values()), "the output")


def test_a_flood(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    kernel = kernels()
    kernel.run("%load_ext rdf_live", "load")
    kernel.run("for i in range(20_000): print(i)", "flood")
    until(lambda: state(kernel, "flood") == "ok", "the end")
    assert text(cells(kernel)["flood"]) == "".join(f"{i}\n" for i in range(20_000))


def test_nobody_else_can_read(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    kernel = kernels()
    kernel.run("%load_ext rdf_live", "load")
    kernel.run("print('private')", "a")
    until(lambda: state(kernel, "a") == "ok", "the end")
    folder = tmp_path / "state" / "rdf_live" / "journal"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_front_end_that_tells_nothing(kernels: Callable[..., Kernel]) -> None:
    """Neither notebook nor cells: every execution is one of its own, and this kernel finds them."""
    kernel = kernels(None)
    kernel.run("%load_ext rdf_live")
    kernel.run("print('one')")
    kernel.run("print('two')")
    until(lambda: [c["state"] for c in kernel.value(CELLS)][:3] == ["ok"] * 3, "the end")
    assert [text(cell) for cell in kernel.value(CELLS)[:3]] == ["", "one\n", "two\n"]
    assert kernel.text("%rdf_live restore 2").endswith("one\n")


def test_the_server_keeps_it(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    """A journal that the server writes, whose paths are its own: nothing is started, and it is read."""
    kernel = kernels()
    name = kernel.value("__import__('rdf_live.client.where').client.where.here().kernel")
    store = Store(tmp_path / "data" / "rdf_live" / "journal" / "of one root")
    journal = store.open(name)
    journal.path = "analysis.ipynb"
    journal.request("id-1", "cell-1", "page", "print('kept')", 1000.0)
    message = {"header": {}, "parent_header": {"msg_id": "id-1"}, "metadata": {}}
    for kind, content in (
        ("execute_input", {"execution_count": 7}),
        ("stream", {"name": "stdout", "text": "kept\n"}),
        ("status", {"execution_state": "idle"}),
    ):
        journal.message({**message, "header": {"msg_type": kind}, "content": content}, 1001.0)
    store.flush(journal)
    kernel.run("%load_ext rdf_live", "load")
    assert journals(tmp_path) == []
    assert kernel.text("%rdf_live").startswith("The Jupyter server keeps the outputs of this notebook.\n[7] ok, ")
    assert kernel.text("%rdf_live restore 7").endswith("kept\n")


def test_the_kernel_dies_before_anybody_can_look(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    """While the process beside it still imports: that has another parent then, and ends."""
    kernel, folder = kernels(), tmp_path / "made"
    command = [sys.executable, "-m", "rdf_live.jupyter.kernel.sidecar", str(kernel.file), str(folder), str(kernel.pid)]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, timeout=PATIENCE_S).returncode == 0


def test_no_notebook(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", "%load_ext rdf_live"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=tmp_path,
        env=os.environ | {"IPYTHONDIR": str(tmp_path / "ipython"), "XDG_STATE_HOME": str(tmp_path / "state")},
    )
    assert done.stdout.startswith("rdf_live: this is no notebook, so nothing is kept."), done.stderr
    assert not (tmp_path / "state").exists()
