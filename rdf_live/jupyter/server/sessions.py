# SPDX-License-Identifier: BSD-3-Clause
"""The server's sessions: which notebook, or console, has which kernel."""

from __future__ import annotations

import contextlib
from typing import Any

from jupyter_core.utils import ensure_async
from tornado import web

__all__ = ["local", "renamed", "session_of"]

#: Pages of a collaboration put it before the path.
_DRIVE = "RTC:"


def local(path: str) -> str:
    """A path as the server names it."""
    return path.removeprefix(_DRIVE).strip("/")


async def session_of(sessions: Any, kernel: str) -> dict[str, Any] | None:
    """The session of a kernel, that of a notebook if there are more."""
    found = [one for one in await ensure_async(sessions.list_sessions()) if one["kernel"]["id"] == kernel]
    return max(found, key=lambda one: one["type"] == "notebook", default=None)


async def renamed(sessions: Any, old: str, new: str) -> list[dict[str, Any]]:
    """Let a notebook keep its kernel, which otherwise only a page sees to that has it open; gives the sessions."""
    changed = []
    for one in await ensure_async(sessions.list_sessions()):
        path = local(one["path"])
        if one["type"] == "notebook" and (path == old or path.startswith(f"{old}/")):
            now = one["path"].removesuffix(path) + new + path[len(old) :]
            # One may end at this moment.
            with contextlib.suppress(web.HTTPError):
                await ensure_async(sessions.update_session(one["id"], path=now, name=now.rpartition("/")[2]))
                changed.append(await ensure_async(sessions.get_session(session_id=one["id"])))
    return changed
