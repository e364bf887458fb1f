# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: RUF002 (the characters are meant)
"""ROOT's LaTeX for matplotlib: unicode where that is enough, mathtext for subscripts, roots and fractions.

Titles are data: whatever stands in them, `label` gives something that matplotlib draws.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from rdf_live.titles.mathtext import drawable, parses
from rdf_live.titles.symbols import ACCENTS, BRACKETS, SUBSCRIPTS, SUPERSCRIPTS, SYMBOLS

__all__ = ["Label", "label", "plain"]

_DEPTH, _LENGTH = 8, 400
_NAME = re.compile(r"#([A-Za-z]+\d?)")
_LONGEST = max(map(len, SYMBOLS))
_STYLES = {"it": r"\mathit", "bf": r"\mathbf"}
_IGNORED = ("font", "color", "scale", "kern", "lower", "url", "mbox")
#: What mathtext takes as it is between dollars, and what it takes after a backslash.
_AS_IT_IS = re.compile(r"[A-Za-z0-9+\-*/<>=:,.;!?&'@()\[\]|\u00a1-\uffff]")
_ESCAPED = "%${}_"


class Label(NamedTuple):
    """A text for matplotlib.

    Attributes
    ----------
    text : str
    math : bool
        It is mathtext. If not, dollars in it are dollars: draw it with ``parse_math=False``.
    """

    text: str
    math: bool


class _Part(NamedTuple):
    """A piece of text (kind ""), or a construct with what is in it."""

    kind: str
    text: str = ""
    inside: tuple[tuple[_Part, ...], ...] = ()


class _Undrawable(Exception):
    """Mathtext has no way to write this."""


@functools.lru_cache(maxsize=1024)
def label(text: str) -> Label:
    r"""Translate one title.

    >>> label("#Upsilon(1S) #rightarrow #mu^{+}#mu^{-}, 5 $")
    Label(text='ϒ(1S) → μ⁺μ⁻, 5 $', math=False)
    >>> label("m_{#mu#mu} [GeV]")
    Label(text='m$_{\\mathregular{μμ}}$ [GeV]', math=True)
    """
    parts = _parse(drawable(_clean(text)))
    flat = _plain(parts)
    if not any(part.kind for part in parts) or "\0" not in flat:
        return Label(flat, False)
    try:
        written = _outside(parts)
    except _Undrawable:
        return Label(flat.replace("\0", ""), False)
    if not parses(written):
        return Label(flat.replace("\0", ""), False)
    return Label(written, True)


def plain(text: str) -> str:
    """The same as plain unicode, for places that know no mathtext.

    >>> plain("p_{T}^{miss} #geq 3"), plain("#sqrt{s} = 13 TeV")
    ('p_T^miss ≥ 3', '√s = 13 TeV')
    """
    return _plain(_parse(_clean(text))).replace("\0", "")


def _clean(text: str) -> str:
    """Without control characters, without halves of characters, and not without end."""
    text = text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"
    text = re.sub(r"[\t\n\r\v\f]+", " ", text)
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)


# ---- reading


def _parse(text: str, depth: int = 0) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    at = 0

    def add(piece: str) -> None:
        if parts and not parts[-1].kind:
            parts[-1] = _Part("", parts[-1].text + piece)
        else:
            parts.append(_Part("", piece))

    def group(start: int) -> tuple[tuple[_Part, ...], int] | None:
        """What is between the brace at `start` and the one that closes it."""
        end = _closing(text, start) if depth < _DEPTH else None
        return None if end is None else (_parse(text[start + 1 : end], depth + 1), end + 1)

    while at < len(text):
        char = text[at]
        found = group(at + 1) if char in "^_" and text[at + 1 : at + 2] == "{" else None
        if found:
            parts.append(_Part(char, inside=(found[0],)))
            at = found[1]
            continue
        if char == "{" and (bare := group(at)):
            parts.extend(bare[0])  # braces alone only group
            at = bare[1]
            continue
        name = _NAME.match(text, at) if char == "#" else None
        construct = _construct(text, name, group) if name else None
        if construct:
            parts.extend(construct[0])
            at = construct[1]
            continue
        symbol = _symbol(name[1]) if name else ""
        if symbol:
            add(SYMBOLS[symbol])
            at += 1 + len(symbol)
        elif char == "#" and text[at + 1 : at + 2] in tuple(BRACKETS):
            at += 1  # a bracket that grows with what is in it
        else:
            add(char)
            at += 1
    return tuple(parts)


def _construct(text: str, name: re.Match[str], group: object) -> tuple[list[_Part], int] | None:
    """A command with braces, and where it ends."""
    assert callable(group)
    word = name[1]
    at = name.end()
    if word in ("left", "right"):
        return [], at
    argument = re.compile(r"\[([^\[\]{}]*)\]").match(text, at)
    if argument:
        at = argument.end()
    first = group(at) if text[at : at + 1] == "{" else None
    if first is None:
        return None
    inside, end = first
    if word in _IGNORED:
        return list(inside), end
    if word in ACCENTS or word in _STYLES:
        return [_Part(word, inside=(inside,))], end
    if word == "sqrt":
        return [_Part(word, argument[1] if argument else "", (inside,))], end
    if word in ("frac", "splitline"):
        second = group(end) if text[end : end + 1] == "{" else None
        if second is not None:
            pieces = [_Part(word, inside=(inside, second[0]))]
            return (pieces if word == "frac" else [*inside, _Part("", " "), *second[0]]), second[1]
    return None


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return None


def _symbol(word: str) -> str:
    """The longest name of a symbol that a word starts with, as ROOT reads ``#mumu``."""
    return next((word[:n] for n in range(min(len(word), _LONGEST), 0, -1) if word[:n] in SYMBOLS), "")


# ---- writing


def _plain(parts: tuple[_Part, ...]) -> str:
    """Unicode. A zero byte marks what it says less well than mathtext would."""
    out = ""
    for part in parts:
        inside = [_plain(piece) for piece in part.inside]
        if not part.kind:
            out += part.text
        elif part.kind in "^_":
            table = SUPERSCRIPTS if part.kind == "^" else SUBSCRIPTS
            raised = all(char in table for char in inside[0])
            out += "".join(table[c] for c in inside[0]) if raised else f"{part.kind}\0{inside[0]}"
        elif part.kind == "sqrt":
            out += f"{part.text}√\0{inside[0] if len(inside[0].strip(chr(0))) == 1 else f'({inside[0]})'}"
        elif part.kind == "frac":
            out += f"{inside[0]}/\0{inside[1]}"
        elif part.kind in ACCENTS:
            out += inside[0][:1] + ACCENTS[part.kind][1] + inside[0][1:] + "\0"
        else:
            out += inside[0] + "\0"
    return out


def _outside(parts: tuple[_Part, ...]) -> str:
    """Text with mathtext between dollars, so that letters look as in a text without any."""
    out = ""
    for part in parts:
        out += f"${_math(part)}$" if part.kind else part.text.replace("$", r"\$")
    # Scripts of one letter belong into one formula, or they would stand beside each other.
    return re.sub(r"(?<!\\)\$\$", "", out)


def _math(part: _Part) -> str:
    if not part.kind:
        return rf"\mathregular{{{_escaped(part.text)}}}" if part.text else ""
    inside = ["".join(map(_math, piece)) for piece in part.inside]
    if part.kind in "^_":
        return f"{part.kind}{{{inside[0]}}}"
    if part.kind == "sqrt":
        order = f"[{_escaped(part.text)}]" if part.text else ""
        return rf"\sqrt{order}{{{inside[0]}}}"
    if part.kind == "frac":
        return rf"\frac{{{inside[0]}}}{{{inside[1]}}}"
    if part.kind in ACCENTS:
        return rf"{ACCENTS[part.kind][0]}{{{inside[0]}}}"
    return inside[0].replace(r"\mathregular", _STYLES[part.kind])


def _escaped(text: str) -> str:
    out = ""
    for char in text:
        if char == " ":
            out += r"\ "
        elif char in _ESCAPED:
            out += "\\" + char
        elif _AS_IT_IS.fullmatch(char):
            out += char
        else:
            raise _Undrawable
    return out
