# SPDX-License-Identifier: BSD-3-Clause
"""What importing does and does not do, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rdf_live

NAMES = "LiveRun LiveVisualize Snapshot attach cluster_status connect errors journal runs scale start view"
PUBLIC = tuple(NAMES.split())


def python(code: str, *path: Path) -> str:
    """Output of a fresh interpreter."""
    paths = [*map(str, path), str(Path(rdf_live.__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import sys\nsys.path[:0] = {paths!r}\n{code}"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_changes_nothing_in_the_host() -> None:
    """No ROOT, no signal handler, no logging handler, no thread, no Dask configuration."""
    code = """
import logging, signal, threading, warnings
def state():
    loggers = [logging.getLogger(), logging.getLogger("rdf_live"), logging.getLogger("distributed")]
    return ([signal.getsignal(s) for s in signal.valid_signals()], [list(l.handlers) for l in loggers],
            [l.level for l in loggers], threading.active_count(), list(warnings.filters), sys.excepthook)
import distributed, numpy  # what these do is their own business
before = state()
import rdf_live
for name in dir(rdf_live):
    getattr(rdf_live, name)
assert before == state(), (before, state())
loaded = [m for m in sys.modules if m.split(".")[0] in ("ROOT", "cppyy", "DistRDF", "dask_jobqueue", "matplotlib")]
print(loaded)
"""
    assert python(code) == "[]"


def test_the_name_alone_imports_nothing_heavy() -> None:
    """The scheduler imports the package, and so does whoever asks for its version."""
    heavy = ("ROOT", "cppyy", "numpy", "dask", "distributed")
    code = f"import rdf_live; print(rdf_live.__version__, [m for m in {heavy!r} if m in sys.modules])"
    assert python(code) == f"{rdf_live.__version__} []"


def test_public_names() -> None:
    assert rdf_live.__all__ == sorted(PUBLIC)
    assert set(PUBLIC) <= set(dir(rdf_live))
    for name in PUBLIC:
        assert getattr(rdf_live, name).__doc__
    with pytest.raises(AttributeError, match="module 'rdf_live' has no attribute 'nonsense'"):
        rdf_live.nonsense  # noqa: B018


ASK = """
import rdf_live._root
try:
    rdf_live._root.root()
except ImportError as error:
    print(error)
"""


def test_without_root(tmp_path: Path) -> None:
    """The sentence says what to do with pip and with conda."""
    (tmp_path / "ROOT.py").write_text("raise ModuleNotFoundError(\"No module named 'ROOT'\", name='ROOT')\n")
    text = python(ASK, tmp_path)
    assert text.startswith("rdf_live needs ROOT >= 6.36, got none (No module named 'ROOT').")
    assert "pip install --pre ROOT" in text
    assert "conda install -c conda-forge root" in text


@pytest.mark.parametrize(
    ("version", "fine"),
    [("6.34.08", False), ("6.34/08", False), ("6.4.1", False), ("6.36.00", True), ("6.40.00", True), ("7.00.00", True)],
)
def test_oldest_root(tmp_path: Path, version: str, fine: bool) -> None:
    (tmp_path / "ROOT.py").write_text(
        f"class gROOT:\n    @staticmethod\n    def GetVersion():\n        return {version!r}\n"
    )
    text = python(ASK, tmp_path)
    if fine:
        assert text == ""
    else:
        assert text.startswith(f"rdf_live needs ROOT >= 6.36, got {version.replace('/', '.')}.")
        assert "conda install -c conda-forge root" in text


def test_headers_that_are_not_there(tmp_path: Path) -> None:
    """A package without its C++ headers says so instead of failing in the interpreter."""
    (tmp_path / "rdf_live").mkdir()
    code = f"""
import rdf_live, rdf_live._root
rdf_live.__file__ = {str(tmp_path / "rdf_live" / "__init__.py")!r}
try:
    rdf_live._root._include_dir()
except ImportError as error:
    print(error)
"""
    assert python(code).endswith("expected cpp/include/rdf_live. Reinstall rdf-live.")
