# SPDX-License-Identifier: BSD-3-Clause
"""The number of ranges where the user names none."""

from __future__ import annotations

import pytest

from rdf_live import _distrdf as distrdf
from rdf_live.client.partition import MOST_ENTRIES, choose


class Head:
    """A graph of a dataset of this size."""

    def __init__(self, entries: int, clusters: int) -> None:
        self.size = entries, clusters


@pytest.fixture(autouse=True)
def sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distrdf, "size_of", lambda head, strict: head.size)


CASES = {
    "many small files": (Head(500 * 2304, 500), 2, (12, 48)),
    "many small files, many cores": (Head(500 * 2304, 500), 100, (300, 500)),
    "one file of one cluster": (Head(2304, 1), 100, (1, 1)),
    "fewer clusters than cores": (Head(10**6, 7), 64, (7, 7)),
    "nobody knows how many": (Head(10**8, 10_000), 0, (200, 500)),
    "one core": (Head(10**6, 1000), 1, (4, 50)),
    "empty first file": (Head(0, 3), 4, (1, 3)),
    "nothing at all": (Head(0, 0), 0, (1, 1)),
    "one entry": (Head(1, 1), 1000, (1, 1)),
    "more data than a few cores should keep unsaved": (Head(10**11, 10**6), 1, (5000, 5000)),
}


@pytest.mark.parametrize(("head", "cores", "between"), CASES.values(), ids=CASES)
def test_choice(head: Head, cores: int, between: tuple[int, int]) -> None:
    low, high = between
    assert low <= choose(head, cores) <= high


@pytest.mark.parametrize("cores", [0, 1, 3, 16, 500, 10_000])
def test_every_core_has_work_and_no_range_is_empty(cores: int) -> None:
    """More ranges than cores where the data allow it, but not more than clusters, and none too long."""
    for entries, clusters in ((1, 1), (10**4, 20), (10**6, 1000), (10**9, 50_000), (10**12, 10**8)):
        chosen = choose(Head(entries, clusters), cores)
        assert 1 <= chosen <= max(clusters, 1)
        assert chosen == clusters or chosen >= 3 * cores
        assert chosen == clusters or entries / chosen <= MOST_ENTRIES


def test_grows_with_cores() -> None:
    chosen = [choose(Head(10**9, 10**6), cores) for cores in range(1, 200, 5)]
    assert chosen == sorted(chosen)
