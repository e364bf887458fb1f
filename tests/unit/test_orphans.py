# SPDX-License-Identifier: BSD-3-Clause
"""What is left of clusters and doctors that were killed goes, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rdf_live.cluster import orphans
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.submit import ATTRIBUTE, HOST_ATTRIBUTE
from rdf_live.cluster.doctor import examine
from rdf_live.cluster.home import HOST, Home
from rdf_live.cluster.profile import load


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the clusters of this user are."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "state" / "rdf_live" / "clusters"


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Of the batch system; a removal takes jobs out."""
    jobs: list[dict[str, Any]] = []

    def remove(constraint: str) -> None:
        jobs[:] = [job for job in jobs if job[ATTRIBUTE] not in constraint]

    monkeypatch.setattr(tools, "queue_now", lambda *_: list(jobs))
    monkeypatch.setattr(tools, "remove_now", remove)
    return jobs


def submitted(queue: list[dict[str, Any]], home: Home, mark: str, host: str = HOST) -> None:
    """A job of a cluster or doctor, with its folder."""
    home.make()
    number = len(queue) + 1
    queue.append({ATTRIBUTE: mark, HOST_ATTRIBUTE: host, "ClusterId": number, "ProcId": 0, "Iwd": str(home.jobs)})


def signed(home: Home, host: str = HOST) -> None:
    (home.path / "lock").write_text(f"{host} 12345\n")
    (home.tls / "key.pem").write_text("")


def test_a_doctor_that_works_and_one_that_was_killed(folder: Path, queue: list[dict[str, Any]]) -> None:
    works, dead = Home(folder, "doctor-11111111"), Home(folder, "doctor-22222222")
    for home, mark in ((works, "doctor-a"), (dead, "doctor-b")):
        submitted(queue, home, mark)
        signed(home)
    with works.lock():
        assert orphans.remove_orphans() == (["2.0"], {})
        assert works.path.exists()
        assert not dead.path.exists()
    assert orphans.remove_orphans() == (["1.0"], {})
    assert not works.path.exists()


def test_clusters(folder: Path, queue: list[dict[str, Any]]) -> None:
    lives, other = Home(folder, "naf"), Home(folder, "doctor-who")
    submitted(queue, lives, "a")
    submitted(queue, lives, "b")
    submitted(queue, other, "c")
    submitted(queue, other, "d", host="login2")
    lives.write("request", {"id": "a"})
    other.write("request", {"id": "c"})
    signed(other)
    with lives.lock():
        assert orphans.remove_orphans() == (["2.0", "3.0"], {"login2": 1})
    assert other.path.exists(), "it is no doctor: down removes it"


def test_doctors_of_other_machines_are_not_seen_from_here(folder: Path) -> None:
    home = Home(folder, "doctor-11111111")
    home.make()
    signed(home, "login2")
    orphans.remove_dead_doctors(folder)
    assert home.path.exists()


def test_a_doctor_holds_its_folder(folder: Path) -> None:
    dead = Home(folder, "doctor-22222222")
    dead.make()
    signed(dead)
    visit = examine._Examination(load("htcondor"), 1.0, print, print)
    with visit._open:
        asyncio.run(visit._here())
        assert visit._home.holder()
        assert not dead.path.exists()
    assert not visit._home.locked()
