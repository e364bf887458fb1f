# SPDX-License-Identifier: BSD-3-Clause
"""Everything under tutorials/ runs, as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

TUTORIALS = Path(__file__).parents[2] / "tutorials"
#: What each script says at its end; it draws a picture of its own name.
SAID = {"dimuon_live.py": "pairs; Z at 90.", "ml_in_define.py": "pairs; network / formula is 1.0"}


@pytest.mark.parametrize("path", sorted(TUTORIALS.glob("*.py")), ids=lambda path: path.name)
def test_script(path: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert SAID[path.name] in done.stdout
    assert (tmp_path / f"{path.stem}.png").stat().st_size > 10_000


@pytest.mark.parametrize("path", sorted(TUTORIALS.glob("*.ipynb")), ids=lambda path: path.name)
def test_notebook(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its kernel must be the environment that is tested, whatever kernels this machine has.
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv("JUPYTER_PATH", str(Path(sys.prefix) / "share" / "jupyter"))
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells), "clear it"
    nbclient.NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 1, "one picture, updated in place"
    assert "pairs, Z at 90." in "".join(output.get("text", "") for output in outputs)
