# SPDX-License-Identifier: BSD-3-Clause
"""The process that a cluster lives in."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from rdf_live.cluster import holder
from rdf_live.cluster.home import Home


def test_it_takes_all_the_files_that_it_may_open(tmp_path: Path) -> None:
    """A login allows few, and more to who asks: each worker is a connection or two."""
    home = Home(tmp_path, "mine")
    home.make()
    code = (
        "import resource, sys; from rdf_live.cluster.holder import main; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 512)); main(sys.argv[1:]); "
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    with home.lock() as lock:
        assert lock is not None
        command = [sys.executable, "-c", code, str(home.path), str(lock)]
        done = subprocess.run(command, pass_fds=[lock], capture_output=True, text=True, check=False)
    assert done.stdout == "512 512\n", done.stderr


@pytest.mark.parametrize(
    ("timeout_s", "unused_s", "why"),
    [(60.0, 61.0, "idle for long"), (60.0, 5.0, "shut down by a client"), (None, 5.0, "shut down by a client")],
)
def test_why_a_scheduler_has_closed(timeout_s: float | None, unused_s: float, why: str) -> None:
    scheduler = SimpleNamespace(idle_timeout=timeout_s, idle_since=time.time() - unused_s)
    assert holder._why(scheduler) == why
