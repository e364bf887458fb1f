# SPDX-License-Identifier: BSD-3-Clause
"""The command line without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import rdf_live
from rdf_live import cli
from rdf_live.commands import bench, demo, runs
from rdf_live.errors import BadInput


@pytest.fixture(autouse=True)
def _same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`main` makes the workers of its process quiet."""
    monkeypatch.setattr(cli, "_quiet", lambda: None)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"rdf-live {rdf_live.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["demo", "--unknown"], ["runs"]])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        cli.main(arguments)
    assert "usage: rdf-live" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (BadInput("got 'x', expected a file"), 1, "rdf-live: got 'x', expected a file"),
        (ImportError("rdf_live needs ROOT"), 1, "rdf-live: rdf_live needs ROOT"),
        (KeyboardInterrupt(), 130, "rdf-live: interrupted"),
    ],
)
def test_errors_are_one_sentence(
    error: BaseException, status: int, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Any) -> int:
        raise error

    monkeypatch.setattr(demo, "run", fail)
    assert cli.main(["demo"]) == status
    assert capsys.readouterr().err == f"{text}\n"


def test_bench_has_arguments_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(bench, "run", lambda arguments: given.append(arguments) or 0)
    assert cli.main(["bench", "speed", "--pairs", "3", "--help"]) == 0
    assert given == [["speed", "--pairs", "3", "--help"]]


def test_bench_without_a_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rdf_live, "__file__", str(tmp_path / "rdf_live" / "__init__.py"))
    assert cli.main(["bench"]) == 1
    assert "Get a checkout" in capsys.readouterr().err


def test_table_of_runs() -> None:
    assert runs.table([]) == "no runs"
    progress = {"fraction": 0.31, "entries": 1_200_000, "elapsed_s": 61.0}
    entry = {"run": "ab12", "name": "my z", "state": "running", "created": 0.0, "progress": progress}
    head, line = runs.table([entry]).splitlines()
    assert head.split() == ["run", "state", "data", "entries", "elapsed", "started", "name"]
    assert line.startswith("ab12  running  31 %  1.2 M")
    assert line.endswith("my z")
