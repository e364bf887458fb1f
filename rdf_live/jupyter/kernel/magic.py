# SPDX-License-Identifier: BSD-3-Clause
"""``%rdf_live``: what there is of this notebook's outputs, and those outputs again."""

from __future__ import annotations

import html
import sys
from typing import Any

from rdf_live.errors import BadInput
from rdf_live.jupyter.journal import shown
from rdf_live.jupyter.kernel.past import Cell, Cells, journal

__all__ = ["choose", "run"]

#: Lines of the list that are printed.
_LINES = 20
_USAGE = "%rdf_live, %rdf_live restore NUMBER, or %rdf_live restore all"


def run(line: str, keeper: str) -> None:
    """Do what the line says.

    Parameters
    ----------
    line : str
        Behind ``%rdf_live``.
    keeper : str
        A sentence: who keeps the outputs now.
    """
    command, _, what = line.strip().partition(" ")
    if not command:
        print(overview(journal(), keeper))
    elif command == "restore":
        for cell in choose(journal(), what.strip() or "all"):
            _show(cell)
    else:
        raise BadInput(f"got %rdf_live {line.strip()}, expected {_USAGE}")


def overview(cells: Cells, keeper: str) -> str:
    """What there is, in words."""
    if not cells:
        return f"{keeper} There are none of other cells yet."
    lines = [keeper, *map(repr, cells[-_LINES:])]
    if len(cells) > _LINES:
        lines.insert(1, f"... and {len(cells) - _LINES} before:")
    some = next((cell.count for cell in reversed(cells) if cell.outputs and cell.count is not None), None)
    one = f"%rdf_live restore {some} shows the outputs of cell [{some}] again, " if some is not None else ""
    return "\n".join([*lines, f"{one}%rdf_live restore all those of all cells."])


def choose(cells: Cells, what: str) -> Cells:
    """The cells of that number or id; or all that have shown anything, but for those that restored outputs.

    Raises
    ------
    BadInput
        There is none.
    """
    if what == "all":
        return Cells(cell for cell in cells if cell.outputs and not cell.source.lstrip().startswith("%rdf_live"))
    found = [cell for cell in cells if what in (cell.cell, str(cell.count))]
    if not found:
        known = ", ".join(str(cell.count) for cell in cells if cell.count is not None) or "none"
        raise BadInput(
            f"got the cell {what!r}, expected the number in the prompt of one that was kept: {known}; or all"
        )
    # Every kernel counts from 1: there may be several.
    return Cells(found)


def _show(cell: Cell) -> None:
    """The outputs, in the cell that runs now, below a heading."""
    number, state, when, first = cell.words
    reason = f" {cell.reason}" if cell.reason else ""
    bundle = {
        "text/plain": f"{number} {state}, {when}: {first}{reason}",
        "text/html": f"<p><b>{html.escape(number)}</b> {html.escape(f'{state}, {when}')}: "
        f"<code>{html.escape(first)}</code>{html.escape(reason)}</p>",
    }
    _display(bundle, {})
    for output in cell.outputs:
        kind = output["output_type"]
        if kind == "stream":
            (sys.stderr if output["name"] == "stderr" else sys.stdout).write(shown(output["text"]))
        elif kind == "error":
            print("\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}", file=sys.stderr)
        else:
            # Without its display_id: updates are for the cell that it was in.
            _display(output["data"], output["metadata"])


def _display(data: dict[str, Any], metadata: dict[str, Any]) -> None:
    from IPython.display import display

    display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
