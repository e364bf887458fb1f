# SPDX-License-Identifier: BSD-3-Clause
"""The compiled library is used only where it is what the interpreter would make of the headers that lie there."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

import rdf_live
from rdf_live._root import _compiled_library, _include_dir

HEADERS = _include_dir()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed library of this checkout's headers, made with ROOT 6.40."""
    folder = tmp_path / "rdf_live" / "lib"
    folder.mkdir(parents=True)
    monkeypatch.setattr(rdf_live, "__file__", str(folder.parent / "__init__.py"))
    names = sorted(path.name for path in (HEADERS / "rdf_live").glob("*.hxx"))
    digests = (sha256((HEADERS / "rdf_live" / name).read_bytes()).hexdigest() for name in names)
    lines = "".join(f"{digest}  {name}\n" for digest, name in zip(digests, names, strict=True))
    made = {"headers": sha256(lines.encode()).hexdigest(), "root": "6.40.00"}
    (folder / "rdf_live.json").write_text(json.dumps(made))
    (folder / "librdf_live.so").touch()
    (folder / "librdf_live_rdict.pcm").touch()
    return folder / "librdf_live.so"


@pytest.mark.parametrize("version", ["6.40.00", "6.40.02", "6.40/02"])
def test_the_same(library: Path, version: str) -> None:
    assert _compiled_library(HEADERS, version) == library


@pytest.mark.parametrize("version", ["6.38.04", "6.42.00", "7.40.00"])
def test_another_root(library: Path, version: str) -> None:
    assert _compiled_library(HEADERS, version) is None


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_other_headers(library: Path, tmp_path: Path, change: str) -> None:
    """As after `git pull` in a checkout whose library was built before."""
    folder = tmp_path / "include" / "rdf_live"
    folder.mkdir(parents=True)
    for path in (HEADERS / "rdf_live").glob("*.hxx"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert _compiled_library(folder.parent, "6.40.00") == library
    if change == "edited":
        (folder / "monitor.hxx").write_text((folder / "monitor.hxx").read_text() + "// more\n")
    elif change == "added":
        (folder / "more.hxx").touch()
    else:
        (folder / "monitor.hxx").unlink()
    assert _compiled_library(folder.parent, "6.40.00") is None


def test_none(library: Path) -> None:
    (library.parent / "rdf_live.json").unlink()
    assert _compiled_library(HEADERS, "6.40.00") is None
