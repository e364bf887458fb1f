# SPDX-License-Identifier: BSD-3-Clause
"""What the store writes: patches from one state of a journal to the next, and how they are put together again."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from rdf_live.jupyter.journal.execution import Execution
from rdf_live.jupyter.journal.journal import Journal
from rdf_live.jupyter.journal.output_items import Item, Stream

__all__ = ["Reader", "Writer"]


class Writer:
    """Tells what changed in a journal since it was asked last.

    A record is one of ``{"kernel": {...}}``, ``{"drop": [ids]}``, ``{"heard": id}`` and ``{"id": ..., "set": {fields},
    "n": number of outputs, "out": [[index, output] or [index, characters to keep, text behind them], ...]}``.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kernel: dict[str, Any] = {}
        self._heard = ""
        self._written: dict[str, Execution] = {}
        self._seq: dict[str, int] = {}
        self._fields: dict[str, dict[str, Any]] = {}
        self._items: dict[str, list[Item]] = {}

    def records(self) -> list[dict[str, Any]]:
        """What changed since the last call."""
        journal = self._journal
        records: list[dict[str, Any]] = []
        if self._kernel != journal.kernel_info:
            self._kernel = dict(journal.kernel_info)
            records.append({"kernel": self._kernel})
        if gone := [id for id, one in self._written.items() if journal.executions.get(id) is not one]:
            records.append({"drop": gone})
            for id in gone:
                del self._written[id], self._seq[id], self._fields[id], self._items[id]
        changed = [one for one in journal.executions.values() if self._seq.get(one.id) != one.seq]
        records += [self._patch(one) for one in changed]
        if records and self._heard != journal.heard:
            # Last: all that was heard until then is on disk before it.
            self._heard = journal.heard
            records.append({"heard": self._heard})
        return records

    def _patch(self, execution: Execution) -> dict[str, Any]:
        known, written = self._fields.get(execution.id, {}), self._items.get(execution.id, [])
        items = execution.outputs.items
        fields = {**execution.to_json(outputs=False), "cut": execution.outputs.cut_place}
        out = []
        for index, item in enumerate(items):
            if index >= len(written) or written[index] is not item:
                out.append([index, item.to_json()])
            elif isinstance(item, Stream) and item.changed < (whole := len(text := str(item))):
                out.append([index, item.changed, text[item.changed : whole]])
            if isinstance(item, Stream):
                item.changed = len(str(item))
        self._written[execution.id] = execution
        self._seq[execution.id] = execution.seq
        self._fields[execution.id] = fields
        self._items[execution.id] = list(items)
        changed = {name: value for name, value in fields.items() if name not in known or known[name] != value}
        return {"id": execution.id, "set": changed, "n": len(items), "out": out}


class Reader:
    """Puts a journal together again.

    A record that does not fit raises KeyError, TypeError, ValueError or IndexError: what came before it still stands.
    """

    def __init__(self) -> None:
        self._kernel: dict[str, Any] = {}
        self._heard = ""
        self._executions: dict[str, dict[str, Any]] = {}

    def take(self, record: Mapping[str, Any]) -> None:
        """Apply one record."""
        if "kernel" in record:
            self._kernel = dict(record["kernel"])
        elif "heard" in record:
            self._heard = str(record["heard"])
        elif "drop" in record:
            for id in record["drop"]:
                self._executions.pop(id, None)
        else:
            id = record["id"]
            before = self._executions.get(id, {"outputs": []})
            outputs = list(before["outputs"][: record["n"]])
            for index, *change in record["out"]:
                outputs[index : index + 1] = [_changed(outputs, index, change)]
            if len(outputs) != record["n"]:
                raise ValueError(f"got {len(outputs)} outputs, expected {record['n']}")
            self._executions[id] = {**before, **record["set"], "outputs": outputs}

    def fill(self, journal: Journal) -> None:
        """Give what was read to a new journal."""
        for id, data in self._executions.items():
            # One that another version of rdf_live has written may lack something: the others can do without it.
            with contextlib.suppress(KeyError, TypeError, ValueError, IndexError, AttributeError):
                journal.executions[id] = Execution.from_json(data, journal.limits)
        journal.kernel_info |= self._kernel
        journal.heard = self._heard
        journal.seq = max((one.seq for one in journal.executions.values()), default=0)


def _changed(outputs: list[dict[str, Any]], index: int, change: list[Any]) -> dict[str, Any]:
    if len(change) == 1:
        output: dict[str, Any] = change[0]
        return output
    keep, text = change
    before = outputs[index]
    if len(before["text"]) < keep:
        raise ValueError(f"got {len(before['text'])} characters, expected at least {keep}")
    return {**before, "text": before["text"][:keep] + text}
