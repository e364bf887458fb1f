# SPDX-License-Identifier: BSD-3-Clause
"""Software that does not fit together is named in one table."""

from __future__ import annotations

import pytest

from rdf_live.errors import ThreadedWorkers, VersionMismatch
from rdf_live.hub.versions import check_threads, check_versions

CLIENT = {"python": "3.11.7", "root": "6.40.00", "rdf_live": "0.1.0"}


@pytest.mark.parametrize(
    "worker",
    [
        CLIENT,
        {**CLIENT, "python": "3.11.9.final.0"},
        {"python": "3.11.7"},
        {"python": None},
        {},
        {"Python": "3.11.1", "ROOT": "6.40.00"},
        {**CLIENT, "numpy": "1.0"},
    ],
    ids=["same", "patch-level", "python-only", "unknown", "empty", "spelling", "more"],
)
def test_fits(worker: dict[str, str]) -> None:
    check_versions(CLIENT, {"tcp://a": worker})


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [("python", "3.12.1", "Python"), ("root", "6.40.02", "ROOT"), ("rdf_live", "0.1.1", "rdf_live")],
)
def test_does_not_fit(key: str, value: str, name: str) -> None:
    with pytest.raises(VersionMismatch, match=f"got workers with another {name} than the client"):
        check_versions(CLIENT, {"tcp://a": {**CLIENT, key: value}})


def test_what_the_client_does_not_say_is_not_compared() -> None:
    check_versions({"python": "3.11.7"}, {"tcp://a": CLIENT})


def test_one_table() -> None:
    workers = {f"tcp://a:{i}": CLIENT for i in range(3)} | {
        "tcp://b:1": {"python": "3.12.0.final.0", "root": "6.38.00"}
    }
    with pytest.raises(VersionMismatch) as caught:
        check_versions(CLIENT, workers)
    assert str(caught.value).splitlines() == [
        "got workers with another Python and ROOT than the client, expected the same everywhere:",
        "                             Python  ROOT     rdf_live",
        "client                       3.11    6.40.00  0.1.0",
        "worker tcp://a:0 and 2 more  3.11    6.40.00  0.1.0",
        "worker tcp://b:1             3.12    6.38.00  ?",
        "Start scheduler, workers and client from the same environment.",
    ]


def test_threads() -> None:
    check_threads({})
    check_threads({"tcp://a": 1, "tcp://b": 1})
    with pytest.raises(ThreadedWorkers, match=r"several threads: tcp://b \(4\); expected one thread per worker"):
        check_threads({"tcp://a": 1, "tcp://b": 4})
    with pytest.raises(ThreadedWorkers, match="and 7 more"):
        check_threads({f"tcp://{i}": 2 for i in range(10)})
