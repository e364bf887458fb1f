# SPDX-License-Identifier: BSD-3-Clause
"""The README's example does what it says, as it is."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import ROOT

README = (Path(__file__).parents[2] / "README.md").read_text()
#: Worker processes import a script.
SCRIPT = """
def main():
{example}
    assert run.wait(100)
    print(run.state, run.snapshot()[z].GetName())

if __name__ == "__main__":
    main()
"""


def test_the_example(tmp_path: Path) -> None:
    found = re.search(r"^## Use\n+```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found
    frame = ROOT.RDataFrame(1000).Define("M", "60. + rdfentry_ % 60").Define("Q1", "1").Define("Q2", "-1")
    frame.Snapshot("events", str(tmp_path / "f.root"))
    (tmp_path / "script.py").write_text(SCRIPT.format(example=textwrap.indent(found[1], "    ")))
    command = [sys.executable, "-W", "ignore", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() in (["stopped", "z"], ["done", "z"])
