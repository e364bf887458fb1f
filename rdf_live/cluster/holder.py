# SPDX-License-Identifier: BSD-3-Clause
"""The process that a cluster lives in: ``python -m rdf_live.cluster.holder FOLDER``.

It has the scheduler and the jobs of the workers, and no terminal, notebook or parent that could take it away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import dask
import dask.config

import rdf_live
from rdf_live.cluster import ports, tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.submit import ATTRIBUTE, arguments, classes
from rdf_live.cluster.condor.watcher import Watcher
from rdf_live.cluster.home import Home
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.service import Service
from rdf_live.errors import RdfLiveError

__all__ = ["main"]

logger = logging.getLogger("rdf_live.cluster")

_CLOSE_TIMEOUT_S = 30.0


async def serve(home: Home, request: dict[str, Any]) -> None:
    """Be the cluster until it is told to end, or nobody has used it for long."""
    profile = Profile.from_dict(request["profile"])
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    tls.make(home.tls)
    cluster_class, _ = classes()
    cluster = await _open(profile, home, request["id"], cluster_class)
    watcher = Watcher(cluster, profile, home, request["id"])
    try:
        plugin = Service(watcher, done.set)
        await plugin.start(cluster.scheduler)
        cluster.scheduler.add_plugin(plugin)
        home.write("record", _record(home, profile, cluster, request))
        logger.info("cluster %s at %s", home.name, cluster.scheduler.address)
        watcher.start(request["workers"])
        ended = asyncio.ensure_future(cluster.scheduler.finished())
        told = asyncio.ensure_future(done.wait())
        await asyncio.wait([ended, told], return_when=asyncio.FIRST_COMPLETED)
        logger.info("cluster %s ends: %s", home.name, "told to" if done.is_set() else "idle for long")
    finally:
        # The keys first, so that nobody connects to what is about to go.
        home.forget()
        await watcher.stop()
        with contextlib.suppress(RdfLiveError):
            await tools.remove(f'{ATTRIBUTE} =?= "{request["id"]}"')
        with contextlib.suppress(Exception):
            await asyncio.wait_for(cluster.close(), _CLOSE_TIMEOUT_S)


async def _open(profile: Profile, home: Home, cluster_id: str, cluster_class: Any) -> Any:
    """The scheduler, at the first port that is free."""
    given = arguments(profile, cluster_id, home.path)
    for port in ports.each(profile.scheduler_ports):
        options = {"port": port, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
        options["idle_timeout"] = f"{profile.idle_timeout:.0f}s"
        if profile.scheduler_host:
            options |= _host(profile.scheduler_host, port)
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


def _host(host: str, port: int) -> dict[str, str]:
    """Where to listen, and what to tell the workers where that is another name: in a container it may be the node's."""
    with contextlib.suppress(OSError), socket.socket(socket.getaddrinfo(host, 0)[0][0]) as probe:
        probe.bind((host, 0))
        return {"host": host}
    return {"host": "tls://0.0.0.0", "contact_address": f"tls://{host}:{port}"}


def _record(home: Home, profile: Profile, cluster: Any, request: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": home.name,
        "id": request["id"],
        "profile": profile.name,
        "address": cluster.scheduler.address,
        "host": socket.getfqdn(),
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
    folder = Path(argv[0])
    home = Home(folder.parent, folder.name)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    with home.lock() as free:
        if not free:
            print("the cluster is held already", file=sys.stderr)
            return 1
        request = home.read("request")
        if request is None:
            print(f"got no request in {folder}", file=sys.stderr)
            return 1
        # Jobs that HTCondor puts back into its queue may come again: the watcher knows what became of them.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "365d", "distributed.scheduler.http.routes": []})
        try:
            asyncio.run(serve(home, request))
        except Exception as error:
            logger.exception("the cluster failed")
            home.write("failure", {"message": str(error) or type(error).__name__, "kind": type(error).__name__})
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
