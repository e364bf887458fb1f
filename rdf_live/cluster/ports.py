# SPDX-License-Identifier: BSD-3-Clause
"""Ports as profiles write them: a number, the first and the last of a range, or several of them."""

from __future__ import annotations

import errno
from collections.abc import Iterator

__all__ = ["each", "in_use"]


def each(text: str | None) -> Iterator[int]:
    """The ports of "8786", of "8786:8796", of "5001,5023", or 0 (any) for None."""
    if not text:
        yield 0
        return
    for part in text.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


def in_use(error: BaseException | None) -> bool:
    """Whether somebody else has the port; Dask wraps what the system says."""
    while error is not None:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            return True
        error = error.__cause__ or error.__context__
    return False
