# SPDX-License-Identifier: BSD-3-Clause
"""Rows of what was checked, as plain text that survives a mail."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Row", "State", "secret_values", "section", "status", "summary", "tail"]

State = Literal["ok", "warning", "problem", "not checked"]

_WIDTH = 110
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|_KEY|API_?KEY", re.IGNORECASE)
#: JSON Web Tokens and PEM blocks.
_TOKEN = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|-----BEGIN [^-]*PRIVATE KEY-----.*?(-----END [^-]*-----|$)", re.DOTALL
)
_STATE_WIDTH = len("not checked") + 2


@dataclass(frozen=True)
class Row:
    """One check.

    Attributes
    ----------
    name : str
        What was looked at.
    state : str
        ok, warning (works, but look), problem (runs will fail) or not checked.
    found : str
        What there is.
    remedy : str
        What to do; empty where there is nothing to do.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def section(title: str, rows: Sequence[Row], secrets: Iterable[str] = ()) -> str:
    """A title and its rows: state, name, what was found, and below it what to do.

    Parameters
    ----------
    title : str
        Of the section.
    rows : sequence of Row
        Of it.
    secrets : iterable of str
        Texts that are not to be seen: what a job printed can hold anything.
    """
    rows = [replace(row, found=_hidden(row.found, secrets), remedy=_hidden(row.remedy, secrets)) for row in rows]
    width = max((len(row.name) for row in rows), default=0) + 2
    indent = " " * (2 + _STATE_WIDTH + width)
    lines = [title]
    for row in rows:
        head = f"  {row.state:<{_STATE_WIDTH}}{row.name:<{width}}"
        lines += _wrapped(row.found, head, indent)
        if row.remedy:
            lines += _wrapped(row.remedy, indent + "-> ", indent + "   ")
    return "\n".join(lines)


def _wrapped(text: str, first: str, indent: str) -> list[str]:
    """Lines of at most `_WIDTH` characters; the line breaks of the text stay, and long paths are not cut."""
    lines: list[str] = []
    for paragraph in _printable(text).splitlines() or [""]:
        lines += textwrap.wrap(
            paragraph,
            _WIDTH,
            initial_indent=indent if lines else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [(indent if lines else first).rstrip()]
    return lines


def _printable(text: str) -> str:
    """Without what a terminal would obey: some of it comes from programs on other machines."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return "".join(letter if letter == "\n" or letter.isprintable() else " " for letter in text).strip()


def secret_values(variables: Mapping[str, str]) -> list[str]:
    """Values of variables whose names say that they are secret; paths are not."""
    return [
        value
        for name, value in variables.items()
        if _SECRET.search(name) and len(value) >= 6 and not value.startswith(("/", "~"))
    ]


def _hidden(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return _TOKEN.sub("***", text)


def tail(text: str, lines: int = 4, width: int = 300) -> str:
    """The last lines that say something."""
    kept = [line.strip()[:width] for line in text.splitlines() if line.strip()]
    return "\n".join(kept[-lines:])


def summary(rows: Iterable[Row]) -> str:
    """The last line of the table."""
    counts = Counter(row.state for row in rows)
    parts = [
        f"{counts['problem'] or 'no'} {'problem' if counts['problem'] == 1 else 'problems'}",
        f"{counts['warning'] or 'no'} {'warning' if counts['warning'] == 1 else 'warnings'}",
    ]
    if counts["not checked"]:
        parts.append(f"{counts['not checked']} not checked")
    return ", ".join(parts)


def status(rows: Iterable[Row]) -> int:
    """Exit status: 1 when there is a problem."""
    return int(any(row.state == "problem" for row in rows))
