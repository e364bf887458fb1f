# SPDX-License-Identifier: BSD-3-Clause
"""What kernels send, read without what costs most in jupyter_client."""

from __future__ import annotations

import datetime
import hmac
import time
from typing import Any

from jupyter_client.session import Session

__all__ = ["message_of", "sent_at"]

_PARTS = ("header", "parent_header", "metadata", "content")


def message_of(session: Session, parts: list[Any]) -> dict[str, Any] | None:
    """The message, if this kernel has signed it.

    `Session.deserialize` also makes dates of the times in the headers, which takes three times as long as all the
    rest.
    """
    try:
        signature: Any
        _, (signature, *signed) = session.feed_identities(parts)
        expected = session.sign(signed[:4])
        if session.auth is not None and not hmac.compare_digest(expected, signature):
            return None
        return dict(zip(_PARTS, map(session.unpack, signed[:4]), strict=True))
    except (ValueError, TypeError):
        return None


def sent_at(message: dict[str, Any]) -> float:
    """When the kernel has sent it, in seconds since 1970."""
    try:
        return datetime.datetime.fromisoformat(message["header"]["date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return time.time()
