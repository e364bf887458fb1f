# SPDX-License-Identifier: BSD-3-Clause
"""The names that the README's tables promise are there."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import rdf_live

README = (Path(__file__).parents[2] / "README.md").read_text()
CELLS = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]


def test_each_dotted_name_exists() -> None:
    """Without an import of more than rdf_live, in a process that has imported nothing else yet."""
    found = sorted({name for cell in CELLS for name in re.findall(r"rdf_live(?:\.\w+)+", cell)})
    assert {"rdf_live.view.terminal.watch", "rdf_live.LiveVisualize", "rdf_live.runs"} <= set(found)
    code = "import rdf_live\n" + "".join(f"assert callable({name}), {name!r}\n" for name in found)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_each_method_exists() -> None:
    owners = {"run": rdf_live.LiveRun, "snapshot": rdf_live.Snapshot}
    found = [pair for cell in CELLS for pair in re.findall(r"\b(run|snapshot)\.(\w+)", cell)]
    assert ("run", "stop") in found
    assert ("snapshot", "to_hist") in found
    assert [f"{owner}.{name}" for owner, name in found if not hasattr(owners[owner], name)] == []


def test_view_is_loaded_when_it_is_asked_for() -> None:
    assert rdf_live.view.picture is importlib.import_module("rdf_live.view.picture")
    assert not hasattr(rdf_live.view, "nothing")
    assert {"picture", "terminal"} <= set(dir(rdf_live.view))
    assert "view" in dir(rdf_live)
