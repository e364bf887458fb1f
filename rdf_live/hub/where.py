# SPDX-License-Identifier: BSD-3-Clause
"""Where a run was started, as its client tells: kept for whoever comes back from a machine that shares no disk."""

from __future__ import annotations

from typing import Any

__all__ = ["FIELDS", "Place", "place_of"]

Place = dict[str, str | None]

FIELDS = ("notebook", "cell", "kernel", "execution", "host", "user")
#: Characters of one field; paths are no longer.
_LONGEST = 4096


def place_of(told: Any) -> Place:
    """The fields that are texts of a reasonable length; None for all others."""
    given = told if isinstance(told, dict) else {}
    fields = {field: given.get(field) for field in FIELDS}
    return {field: text if isinstance(text, str) and len(text) <= _LONGEST else None for field, text in fields.items()}
