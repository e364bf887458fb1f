# SPDX-License-Identifier: BSD-3-Clause
"""The messages of an attempt, which two threads make."""

from __future__ import annotations

from typing import Any

from rdf_live.worker.publisher import Attempt


class Watched(Attempt):
    """Sees who takes a number."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "seq" and "lock" in self.__dict__:
            assert self.lock.locked()
        super().__setattr__(name, value)


def test_numbers_are_taken_under_the_lock() -> None:
    attempt = Watched("run", 0, 0, "a")
    assert [attempt.message(n, None, {})["seq"] for n in range(3)] == [1, 2, 3]
    assert not attempt.lock.locked()
