# SPDX-License-Identifier: BSD-3-Clause
"""Puts the outputs of executions into the cells of a notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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


def put_into(
    cells: Sequence[Mapping[str, Any]], executions: Sequence[Execution]
) -> dict[int, tuple[dict[str, Any], list[str]]]:
    """The cells that get outputs, by index, each with the ids of the executions that are done with then.

    A cell that was edited since gets none: they would be those of other code.

    Parameters
    ----------
    cells : sequence of mapping
        All cells of the notebook.
    executions : sequence of Execution
        In the order in which they were asked for.
    """
    made = {}
    texts = Counter(_source(cell) for cell in cells if _is_code(cell))
    for index, cell in enumerate(cells):
        if not _is_code(cell):
            continue
        found = [one for one in executions if one.source == _source(cell)]
        if cell.get("id") is not None:
            found = [one for one in found if one.cell == cell["id"]]
        elif texts[_source(cell)] > 1:
            # Before format 4.5 cells have no ids, and each page makes its own: only a text that is there once tells.
            continue
        if found:
            newest = found[-1]
            metadata = {**cell.get("metadata", {}), "trusted": True}
            with_outputs = {"outputs": file_outputs(newest), "execution_count": newest.count, "metadata": metadata}
            made[index] = {**cell, **with_outputs}, [one.id for one in found]
    return made


def _is_code(cell: Mapping[str, Any]) -> bool:
    return cell.get("cell_type") == "code"


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
