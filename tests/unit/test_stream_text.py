# SPDX-License-Identifier: BSD-3-Clause
"""Text of streams as a terminal shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdf_live.jupyter.journal.stream_text import StreamText, shown

PIECES = st.lists(st.text(st.sampled_from("ab\n\r\b"), max_size=8), max_size=8)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("", ""),
        ("abc\n", "abc\n"),
        ("abc\rX", "Xbc"),
        ("abc\rX\nd", "Xbc\nd"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("10%\r20%\r30%\n", "30%\n"),
        ("a\nb\r\r\rc", "a\nc"),
        ("ab\bc", "ac"),
        ("a\n\b\bb", "a\nb"),
        ("/\b-\b\\\b|", "|"),
        ("abc\r", "abc"),
        ("abc\rX\r", "Xbc"),
    ],
)
def test_seen(written, seen):
    assert shown(str(StreamText(written))) == seen


@given(PIECES)
def test_pieces_or_whole(pieces):
    """It does not matter how the text is cut into messages, nor that somebody reads in between."""
    text = StreamText()
    for piece in pieces:
        before = str(text)
        same = text.write(piece)
        assert str(text)[:same] == before[:same]
    assert str(text) == str(StreamText("".join(pieces)))


@given(PIECES, PIECES)
def test_goes_on_from_what_was_read(first, second):
    """The text that was read carries the place of the cursor."""
    whole = StreamText("".join(first + second))
    assert str(StreamText(str(StreamText("".join(first))) + "".join(second))) == str(whole)


@given(PIECES, st.integers(0, 40), st.text(st.sampled_from("ab\n\r"), max_size=8))
def test_cut_front(pieces, characters, more):
    """A cut takes the beginning away and leaves the rest as it was."""
    text = StreamText("".join(pieces))
    seen = shown(str(text))
    gone = text.cut_front(characters)
    assert gone + shown(str(text)) == seen
    assert len(gone) >= min(characters, len(seen))
    text.write(more)
    assert len(text) == len(shown(str(text)))
