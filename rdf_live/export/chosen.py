# SPDX-License-Identifier: BSD-3-Clause
"""Which results somebody asks for: one of them, its label, or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rdf_live.snapshot import Result

__all__ = ["listed"]


def listed(given: Any) -> list[Any]:
    """One result or label as a list of one, anything to iterate over as a list. Does not look at what is in it.

    >>> listed("z"), listed(("z", "pt"))
    (['z'], ['z', 'pt'])
    """
    # A booked result answers every attribute, by computing the graph: what makes it one is asked of the object itself.
    booked = "proxied_node" in getattr(given, "__dict__", {})
    single = booked or isinstance(given, (str, Result)) or not isinstance(given, Iterable)
    return [given] if single else list(given)
