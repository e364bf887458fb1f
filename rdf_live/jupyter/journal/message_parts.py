# SPDX-License-Identifier: BSD-3-Clause
"""Reads kernel messages whose parts may be missing or of a wrong kind: any kernel may send anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["OUTPUTS", "count", "display_id", "mapping", "output_of", "shown_parts", "words"]

#: Message types that change outputs.
OUTPUTS = frozenset({"clear_output", "display_data", "error", "execute_result", "stream", "update_display_data"})


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a mapping with names as keys, or an empty one."""
    if not isinstance(value, Mapping):
        return {}
    return value if all(isinstance(key, str) for key in value) else {}


def words(value: object, default: str = "") -> str:
    """The value if it is text."""
    return value if isinstance(value, str) else default


def count(value: object) -> int | None:
    """The value if it is an execution count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def display_id(content: Mapping[str, Any]) -> str | None:
    """The name under which what is shown can be updated."""
    found = mapping(content.get("transient")).get("display_id")
    return found if isinstance(found, str) and found else None


def output_of(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The nbformat output that an error, a display or a result makes."""
    if kind == "error":
        traceback = content.get("traceback")
        lines = [line for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else []
        named = {name: words(content.get(name)) for name in ("ename", "evalue")}
        return {"output_type": "error", **named, "traceback": lines}
    output: dict[str, Any] = {"output_type": kind, **shown_parts(content)}
    if kind == "execute_result":
        output["execution_count"] = count(content.get("execution_count"))
    if (name := display_id(content)) is not None:
        output["transient"] = {"display_id": name}
    return output


def shown_parts(content: Mapping[str, Any]) -> dict[str, Any]:
    """Data and metadata of something shown, without data that nbformat does not take."""
    data = {mime: value for mime, value in mapping(content.get("data")).items() if _fits(mime, value)}
    return {"data": data, "metadata": dict(mapping(content.get("metadata")))}


def _fits(mime: str, value: object) -> bool:
    if isinstance(value, str) or (mime.startswith("application/") and mime.endswith(("/json", "+json"))):
        return True
    return isinstance(value, list) and all(isinstance(line, str) for line in value)
