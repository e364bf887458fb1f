# SPDX-License-Identifier: BSD-3-Clause
"""The picture in a panel's bundle, for pages that do not draw by themselves and for saved notebooks."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Sequence

from rdf_live.snapshot import Snapshot
from rdf_live.view.panel import pace
from rdf_live.view.panel.layout import Pane

__all__ = ["Still"]

_MOST = 16
_log = logging.getLogger(__name__)


class Still:
    """The last picture that was made. Not every update gets a new one.

    Parameters
    ----------
    panes : sequence of Pane
        What is on it: the first sixteen of which something has arrived, without those that cannot be drawn.
    columns : int or None
        Panes beside each other.

    Attributes
    ----------
    png : str or None
        The last one, in base64.
    """

    def __init__(self, panes: Sequence[Pane], columns: int | None) -> None:
        self.png: str | None = None
        self._panes = panes
        self._columns = columns
        self._made: float | None = None
        self._cost = pace.Cost()

    def draw(self, snapshot: Snapshot, title: str, watched: bool, final: bool) -> float:
        """Make a new one if it is time for one; CPU seconds that it took.

        Parameters
        ----------
        snapshot : Snapshot
            What to draw.
        title : str
            Of the picture.
        watched : bool
            A page is there that draws by itself.
        final : bool
            It is the last one, for which it is always time.
        """
        since = None if self._made is None else time.monotonic() - self._made
        if not final and not pace.picture_due(since, self._cost, watched):
            return 0.0
        there = [pane for pane in self._panes if any(snapshot.has(result) for result in pane.results)]
        if not there:
            return 0.0
        start = time.thread_time()
        panes = there[:_MOST]
        made = self._png(snapshot, panes, title, len(there))
        if made is None and len(panes) > 1:
            # Which of them it was is known only by trying each.
            panes = [pane for pane in panes if self._png(snapshot, [pane], title, 1) is not None]
            made = self._png(snapshot, panes, title, len(there)) if panes else None
        if made is not None:
            self.png = base64.b64encode(made).decode()
        self._made = time.monotonic()
        took = time.thread_time() - start
        self._cost.add(took)
        return took

    def _png(self, snapshot: Snapshot, panes: Sequence[Pane], title: str, of: int) -> bytes | None:
        """The picture of some of so many panes; None if it cannot be made."""
        from rdf_live.view import picture

        looks = {
            result.label: picture.Look(logx=pane.logx, logy=pane.logy) for pane in panes for result in pane.results
        }
        rows = None
        if self._columns is not None:
            full, rest = divmod(len(panes), self._columns)
            rows = [self._columns] * full + [rest] * (rest > 0)
        if len(panes) < of:
            title = f"{title} ({len(panes)} of {of})"
        try:
            return picture.png(snapshot, [pane.picture for pane in panes], title=title, looks=looks, rows=rows)
        except Exception:
            # Nothing that can be drawn, or a fault: the plots of the page are worth more than it is.
            _log.debug("no picture", exc_info=True)
            return None
