# SPDX-License-Identifier: BSD-3-Clause
"""Clusters that live outside the process that uses them: begin one, find one, end one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid

from distributed import Client

import rdf_live
from rdf_live.cluster import tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.submit import ATTRIBUTE
from rdf_live.cluster.control import down
from rdf_live.cluster.home import HOST, Home
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import span
from rdf_live.errors import ClusterTrouble, RdfLiveError, VersionMismatch

__all__ = ["begin", "end", "reach", "settle", "stop", "why"]

_START_TIMEOUT_S = 90.0
_ANSWER_TIMEOUT_S = 15
#: The process of a cluster asks the queue to remove its jobs before it ends.
_END_TIMEOUT_S = 60.0
#: The last words of one that has ended without being told to by `down`.
_IDLE, _SHUT = " ends: idle for long\n", " ends: shut down by a client\n"


def reach(home: Home) -> Client | None:
    """A client of the cluster, or None where there is none.

    Raises
    ------
    VersionMismatch
        It runs another version of rdf_live.
    ClusterTrouble
        It does not answer.
    """
    record = home.read("record")
    if record is None or (record["host"] == HOST and not home.locked()):
        # Never begun, ended, or killed: its jobs end by themselves then, once they miss it.
        return None
    if record["version"] != rdf_live.__version__:
        raise VersionMismatch(
            f"got the cluster {home.name!r} of rdf_live {record['version']}, expected {rdf_live.__version__} as here. "
            f"Use that version, take another name, or end it: rdf-live down {home.name}"
        )
    try:
        return Client(record["address"], security=tls.security(home.tls), timeout=_ANSWER_TIMEOUT_S)
    except OSError as error:
        if home.read("record") is None or (record["host"] == HOST and not home.locked()):
            # It has ended meanwhile.
            return None
        raise ClusterTrouble(
            f"got no answer from the cluster {home.name!r} at {record['address']} on {record['host']} ({error}). "
            f"Look there whether it still runs ({home.log}), or end it: rdf-live down {home.name}"
        ) from error


def begin(home: Home, profile: Profile, workers: int) -> Client:
    """Start the process of a cluster and connect to it; it submits its jobs meanwhile.

    The caller holds the lock "connecting", and knows that there is no such cluster.

    Raises
    ------
    ClusterTrouble
        Jobs cannot be submitted from here; or it ends at once, or takes too long.
    """
    if shutil.which("condor_submit") is None:
        raise ClusterTrouble(
            "got no condor_submit on this machine, expected the programs of HTCondor. "
            "Start the cluster on a machine that jobs are submitted from."
        )
    for name in ("record", "failure"):
        (home.path / f"{name}.json").unlink(missing_ok=True)
    home.write("request", {"id": uuid.uuid4().hex, "profile": profile.as_dict(), "workers": workers})
    with home.lock(wait=True) as lock, home.log.open("w") as log:
        assert lock is not None
        home.log.chmod(0o600)
        process = subprocess.Popen(
            [sys.executable, "-m", "rdf_live.cluster.holder", str(home.path), str(lock)],
            cwd=home.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # It holds the lock from its first moment on, whatever becomes of this process.
            pass_fds=[lock],
            # Not in this session: neither Ctrl-C, nor a closed terminal, nor the end of a kernel reaches it.
            start_new_session=True,
        )
        home.sign(lock, process.pid)
    # Somebody has to wait for it, or it stays in the list of processes after its end.
    threading.Thread(target=process.wait, name="rdf_live holder", daemon=True).start()
    _begun(home)
    client = reach(home)
    if client is None:
        raise ClusterTrouble(why(home, "its process ended at once"))
    return client


def settle(home: Home) -> None:
    """Wait while a cluster begins or ends.

    Raises
    ------
    ClusterTrouble
        It takes too long.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while home.locked() and home.read("record") is None:
        if time.monotonic() > deadline:
            raise ClusterTrouble(
                f"got the cluster {home.name!r}, which has been beginning or ending for {_START_TIMEOUT_S:.0f} s. "
                f"Look into {home.log}, or end it: rdf-live down {home.name}"
            )
        time.sleep(0.05)


def _begun(home: Home) -> None:
    try:
        settle(home)
    except ClusterTrouble as error:
        _kill(home, signal.SIGTERM)
        raise ClusterTrouble(why(home, f"it was not ready after {_START_TIMEOUT_S:.0f} s")) from error
    if home.read("record") is None:
        raise ClusterTrouble(why(home, "its process ended at once"))


def stop(home: Home) -> str:
    """End the cluster, whatever state it is in; its logs stay. Gives what was done, in words.

    The caller holds the lock "connecting".

    Raises
    ------
    ClusterTrouble
        Its jobs cannot be removed, or it lives on another machine and cannot be told to end.
    """
    request = home.read("request") or {}
    host = _host(home)
    elsewhere = host != HOST
    try:
        client = reach(home)
    except (ClusterTrouble, VersionMismatch):
        client = None
    if client is not None:
        with client, contextlib.suppress(RdfLiveError):
            down(client)
    else:
        # It hangs, or is of another version.
        _kill(home, signal.SIGTERM)
    # One elsewhere that was not told does not end.
    gone = not home.locked() if elsewhere and client is None else _ended(home)
    if not gone and elsewhere:
        raise ClusterTrouble(
            f"got the cluster {home.name!r}, which lives on {host} and could not be told from here to end, so nothing "
            f"of it was removed. Log in there and type: rdf-live down {home.name}"
        )
    if not gone:
        _kill(home, signal.SIGKILL)
        _ended(home)
    home.forget()
    # It has done so, if it could. Not where another machine submitted them: this one may have another queue.
    if "id" in request and not (elsewhere and client is not None):
        try:
            tools.remove_now(f'{ATTRIBUTE} =?= "{request["id"]}"')
        except ClusterTrouble as error:
            raise ClusterTrouble(
                f"cluster {home.name}: its process has ended, but its jobs could not be removed ({error}). They end "
                f"by themselves when they run; try again later: rdf-live down {home.name}"
            ) from error
    if client is not None:
        return "ended"
    if elsewhere:
        return f"its process on {host} did not answer; removed what was left of it here"
    return "had ended; removed what was left of it"


def end(home: Home) -> str:
    """End the cluster and remove what there is of it; gives a sentence.

    Raises
    ------
    ClusterTrouble
        Its jobs cannot be removed.
    """
    with home.lock("connecting", wait=True):
        how = stop(home)
        home.remove()
    return f"cluster {home.name}: {how}"


def why(home: Home, what: str) -> str:
    """The sentence about a cluster that ended by itself."""
    if failure := home.read("failure"):
        what = failure["message"]
    elif _said(home, _SHUT):
        what += ": a client has shut it down (client.shutdown(); client.close() leaves it as it is)"
    elif (request := home.read("request")) and _said(home, _IDLE):
        what += f": nobody used it for {span(request['profile']['idle_timeout'])}"
    return f"cluster {home.name}: {what}. More is in {home.log}"


def _said(home: Home, words: str) -> bool:
    """Whether its process says so in its log, which begins anew with each cluster."""
    try:
        return words in home.log.read_text(errors="replace")
    except FileNotFoundError:
        return False


def _host(home: Home) -> str:
    """Where its process runs, or ran."""
    signed = home.signed() if home.locked() else None
    if signed is not None:
        return signed[0]
    record = home.read("record") or {}
    return str(record.get("host", HOST))


def _kill(home: Home, number: signal.Signals) -> None:
    pid = home.holder()
    if pid is not None:
        # Another process may have the number by now, and be somebody else's.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _ended(home: Home) -> bool:
    deadline = time.monotonic() + _END_TIMEOUT_S
    while home.locked():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
