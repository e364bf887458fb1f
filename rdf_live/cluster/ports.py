# SPDX-License-Identifier: BSD-3-Clause
"""Where a scheduler listens: ports as profiles write them, and addresses that are not those of this machine."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

from rdf_live.errors import BadInput

__all__ = ["each", "in_use", "listening", "own"]


def each(text: str | None) -> Iterator[int]:
    """The ports of "8786", of "8786:8796", of "5001,5023", or 0 (any) for None."""
    if not text:
        yield 0
        return
    for part in text.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


def own(host: str) -> bool:
    """Whether a name or an address is one that this machine can listen at."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True


def listening(host: str, port: int) -> dict[str, str]:
    """Options of a scheduler that workers know by the name `host`.

    That may be a name that only they know: in a container it is that of its node.

    Raises
    ------
    BadInput
        It is such a name, and the port is any free one.
    """
    if own(host):
        return {"host": host}
    if not port:
        raise BadInput(
            f"scheduler_host: got {host!r}, which is not an address of this machine, and no scheduler_ports. "
            "Set scheduler_ports to ports of it that lead here, or leave scheduler_host out."
        )
    shown = f"[{host}]" if ":" in host else host
    return {"host": "tls://0.0.0.0", "contact_address": f"tls://{shown}:{port}"}


def in_use(error: BaseException | None) -> bool:
    """Whether somebody else has the port; Dask wraps what the system says."""
    while error is not None:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            return True
        error = error.__cause__ or error.__context__
    return False
