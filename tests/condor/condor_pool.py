# SPDX-License-Identifier: BSD-3-Clause
"""A real HTCondor pool, and what tests do with it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

__all__ = ["Pool", "missing", "until"]

SCRIPT = Path(__file__).with_name("pool.sh")
HOLDER = "rdf_live.cluster.holder"
#: Longer than anything takes on a busy machine: a pool that needs it is broken.
PATIENCE_S = 120.0


class Pool:
    """The pool, and what tests do with it.

    Attributes
    ----------
    path : Path
        Its folder; ``condor_config`` and ``bin`` are there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def control(self, what: str) -> None:
        """``pool.sh WHAT``; what it says is shown when it fails."""
        done = subprocess.run(
            ["bash", str(SCRIPT), what],
            env={**os.environ, "POOL_DIR": str(self.path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"pool.sh {what} failed with exit status {done.returncode}:\n{done.stdout}{done.stderr}")

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        command = ["bash", str(SCRIPT), "status"]
        return (
            subprocess.run(command, env={**os.environ, "POOL_DIR": str(self.path)}, capture_output=True).returncode == 0
        )

    def run(self, *command: str, check: bool = True) -> str:
        """What one of HTCondor's programs prints."""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def queue(self, constraint: str = "true") -> list[dict[str, Any]]:
        """Attributes of the jobs in the queue."""
        text = self.run("condor_q", "-all", "-json", "-constraint", constraint)
        found: list[dict[str, Any]] = json.loads(text) if text.strip() else []
        return found

    def submit(self, folder: Path, lines: Mapping[str, str], *options: str) -> str:
        """Submit one job; gives its id."""
        file = folder / "job.sub"
        file.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()) + "queue\n")
        text = self.run("condor_submit", "-terse", *options, str(file))
        return text.split()[0]

    def clear(self) -> None:
        """Remove all jobs, and wait until they are gone."""
        self.run("condor_rm", "-all", check=False)
        until(lambda: not self.queue("JobStatus =!= 3"), "the queue is not empty")

    def holders(self) -> list[int]:
        """Processes that hold clusters of this pool."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            if HOLDER.encode() in command and str(self.path / "condor_config").encode() in environment:
                found.append(int(entry.name))
        return found

    def left(self) -> list[str]:
        """End the clusters and jobs that there still are; gives what they were."""
        holders = self.holders()
        found = [f"process {pid} of a cluster" for pid in holders]
        alive = "RdfLiveCluster =!= undefined && JobStatus =!= 3"
        found += [f"job {ad['ClusterId']}.{ad['ProcId']}" for ad in self.queue(alive)]
        for pid in holders:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.clear()
        return found


def missing(what: str) -> NoReturn:
    """Skip on a user's machine; fail where the tests are the point."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def until(condition: Callable[[], Any], complaint: str) -> Any:
    """Wait until something is true; gives what it is."""
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if time.monotonic() > end:
            pytest.fail(complaint)
        time.sleep(0.2)
    return found
