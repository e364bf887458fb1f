# SPDX-License-Identifier: BSD-3-Clause
"""The text of a stream as a terminal shows it: carriage returns and backspaces are applied as they come."""

from __future__ import annotations

import re

__all__ = ["StreamText", "shown"]

_TOKEN = re.compile(r"[^\r\n\b]+|\n|\r|\x08")
_MOVES = re.compile(r"[\r\b]")
#: A cut goes to the end of the line where that is not further away than this.
_NEAR = 500


def shown(text: str) -> str:
    """Text without what only says where the cursor stands: for a file, into which nothing more is written."""
    start = text.rfind("\n") + 1
    mark = text.find("\r", start)
    return text if mark < 0 else text[:mark]


class StreamText:
    """Text that grows in O(what is written), however long it is.

    ``str()`` of it ends with a carriage return, and the beginning of the line again, when the cursor is not at the end.
    So whoever writes on behind that text gets what a terminal would show.

    Examples
    --------
    >>> text = StreamText("10%\\r20%\\n")
    >>> str(text)
    '20%\\n'
    >>> _ = text.write("abc\\r")
    >>> str(text)
    '20%\\nabc\\r'
    """

    def __init__(self, text: str = "") -> None:
        self._lines: list[str] = []
        self._length = 0
        self._line = ""
        self._column = 0
        self.write(text)

    def __len__(self) -> int:
        return self._length + len(self._line)

    def __str__(self) -> str:
        if len(self._lines) > 1:
            self._lines = ["".join(self._lines)]
        text = self._lines[0] + self._line if self._lines else self._line
        return text if self._column == len(self._line) else f"{text}\r{self._line[: self._column]}"

    def write(self, text: str) -> int:
        """Write at the cursor.

        Returns
        -------
        int
            Up to this character everything is as it was.
        """
        if self._column == len(self._line) and not _MOVES.search(text):
            same = len(self)
            self._append(text)
            return same
        same = self._length
        for token in _TOKEN.findall(text):
            if token == "\n":
                self._column = len(self._line)
                self._append(token)
            elif token == "\r":
                self._column = 0
            elif token == "\b":
                self._back()
            else:
                end = self._column + len(token)
                self._line = self._line[: self._column] + token + self._line[end:]
                self._column = end
        return same

    def _append(self, text: str) -> None:
        end = text.rfind("\n") + 1
        if end:
            self._lines.append(self._line + text[:end])
            self._length += len(self._lines[-1])
            self._line = ""
        self._line += text[end:]
        self._column = len(self._line)

    def _back(self) -> None:
        # As JupyterLab does: a backspace takes away what is before it, within the line.
        if self._column == len(self._line):
            self._line = self._line[:-1]
        self._column = max(self._column - 1, 0)

    def cut_front(self, characters: int) -> str:
        """Take away that many characters, or a little more up to the end of a line, and give them."""
        text = "".join([*self._lines, self._line])
        line_end = text.find("\n", characters, characters + _NEAR)
        cut = line_end + 1 if line_end >= 0 else min(characters, len(text))
        in_line = max(cut - self._length, 0)
        self._length = max(self._length - cut, 0)
        self._line = self._line[in_line:]
        self._column = max(self._column - in_line, 0)
        self._lines = [text[cut : cut + self._length]]
        return text[:cut]
