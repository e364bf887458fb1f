# SPDX-License-Identifier: BSD-3-Clause
"""Only histograms of the same bins make a stack in a picture."""

from __future__ import annotations

import numpy as np
import pytest

from rdf_live.errors import BadInput
from rdf_live.export.bins import Axis, Bins
from rdf_live.view.content import Layer, Member, _check_stack


def member(labels: tuple[str, ...] | None, width: float = 1.0) -> Member:
    values = np.zeros(4)
    axis = Axis(width * np.arange(3.0), labels=labels)
    return Member(str(labels), Bins("COUNT", "b", "", (axis,), values, values, 1))


@pytest.mark.parametrize("labels", [None, ("a", "b"), ("a", ""), ("", "")])
def test_same_bins(labels: tuple[str, ...] | None) -> None:
    _check_stack(Layer("stack", (member(("a", "b")), member(labels))))


@pytest.mark.parametrize("other", [member(("b", "a")), member(("a", "c")), member(("a", "b"), width=2.0)])
def test_other_bins(other: Member) -> None:
    """Names of bins come in the order in which they were filled first."""
    with pytest.raises(BadInput, match="expected the same bins in both"):
        _check_stack(Layer("stack", (member(("a", "b")), other)))
