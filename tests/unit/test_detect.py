# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from rdf_live.cluster import detect as module
from rdf_live.cluster.detect import detect
from rdf_live.errors import BadInput


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of one's own profiles, and a name service that nobody may ask."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("CERN_HTCONDOR", raising=False)

    def forbidden(name: str = "") -> str:
        raise AssertionError(f"the name service was asked for {name}")

    monkeypatch.setattr(socket, "getfqdn", forbidden)
    folder = tmp_path / "rdf_live"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("naf-cms11.desy.de", "naf"),
        ("NAF-ILC.desy.de", "naf"),
        ("lxplus912.cern.ch", "lxplus"),
        ("lxplus-gpu.cern.ch", "lxplus"),
        ("laptop.example.org", None),
        ("naf-cms11.desy.de.example.org", None),
        ("xnaf-cms11.desy.de", None),
        ("batch1234.desy.de", None),
    ],
)
def test_hosts(host: str, name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert detect(host) == name
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    assert detect() == name


def test_own_profiles_come_first(own: Path) -> None:
    (own / "zz_mine.yaml").write_text("base: naf\nhosts: ['naf-cms*.desy.de', 'login.example.org']\n")
    assert detect("naf-cms11.desy.de") == "zz_mine"
    assert detect("naf-ilc11.desy.de") == "naf"
    assert detect("login.example.org") == "zz_mine"


def test_a_profile_made_from_another_does_not_take_its_hosts(own: Path) -> None:
    (own / "longer.yaml").write_text("base: naf\nruntime: 12h\n")
    assert detect("naf-cms11.desy.de") == "naf"


def test_own_values_for_a_packaged_profile_keep_its_hosts(own: Path) -> None:
    (own / "naf.yaml").write_text("project: af-cms\n")
    assert detect("naf-cms11.desy.de") == "naf"


def test_swan_sessions_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERN_HTCONDOR", "true")
    assert detect() == "swan"
    assert detect("laptop.example.org") is None
    monkeypatch.setenv("CERN_HTCONDOR", "false")
    monkeypatch.setattr(socket, "gethostname", lambda: "jupyter-ada")
    assert detect() is None


def test_short_names_are_asked_for_only_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "laptop")
    assert detect() is None
    monkeypatch.setattr(socket, "gethostname", lambda: "naf-cms11")
    monkeypatch.setattr(socket, "getfqdn", lambda name: f"{name}.desy.de")
    assert detect() == "naf"
    monkeypatch.setattr(socket, "getfqdn", lambda name: f"{name}.example.org")
    assert detect() is None


def test_a_name_service_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def wait(name: str) -> str:
        answer.wait()
        return name

    monkeypatch.setattr(module, "_LOOKUP_S", 0.05)
    monkeypatch.setattr(socket, "gethostname", lambda: "naf-cms11")
    monkeypatch.setattr(socket, "getfqdn", wait)
    try:
        assert detect() is None
    finally:
        answer.set()


def test_a_broken_profile_is_not_passed_over(own: Path) -> None:
    (own / "mine.yaml").write_text("hosts: [\n")
    with pytest.raises(BadInput, match=r"mine\.yaml, which is not YAML"):
        detect("naf-cms11.desy.de")
