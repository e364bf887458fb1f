# SPDX-License-Identifier: BSD-3-Clause
"""Which pages show a panel, and what is in sight there."""

from __future__ import annotations

import time

import pytest

from rdf_live.view.panel.watchers import Watchers


def test_pages_come_and_go() -> None:
    watchers = Watchers()
    assert not watchers
    assert watchers.visible is None
    assert watchers.hear("a", [0, 1]) == {0, 1}
    assert watchers.hear("a", [1, 2]) == {2}
    assert watchers.hear("b", []) == set()
    assert watchers
    assert watchers.visible == {1, 2}
    watchers.forget("a")
    assert watchers.visible == set()
    watchers.forget("a")
    watchers.forget("b")
    assert watchers.visible is None


def test_silent_page_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was loaded again never says goodbye."""
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    watchers = Watchers()
    watchers.hear("before", [0, 1, 2])
    for _ in range(4):
        now += 30
        watchers.hear("after", [3])
    assert watchers.visible == frozenset({3})
    assert watchers.hear("before", [1]) == {1}
    now += 3600
    assert watchers.visible == frozenset({1, 3}), "a busy kernel hears nobody"
