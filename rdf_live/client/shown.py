# SPDX-License-Identifier: BSD-3-Clause
"""What a run shows of itself in a notebook."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, cast

from rdf_live._interrupts import held

if TYPE_CHECKING:
    from rdf_live.run import LiveRun
    from rdf_live.view.panel.panel import Panel

__all__ = ["LAST_LOOK_S", "Shown"]

#: Seconds that a blocking call waits, once the run is over, for its panels to show that.
LAST_LOOK_S = 10.0


class Shown:
    """The part of `LiveRun` that a notebook shows."""

    def __init__(self) -> None:
        self._blocking: set[object] = set()
        self._panels: weakref.WeakSet[Panel] = weakref.WeakSet()

    @property
    def _run(self) -> LiveRun:
        return cast("LiveRun", self)

    def panel(
        self, layout: Any = None, *, logx: bool | None = None, logy: bool | None = None, columns: int | None = None
    ) -> Panel:
        """Show it in the notebook: one output, which is updated until the run is over.

        Parameters
        ----------
        layout : list, optional
            Of panes. A pane is one result, or a list of results drawn over each other; in that, a tuple of results is
            drawn as a stack: ``run.panel([[data, (mc1, mc2)], other])``. Otherwise every result that can be drawn has
            a pane of its own. Numbers and cut flows are always shown.
        logx, logy : bool, optional
            Logarithmic axes; chosen from the bins and their contents otherwise.
        columns : int, optional
            Panes beside each other; as many as there is room for otherwise.

        Returns
        -------
        Panel
            It shows itself at once. Outside a notebook there is nothing but its text.

        Raises
        ------
        KeyError, WrongKind
            Something in the layout is no result of this run.
        BadInput
            Something in it cannot be drawn, or not together.
        """
        from rdf_live.view.panel.panel import Panel

        panel = Panel(self._run, layout, logx=logx, logy=logy, columns=columns)
        panel.show()
        return panel

    def _ipython_display_(self) -> None:
        """What a notebook shows for it."""
        from rdf_live.view.panel.notebook import in_kernel

        if not in_kernel():
            raise NotImplementedError  # IPython's word for: take the repr
        self.panel()

    def _begin_blocking(self, token: object, show: bool) -> None:
        """A cell waits from now on, and shows the run meanwhile unless a panel does already. Main thread."""
        from rdf_live.view.panel.notebook import in_kernel

        self._blocking.add(token)
        if show and in_kernel() and not self._panels and not self._run._is_over() and self._run._lost is None:
            self.panel()
        self._wake()

    def _end_blocking(self, token: object) -> None:
        if token in self._blocking:
            self._blocking.discard(token)
            self._wake()

    def _last_look(self) -> None:
        """The end of the run is part of the cell that waited for it."""
        with held():
            for panel in list(self._panels):
                panel.settle(LAST_LOOK_S)

    def _wake(self) -> None:
        """Something has changed that a panel shows."""
        with self._run._condition:
            self._run._condition.notify_all()
