# SPDX-License-Identifier: BSD-3-Clause
"""The panel in a real kernel: what arrives on the page's side of the wire, and what happens when the page answers."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from notebook_kernel import MIME, Comm, Kernel

SETUP = """
import os, threading, time, warnings
warnings.filterwarnings("ignore", message=r"\\s*This distribution of ROOT is in alpha")
import ROOT, rdf_live
client = rdf_live.connect("local", workers=1)

def book(gate, histograms=4, entries=30_000):
    # An entry takes a millisecond as long as there is no file of that name.
    slow = f'(gSystem->AccessPathName("{gate}") ? (gSystem->Sleep(1), 1) : 1)'
    df = ROOT.RDataFrame(entries, executor=client, npartitions=4).Define("gate", slow).Filter("gate == 1", "open")
    df = df.Define("x", "0.01 * (rdfentry_ % 997)")
    title = "<script>alert(1)</script>;x [cm];events"
    return [df.Histo1D((f"h{i}", title, 100, 0, 10), "x") for i in range(histograms)] + [df.Count()]

hooks = []
get_ipython().events.register("post_execute", lambda: hooks.append(threading.current_thread().name))
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel with a cluster in it, for all tests of this file."""
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    try:
        kernel.run(SETUP)
        yield kernel
        kernel.run("client.shutdown()")
    finally:
        kernel.close()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """The entries are slow until this file is there."""
    gate = tmp_path / "gate"
    yield gate
    gate.touch()


def start(gate: Path, more: str = "") -> str:
    return f"run = rdf_live.start(book({str(gate)!r}{more}), every=0.05)\n"


def moving(kernel: Kernel, number: int) -> list[dict[str, Any]]:
    """Wait for so many frames with values, each of more entries than the one before."""

    def found() -> list[dict[str, Any]]:
        frames = [f for f in kernel.frames() if f["plots"]]
        entries = [0, *(f["progress"]["entries"] for f in frames)]
        return [f for f, before, now in zip(frames, entries, entries[1:], strict=False) if now > before]

    return list(kernel.until(lambda: found()[:number] if len(found()) >= number else []))


def test_run_as_the_last_line(kernel: Kernel, gate: Path) -> None:
    """One output, updated in place long after its cell has ended, small, and without markup in it."""
    cell = kernel.start(start(gate) + "run")
    kernel.until(lambda: kernel.is_done(cell))
    assert [f["frame"] for f in kernel.frames()] == [1]
    moving(kernel, 10)
    gate.touch()
    last = kernel.last_frame()
    shown = [m for m in kernel.messages if m["msg_type"] == "display_data"]
    updates = [m for m in kernel.messages if m["msg_type"] == "update_display_data"]
    assert len(shown) == 1
    assert {m["content"]["transient"]["display_id"] for m in shown + updates} == {last["panel"]}
    frames = kernel.frames()
    assert [f["frame"] for f in frames] == list(range(1, len(frames) + 1))
    assert {f["panel"] for f in frames} == {last["panel"]}
    assert not any(f["run"]["blocking"] for f in frames)
    assert frames[0]["run"]["state"] == "starting"
    assert max(len(json.dumps(f)) for f in frames) <= 30_000
    assert last["run"]["state"] == "done"
    assert last["numbers"] == [{"label": "Count", "text": "30,000"}]
    assert list(last["plots"]) == ["0", "1", "2", "3"]
    histogram = json.loads(last["plots"]["2"]["views"][0]["objects"][0])
    assert histogram["_typename"] == "TH1D"
    assert histogram["fEntries"] == last["plots"]["2"]["entries"] == 30_000
    assert histogram["fTitle"] == "<script>alert(1)</script>"
    bundle = kernel.bundles()[-1]
    assert set(bundle) == {MIME, "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == "h0: done: 100 % of the data, 30 k entries\nCount  30,000"
    kernel.no_error()


def test_blocking_result(kernel: Kernel, gate: Path) -> None:
    """result() without a panel shows one in its cell; its last frame comes before the cell ends."""
    cell = kernel.start(start(gate) + "run.result()")
    assert all(f["run"]["blocking"] for f in moving(kernel, 10))
    assert not kernel.is_done(cell)
    gate.touch()
    kernel.until(lambda: kernel.is_done(cell))
    kernel.no_error()
    assert len(kernel.bundles("display_data")) == 1
    frames = kernel.frames()
    assert frames[-1]["final"]
    assert not frames[-1]["run"]["blocking"]
    results = [m["content"]["data"]["text/plain"] for m in kernel.messages if m["msg_type"] == "execute_result"]
    assert results == ["<Snapshot done: 100 % of the data, 30,000 of 30,000 entries, 5 results>"]
    # The panel has ended, and nothing of it stays.
    assert kernel.value('[t.name for t in threading.enumerate() if "panel" in t.name]') == "[]"


def test_over_before_it_is_shown(kernel: Kernel, gate: Path) -> None:
    """A run that is over is one final frame; a panel as the last expression of its cell is not shown twice."""
    gate.touch()
    kernel.run(start(gate) + "while not run.over: time.sleep(0.05)")
    assert kernel.frames() == []
    kernel.run("p = run.panel([[run.results[0], (run.results[1], run.results[2])], 'h3'], logy=True, columns=1)\np")
    (frame,) = kernel.frames()
    assert frame["final"]
    assert frame["panes"] == [
        {"title": "h0, h1 + h2", "logx": None, "logy": True},
        {"title": "<script>alert(1)</script>", "logx": None, "logy": True},
    ]
    assert frame["columns"] == 1
    (view,) = frame["plots"]["0"]["views"]
    assert view["stack"]
    assert [json.loads(text)["fName"] for text in view["objects"] + view["over"]] == ["h1", "h2", "h0"]
    colors = [json.loads(text)["fFillColor"] for text in view["objects"]]
    assert len(set(colors)) == 2
    # In another cell it is the same output once more.
    kernel.run("p")
    assert kernel.frames() == [frame]
    assert kernel.value("repr(p)") == repr("<Panel of <LiveRun 'h0': done, 100 % of the data, 30,000 entries>>")


def test_stop_while_idle(kernel: Kernel, gate: Path) -> None:
    kernel.run(start(gate) + "run")
    comm = Comm(kernel, moving(kernel, 1)[0])
    comm.send(do="stop")
    assert comm.answer() == {"heard": "stop"}
    last = kernel.last_frame()
    assert last["run"]["state"] == "stopped"
    assert 0 < last["progress"]["entries"] < 30_000
    assert "stopped: " in kernel.bundles()[-1]["text/plain"]
    # Once more, too late: it is heard all the same.
    kernel.messages.clear()
    comm.send(do="stop")
    assert comm.answer() == {"heard": "stop"}


def test_stop_while_another_cell_is_busy(kernel: Kernel, gate: Path) -> None:
    """On a subshell, as JupyterLab does; no hook of IPython's (ROOT has some) runs on that thread."""
    kernel.run(start(gate) + "run")
    frame = moving(kernel, 1)[0]
    cell = kernel.start(f"while not os.path.exists({str(gate)!r}): time.sleep(0.05)")
    comm = Comm(kernel, frame, kernel.subshell())
    comm.send(do="stop")
    assert comm.answer() == {"heard": "stop"}
    assert kernel.last_frame()["run"]["state"] == "stopped"
    assert not kernel.is_done(cell)
    gate.touch()
    kernel.until(lambda: kernel.is_done(cell))
    assert kernel.value("set(hooks)") == "{'MainThread'}"


def test_stop_while_result_blocks(kernel: Kernel, gate: Path) -> None:
    cell = kernel.start(start(gate) + "run.result()")
    comm = Comm(kernel, moving(kernel, 1)[0], kernel.subshell())
    comm.send(do="stop")
    assert comm.answer() == {"heard": "stop"}
    kernel.until(lambda: kernel.is_done(cell))
    kernel.no_error()
    assert kernel.frames()[-1]["run"]["state"] == "stopped"


def test_interrupt_of_a_blocking_cell(kernel: Kernel, gate: Path) -> None:
    """Means stop, and is no error of the cell."""
    cell = kernel.start(start(gate) + "run.result()")
    assert moving(kernel, 2)[-1]["run"]["blocking"]
    kernel.interrupt()
    kernel.until(lambda: kernel.is_done(cell))
    kernel.no_error()
    last = kernel.frames()[-1]
    assert last["final"]
    assert last["run"]["state"] == "stopped"
    text = "".join(m["content"]["text"] for m in kernel.messages if m["msg_type"] == "stream")
    assert "PartialResultWarning" in text


def test_cancel(kernel: Kernel, gate: Path) -> None:
    kernel.run(start(gate) + "run")
    comm = Comm(kernel, moving(kernel, 1)[0])
    comm.send(do="cancel")
    assert comm.answer() == {"heard": "cancel"}
    last = kernel.last_frame()
    assert last["run"]["state"] == "cancelled"
    assert "nothing was kept" in last["run"]["message"]
    assert last["plots"] == {}
    assert "image/png" not in kernel.bundles()[-1]


def test_page_of_another_kernel(kernel: Kernel) -> None:
    """After a restart the kernel knows no panel; and what is no command is answered with a sentence."""
    comm = Comm(kernel, {"panel": "0" * 12, "run": {"id": "gone"}})
    assert "does not know the run" in comm.answer()["error"]
    kernel.messages.clear()
    comm.send(do="stop")
    assert "does not know the run" in comm.answer()["error"]


def test_words_that_are_no_commands(kernel: Kernel, gate: Path) -> None:
    kernel.run(start(gate) + "run")
    comm = Comm(kernel, moving(kernel, 1)[0])
    for data, expected in (
        ({"do": "explode"}, "got 'explode', expected stop, cancel or visible"),
        ({"do": "visible", "panes": "all"}, "visible: got all, expected a list of whole numbers"),
        ({}, "got 'None', expected stop, cancel or visible"),
    ):
        kernel.messages.clear()
        comm.send(**data)
        assert comm.answer() == {"error": expected}
    gate.touch()
    kernel.last_frame()


def test_failed_range_tells_its_entries(kernel: Kernel, tmp_path: Path) -> None:
    """Of a source that is read, two ranges per file, and of one that is counted."""
    file = str(tmp_path / "read.root")
    kernel.run(f"""
ROOT.RDataFrame(4000).Define("id", "int(rdfentry_)").Snapshot("t", {file!r}, ["id"])
bad = 'if (COLUMN == 3500) throw std::runtime_error("this entry is bad"); return true;'
def fail(source, column):
    df = ROOT.RDataFrame(*source, executor=client, npartitions=2).Filter(bad.replace("COLUMN", column))
    return rdf_live.start([df.Count()], every=0.05, max_attempts=1)
""")
    for source, column, entries in (
        (f'("t", [{file!r}] * 2)', "id", [0, 4000]),
        ("(4000,)", "rdfentry_", [2000, 4000]),
    ):
        kernel.run(f"run = fail({source}, {column!r})\nrun")
        last = kernel.last_frame()
        assert last["run"]["state"] == "failed"
        assert last["failures"][-1]["entries"] == entries
        # As of the last look, which is not at every entry.
        assert all(0 < seen <= 3500 for seen in ast.literal_eval(kernel.value("[f['seen'] for f in run.failures]")))


def test_many_histograms(kernel: Kernel, gate: Path) -> None:
    """Each update has some of them, those in sight if the page says so; the last one has all."""
    kernel.run(start(gate, ", 100") + "run")
    frames = moving(kernel, 6)
    sent = [list(map(int, f["plots"])) for f in frames]
    assert {len(panes) for panes in sent} == {12}
    assert len({pane for panes in sent for pane in panes}) > 60
    kernel.messages.clear()
    comm = Comm(kernel, frames[0])
    comm.send(do="visible", panes=[5, 99, 1000])
    kernel.until(lambda: [f for f in kernel.frames() if set(f["plots"]) == {"5", "99"}])
    kernel.messages.clear()
    moving(kernel, 2)
    assert all(set(f["plots"]) == {"5", "99"} for f in kernel.frames())
    comm.close()
    kernel.until(lambda: [f for f in kernel.frames() if len(f["plots"]) == 12])
    gate.touch()
    last = kernel.last_frame()
    assert set(last["plots"]) == {str(i) for i in range(100)}
    assert all(plot["views"] for plot in last["plots"].values())
    sizes = [len(json.dumps(frame)) for frame in kernel.frames()]
    assert max(sizes[:-1]) < 100_000
    assert sizes[-1] < 500_000


def test_live_visualize(kernel: Kernel, gate: Path) -> None:
    """ROOT's own style: a panel of what is watched; the looks that callbacks set are there and on the final object."""
    code = f"""
h, other, *_ = book({str(gate)!r})
threads = set()
def dress(shown):
    threads.add(threading.current_thread().name)
    shown.SetLineColor(ROOT.kRed)
    shown.SetTitle("dressed")
    shown.Scale(2)
rdf_live.LiveVisualize({{h: dress}}, every=0.05)
h.Draw()
"""
    cell = kernel.start(code)
    moving(kernel, 5)
    gate.touch()
    kernel.until(lambda: kernel.is_done(cell))
    kernel.no_error()
    assert len(kernel.bundles("display_data")) == 1
    frames = [f for f in kernel.frames() if f["plots"]]
    assert frames[-1]["final"]
    assert [pane["title"] for pane in frames[-1]["panes"]] == ["dressed"]
    assert frames[-1]["numbers"] == []
    objects = [json.loads(f["plots"]["0"]["views"][0]["objects"][0]) for f in frames]
    assert all((o["fLineColor"], o["fTitle"]) == (632, "dressed") for o in objects[2:])
    assert objects[-1]["fTsumw"] == 30_000  # a callback has a copy: what it does to the data is not shown
    assert kernel.value("threads, h.GetLineColor(), str(h.GetTitle()), h.GetEntries(), other.GetEntries()") == (
        "({'MainThread'}, 632, 'dressed', 30000.0, 30000.0)"
    )
