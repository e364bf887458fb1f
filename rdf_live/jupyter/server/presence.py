# SPDX-License-Identifier: BSD-3-Clause
"""Which pages show which notebook, and whether one that went may come back with its own version of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Page", "Presence"]

#: Seconds that a page has to come back: after it closed in order, and after it vanished.
CLOSED_S = 2.0
VANISHED_S = 10.0


@dataclass(eq=False)
class Page:
    """One websocket of a page.

    Attributes
    ----------
    session : str
        The page's ``kernel.clientId``.
    path : str
        The notebook, as the server names it now.
    held : set of str
        Executions whose end this page has, so that they are in what it saves.
    leaving : bool
        It said that it does not come back.
    follows : bool
        It follows the notebook; if not, it is a connection to its kernel.
    question : list or None
        The message in which the kernel has asked it something while it was away.
    """

    session: str
    path: str
    held: set[str] = field(default_factory=set)
    leaving: bool = False
    follows: bool = False
    question: list[Any] | None = None


class Presence:
    """Counts the pages of each notebook.

    Parameters
    ----------
    time : float
        Now, in seconds since 1970: pages of an earlier server may come back, too.
    """

    def __init__(self, time: float) -> None:
        self.pages: set[Page] = set()
        self._from_start = time + VANISHED_S
        self._free: dict[str, float] = {}
        self._read: dict[str, int] = {}
        self._left: dict[str, float] = {}
        #: Of each notebook the sessions that have been connected to its kernel, and whether they ever followed it.
        self._known: dict[str, dict[str, bool]] = {}

    def come(self, page: Page) -> None:
        """A page connects; what its session held is held by each of its websockets."""
        for other in self.pages:
            if other.session == page.session:
                page.held = other.held
        self.pages.add(page)
        known = self._known.setdefault(page.path, {})
        known[page.session] = page.follows or known.get(page.session, False)

    def go(self, page: Page, *, clean: bool, time: float) -> None:
        """The websocket of a page is closed; `clean` if the browser closed it in order."""
        self.pages.discard(page)
        grace = CLOSED_S if clean or page.leaving else VANISHED_S
        self._free[page.path] = max(self._free.get(page.path, self._from_start), time + grace)
        self._left[page.path] = time

    def read(self, path: str, time: float) -> None:
        """Somebody has read the notebook: a page that opens has this version, and comes soon."""
        self._read[path] = self._read.get(path, 0) + 1
        # Pages that are there read it whenever they save.
        if not self.of(path):
            self._free[path] = max(self._free.get(path, self._from_start), time + VANISHED_S)

    def reads(self, path: str) -> int:
        """How often the notebook was read."""
        return self._read.get(path, 0)

    def leave(self, session: str) -> None:
        """A page said that it goes for good."""
        for page in self.pages:
            if page.session == session:
                page.leaving = True

    def of(self, path: str) -> list[Page]:
        """The pages that show that notebook now."""
        return [page for page in self.pages if page.path == path]

    def sessions(self, path: str) -> list[str]:
        """Of the pages that show that notebook now."""
        return sorted({page.session for page in self.of(path)} - {""})

    def outside(self, path: str) -> list[str]:
        """Sessions that use the kernel of that notebook but show something else, as consoles do."""
        return sorted(session for session, follows in self._known.get(path, {}).items() if not follows)

    def left(self, path: str, session: str) -> float | None:
        """When the last page before that one went; None if there was none, or if another one is there now."""
        others = any(page.session != session for page in self.of(path))
        return None if others else self._left.get(path)

    def nobody(self, path: str, time: float) -> bool:
        """True if no page shows that notebook, and none may come back to it."""
        return not self._there(path) and time >= self._free.get(path, self._from_start)

    def _there(self, path: str) -> bool:
        """A page that has followed and does not any more has gone without a word, whatever else it left open."""
        pages, known = self.of(path), self._known.get(path, {})
        following = {page.session for page in pages if page.follows}
        return any(page.session in following or not known.get(page.session) for page in pages)

    def rename(self, old: str, new: str) -> None:
        """The notebook has another path now."""
        for page in self.of(old):
            page.path = new
        for times in (self._free, self._left):
            if old in times:
                times[new] = times.pop(old)
        if old in self._known:
            self._known[new] = self._known.pop(old)
