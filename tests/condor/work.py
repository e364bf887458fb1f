# SPDX-License-Identifier: BSD-3-Clause
"""What tests of whole clusters share: a site of their own on the pool, the command line, ways to hurt a worker."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from condor_pool import Pool, until
from distributed import Client

import rdf_live
from rdf_live.cluster.home import Home

# The analyses with a known result, and processes that talk.
sys.path.append(str(Path(__file__).parents[1] / "root"))

__all__ = ["Site", "gated", "kill", "process_tree", "site_of"]

COMMAND = Path(sys.executable).with_name("rdf-live")
CLUSTER = "RdfLiveCluster"


class Site:
    """The pool, and a folder for the clusters of a test.

    Attributes
    ----------
    folder : Path
        Where the homes of its clusters are.
    """

    def __init__(self, pool: Pool, state: Path) -> None:
        self.pool = pool
        self.folder = state / "rdf_live" / "clusters"

    def home(self, name: str = "htcondor") -> Home:
        return Home(self.folder, name)

    def record(self, name: str = "htcondor") -> dict[str, Any]:
        found = self.home(name).read("record")
        assert found is not None, f"no cluster {name}"
        return found

    def command(self, *arguments: str, status: int = 0) -> str:
        """What ``rdf-live ARGUMENTS`` prints."""
        done = subprocess.run(
            [str(COMMAND), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, f"rdf-live {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def jobs(self, more: str = "true") -> list[dict[str, Any]]:
        """Of clusters, but for those that are being removed."""
        return self.pool.queue(f"{CLUSTER} =!= undefined && JobStatus =!= 3 && ({more})")

    def ids(self, more: str = "true") -> list[str]:
        return [f"{ad['ClusterId']}.{ad['ProcId']}" for ad in self.jobs(more)]

    def daemon(self, name: str) -> int | None:
        """The process of one of HTCondor's daemons."""
        master = int((self.pool.path / "var" / "master.pid").read_text())
        found = [pid for pid, line in command_lines() if line.startswith(f"condor_{name} ") and parent(pid) == master]
        return found[0] if found else None

    def all_here(self, client: Client, workers: int) -> None:
        """Wait until there are that many."""
        until(
            lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == workers,
            f"there are not {workers} workers: {rdf_live.cluster_status(client)}",
        )

    def gone(self) -> None:
        """Wait until no job and no process is left; a job that is removed needs a moment to end."""
        until(lambda: not self.pool.queue(f"{CLUSTER} =!= undefined"), "a job is left")
        until(lambda: not self.pool.holders(), "a process is left")
        until(lambda: not processes_of(self.pool), "a process of a job is left")


def processes_of(pool: Pool) -> list[int]:
    """All that jobs have started: nannies, and workers, which nothing on their command line tells."""
    found = []
    scratch = f"_CONDOR_SCRATCH_DIR={pool.path / 'var' / 'execute'}"
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if scratch.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def command_lines() -> Iterator[tuple[int, str]]:
    """All processes of the machine."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def process_tree(client: Client) -> list[dict[str, int]]:
    """Of each worker: its process, its nanny (which is the job), the starter of HTCondor above that."""
    found = []
    for worker in client.run(os.getpid).values():
        nanny = parent(worker)
        found.append({"worker": worker, "nanny": nanny, "starter": parent(nanny)})
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def site_of(pool: Pool, state: Path) -> Iterator[Site]:
    """A site whose clusters nobody else sees; processes that are started meanwhile see it too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        patch.setenv("XDG_CONFIG_HOME", str(state / "config"))
        # Workers start again and again: what they do then is compile.
        patch.setenv("DASK_RDF_LIVE__JIT_LEVEL", "0")
        yield Site(pool, state)
        left = pool.left()
    assert not left, f"the tests have left {', '.join(left)}"


def gated(file: Path | str) -> str:
    """C++ that makes ten entries take a millisecond until that file is there, and nothing from then on.

    So a run is in the middle of its ranges for as long as a test needs, whatever the speed of the machine.
    """
    return f'if (rdfentry_ % 10 == 0 && gSystem->AccessPathName("{file}")) usleep(1000)'
