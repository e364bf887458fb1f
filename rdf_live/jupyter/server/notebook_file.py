# SPDX-License-Identifier: BSD-3-Clause
"""Puts the outputs of executions into the cells of a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rdf_live.jupyter.journal import Execution, shown

__all__ = ["file_outputs", "put_into"]


def file_outputs(execution: Execution) -> list[dict[str, Any]]:
    """What a notebook file has of an execution: its outputs, and why it did not come to its end."""
    outputs = []
    for output in execution.outputs.to_json():
        output.pop("transient", None)
        if output["output_type"] == "stream":
            output["text"] = shown(output["text"])
        outputs.append(output)
    if execution.state in ("lost", "aborted") and execution.reason:
        outputs.append({"output_type": "stream", "name": "stderr", "text": _why(execution.state, execution.reason)})
    return outputs


def _why(state: str, reason: str) -> str:
    """In the words that a page uses, which may be there before us."""
    if state == "aborted" and not reason.startswith("Not run"):
        reason = f"Not run: {reason[0].lower()}{reason[1:]}"
    return f"{reason}\n"


def put_into(cell: Mapping[str, Any], executions: Iterable[Execution]) -> tuple[dict[str, Any], Execution] | None:
    """The cell with the outputs of its execution, and that one.

    None if there is none, or if the cell was edited since: then its outputs would be those of other code.
    """
    if cell.get("cell_type") != "code":
        return None
    for execution in executions:
        if execution.cell == cell.get("id") and _source(cell) == execution.source:
            metadata = {**cell.get("metadata", {}), "trusted": True}
            made = {"outputs": file_outputs(execution), "execution_count": execution.count, "metadata": metadata}
            return {**cell, **made}, execution
    return None


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
