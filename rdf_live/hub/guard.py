# SPDX-License-Identifier: BSD-3-Clause
"""What stands between a handler and the wire."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

from rdf_live.errors import RdfLiveError
from rdf_live.partial.messages import error_reply

__all__ = ["guard"]

logger = logging.getLogger(__name__)

Reply = dict[str, Any]


def guard(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Errors go to the caller as a dict: raised, they would fill the scheduler's log and lose their class."""

    def failed(error: Exception) -> Reply:
        if isinstance(error, RdfLiveError):
            return error_reply(error)
        logger.exception("rdf_live: %s failed", handler.__name__, exc_info=error)
        return error_reply(RdfLiveError(f"the hub could not handle {handler.__name__}: {error!r}"))

    if inspect.iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def guarded_async(**message: Any) -> Reply:
            try:
                reply: Reply = await handler(**message)
                return reply
            except Exception as error:
                return failed(error)

        return guarded_async

    @functools.wraps(handler)
    def guarded(**message: Any) -> Reply:
        try:
            reply: Reply = handler(**message)
            return reply
        except Exception as error:
            return failed(error)

    return guarded
