# SPDX-License-Identifier: BSD-3-Clause
"""Which result of a run somebody means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rdf_live.errors import WrongKind
from rdf_live.snapshot import Result

__all__ = ["find"]


def find(key: Any, name: str, results: Sequence[Result], by_node: Mapping[int, Result]) -> Result:
    """The result behind a proxy, a label or a `Result`.

    Parameters
    ----------
    key : object
        What was given.
    name : str
        Of the run, for people.
    results : sequence of Result
        All of the run.
    by_node : mapping
        By the ``id`` of the graph node, where this process has booked them.

    Raises
    ------
    KeyError
        The run has no such result, or several of that label.
    WrongKind
        It is no result at all.
    """
    if isinstance(key, Result):
        return key
    if isinstance(key, str):
        found = [r for r in results if r.label == key]
        if len(found) == 1:
            return found[0]
        names = ", ".join(repr(r.label) for r in results[:20])
        if found:
            raise KeyError(f"got {key!r}, which {len(found)} results are called; use one of run.results")
        raise KeyError(f"got {key!r}, expected one of {names}")
    node = getattr(key, "__dict__", {}).get("proxied_node")
    if node is None:
        raise WrongKind(f"got a {type(key).__name__}, expected a booked result, its label, or one of run.results")
    result = by_node.get(id(node))
    if result is None:
        raise KeyError(f"got a result that run {name!r} does not compute; it has {len(results)} others")
    return result
