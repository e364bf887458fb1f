# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live demo`` and ``rdf-live runs`` as a user runs them: in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import rdf_live
from rdf_live._root import root
from rdf_live.demo import generate, job

COMMAND = [sys.executable, "-m", "rdf_live.cli"]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A hundred thousand generated events."""
    path = tmp_path_factory.mktemp("demo") / "events.root"
    generate.write(path, 100_000)
    return str(path)


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=150)


def test_own_files(events: str, tmp_path: Path) -> None:
    done = run("demo", "--workers", "1", f"{events}:Events", events, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "tree Events of 2 files, muons as in NanoAOD files; 1 worker" in done.stdout
    assert "done: 100 % of the data, 200 k entries" in done.stderr
    assert (tmp_path / "rdf_live_demo.png").stat().st_size > 10_000
    assert [path.name for path in tmp_path.iterdir()] == ["rdf_live_demo.png"], "left something behind"


def test_interrupt_keeps_the_part_that_is_there(events: str, tmp_path: Path) -> None:
    """SIGINT goes to the whole group, workers included, as from a terminal."""
    process = subprocess.Popen(
        [*COMMAND, "demo", "--workers", "2", *[events] * 600],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Started in the background, a shell's child ignores SIGINT, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    timer = threading.Timer(120, process.kill)
    timer.start()
    assert process.stderr is not None
    first = next(line for line in process.stderr if " of " in line)
    os.killpg(process.pid, signal.SIGINT)
    out, rest = process.communicate()
    timer.cancel()
    assert process.returncode == 0, first + rest
    assert "stopped: " in rest
    assert "Traceback" not in rest
    assert "picture: rdf_live_demo.png" in out
    assert (tmp_path / "rdf_live_demo.png").is_file()


def test_workers_leave_interrupts_to_the_client(client: Client) -> None:
    assert set(client.run(lambda: signal.getsignal(signal.SIGINT)).values()) == {signal.SIG_IGN}


def test_generated_events(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(generate, "ENTRIES", 60_000)
    monkeypatch.setattr(job, "_SECONDS", 0.2)
    for text in ("generating 60,000 dimuon events, once", "60,000 generated dimuon events"):
        assert job.run(workers=1, picture=tmp_path / "p.png") == 0
        assert capsys.readouterr().out.startswith(text)
    assert len(list((tmp_path / "rdf_live").iterdir())) == 1


def test_generated_events_are_the_same_every_time(events: str, tmp_path: Path) -> None:
    generate.write(tmp_path / "again.root", 1000)
    again = root().RDataFrame(generate.TREE, str(tmp_path / "again.root")).AsNumpy(["Muon_pt", "Muon_charge"])
    first = root().RDataFrame(generate.TREE, events).Range(1000).AsNumpy(["Muon_pt", "Muon_charge"])
    for name, values in again.items():
        assert [list(v) for v in values] == [list(v) for v in first[name]]


def test_plain_columns(tmp_path: Path) -> None:
    path = tmp_path / "plain.root"
    frame = root().RDataFrame(500).Define("flag", "true").Define("one", "1").Define("x", "0.1 * rdfentry_")
    frame.Define("v", "ROOT::RVecF{1.f, float(x)}").Snapshot("t", str(path), ["flag", "one", "x", "v"])
    done = run("demo", "--workers", "1", str(path), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "tree t of 1 file; 1 worker" in done.stdout


def bad(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Arguments, and what has to be said of them."""
    path = folder / "text.root"
    root().RDataFrame(3).Define("s", 'std::string("a")').Snapshot("t", str(path), ["s"])
    whole = path.read_bytes()
    (folder / "short.root").write_bytes(whole[:200])
    return {
        "no such file": (["nothing.root"], "got 'nothing.root', where there is no file"),
        "no such tree": ([f"{path}:x"], "expected one of: t (3 entries)"),
        "no numbers": ([str(path)], "with no numeric columns"),
        "truncated": ([str(folder / "short.root")], "which ROOT cannot open"),
        "no match": ([str(folder / "no*.root")], "which no file fits"),
        "no picture": (["--picture", "text.txt", str(path)], "expected a picture that ends with one of .png"),
        "no folder": (["--picture", "no/where.png", str(path)], "whose folder is not there"),
    }


@pytest.mark.parametrize(
    "case", ["no such file", "no such tree", "no numbers", "truncated", "no match", "no picture", "no folder"]
)
def test_bad_input_is_told_before_anything_starts(case: str, tmp_path: Path) -> None:
    arguments, text = bad(tmp_path)[case]
    done = run("demo", *arguments, folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert text in done.stderr
    assert done.stderr.startswith("rdf-live: got ")
    assert len(done.stderr.splitlines()) == 1


def test_runs(client: Client, tmp_path: Path) -> None:
    df: Any = root().RDataFrame(1000, executor=client, npartitions=2)
    rdf_live.start([df.Count()], name="seen from outside").result(60)
    done = run("runs", client.scheduler.address, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "seen from outside" in done.stdout
    assert "100 %" in done.stdout


def test_runs_without_a_scheduler(tmp_path: Path) -> None:
    done = run("runs", "nowhere", folder=tmp_path)
    assert done.returncode == 1
    assert "expected" in done.stderr
    assert "Traceback" not in done.stderr
