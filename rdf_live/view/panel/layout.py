# SPDX-License-Identifier: BSD-3-Clause
"""Which results stand in which pane. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rdf_live.errors import BadInput, WrongKind
from rdf_live.snapshot import Result

__all__ = ["DRAWABLE", "Pane", "check_columns", "check_flag", "panes_of"]

#: Kinds of results that have a pane.
DRAWABLE = ("TH1D", "TH2D", "TH3D", "TProfile", "TProfile2D", "TGraph", "TGraphAsymmErrors")
_LINES = ("TH1D", "TProfile", "TGraph", "TGraphAsymmErrors")
_HOW = "For example run.panel([[data, (mc1, mc2)], other]): data over a stack in one pane, other in the next."


@dataclass(frozen=True, slots=True)
class Pane:
    """What one pane shows.

    Attributes
    ----------
    over : tuple of Result
        Drawn over each other, and over the stack.
    stack : tuple of Result
        Drawn on top of each other.
    logx, logy : bool or None
        What was asked for.
    """

    over: tuple[Result, ...]
    stack: tuple[Result, ...] = ()
    logx: bool | None = None
    logy: bool | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """All of it."""
        return self.over + self.stack

    @property
    def title(self) -> str:
        """Labels of its results."""
        stack = " + ".join(result.label for result in self.stack)
        return ", ".join([*(result.label for result in self.over), *([stack] if stack else [])])

    @property
    def picture(self) -> Any:
        """As `rdf_live.view.picture.png` takes it."""
        if not self.stack and len(self.over) == 1:
            return self.over[0]
        return [*self.over, *([self.stack] if self.stack else [])]


def panes_of(
    layout: Any,
    results: Sequence[Result],
    find: Callable[[Any], Result],
    logx: bool | None = None,
    logy: bool | None = None,
) -> list[Pane]:
    """Panes out of what `LiveRun.panel` is given.

    Parameters
    ----------
    layout : list, one result, or None
        None: every result that can be drawn.
    results : sequence of Result
        All of the run.
    find : callable
        From a proxy or label to its `Result`.
    logx, logy : bool, optional
        For all panes.

    Raises
    ------
    KeyError, WrongKind
        Something in it is no result of the run.
    BadInput
        Something in it cannot be drawn, or not together.
    """
    check_flag("logx", logx)
    check_flag("logy", logy)
    if layout is None:
        layout = [result for result in results if result.kind in DRAWABLE]
    elif isinstance(layout, tuple):
        raise WrongKind(f"layout: got a tuple, expected a list of panes. {_HOW}")
    elif not isinstance(layout, list):
        layout = [layout]
    return [_pane(given, find, logx, logy) for given in layout]


def _pane(given: Any, find: Callable[[Any], Result], logx: bool | None, logy: bool | None) -> Pane:
    items = given if isinstance(given, list) else [given]
    if not items or any(isinstance(item, (list, tuple)) and not item for item in items):
        raise BadInput(f"layout: got an empty pane, expected at least one result. {_HOW}")
    stacks = [item for item in items if isinstance(item, tuple)]
    if len(stacks) > 1:
        raise BadInput(f"layout: got {len(stacks)} stacks in one pane, expected at most one. {_HOW}")
    over = tuple(_drawable(find(item)) for item in items if not isinstance(item, tuple))
    stack = tuple(_drawable(find(item)) for item in (stacks[0] if stacks else ()))
    for result in stack:
        if result.kind != "TH1D":
            raise BadInput(f"layout: got {result.label!r} ({result.kind}) in a stack, expected histograms (TH1D)")
    if len(over) + len(stack) > 1:
        for result in over:
            if result.kind not in _LINES:
                raise BadInput(
                    f"layout: got {result.label!r} ({result.kind}) together with others, expected it alone in its "
                    f"pane; what can share one is {', '.join(_LINES)}"
                )
    return Pane(over, stack, logx, logy)


def _drawable(result: Result) -> Result:
    if result.kind not in DRAWABLE:
        raise BadInput(
            f"layout: got {result.label!r} ({result.kind}), expected one of {', '.join(DRAWABLE)}. "
            "Leave it out: numbers and cut flows are shown below the panes anyway."
        )
    return result


def check_flag(name: str, value: Any) -> None:
    """Raise `WrongKind` for what is neither True, False nor None."""
    if value is not None and not isinstance(value, bool):
        raise WrongKind(f"{name}: got {value!r}, expected True, False, or None to choose by the contents")


def check_columns(value: Any) -> None:
    """Raise `WrongKind` or `BadInput` for what is no number of columns."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongKind(f"columns: got {value!r}, expected a whole number, or None to choose by the room there is")
    if value < 1:
        raise BadInput(f"columns: got {value}, expected 1 or more")
