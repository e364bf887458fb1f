# SPDX-License-Identifier: BSD-3-Clause
"""How much of its output an execution may keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Limits", "in_words", "size_of"]


@dataclass(frozen=True)
class Limits:
    """Caps of one execution; what is beyond them is counted, not kept.

    Attributes
    ----------
    stream : int
        Characters of stream text. Once there are more, only `head` and `tail` of them stay, and the middle goes.
    head, tail : int
        Characters of stream text that stay from the beginning and from the end.
    total_bytes : int
        Everything together.
    outputs : int
        Number of outputs. Once there are more, the first half of them and the last quarter stay.
    """

    stream: int = 2_000_000
    head: int = 500_000
    tail: int = 500_000
    total_bytes: int = 16_000_000
    outputs: int = 2_000


def size_of(value: object) -> int:
    """Bytes that a JSON value takes, about: quick, because it is asked for every output."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, Mapping):
        return sum(size_of(key) + size_of(one) + 6 for key, one in value.items())
    if isinstance(value, Sequence):
        return sum(size_of(one) + 2 for one in value)
    return 8


def in_words(size_bytes: int) -> str:
    """A size for people: ``48.1 MB``."""
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:.1f} kB"
