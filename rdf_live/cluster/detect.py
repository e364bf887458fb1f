# SPDX-License-Identifier: BSD-3-Clause
"""Which profile this machine belongs to."""

from __future__ import annotations

import fnmatch
import os
import socket
import threading

from rdf_live.cluster import layers

__all__ = ["detect"]

#: Name services that do not answer must not hold anybody up.
_LOOKUP_S = 2.0


def detect(host: str | None = None) -> str | None:
    """Name of the profile whose hosts this one is among; the user's own profiles first.

    Parameters
    ----------
    host : str, optional
        Full name of a machine; this one otherwise.

    Returns
    -------
    str or None
        None where no profile fits: a laptop, say.
    """
    # SWAN sets it in sessions that were started with an HTCondor pool; the host names of its containers say nothing
    # (https://github.com/swan-cern/jupyterhub-extensions, SwanSpawner).
    if host is None and os.environ.get("CERN_HTCONDOR") == "true" and "swan" in layers.available():
        return "swan"
    patterns = {name: layers.hosts(name) for name in layers.available()}
    if host is not None:
        return _match(host, patterns)
    short = socket.gethostname()
    if (found := _match(short, patterns)) or "." in short:
        return found
    # The name service is asked only where its answer can matter.
    first_parts = {name: tuple(each.partition(".")[0] for each in wanted) for name, wanted in patterns.items()}
    return _match(_full_name(short), patterns) if _match(short, first_parts) else None


def _match(host: str, patterns: dict[str, tuple[str, ...]]) -> str | None:
    for name, wanted in patterns.items():
        if any(fnmatch.fnmatchcase(host.lower(), each.lower()) for each in wanted):
            return name
    return None


def _full_name(host: str) -> str:
    found = [host]

    def look() -> None:
        found.append(socket.getfqdn(host))

    thread = threading.Thread(target=look, name="rdf_live-full-name", daemon=True)
    thread.start()
    thread.join(_LOOKUP_S)
    return found[-1]
