# SPDX-License-Identifier: BSD-3-Clause
"""One snapshot of a notebook out of the journals of all the kernels that it had."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rdf_live.jupyter.journal.journal import Journal

__all__ = ["merged", "newest_executions"]

Found = tuple[Journal, str]


def newest_executions(journals: Iterable[Journal]) -> list[Found]:
    """Of each cell the newest execution, as journal and id, in the order in which they were asked for."""
    every = [(one.queued, journal, one) for journal in journals for one in journal.executions.values()]
    every.sort(key=lambda found: found[0])
    newest = {one.cell: one.id for _, _, one in every}
    return [(journal, one.id) for _, journal, one in every if newest[one.cell] == one.id]


def merged(journals: Iterable[Journal], since: int = 0) -> dict[str, Any]:
    """The snapshot of a notebook: its kernel is the one that was heard of last.

    Raises
    ------
    ValueError
        There is no journal.
    """
    journals = list(journals)
    if not journals:
        raise ValueError("got no journal, expected at least one")
    last = max(journals, key=lambda journal: (journal.kernel_info["alive"], journal.seq))
    found = [journal.executions[id] for journal, id in newest_executions(journals)]
    snapshot = last.snapshot(since=max(journal.seq for journal in journals))
    snapshot["seq"] = max(journal.seq for journal in journals)
    snapshot["executions"] = [one.to_json() for one in found if one.seq > since]
    return snapshot
