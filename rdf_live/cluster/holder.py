# SPDX-License-Identifier: BSD-3-Clause
"""The process that a cluster lives in: ``python -m rdf_live.cluster.holder FOLDER LOCK``.

It has the scheduler and the jobs of the workers, and no terminal, notebook or parent that could take it away. LOCK is
the descriptor of the lock of its folder, which is held from before it began until it has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import dask
import dask.config

import rdf_live
from rdf_live.cluster import ports, tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.submit import ATTRIBUTE, arguments, classes, gate
from rdf_live.cluster.condor.watcher import Watcher
from rdf_live.cluster.home import HOST, Home
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.service import Service
from rdf_live.errors import BadInput, RdfLiveError

__all__ = ["main"]

logger = logging.getLogger("rdf_live.cluster")

#: Seconds that the scheduler may take to close, that each question to the queue may take then, and all of it.
_CLOSE_TIMEOUT_S, _LEAVE_TIMEOUT_S, _QUEUE_TIMEOUT_S, _END_TIMEOUT_S = 10.0, 5.0, 15.0, 50


async def serve(home: Home, request: dict[str, Any]) -> None:
    """Be the cluster until it is told to end, or nobody has used it for long."""
    profile = Profile.from_dict(request["profile"])
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    cluster, watcher = None, None
    try:
        home.make()
        tls.make(home.tls)
        cluster = await _open(profile, home, request["id"], classes()[0])
        watcher = Watcher(cluster, profile, home, request["id"])
        plugin = Service(watcher, done.set)
        await plugin.start(cluster.scheduler)
        cluster.scheduler.add_plugin(plugin)
        home.write("record", _record(home, profile, cluster, request))
        logger.info("cluster %s at %s", home.name, cluster.scheduler.address)
        watcher.start(request["workers"])
        ended = asyncio.ensure_future(cluster.scheduler.finished())
        told = asyncio.ensure_future(done.wait())
        await asyncio.wait([ended, told], return_when=asyncio.FIRST_COMPLETED)
        logger.info("cluster %s ends: %s", home.name, "told to" if done.is_set() else _why(cluster.scheduler))
    finally:
        # The keys first, so that nobody connects to what is about to go.
        home.forget()
        # Whatever hangs from here on, this process ends.
        signal.alarm(_END_TIMEOUT_S)
        if watcher is not None:
            await watcher.stop()
        if cluster is not None:
            await _end(cluster, request["id"])
        signal.alarm(0)


def _why(scheduler: Any) -> str:
    """Why a scheduler has closed by itself: Dask's own look at idle ones, or a client that ends it for everybody."""
    idle = scheduler.idle_timeout and scheduler.idle_since
    # `detached.why` reads it.
    return "idle for long" if idle and time.time() > idle + scheduler.idle_timeout else "shut down by a client"


async def _end(cluster: Any, cluster_id: str) -> None:
    """Remove the jobs, those too that have not begun, and tell workers to end that are still there.

    Not ``cluster.close()``, which asks the queue for each job by itself.
    """
    with contextlib.suppress(TimeoutError):
        # What is being submitted would come after the removal.
        await asyncio.wait_for(gate().close(), _QUEUE_TIMEOUT_S)
    try:
        await tools.remove(f'{ATTRIBUTE} =?= "{cluster_id}"', timeout_s=_QUEUE_TIMEOUT_S)
    except RdfLiveError as error:
        # They miss the scheduler when they run, and end.
        logger.error("the jobs could not be removed: %s", error)
    # The scheduler's word to close and the removal must not meet: a nanny that ends already hears no more that its
    # worker closes, and kills it only after a while.
    end = time.monotonic() + _LEAVE_TIMEOUT_S
    while cluster.scheduler.workers and time.monotonic() < end:
        await asyncio.sleep(0.05)
    try:
        await asyncio.wait_for(cluster.scheduler.close(reason="the cluster ends"), _CLOSE_TIMEOUT_S)
    except Exception:
        logger.exception("the scheduler did not close")


async def _open(profile: Profile, home: Home, cluster_id: str, cluster_class: Any) -> Any:
    """The scheduler, at the first port that is free."""
    given = arguments(profile, cluster_id, home.path)
    for port in ports.each(profile.scheduler_ports):
        options = {"port": port, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
        options["idle_timeout"] = f"{profile.idle_timeout:.0f}s"
        if profile.scheduler_host:
            options |= ports.listening(profile.scheduler_host, port)
        try:
            return await cluster_class(
                asynchronous=True,
                name=home.name,
                security=tls.security(home.tls),
                protocol="tls://",
                scheduler_options=options,
                silence_logs=False,
                **given,
            )
        except (OSError, RuntimeError) as error:
            if not ports.in_use(error):
                raise
    raise OSError(f"no port of {profile.scheduler_ports} is free for the scheduler")


def _record(home: Home, profile: Profile, cluster: Any, request: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": home.name,
        "id": request["id"],
        "profile": profile.name,
        "address": cluster.scheduler.address,
        "host": HOST,
        "pid": os.getpid(),
        "version": rdf_live.__version__,
        "started": time.time(),
    }


def main(argv: list[str]) -> int:
    """Hold the cluster of a folder.

    Returns
    -------
    int
        Exit status; the reason of a failure is in ``failure.json`` and in the log.
    """
    # A connection or two per worker, and some pipes: logins often allow 1024 files, and more to who asks.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = Path(argv[0])
    # Not for the programs of HTCondor: the lock would be held as long as one of them hangs.
    os.set_inheritable(int(argv[1]), False)
    home = Home(folder.parent, folder.name)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    # Jobs that HTCondor puts back into its queue may come again: the watcher knows what became of them.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "365d", "distributed.scheduler.http.routes": []})
    try:
        request = home.read("request")
        if request is None:
            raise BadInput(f"got no request in {folder}, expected one: rdf-live up writes it")
        asyncio.run(serve(home, request))
    except Exception as error:
        logger.exception("the cluster failed")
        home.write("failure", {"message": str(error) or type(error).__name__, "kind": type(error).__name__})
        return 1
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1:])
    logging.shutdown()
    # What Dask and dask-jobqueue do at exit is done, and would ask the queue for each job again.
    os._exit(status)
