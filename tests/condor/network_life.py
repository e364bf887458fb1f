# SPDX-License-Identifier: BSD-3-Clause
"""The whole life of a cluster and of runs on it, from the first submission until nothing is left.

``pool_net.sh SCENARIO python network_life.py SCENARIO FOLDER KEY=VALUE...``; the settings are those of a profile.
Whatever is not as it should be is an error: first of all a firewall that is not there.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "root"))

import pytest
import ROOT
from compare import assert_same

import rdf_live
from rdf_live.cluster.profile import settings
from rdf_live.errors import PartialResultWarning, RunFailed

ENTRIES, RANGES = 600_000, 12
#: Longer than anything takes on a busy machine.
PATIENCE_S = 90.0
#: Of no scenario's open ones.
CLOSED_PORT = 20000

_started = time.monotonic()


def say(what: str) -> None:
    print(f"{time.monotonic() - _started:6.1f} s  {what}", flush=True)


def until(condition: Callable[[], Any], complaint: str) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, complaint
        time.sleep(0.1)
    return found


class Gate:
    """Entries from the middle of the dataset on take a millisecond each until it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on(self, frame: Any) -> Any:
        slow = f'(rdfentry_ < {ENTRIES // 2} || !gSystem->AccessPathName("{self.path}") ? 1 : (gSystem->Sleep(1), 1))'
        return frame.Define("gate", slow).Filter("gate == 1")


def book(frame: Any) -> dict[str, Any]:
    """Numbers that a lost or doubled entry changes, by way of code that has to reach the workers."""
    frame = frame.Define("x", "network_twice(0.5 * (rdfentry_ % 997))").Define("w", "network_weight(rdfentry_)")
    return {
        "plain": frame.Histo1D(("plain", "", 50, 0, 1000), "x"),
        "weighted": frame.Histo1D(("weighted", "", 50, 0, 1000), "x", "w"),
        "plane": frame.Histo2D(("plane", "", 20, 0, 1000, 10, 0, 2), "x", "w"),
        "count": frame.Count(),
        "max": frame.Max("x"),
    }


def distributed(client: Any) -> Any:
    return ROOT.RDataFrame(ENTRIES, executor=client, npartitions=RANGES)


def exact(final: Any, results: dict[str, Any], expected: dict[str, Any]) -> None:
    assert final.entries == final.entries_total == ENTRIES, final
    for name, result in results.items():
        assert_same(final[result], expected[name], what=name)


def growing(run: Any, number: int) -> list[Any]:
    """Snapshots in the middle of ranges, each with more entries than the one before."""
    found = [run.snapshot()]
    while len(found) < number:
        snapshot = until(lambda: _newer(run, found[-1].entries), f"{run} does not grow")
        found.append(snapshot)
    return found


def _newer(run: Any, entries: int) -> Any:
    snapshot = run.snapshot()
    return snapshot if snapshot.entries > entries else None


def whole(client: Any, folder: Path, expected: dict[str, Any]) -> None:
    gate = Gate(folder / "whole")
    results = book(gate.on(distributed(client)))
    run = rdf_live.start(list(results.values()), every=0.1)
    until(lambda: run.progress.committed >= RANGES // 3, f"{run}: ranges do not commit")
    seen = [s.entries for s in growing(run, 4)]
    assert any(entries % (ENTRIES // RANGES) for entries in seen), f"{seen}: none is in the middle of a range"
    assert all(s[results["count"]] == s.entries for s in growing(run, 2))
    gate.path.touch()
    exact(run.result(PATIENCE_S), results, expected)
    say(f"a whole run, seen at {', '.join(map(str, seen))} entries, is exactly what local ROOT gives")


def stopped(client: Any, folder: Path) -> None:
    results = book(Gate(folder / "stopped").on(distributed(client)))
    run = rdf_live.start(list(results.values()), every=0.1)
    until(lambda: run.progress.committed >= RANGES // 3, f"{run}: ranges do not commit")
    run.stop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PartialResultWarning)
        final = run.result(PATIENCE_S)
    assert run.state == "stopped"
    assert ENTRIES // 3 <= final.entries < ENTRIES
    assert final[results["count"]] == final.entries
    say(f"a stopped run keeps {final.entries} entries")


def failing(client: Any) -> None:
    bad = distributed(client).Define("x", 'rdfentry_ == 77777 ? throw std::runtime_error("number 77777") : 1.')
    with pytest.raises(RunFailed, match="number 77777") as caught:
        rdf_live.start(bad.Sum("x"), max_attempts=2).result(PATIENCE_S)
    (failure,) = caught.value.failures
    say(f"a failing run says: {failure['message']}")


def shrinking(client: Any, folder: Path, expected: dict[str, Any]) -> None:
    gate = Gate(folder / "shrinking")
    results = book(gate.on(distributed(client)))
    run = rdf_live.start(list(results.values()), every=0.1)
    until(lambda: run.progress.committed >= RANGES // 3, f"{run}: ranges do not commit")
    before = time.monotonic()
    rdf_live.cluster.control.scale(client, 1)
    until(lambda: len(rdf_live.cluster_status(client).workers) == 1, "no worker leaves")
    until(lambda: len(rdf_live.cluster_status(client).jobs) == 1, "no job leaves")
    say(f"one worker of two has left in {time.monotonic() - before:.1f} s")
    assert run.progress.committed >= RANGES // 3, f"{run}: committed ranges were lost"
    until(lambda: run.progress.workers == 1, "the worker that has left still computes")
    rdf_live.cluster.control.scale(client, 2)
    until(lambda: run.progress.workers == 2, "the new worker gets no work")
    gate.path.touch()
    exact(run.result(PATIENCE_S), results, expected)
    say("a run during which the cluster shrinks and grows is exact too")


def blocked(client: Any) -> None:
    """Nobody can connect to a worker."""
    for address in client.scheduler_info(n_workers=-1)["workers"]:
        host, _, port = address.rpartition("://")[2].rpartition(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            continue
        raise AssertionError(f"{address} can be reached, which this scenario is meant to forbid")


def tried(host: str) -> str:
    """What comes of a connection to a port of a node where nobody listens, and which no firewall here is to let in."""
    try:
        socket.create_connection((host, CLOSED_PORT), 2).close()
    except TimeoutError:
        return "dropped"
    except ConnectionRefusedError:
        return "refused"
    return "accepted"


def firewall(client: Any, scenario: str) -> None:
    """It is there, and nowhere else."""
    if scenario == "wnblock":
        blocked(client)
    assert {tried(f"10.9.0.{node}") for node in (2, 3)} == {"dropped" if scenario.startswith("wn") else "refused"}
    if scenario != "wnblock":
        back = set(client.run(tried, "10.9.0.1").values())
        assert back == {"dropped" if scenario.startswith("login") else "refused"}
    say(f"the firewall is that of {scenario}")


def processes() -> list[str]:
    """Holders, nannies and workers; this machine has a list of processes of its own."""
    commands = [entry.read_bytes().decode() for entry in Path("/proc").glob("[0-9]*/cmdline")]
    return [
        each for each in commands if any(word in each for word in ("rdf_live.cluster", "dask_worker", "spawn_main"))
    ]


def jobs() -> list[str]:
    """Those that are in the queue, in whatever state."""
    command = ["condor_q", "-all", "-af:j", "JobStatus"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def nothing_left(home: Path) -> None:
    until(lambda: not processes(), f"processes stay: {processes()}")
    until(lambda: not jobs(), "jobs stay")
    assert not (home / "tls").exists(), "the keys stay"
    say("no process, no job, no key is left")


def life(scenario: str, folder: Path, options: dict[str, Any]) -> None:
    header = folder / "network_code.hxx"
    header.write_text("#pragma once\ninline double network_twice(double x) { return 2 * x; }\n")
    code = "double network_weight(unsigned long long entry) { return 0.25 + 1e-3 * (entry % 1009); }"
    ROOT.RDF.Distributed.DistributeHeaders([str(header)])
    ROOT.RDF.Distributed.DistributeCppCode(code)
    expected = {name: result.GetValue() for name, result in book(ROOT.RDataFrame(ENTRIES)).items()}

    client = rdf_live.connect("htcondor", name="net", workers=2, timeout=PATIENCE_S, **options)
    until(lambda: len(rdf_live.cluster_status(client).workers) == 2, "the second worker does not come")
    status = rdf_live.cluster_status(client)
    assert len(set(status.workers)) == 2, f"{status}: expected workers on two nodes"
    say(f"two workers on {' and '.join(status.workers)}, scheduler at {status.address}")
    for name, given in (
        ("worker_ports", client.scheduler_info(n_workers=-1)["workers"]),
        ("scheduler_ports", [status.address]),
    ):
        if name in options:
            first, last = map(int, options[name].split(":"))
            assert all(first <= int(each.rpartition(":")[2]) <= last for each in given), f"{given}: not {options[name]}"
    firewall(client, scenario)
    whole(client, folder, expected)
    stopped(client, folder)
    if scenario == "wnblock":
        # Where least is possible.
        failing(client)
        shrinking(client, folder, expected)
    rdf_live.cluster.control.down(client)
    client.close()
    home = folder / "state" / "rdf_live" / "clusters" / "net"
    until(lambda: not (home / "record.json").exists(), "the record stays")
    nothing_left(home)


if __name__ == "__main__":
    life(sys.argv[1], Path(sys.argv[2]), settings(sys.argv[3:]))
