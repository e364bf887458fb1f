# SPDX-License-Identifier: BSD-3-Clause
"""dask-jobqueue's HTCondorCluster as a profile wants it: the submit file, the command line, the environment.

One job is one worker, one process, one thread and one core: ROOT's state is per process, and Dask's memory limit holds
for a process too.
"""

from __future__ import annotations

import asyncio
import functools
import os
import re
import shlex
import signal
import string
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdf_live.cluster import credentials, environment, tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.home import HOST
from rdf_live.cluster.values import command
from rdf_live.errors import ClusterTrouble

if TYPE_CHECKING:
    from rdf_live.cluster.profile import Profile

__all__ = ["ATTRIBUTE", "DEATH_TIMEOUT_S", "HOST_ATTRIBUTE", "arguments", "classes", "gate", "submit_file"]

#: Attribute of each job that says which cluster it belongs to, so that the jobs of a dead one can be found.
ATTRIBUTE = "RdfLiveCluster"
#: And which machine submitted it: several may have the same queue.
HOST_ATTRIBUTE = "RdfLiveHost"
#: Seconds after which a job that cannot reach its scheduler ends.
DEATH_TIMEOUT_S = 60
#: The folder of a job, local to its node, as its shell fills it in: code and setup may change the working directory.
_SCRATCH = "$_CONDOR_SCRATCH_DIR"
#: Tells `rdf_live.worker.lifetime` when the job began, setup included.
_BEGAN = "export RDF_LIVE_JOB_BEGAN=`date +%s`"
#: The nanny and what the worker's process has beside its heap; the batch system counts both.
_MARGIN_BYTES = 128 << 20
#: Seconds that a job runs on where its node and the submit machine lose sight of each other.
_LEASE_S = 300
#: Submissions at a time: a submit machine serves many people.
_AT_ONCE = 4
#: Seconds that the queue may take for a submission, with the files that go along, or a removal; and to give back what
#: a spooled job wrote.
_QUEUE_S, _FETCH_S = 120.0, 30.0


@functools.cache
def _jobqueue() -> Any:
    """The package, without what it does to Ctrl-C when it is imported."""
    try:
        if threading.current_thread() is not threading.main_thread():
            import dask_jobqueue.htcondor  # fails in its own words where it has not been imported before
        else:
            handler = signal.getsignal(signal.SIGINT)
            import dask_jobqueue.htcondor

            signal.signal(signal.SIGINT, handler)
    except ModuleNotFoundError as error:
        raise ClusterTrouble(
            "got no package dask-jobqueue, expected it to submit workers to HTCondor. "
            "Install it: pip install 'rdf-live[htcondor]', or conda install dask-jobqueue."
        ) from error
    return dask_jobqueue.htcondor


@functools.cache
def classes() -> tuple[Any, Any]:
    """The classes of a cluster and of a job."""
    jobqueue: Any = _jobqueue()

    class Job(jobqueue.HTCondorJob):  # type: ignore[misc]
        """A submission that is refused is told, where it would end the whole cluster otherwise."""

        job_header_dict: dict[str, Any]

        def __init__(self, *args: Any, worker_extra_args: list[str], **kwargs: Any) -> None:
            self.refused = ""
            # The base class appends to the list that all jobs share.
            super().__init__(*args, worker_extra_args=list(worker_extra_args), **kwargs)
            # The later one of two spellings of a line: the user's own.
            lines = {command(key): (key, value) for key, value in self.job_header_dict.items()}
            self.job_header_dict = dict(lines.values())

        async def _submit_job(self, script_filename: str) -> str:
            async with gate() as passed:
                if passed.closed:
                    raise ClusterTrouble("the cluster ends")
                out: str = await super()._submit_job(script_filename)
                return out

        async def start(self) -> None:
            try:
                await super().start()
            except (RuntimeError, OSError, ValueError) as error:
                self.refused = _refusal(error)
                await jobqueue.Job.__mro__[1].start(self)  # ProcessInterface: started, with no job

        async def close(self) -> None:
            async with gate():
                await super().close()

        async def fetch(self) -> None:
            """Have what a spooled job wrote brought here; the queue keeps it until the job is removed."""
            async with gate():
                await tools.run("condor_transfer_data", self.job_id, timeout_s=_FETCH_S)

        @staticmethod
        async def _call(cmd: list[str], **_: Any) -> str:
            # The base class waits for ever for a queue that does not answer.
            return await tools.run(*cmd, timeout_s=_QUEUE_S)

    class Cluster(jobqueue.HTCondorCluster):  # type: ignore[misc]
        """Workers may find the TLS files under other names than the scheduler."""

        job_cls = Job

        def __init__(self, *args: Any, worker_security: Any, **kwargs: Any) -> None:
            self._worker_security = worker_security
            super().__init__(*args, **kwargs)

        def submit(self) -> asyncio.Future[None]:
            """Submit the workers that are wanted and have no job; done when all of them have been tried."""
            done: asyncio.Future[None] = self._correct_state()
            return done

        def _get_worker_security(self, security: Any) -> Any:
            return self._worker_security

    return Cluster, Job


class Gate:
    """Lets a few programs of the queue run at a time, and no submission once it is closed."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)
        self.closed = False

    async def __aenter__(self) -> Gate:
        await self._free.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._free.release()

    async def close(self) -> None:
        """Wait until no submission is under way; there will be no other. Nothing passes any more."""
        self.closed = True
        for _ in range(_AT_ONCE):
            await self._free.acquire()


@functools.cache
def gate() -> Gate:
    """The one of this process."""
    return Gate()


def _refusal(error: Exception) -> str:
    """The batch system's own words."""
    return re.sub(r"^condor_submit failed with exit status \d+: ", "", str(error))


def arguments(profile: Profile, cluster_id: str, folder: Path) -> dict[str, Any]:
    """Arguments of the cluster class, but for those of the scheduler.

    Parameters
    ----------
    profile : Profile
        Effective values.
    cluster_id : str
        What `ATTRIBUTE` is set to.
    folder : Path
        The home of the cluster, with ``tls`` and ``jobs``.
    """
    _jobqueue()
    worker_folder = folder / "tls" if profile.tls == "shared" else Path(_SCRATCH)
    return {
        "worker_security": tls.security(worker_folder),
        "cores": 1,
        "processes": 1,
        "memory": profile.memory - _MARGIN_BYTES,
        "disk": profile.disk,
        "nanny": True,
        "death_timeout": DEATH_TIMEOUT_S,
        # Emptied by the batch system.
        "local_directory": _SCRATCH,
        "python": "exec " + shlex.quote(profile.python or sys.executable),
        "job_script_prologue": [_BEGAN, "ulimit -n `ulimit -Hn`", *_credentials(profile), *profile.setup],
        "worker_extra_args": _worker_arguments(profile),
        "job_extra_directives": _directives(profile, cluster_id, folder),
        "log_directory": None if profile.spool else str(folder / "jobs"),
        "submit_command_extra": [*(["-spool"] if profile.spool else []), *profile.submit_options],
        # Whatever the user's own jobqueue.yaml has: a profile says everything.
        "cancel_command_extra": [],
        "job_directives_skip": [],
        "shebang": "#!/usr/bin/env condor_submit",
        "interface": None,
    }


def _credentials(profile: Profile) -> list[str]:
    """Where the ones that travel with the job are."""
    found = credentials.files_to_transfer(profile.credentials).values()
    return [f"export {name}={_SCRATCH}/{shlex.quote(Path(path).name)}" for name, path in found]


def _worker_arguments(profile: Profile) -> list[str]:
    # They leave before the batch system ends them, and not all at once.
    stagger = min(600.0, profile.runtime / 10)
    found = ["--lifetime", f"{profile.runtime - 2 * stagger:.0f}s", "--lifetime-stagger", f"{stagger:.0f}s"]
    # Also those that a nanny has started again.
    found += ["--preload", "rdf_live.worker.lifetime"]
    # Its pages have no password; what is left of it cannot be reached from elsewhere.
    found += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    if profile.worker_ports:
        found += ["--worker-port", str(profile.worker_ports)]
    if profile.nanny_ports:
        found += ["--nanny-port", str(profile.nanny_ports)]
    if profile.gpus:
        found += ["--resources", f"GPU={profile.gpus}"]
    return found


def _directives(profile: Profile, cluster_id: str, folder: Path) -> dict[str, str]:
    values = {
        "runtime_s": f"{profile.runtime:.0f}",
        "memory_mb": str(profile.memory >> 20),
        "disk_kb": str(profile.disk >> 10),
        "project": profile.project,
        "image": profile.image,
        "gpus": profile.gpus or None,
    }
    transfer = [str(folder / "tls" / name) for name in dict.fromkeys(tls.FILES)] if profile.tls == "transfer" else []
    transfer += [path for _, path in credentials.files_to_transfer(profile.credentials).values()]
    found = {
        "RequestMemory": str(profile.memory >> 20),
        # One process that a signal reaches: no job array, no wrapper.
        f"+{ATTRIBUTE}": f'"{cluster_id}"',
        f"+{HOST_ATTRIBUTE}": f'"{HOST}"',
        "InitialDir": str(folder / "jobs"),
        # /bin/sh: the one of the node, or of the container.
        "transfer_executable": "False",
        # After the crash of a node HTCondor waits for so long before it starts the job elsewhere: 40 minutes otherwise.
        "job_lease_duration": str(_LEASE_S),
        "Environment": f'"{_jobqueue().quote_environment(_environment(profile))}"',
    }
    if profile.spool:
        # Of the same names as all others, but fetched into InitialDir when they are wanted.
        found |= {name: f"worker-$(ClusterId).$(ProcId).{end}" for name, end in (("Output", "out"), ("Error", "err"))}
    else:
        # One for all jobs: read as it grows.
        found["Log"] = str(folder / "jobs" / "events.log")
    if profile.gpus:
        found["request_gpus"] = str(profile.gpus)
    if transfer:
        found["transfer_input_files"] = ", ".join(transfer)
        found["encrypt_input_files"] = ", ".join(Path(path).name for path in transfer)
        found["should_transfer_files"] = "YES"
        found["transfer_output_files"] = '""'
    for key, template in profile.directives.items():
        needed = [field for _, field, _, _ in string.Formatter().parse(template) if field]
        if all(values.get(field) is not None for field in needed):
            found[key] = template.format(**values)
    return found


def _environment(profile: Profile) -> dict[str, str]:
    """A job has none by itself, and the whole of the user's (getenv) is forbidden at many sites."""
    found = {
        **environment.compiling(),
        "OMP_NUM_THREADS": "1",
        "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
    }
    if unset := environment.unset():
        found["DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON"] = repr(unset)
    found |= {name: os.environ[name] for name in profile.environment if name in os.environ}
    return {**found, **profile.variables}


def submit_file(profile: Profile) -> str:
    """What would be submitted for one worker, before anything is."""
    _, job = classes()
    values: Mapping[str, Any] = arguments(profile, "CLUSTER", Path(profile.directory).expanduser() / profile.name)
    # Making a job makes its folder for logs.
    kept = {**values, "log_directory": None, "security": values["worker_security"], "protocol": "tls://"}
    del kept["worker_security"]
    made = job("tls://SCHEDULER", name="WORKER", **kept)
    text: str = made.job_script()
    return text
