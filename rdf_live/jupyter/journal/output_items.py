# SPDX-License-Identifier: BSD-3-Clause
"""One output of an execution: a stream that grows, or something shown that is replaced as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rdf_live.jupyter.journal.limits import in_words, size_of
from rdf_live.jupyter.journal.stream_text import StreamText

__all__ = ["Item", "Shown", "Stream", "item_of", "left_out_count", "left_out_note"]

_COUNT = "... {} outputs left out ..."


class Stream:
    """Text that was written to ``stdout`` or ``stderr``.

    Parameters
    ----------
    name : str
        Name of the stream.
    text : str
        What was written after `head` and the note.
    head : str
        What stays of the beginning, if something after it was left out.
    left_out_bytes : int
        What is missing between `head` and `text`.

    Attributes
    ----------
    changed : int
        Up to this character the whole text is as it was when somebody set this.
    """

    def __init__(self, name: str, text: str = "", head: str = "", left_out_bytes: int = 0) -> None:
        self.name = name
        self.head = head
        self.left_out_bytes = left_out_bytes
        self.text = StreamText(text)
        self.changed = 0

    @property
    def note(self) -> str:
        """What stands for the part that is missing."""
        if not self.left_out_bytes:
            return ""
        line_end = "" if self.head.endswith("\n") or not self.head else "\n"
        return f"{line_end}... {in_words(self.left_out_bytes)} of output left out ...\n"

    def __len__(self) -> int:
        return len(self.head) + len(self.text)

    @property
    def size_bytes(self) -> int:
        """What it takes, about."""
        return size_of(str(self))

    def write(self, text: str) -> None:
        """Write behind what is there."""
        same = self.text.write(text)
        self.changed = min(self.changed, len(self.head) + len(self.note) + same)

    def cut(self, characters: int) -> int:
        """Leave out that many characters after the head; gives the bytes that went."""
        size = size_of(self.text.cut_front(characters))
        self.changed = min(self.changed, len(self.head))
        return size

    def leave_out(self, size_bytes: int) -> None:
        """Say that more is missing after the head."""
        self.left_out_bytes += size_bytes
        self.changed = min(self.changed, len(self.head))

    def __str__(self) -> str:
        return f"{self.head}{self.note}{self.text}"

    def to_json(self) -> dict[str, Any]:
        """The output as nbformat has it."""
        return {"output_type": "stream", "name": self.name, "text": str(self)}


@dataclass(frozen=True)
class Shown:
    """A display, a result or an error. It is never changed, only replaced: an equal object is an equal output."""

    output: Mapping[str, Any]

    @cached_property
    def size_bytes(self) -> int:
        """What it takes, about."""
        return size_of(self.output)

    @property
    def display_id(self) -> str | None:
        """The name under which it can be updated."""
        transient: Mapping[str, Any] = self.output.get("transient", {})
        return transient.get("display_id")

    def to_json(self) -> dict[str, Any]:
        """The output as nbformat has it, with its display_id."""
        return dict(self.output)


Item = Stream | Shown


def item_of(output: Mapping[str, Any]) -> Item:
    """The item that was written as `output`."""
    if output.get("output_type") == "stream":
        return Stream(str(output.get("name", "stdout")), str(output.get("text", "")))
    return Shown(output)


def left_out_count(items: Iterable[Item]) -> Shown:
    """What is shown in place of outputs that are too many; those among them that say so themselves count."""
    count = sum(_counted(item) for item in items)
    data = {"text/plain": _COUNT.format(count)}
    return Shown({"output_type": "display_data", "data": data, "metadata": {}})


def _counted(item: Item) -> int:
    text = item.output.get("data", {}).get("text/plain") if isinstance(item, Shown) else None
    before, _, after = _COUNT.partition("{}")
    number = text.removeprefix(before).removesuffix(after) if isinstance(text, str) else ""
    return int(number) if number.isdecimal() and text == _COUNT.format(number) else 1


def left_out_note(size_bytes: int) -> dict[str, str]:
    """What is shown in place of an output that is too large to keep."""
    return {"text/plain": f"... {in_words(size_bytes)} of output left out ..."}
