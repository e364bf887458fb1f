# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: RUF001 (the characters are meant)
"""The names of ROOT's LaTeX, and the characters they stand for."""

from __future__ import annotations

__all__ = ["ACCENTS", "BRACKETS", "SUBSCRIPTS", "SUPERSCRIPTS", "SYMBOLS"]

_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο "
    "pi π rho ρ sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω "
    "Alpha Α Beta Β Gamma Γ Delta Δ Epsilon Ε Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ Omicron Ο "
    "Pi Π Rho Ρ Sigma Σ Tau Τ Upsilon ϒ Phi Φ Chi Χ Psi Ψ Omega Ω "
    "varepsilon ε vartheta ϑ varphi ϕ varomega ϖ varsigma ς varUpsilon ϒ"
)
_OTHERS = (
    "pm ± mp ∓ times × divide ÷ cdot · circ ° deg ° degree ° infty ∞ infinity ∞ partial ∂ nabla ∇ hbar ℏ ell ℓ leq ≤ "
    "geq ≥ neq ≠ approx ≈ equiv ≡ propto ∝ sim ~ cong ≅ ll ≪ gg ≫ rightarrow → leftarrow ← uparrow ↑ downarrow ↓ "
    "leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ Uparrow ⇑ Downarrow ⇓ int ∫ oint ∮ sum ∑ prod ∏ "
    "in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ cap ∩ cup ∪ forall ∀ exists ∃ angle ∠ perp ⊥ "
    "parallel ∥ oplus ⊕ otimes ⊗ wedge ∧ vee ∨ bullet • ast ∗ star ⋆ ldots … cdots ⋯ void8 | AA Å aa å Jgothic ℑ "
    "Rgothic ℜ aleph ℵ diamond ♦ club ♣ heart ♥ spade ♠ topbar ‾ slash / backslash \\ hyphen - prime ′ dagger † "
    "ocopyright © copyright © trademark ™ plus + minus − downleftarrow ↵ surd √ oright ⟩ voidb |"
)


def _table(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


SYMBOLS = _table(_GREEK) | _table(_OTHERS)

#: Mathtext, and the mark that follows the letter in unicode.
ACCENTS = {
    "bar": (r"\overline", "\u0304"),
    "hat": (r"\hat", "\u0302"),
    "tilde": (r"\tilde", "\u0303"),
    "vec": (r"\vec", "\u20d7"),
    "dot": (r"\dot", "\u0307"),
    "ddot": (r"\ddot", "\u0308"),
    "check": (r"\check", "\u030c"),
    "acute": (r"\acute", "\u0301"),
    "grave": (r"\grave", "\u0300"),
}

#: Characters that ROOT writes after # for brackets of the right height.
BRACKETS = "([{|"

SUPERSCRIPTS = dict(zip("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ", strict=True)) | {"°": "°", "*": "*", "′": "′"}
SUBSCRIPTS = dict(zip("0123456789+-−()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎", strict=True))
