# SPDX-License-Identifier: BSD-3-Clause
"""Clusters are found wherever they were begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from rdf_live.cluster.home import Home
from rdf_live.cluster.homes import homes, remember


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for the state of this user's programs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "state" / "rdf_live"


def begun(folder: Path, name: str) -> None:
    home = Home(folder, name)
    home.make()
    home.write("request", {})
    remember(folder)


def test_in_the_folder_of_a_profile_and_in_another(state: Path, tmp_path: Path) -> None:
    assert homes() == []
    begun(state / "clusters", "a")
    assert not (state / "directories.json").exists(), "profiles name that folder"
    begun(tmp_path / "elsewhere", "b")
    begun(tmp_path / "elsewhere", "c")
    assert [home.name for home in homes()] == ["a", "b", "c"]


def test_folders_without_clusters_are_forgotten(state: Path, tmp_path: Path) -> None:
    begun(tmp_path / "one", "a")
    Home(tmp_path / "one", "a").remove()
    begun(tmp_path / "two", "b")
    assert "one" not in (state / "directories.json").read_text()


def test_what_cannot_be_read_or_written(state: Path, tmp_path: Path) -> None:
    state.mkdir(parents=True)
    for broken in ("", "{", "17", "[1]"):
        (state / "directories.json").write_text(broken)
        assert homes() == []
    (state / "directories.json").unlink()
    (state / "directories.json").mkdir()
    begun(tmp_path / "elsewhere", "a")
