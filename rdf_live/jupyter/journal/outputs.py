# SPDX-License-Identifier: BSD-3-Clause
"""The outputs of one execution, reduced as nbformat and JupyterLab do: what a page that stayed would show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rdf_live.jupyter.journal.limits import Limits
from rdf_live.jupyter.journal.message_parts import display_id, output_of, shown_parts, words
from rdf_live.jupyter.journal.output_items import Item, Shown, Stream, item_of, left_out_count, left_out_note

__all__ = ["Outputs"]


class Outputs:
    """Takes output messages and keeps what they make.

    Attributes
    ----------
    items : list
        The outputs. One that is shown is replaced, never changed; a stream grows.
    clear : bool
        The next output clears those before it: ``clear_output(wait=True)``.
    left_out_bytes : int
        What did not fit into the limits.
    display_ids : set of str
        The names under which outputs can be updated. Every update looks for its own among all executions.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._reset()

    def _reset(self) -> None:
        self.items: list[Item] = []
        self.clear = False
        self.left_out_bytes = 0
        self._stream = 0
        #: None until somebody needs it: most outputs that are read from disk never change again.
        self._shown_bytes: int | None = 0
        #: The stream out of whose middle text was left.
        self.cut: Stream | None = None
        self.display_ids: set[str] = set()

    @property
    def failed(self) -> bool:
        """True if there is an error among them."""
        return any(isinstance(item, Shown) and item.output["output_type"] == "error" for item in self.items)

    @property
    def interrupted(self) -> bool:
        """True if the last of them says that the kernel was interrupted."""
        last = self.items[-1] if self.items else None
        return isinstance(last, Shown) and last.output.get("ename") == "KeyboardInterrupt"

    @property
    def size_bytes(self) -> int:
        """What all of it takes, about."""
        return self._shown_size() + self._stream

    def take(self, kind: str, content: Mapping[str, Any]) -> None:
        """Apply one message of a type in `OUTPUTS`, but for ``update_display_data``."""
        if kind == "clear_output":
            if content.get("wait") is True:
                self.clear = True
            else:
                self._reset()
            return
        if self.clear:
            self._reset()
        if kind == "stream":
            self._write(words(content.get("name")) or "stdout", words(content.get("text")))
        else:
            self._show(output_of(kind, content))

    def update(self, content: Mapping[str, Any]) -> None:
        """Apply ``update_display_data``."""
        name = display_id(content)
        for index, item in enumerate(self.items):
            if name is not None and isinstance(item, Shown) and item.display_id == name:
                self._shown_bytes = self._shown_size() - item.size_bytes
                self.items[index] = self._fitted({**item.output, **shown_parts(content)})

    def _write(self, name: str, text: str) -> None:
        if not text:
            return
        last = self.items[-1] if self.items else None
        if not isinstance(last, Stream) or last.name != name:
            self._make_room()
            last = Stream(name)
            self.items.append(last)
        before = len(last)
        last.write(text)
        self._stream += len(last) - before
        if self._stream > self._limits.stream:
            self._leave_out_middle()

    def _show(self, output: dict[str, Any]) -> None:
        self._make_room()
        self.items.append(self._fitted(output))
        self._note_name(self.items[-1])

    def _make_room(self) -> None:
        """Leave out the middle if there are too many outputs, and say how many those were."""
        most = self._limits.outputs
        if len(self.items) < most:
            return
        head, tail = most // 2, most // 4
        gone = self.items[head:-tail]
        self.left_out_bytes += sum(one.size_bytes for one in gone)
        self.items[head:-tail] = [left_out_count(gone)]
        if not any(one is self.cut for one in self.items):
            self.cut = None
        self._stream = sum(len(one) for one in self.items if isinstance(one, Stream))
        self._shown_bytes = None
        self.display_ids = set()
        for one in self.items:
            self._note_name(one)

    def _note_name(self, item: Item) -> None:
        if isinstance(item, Shown) and item.display_id is not None:
            self.display_ids.add(item.display_id)

    def _fitted(self, output: dict[str, Any]) -> Shown:
        item = Shown(output)
        shown_bytes = self._shown_size()
        if shown_bytes + self._stream + item.size_bytes > self._limits.total_bytes and "data" in output:
            self.left_out_bytes += item.size_bytes
            item = Shown({**output, "data": left_out_note(item.size_bytes), "metadata": {}})
        self._shown_bytes = shown_bytes + item.size_bytes
        return item

    def _shown_size(self) -> int:
        if self._shown_bytes is None:
            self._shown_bytes = sum(item.size_bytes for item in self.items if isinstance(item, Shown))
        return self._shown_bytes

    def _leave_out_middle(self) -> None:
        """All streams together are one text here: its head and its tail stay."""
        streams = [item for item in self.items if isinstance(item, Stream)]
        cut = self.cut or self._begin_cut(streams)
        after = [item for item in self.items if isinstance(item, Stream)]
        after = after[after.index(cut) :]
        keep = self._limits.tail
        gone = 0
        emptied: set[int] = set()
        for stream in reversed(after):
            excess = len(stream.text) - keep
            keep = max(-excess, 0)
            if excess > 0:
                gone += stream.cut(excess)
            if not len(stream.text) and stream is not cut:
                emptied.add(id(stream))
        self.items = [item for item in self.items if id(item) not in emptied]
        cut.leave_out(gone)
        self.left_out_bytes += gone
        self._stream = sum(len(item) for item in self.items if isinstance(item, Stream))

    def _begin_cut(self, streams: list[Stream]) -> Stream:
        before = 0
        for stream in streams:
            if before + len(stream) > self._limits.head:
                break
            before += len(stream)
        head = stream.text.cut_front(self._limits.head - before)
        # A new object, so that whoever keeps a copy takes all of it again.
        self.cut = Stream(stream.name, str(stream.text), head)
        self.items[next(index for index, item in enumerate(self.items) if item is stream)] = self.cut
        return self.cut

    def to_json(self) -> list[dict[str, Any]]:
        """The outputs as nbformat has them; those with a display_id also have ``transient``."""
        return [item.to_json() for item in self.items]

    def load(
        self, outputs: Iterable[Mapping[str, Any]], *, clear: bool, left_out_bytes: int, cut: list[int] | None
    ) -> None:
        """Take over what `to_json` and `cut_place` gave."""
        self._reset()
        self.items = [item_of(output) for output in outputs]
        for item in self.items:
            self._note_name(item)
        self.clear = clear
        self.left_out_bytes = left_out_bytes
        if cut is not None:
            index, head, missing = cut
            text = str(self.items[index])
            self.cut = Stream(str(self.items[index].to_json()["name"]), "", text[:head], missing)
            self.cut.write(text[head + len(self.cut.note) :])
            self.items[index] = self.cut
        self._stream = sum(len(item) for item in self.items if isinstance(item, Stream))
        self._shown_bytes = None

    @property
    def cut_place(self) -> list[int] | None:
        """Index of the stream that misses its middle, length of its head, and the bytes that are missing."""
        if self.cut is None:
            return None
        index = next(index for index, item in enumerate(self.items) if item is self.cut)
        return [index, len(self.cut.head), self.cut.left_out_bytes]
