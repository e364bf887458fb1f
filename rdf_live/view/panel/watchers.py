# SPDX-License-Identifier: BSD-3-Clause
"""The pages that show a panel, and what is in sight there."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import NamedTuple

__all__ = ["Watchers"]

#: A page speaks every 30 s; browsers let one in the background speak once a minute.
_SILENT_S = 90.0


class _Page(NamedTuple):
    spoke: float
    visible: frozenset[int]
    seen: frozenset[int]


class Watchers:
    """Pages that draw by themselves. Any thread.

    A page that is loaded again, or whose machine goes away, does not say goodbye. It is forgotten when another one has
    spoken for so long without it: a kernel that is busy may hear none, which is no reason to forget them all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, _Page] = {}

    def __bool__(self) -> bool:
        return bool(self._pages)

    @property
    def visible(self) -> frozenset[int] | None:
        """Panes in sight on any page; None if there is no page."""
        with self._lock:
            pages = self._pages.values()
            return frozenset().union(*(page.visible for page in pages)) if pages else None

    def hear(self, name: str, panes: Collection[int]) -> frozenset[int]:
        """A page says what is in sight; the panes of it that have not been before, which it may not have."""
        now, visible = time.monotonic(), frozenset(panes)
        with self._lock:
            seen = self._pages[name].seen if name in self._pages else frozenset()
            self._pages[name] = _Page(now, visible, seen | visible)
            self._pages = {name: page for name, page in self._pages.items() if now - page.spoke <= _SILENT_S}
        return visible - seen

    def forget(self, name: str) -> None:
        """A page is gone."""
        with self._lock:
            self._pages.pop(name, None)
