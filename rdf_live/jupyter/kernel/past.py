# SPDX-License-Identifier: BSD-3-Clause
"""``rdf_live.journal()``: what the cells of this notebook did, in this kernel and in those before it."""

from __future__ import annotations

import html
import itertools
import time
from dataclasses import dataclass
from typing import Any

from rdf_live.client.where import Where, here, same_notebook
from rdf_live.jupyter.journal import Execution, Journal, Store, at, newest_executions
from rdf_live.jupyter.kernel.folders import own_folder, server_folders
from rdf_live.view.text import clock

__all__ = ["Cell", "Cells", "journal"]

_LONGEST_LINE = 80
#: Who keeps a journal hears the kernel a little later than the kernel goes on to the next cell.
_BEHIND_S = 2.0


@dataclass(frozen=True, repr=False)
class Cell:
    """The newest execution of a cell.

    Attributes
    ----------
    cell : str
        Id of the cell.
    count : int or None
        The number in its prompt.
    state : str
        "queued", "running", "ok", "error", "aborted" (not run) or "lost" (was running when its kernel went away).
    queued, started, ended : float or None
        Seconds since 1970.
    reason : str or None
        A sentence: why it was aborted or lost.
    source : str
        The code.
    outputs : list of dict
        What it has shown, as in the file of a notebook.
    """

    cell: str
    count: int | None
    state: str
    queued: float
    started: float | None
    ended: float | None
    reason: str | None
    source: str
    outputs: list[dict[str, Any]]

    @property
    def duration_s(self) -> float | None:
        """Seconds that it took, or has taken until now; None if it never ran."""
        return None if self.started is None else (self.ended or time.time()) - self.started

    @property
    def words(self) -> tuple[str, str, str, str]:
        """Number, state, when and how long, first line of the code."""
        when = _when(self.started or self.queued)
        if self.state in ("running", "queued"):
            when = f"since {when}"
        if self.duration_s is not None and self.duration_s >= 1:
            when += f", {clock(self.duration_s)} long"
        lines = [line.strip() for line in self.source.splitlines() if line.strip()] or [""]
        first = lines[0] if len(lines[0]) <= _LONGEST_LINE else lines[0][: _LONGEST_LINE - 1] + "…"
        return f"[{' ' if self.count is None else self.count}]", self.state, when, first

    def __repr__(self) -> str:
        number, state, when, first = self.words
        return f"{number} {state}, {when}: {first}" + (f"  # {self.reason}" if self.reason else "")

    def _repr_html_(self) -> str:
        return Cells([self])._repr_html_()


class Cells(list[Cell]):
    """Cells, in the order in which they were run; shown as a table in a notebook."""

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "no cells"

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align:left">{name}</th>' for name in ("", "state", "when", "code", ""))
        rows = "".join(_row(cell) for cell in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if self else "<p>no cells</p>"


def journal() -> Cells:
    """What the cells of this notebook did and showed, as far as it was kept; the oldest first.

    It is kept by ``%load_ext rdf_live``, or by a Jupyter server that has rdf_live. Of each cell there is the newest
    execution, whatever kernel it ran in. ``%rdf_live restore`` shows the outputs.

    Returns
    -------
    Cells
        A list of `Cell`.
    """
    where = here()
    deadline = time.monotonic() + _BEHIND_S
    while _is_behind(found := _executions(where), where) and time.monotonic() < deadline:
        time.sleep(0.02)
    executions = [one for _, one in found if one.id != where.execution]
    executions.sort(key=lambda one: one.queued)
    newest = {one.cell: one for one in executions}
    return Cells(_cell(one) for one in executions if newest[one.cell] is one)


def _executions(where: Where) -> list[tuple[Journal, Execution]]:
    """The newest execution of each cell of this notebook in each folder, and this one."""
    found: list[tuple[Journal, Execution]] = []
    for folder in (own_folder(), *server_folders()):
        if folder.is_dir():
            store = Store(folder)
            journals = _of_notebook(store, where)
            _end_what_nobody_watches(store, journals)
            found += [(journal, journal.executions[id]) for journal, id in newest_executions(journals)]
    return found


def _is_behind(found: list[tuple[Journal, Execution]], where: Where) -> bool:
    """Whether what this kernel was asked for before this cell, which has ended so, is not yet written down as such."""
    mine = [(journal, one) for journal, one in found if _is_of(journal.kernel, where.kernel or "")]
    if where.cell is not None and all(one.id != where.execution for _, one in mine):
        # Not even this one is written down, though somebody keeps what cells do.
        return any(journal.kernel_info["alive"] for journal, _ in mine)
    before = itertools.takewhile(lambda one: one[1].id != where.execution, mine)
    return any(one.open for _, one in before)


def _of_notebook(store: Store, where: Where) -> list[Journal]:
    """The journals of this notebook. Those that the kernels keep have full paths, those of a server its own ones."""
    kernel = where.kernel or ""
    paths = {path for path in store.paths() if same_notebook(path, where.notebook)}
    mine = [store.open(name) for name in store.kernels() if kernel and _is_of(name, kernel)]
    paths |= {journal.path for journal in mine} - {""}
    other = [journal for path in paths for journal in store.journals(path)]
    return list({journal.kernel: journal for journal in [*mine, *other]}.values())


def _is_of(name: str, kernel: str) -> bool:
    """A process beside a kernel adds the time to the kernel's name."""
    return name == kernel or name.rpartition("-")[0] == kernel


def _end_what_nobody_watches(store: Store, journals: list[Journal]) -> None:
    """Who kept it has gone without a word, with the machine say: nothing runs for ever."""
    for journal in journals:
        if not store.watched_elsewhere(journal.kernel):
            heard = store.heard(journal.kernel)
            journal.kernel_lost(f"Nothing was heard of the kernel after {at(heard)}.", heard, alive=False)


def _cell(one: Execution) -> Cell:
    return Cell(
        one.cell,
        one.count,
        one.state,
        one.queued,
        one.started,
        one.ended,
        one.reason,
        one.source,
        one.to_json()["outputs"],
    )


def _when(then: float) -> str:
    """A time of today, or a day and a time."""
    day = "%d %b %Y"
    today = time.strftime(day, time.localtime(then)) == time.strftime(day)
    return at(then) if today else time.strftime("%d %b ", time.localtime(then)) + at(then)


def _row(cell: Cell) -> str:
    number, state, when, first = map(html.escape, cell.words)
    cells = [number, state, when, f"<code>{first}</code>", html.escape(cell.reason or "")]
    return "<tr>" + "".join(f'<td style="text-align:left">{text}</td>' for text in cells) + "</tr>"
