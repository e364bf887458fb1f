# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: RUF001 (the characters are meant)
"""ROOT's LaTeX for matplotlib."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdf_live.titles.latex import label, plain
from rdf_live.titles.mathtext import outline
from rdf_live.titles.symbols import ACCENTS, SYMBOLS

CASES = {
    "nothing": ("", "", False),
    "plain": ("Muon_pt [GeV]", "Muon_pt [GeV]", False),
    "greek": ("#Upsilon(1S)", "\u03d2(1S)", False),
    "greek names in a row": ("#mu#mu", "μμ", False),
    "longest name": ("#etaprime #psi' #pi0", "ηprime ψ' π0", False),
    "unknown name": ("#foo 100 # a", "#foo 100 # a", False),
    "power": ("GeV^{2} s^{-1}", "GeV² s⁻¹", False),
    "sub": ("m_{#mu#mu} [GeV]", r"m$_{\mathregular{μμ}}$ [GeV]", True),
    "both": ("p_{T}^{miss}", r"p$_{\mathregular{T}}^{\mathregular{miss}}$", True),
    "no braces": ("a_b^c", "a_b^c", False),
    "root": ("#sqrt{s} = 13 TeV", r"$\sqrt{\mathregular{s}}$ = 13 TeV", True),
    "root of an order": ("#sqrt[3]{x}", r"$\sqrt[3]{\mathregular{x}}$", True),
    "fraction": ("#frac{1}{#sigma}", r"$\frac{\mathregular{1}}{\mathregular{σ}}$", True),
    "italic": ("#it{p}", r"$\mathit{p}$", True),
    "bar": ("#bar{p}p", r"$\overline{\mathregular{p}}$p", True),
    "colour": ("#color[2]{a} #font[42]{b} #scale[0.5]{c}", "a b c", False),
    "brackets": ("#left(x#right) #[]{y}", "(x) []y", False),
    "two lines": ("#splitline{a}{b}", "a b", False),
    "dollar": ("5 $ and 6 $", "5 $ and 6 $", False),
    "dollar beside mathtext": ("5 $ m_{T}", r"5 \$ m$_{\mathregular{T}}$", True),
    "percent": ("a_{5 % & $}", None, True),
    "backslash": ("\\mu \\", "\\mu \\", False),
    "markup": ("<script>alert(1)</script>", "<script>alert(1)</script>", False),
    "unclosed": ("m_{#mu #sqrt{ x", "m_{μ #sqrt{ x", False),
    "what mathtext cannot": ('a_{"^#~}', 'a_"^#~', False),
    "control characters": ("a\nb\x00", "a b\ufffd", False),
    "missing glyph": ("日本", "□□", False),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str) -> None:
    text, expected, math = CASES[name]
    got = label(text)
    assert got.math == math
    if expected is not None:
        assert got.text == expected
    outline(got.text, got.math, False)


def test_every_symbol() -> None:
    """None is missing in the font, and each is one character."""
    for name, sign in SYMBOLS.items():
        assert len(sign) == 1
        assert label(f"#{name}") == (sign, False), name


def test_every_accent() -> None:
    for name, (_, mark) in ACCENTS.items():
        assert label(f"#{name}{{x}}").math, name
        assert plain(f"#{name}{{x}}") == f"x{mark}"


def test_plain() -> None:
    assert plain("日本 [GeV]") == "日本 [GeV]"
    assert plain("a\ud800b").encode() == "a\ufffdb".encode()
    assert plain("p_{T}^{miss} #geq #frac{1}{2} #sqrt{x+1}, #it{p}") == "p_T^miss ≥ 1/2 √(x+1), p"


def test_deep_and_long() -> None:
    for text in ("#sqrt{" * 5000, "#sqrt{" * 60 + "}" * 60, "_{" * 200 + "}" * 200, "x" * 10_000):
        got = label(text)
        assert len(got.text) < 4000
        outline(got.text, got.math, False)


#: Anything, and things that look like titles.
PIECES = st.sampled_from(
    [
        "#mu",
        "#sqrt",
        "#frac",
        "#bar",
        "#it",
        "{",
        "}",
        "_{",
        "^{",
        "_",
        "^",
        "$",
        "\\",
        "%",
        "#",
        " ",
        "x",
        "[3]",
        "12",
        '"',
    ]
)
TEXTS = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=15).map("".join))


@given(TEXTS)
def test_anything_is_drawn(text: str) -> None:
    """Matplotlib takes it, and does not even warn."""
    got = label(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outline(got.text, got.math, False)
        shown = plain(text)
        outline(shown, False, False)
    assert "\0" not in got.text + shown


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="#^_{}\x7f", min_codepoint=32), max_size=50))
def test_text_without_commands_stays(text: str) -> None:
    assert label(text) == (text, False)
