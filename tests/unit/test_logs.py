# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live logs`` of a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from rdf_live.cli import main
from rdf_live.cluster.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Home(tmp_path / "state" / "rdf_live" / "clusters", "mine")
    made.make()
    return made


@pytest.mark.parametrize("spool", [True, False])
def test_nothing_is_there(home: Home, spool: bool, capsys: pytest.CaptureFixture[str]) -> None:
    home.write("request", {"id": "x", "profile": {"spool": spool}, "workers": 1})
    assert main(["logs", "mine", "12"]) == 0
    said = capsys.readouterr().out
    assert ("what job 12 wrote is not here: its files are spooled" in said) is spool
    assert ("nothing was written to" in said) is not spool
    assert main(["logs", "mine"]) == 0
    assert f"nothing was written to {home.log}" in capsys.readouterr().out


def test_what_was_fetched_is_shown(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.write("request", {"id": "x", "profile": {"spool": True}, "workers": 1})
    (home.jobs / "worker-12.0.err").write_text("one\ntwo\n")
    assert main(["logs", "mine", "12", "-n", "1"]) == 0
    assert capsys.readouterr().out.endswith("worker-12.0.err:\ntwo\n")
