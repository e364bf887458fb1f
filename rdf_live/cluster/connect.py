# SPDX-License-Identifier: BSD-3-Clause
"""One line from a laptop to a batch system."""

from __future__ import annotations

import os
import time
from typing import Any

from distributed import Client

from rdf_live import errors
from rdf_live.cluster import credentials, detached, homes, local, place
from rdf_live.cluster.control import cluster_status, scale
from rdf_live.cluster.detect import detect
from rdf_live.cluster.home import Home
from rdf_live.cluster.profile import Profile, load
from rdf_live.cluster.service import WAIT_S
from rdf_live.cluster.values import span

__all__ = ["connect", "up"]

#: Seconds between two looks.
_LOOK_S = 0.5


def connect(
    where: Any = None,
    *,
    name: str | None = None,
    workers: int | None = None,
    timeout: float | None = None,
    **overrides: Any,
) -> Client:
    """A client that runs can be started on.

    Parameters
    ----------
    where : str or distributed.Client, optional
        "local" starts one process per core on this machine. The name of a profile ("naf", "lxplus", "htcondor", ...)
        is a cluster of batch jobs that lives on when this process ends: the first call submits it, a later one from
        anywhere finds it again. An address is that of a scheduler; a client is checked and returned. None takes the
        profile that this host belongs to, "local" where there is none.
    name : str, optional
        Of the cluster; that of the profile otherwise. Clusters of several names can run beside each other.
    workers : int, optional
        Number of workers; as the profile says otherwise. A cluster that runs already is scaled to it.
    timeout : float, optional
        Seconds to wait for the first worker; without it as long as the batch system takes. Why it waits is printed.
    **overrides
        Values of the profile to change, for example ``memory="4GB"``, ``runtime="12h"``; see ``rdf-live profile``.

    Returns
    -------
    distributed.Client
        Ready: it has at least one worker, and more join as they come.

    Raises
    ------
    BadInput, WrongKind
        An argument cannot be used.
    ClusterTrouble
        The batch system cannot give workers, in its own words; or no worker came in `timeout`.
    VersionMismatch
        The cluster of that name runs another version of rdf_live.
    """
    if isinstance(where, Client):
        from rdf_live.client.hub import check_client

        _nothing_else(overrides, name=name, workers=workers)
        return check_client(where)
    if where is None:
        where = detect() or "local"
    if not isinstance(where, str):
        raise errors.WrongKind(
            f"got a {type(where).__name__}, expected the name of a profile, an address, or a distributed.Client"
        )
    if "://" in where or ":" in where:
        _nothing_else(overrides, name=name, workers=workers)
        return local.at(where)
    profile = load(where, overrides)
    if profile.kind == "local":
        _nothing_else(overrides, name=name)
        # One per core, unless somebody says how many: the call, or the user's own file.
        own = None if profile.sources["workers"] == "default" else profile.workers or None
        return local.start(own if workers is None else workers)
    home = Home(homes.directory(profile), name or profile.name)
    try:
        client, new = up(profile, name=name, workers=workers)
        try:
            _first_worker(client, home, timeout, new=new)
        except BaseException:
            client.close()
            raise
    except KeyboardInterrupt:
        if home.read("record") is not None or home.locked():
            print(f"{home.name}: {_stays(home.name)}")
        raise
    return client


def up(profile: Profile, *, name: str | None = None, workers: int | None = None) -> tuple[Client, bool]:
    """The cluster of that name and profile, found or begun; and whether it is new. Does not wait for workers."""
    if workers is not None:
        local.check_workers(workers)
    home = Home(homes.directory(profile), name or profile.name)
    home.make()
    # Two that begin the same cluster at a time: the second one finds it.
    with home.lock("connecting", wait=True):
        detached.settle(home)
        client = detached.reach(home)
        if client is not None:
            try:
                _same(home, profile)
                for sentence in _not_taken(home, profile):
                    print(f"{home.name}: {sentence}")
                for sentence in credentials.told(profile.credentials, 0.0):
                    print(f"{home.name} runs, but new jobs of it may be refused: {sentence}")
                _again(client, workers)
            except BaseException:
                client.close()
                raise
            return client, False
        for found in credentials.check(profile.credentials, profile.runtime):
            if not found.found:
                raise errors.ClusterTrouble(f"{found.sentence} Type: {found.remedy}")
            if found.remedy:
                print(f"{found.sentence} Type: {found.remedy}")
        place.see_private(home)
        homes.remember(home.path.parent)
        return detached.begin(home, profile, profile.workers if workers is None else workers), True


def _same(home: Home, profile: Profile) -> None:
    """What runs is not changed by asking for something else."""
    runs = (home.read("request") or {}).get("profile", {})
    asked = profile.as_dict()
    other = [key for key in asked if profile.sources.get(key) == "keyword" and asked[key] != runs.get(key)]
    differences = [f"{key}={asked[key]!r} (it has {runs.get(key)!r})" for key in other]
    if runs.get("name") != profile.name:
        differences.insert(0, f"the profile {profile.name!r} (it has {runs.get('name')!r})")
    if differences:
        raise errors.BadInput(
            f"got {', '.join(differences)} for the cluster {home.name!r}, which runs already. "
            f"Take another name=..., or end it first: rdf-live down {home.name}"
        )


def _not_taken(home: Home, profile: Profile) -> list[str]:
    """A sentence about values of the user's own files that have changed since the cluster began."""
    runs: dict[str, Any] = (home.read("request") or {}).get("profile", {})
    asked = profile.as_dict()

    def own(key: str) -> bool:
        sources = (profile.sources.get(key, ""), runs.get("sources", {}).get(key, ""))
        # What was said in the call that began it still counts; how many workers there are can be changed.
        return key not in ("workers", "hosts") and sources[1] != "keyword" and any(map(os.path.isabs, sources))

    changed = [
        f"{key}={asked[key]!r} (it has {runs[key]!r})"
        for key in asked
        if key in runs and asked[key] != runs[key] and own(key)
    ]
    if not changed:
        return []
    return [f"your profile now says {', '.join(changed)}; that counts for a new cluster: rdf-live down {home.name}"]


def _again(client: Client, workers: int | None) -> None:
    """Want that many; where it has given up it tries again, since somebody asks for it."""
    status = cluster_status(client)
    if workers is not None and (workers != status.target or status.adapts):
        scale(client, workers)
    elif status.trouble and status.adapts:
        scale(client, minimum=status.adapts[0], maximum=status.adapts[1])
    elif status.trouble:
        scale(client, status.target)


def _first_worker(client: Client, home: Home, timeout: float | None, *, new: bool) -> None:
    start = said_at = time.monotonic()
    said, pause_s = "", 0.0
    while True:
        try:
            status = cluster_status(client)
        except (errors.BadInput, errors.RunLost) as error:
            if client.status in ("running", "connecting"):
                # Dask tries for a while to connect again.
                time.sleep(_LOOK_S)
                continue
            raise errors.ClusterTrouble(detached.why(home, "it ended while its first worker was waited for")) from error
        sentence = f"{status.name}: {status.sentence()}"
        fewest = status.adapts[0] if status.adapts else status.target
        # None come where none are wanted before there is work.
        if status.workers or not fewest:
            if said:
                print(sentence)
            return
        if status.trouble:
            if new:
                # It would complain, and try again, when its scheduler goes.
                client.close()
                with home.lock("connecting", wait=True):
                    detached.stop(home)
                    home.write("failure", {"message": status.trouble})
            raise errors.ClusterTrouble(f"{status.name}: {status.trouble} More is in {status.log}")
        now = time.monotonic()
        if timeout is not None and now - start > timeout:
            raise errors.ClusterTrouble(f"{sentence}: none came in {timeout:g} s. {_stays(status.name)}")
        if sentence != said and now - said_at >= pause_s:
            print(sentence)
            said, said_at = sentence, now
            # A few lines at the beginning, a line a minute for who waits for hours.
            pause_s = min(max(2 * pause_s, 1.0), 60.0)
        time.sleep(_LOOK_S)


def _stays(name: str) -> str:
    return (
        f"It goes on waiting by itself, for {span(WAIT_S)} at most: connect again later, "
        f"look with rdf-live ps, or end it with rdf-live down {name}"
    )


def _nothing_else(overrides: dict[str, Any], **given: Any) -> None:
    extra = [*overrides, *(key for key, value in given.items() if value is not None)]
    if extra:
        raise errors.BadInput(
            f"got {', '.join(f'{key}=...' for key in extra)}, expected none of these here: "
            "they describe a cluster of batch jobs that is to be started"
        )
