# SPDX-License-Identifier: BSD-3-Clause
"""What is written down about a run, and where this is."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rdf_live.client import records, where
from rdf_live.client.records import Record
from rdf_live.client.where import Where
from rdf_live.hub.where import FIELDS, place_of

WHERE = Where("/n/a.ipynb", "cell", "kernel", "message", "host", "me")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "rdf_live" / "runs"


def record(run: str, started: float = 1.0, **more: Any) -> Record:
    fields = {"cluster": None, "home": None, **vars(WHERE), **more}
    return Record(run=run, name=f"name of {run}", address="tcp://h:1", started=started, **fields)


def client(address: str = "tcp://h:1", keys: str | None = None) -> Any:
    return SimpleNamespace(scheduler=SimpleNamespace(address=address), security=SimpleNamespace(tls_ca_file=keys))


def test_round_trip(folder: Path) -> None:
    given = [record("b", 2.0), record("a", 3.0), record("c", 1.0, notebook=None, cell=None)]
    for one in given:
        records.write(one)
    assert records.all_records() == [given[1], given[0], given[2]]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {"a.json", "b.json", "c.json"}


def test_what_cannot_be_read_is_left_out(folder: Path) -> None:
    assert records.all_records() == []
    records.write(record("a"))
    (folder / "cut.json").write_text('{"run": "x"')
    (folder / "old.json").write_text('{"run": "x"}')
    (folder / "odd.json").write_text("[1]")
    (folder / "kind.json").write_text(json.dumps(vars(record("k")) | {"started": "yesterday"}))
    (folder / "more.json").write_text(json.dumps(vars(record("m", 5.0)) | {"of a later version": 1}))
    assert [one.run for one in records.all_records()] == ["m", "a"]
    with pytest.raises(ValueError, match="expected an id"):
        records.write(record("../a"))


def test_prune(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "KEEP", 3)
    now = 1e9
    for index in range(5):
        records.write(record(f"r{index}"))
        os.utime(folder / f"r{index}.json", (now, now - index * 86400))
    records.prune(now)
    assert {path.stem for path in folder.iterdir()} == {"r0", "r1", "r2"}
    records.prune(now + 29.5 * 86400)
    assert {path.stem for path in folder.iterdir()} == {"r0"}


def test_note(folder: Path) -> None:
    records.note(client(), "abc", "my z", WHERE)
    (found,) = records.all_records()
    assert (found.run, found.name, found.address, found.cluster) == ("abc", "my z", "tcp://h:1", None)
    assert (found.notebook, found.cell, found.execution) == ("/n/a.ipynb", "cell", "message")


def test_note_of_a_cluster_that_we_keep(tmp_path: Path) -> None:
    home = tmp_path / "clusters" / "naf"
    (home / "tls").mkdir(parents=True)
    (home / "record.json").write_text('{"address": "tls://h:1"}')
    keys = str(home / "tls" / "certificate.pem")
    records.note(client("tls://h:1", keys), "ours", "n", WHERE)
    records.note(client("tls://h:2", keys), "other", "n", WHERE)
    records.note(client("tls://h:1", "-----BEGIN"), "theirs", "n", WHERE)
    found = {one.run: (one.cluster, one.home) for one in records.all_records()}
    assert found == {"ours": ("naf", str(home)), "other": (None, None), "theirs": (None, None)}


def test_note_never_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    records.note(client(), "abc", "my z", WHERE)
    assert records.all_records() == []


def test_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", unset)
        assert where.state_folder() == tmp_path / ".local" / "state" / "rdf_live"


# ---- where this is


class Kernel:
    """As much of ipykernel as is looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, file: str, **space: Any) -> None:
        parent = {"header": {"msg_id": "message"}, "metadata": {"cellId": "cell"}}
        self.shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: parent), user_ns=space)
        application = SimpleNamespace(abs_connection_file=file)
        of = SimpleNamespace(IPKernelApp=SimpleNamespace(instance=lambda: application))
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: self.shell))
        monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", of)


def test_jupyter(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, "/run/kernel-ab-12.json")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/a.ipynb")
    found = where.here()
    assert (found.notebook, found.cell, found.kernel, found.execution) == (
        "/home/me/a.ipynb",
        "cell",
        "ab-12",
        "message",
    )
    assert found.host
    assert found.user


@pytest.mark.parametrize("told", ["", "/home/me/"])
def test_no_notebook(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    Kernel(monkeypatch, "/run/x.json")
    monkeypatch.setenv("JPY_SESSION_NAME", told)
    assert where.here().notebook is None


def test_relative_to_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Kernel(monkeypatch, "/run/x.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", "folder/a.ipynb")
    assert where.here().notebook == str(tmp_path / "a.ipynb")


def test_vs_code(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, "/run/kernel-v3abc.json", __vsc_ipynb_file__="/home/me/b.ipynb")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert (where.here().notebook, where.here().kernel) == ("/home/me/b.ipynb", "v3abc")


def test_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that a notebook has started."""
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/a.ipynb")
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__file__="/home/me/fill.py"))
    assert where.here() == Where(
        "/home/me/fill.py", None, where.here().kernel, None, where.here().host, where.here().user
    )
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace())
    assert where.here().notebook is None


def test_kernel_of_another_make(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SimpleNamespace(get_parent=lambda: 1 / 0)
    shell = SimpleNamespace(kernel=broken, user_ns={})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", SimpleNamespace())
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/a.ipynb")
    found = where.here()
    assert (found.notebook, found.cell, found.kernel, found.execution) == ("/home/me/a.ipynb", None, None, None)


def test_same_notebook(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").touch()
    (tmp_path / "link.ipynb").symlink_to("a.ipynb")
    assert where.same_notebook(str(tmp_path / "a.ipynb"), str(tmp_path / "link.ipynb"))
    assert not where.same_notebook(str(tmp_path / "a.ipynb"), str(tmp_path / "b.ipynb"))
    assert not where.same_notebook(None, None)


# ---- what the hub takes of it


def test_what_the_hub_takes() -> None:
    assert place_of(vars(WHERE)) == vars(WHERE)
    nothing = dict.fromkeys(FIELDS)
    assert place_of(None) == place_of([1]) == place_of({"notebook": 3, "cell": "x" * 10_000, "more": "y"}) == nothing
