# SPDX-License-Identifier: BSD-3-Clause
"""Which runs a client may still attach to."""

from __future__ import annotations

import pytest
from hub_helpers import make_run, message

from rdf_live.errors import BadInput, UnknownRun
from rdf_live.hub.registry import Registry
from rdf_live.hub.run import Run


def add(registry: Registry, name: str, finish: bool = True) -> Run:
    run = make_run([1])
    run.id = name
    registry.add(run)
    if finish:
        run.begin(0, 0, "a", "w", True)
        run.commit(message(entries=10, blobs={0: bytes(84)}))
        registry.finish(name)
    return run


def names(registry: Registry) -> list[str]:
    return [run.id for run in registry.runs()]


def test_oldest_finished_goes_first() -> None:
    registry = Registry(keep_runs=2, keep_bytes=10**6)
    add(registry, "going", finish=False)
    for i in range(4):
        add(registry, f"r{i}")
    assert names(registry) == ["going", "r2", "r3"]
    assert [run.id for run in registry.active()] == ["going"]


def test_size() -> None:
    registry = Registry(keep_runs=20, keep_bytes=250)
    for i in range(4):
        assert add(registry, f"r{i}").nbytes == 100
    assert names(registry) == ["r2", "r3"]


def test_the_newest_stays_however_large() -> None:
    registry = Registry(keep_runs=0, keep_bytes=0)
    for i in range(3):
        add(registry, f"r{i}")
    assert names(registry) == ["r2"]


def test_finish_twice_or_never() -> None:
    registry = Registry(keep_runs=1, keep_bytes=10**6)
    add(registry, "r0")
    registry.finish("r0")
    registry.finish("never")
    assert names(registry) == ["r0"]


def test_publishers() -> None:
    registry = Registry(keep_runs=1, keep_bytes=10**6)
    for i in range(3):
        add(registry, f"r{i}", finish=False).begin(0, 0, "a", "w", True)
    assert registry.publishers == 3


def test_unknown() -> None:
    registry = Registry(keep_runs=1, keep_bytes=10**6)
    with pytest.raises(UnknownRun, match=r"got run 'r9', expected one that this scheduler knows \(the last: none\)"):
        registry.get("r9")
    add(registry, "r0")
    with pytest.raises(UnknownRun, match=r"\(the last: r0\)"):
        registry.get([])  # type: ignore[arg-type]
    assert registry.find("r9") is None
    registry.forget("r0")
    registry.forget("r0")
    assert names(registry) == []


def test_id_in_use() -> None:
    registry = Registry(keep_runs=1, keep_bytes=10**6)
    add(registry, "r0")
    with pytest.raises(BadInput, match="run 'r0': got an id that is in use"):
        add(registry, "r0")
