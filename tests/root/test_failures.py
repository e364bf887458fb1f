# SPDX-License-Identifier: BSD-3-Clause
"""Ranges that fail, messages that are wrong, schedulers that go away: the others go on, and the user is told."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import pytest
import ROOT
from distributed import Client, get_worker
from faults import PATIENCE_S, Analysis, Farm, Process, book, farm, oracle, slow, under_way, until

import rdf_live
from rdf_live import _distrdf as distrdf
from rdf_live.client import feed
from rdf_live.errors import PartialResultWarning, RdfLiveError, RunFailed, RunLost, UnknownRun
from rdf_live.view.terminal import watch

PER_FILE = 4000


@pytest.fixture(scope="module")
def workers() -> Iterator[Farm]:
    """Two dead workers are enough to give up a range."""
    with farm(2, distributed__scheduler__allowed_failures=1) as made:
        yield made


@pytest.fixture
def chain(tmp_path: Path) -> list[str]:
    """Five files of one tree."""
    files = [str(tmp_path / f"part{i}.root") for i in range(5)]
    for i, file in enumerate(files):
        frame = (
            ROOT.RDataFrame(PER_FILE).Define("id", f"double(rdfentry_) + {i * PER_FILE}").Define("y", "gRandom->Rndm()")
        )
        frame.Snapshot("t", file, ["id", "y"])
    return files


def on_files(client: Client, files: list[str], code: str = "") -> Analysis:
    """The analysis with one range per file."""
    frame = ROOT.RDataFrame("t", files, executor=client, npartitions=len(files)).Filter("y >= 0")
    return Analysis(frame, code, "ULong64_t(id)")


def oracle_of(files: list[str]) -> list[Any]:
    """What plain local ROOT makes of them."""
    local = Analysis(ROOT.RDataFrame("t", files), entry="ULong64_t(id)")
    return local.numbers({result: result.GetValue() for result in local.booked})


def spoil(file: str, how: str) -> None:
    """Make a file that cannot be read."""
    if how == "missing":
        os.remove(file)
    elif how == "truncated":
        os.truncate(file, os.path.getsize(file) // 2)
    elif how == "text":
        Path(file).write_text("no ROOT file\n" * 100)
    elif how == "no tree":
        ROOT.RDataFrame(10).Define("id", "1.").Snapshot("other", file, ["id"])
    elif how == "no column":
        ROOT.RDataFrame(PER_FILE).Define("id", "1.").Snapshot("t", file, ["id"])


def check_failure(failure: dict[str, Any], file: str, attempts: int = 3) -> None:
    """It says what, where and how often."""
    assert failure["files"] == [file]
    assert failure["attempts"] == attempts
    assert failure["worker"].startswith("tcp://")
    assert failure["type"]
    assert failure["message"]


@pytest.mark.parametrize("how", ["missing", "truncated", "text", "no tree", "no column"])
def test_bad_file(workers: Farm, chain: list[str], how: str) -> None:
    """One file of a chain is bad; what is left counts, the error carries it and names the file."""
    spoil(chain[3], how)
    analysis = on_files(workers.client, chain)
    run = rdf_live.start(analysis.booked, every=0.1)
    with pytest.raises(RunFailed, match=r"1 of 5 ranges failed .*, 80 % of the data, is in error\.partial") as caught:
        run.result(PATIENCE_S)
    (failure,) = caught.value.failures
    print(f"\n{how}: {failure['type']}: {failure['message'][:300]}")
    check_failure(failure, chain[3])
    assert failure["range"] == 3
    assert chain[3] in str(caught.value)
    assert run.state == "failed"
    partial = caught.value.partial
    assert partial.entries == partial[analysis.count] == 4 * PER_FILE
    assert analysis.numbers(partial) == oracle_of(chain[:3] + chain[4:])
    assert run.progress.failed == 1
    assert run.progress.committed == 4


def test_skip(workers: Farm, chain: list[str]) -> None:
    spoil(chain[0], "text")
    analysis = on_files(workers.client, chain[1:2] + chain[:1] + chain[2:])
    run = rdf_live.start(analysis.booked, every=0.1, on_error="skip", max_attempts=1)
    with pytest.warns(PartialResultWarning, match=r"80 % of the data \(16,000 entries\): 1 of 5 ranges failed"):
        snapshot = run.result(PATIENCE_S)
    assert run.state == "done"
    assert analysis.numbers(snapshot) == oracle_of(chain[1:])
    assert snapshot.fraction == pytest.approx(0.8)
    assert analysis.count.GetValue() == 4 * PER_FILE
    check_failure(run.failures[0], chain[0], attempts=1)


def test_file_that_goes_away(workers: Farm, chain: list[str]) -> None:
    """The last file vanishes while the first ones are read."""
    analysis = on_files(workers.client, chain, slow(10, 2000))
    run = rdf_live.start(analysis.booked, every=0.1, on_error="skip")
    under_way(run)
    spoil(chain[4], "missing")
    with pytest.warns(PartialResultWarning):
        snapshot = run.result(PATIENCE_S)
    assert snapshot.entries == 4 * PER_FILE
    check_failure(run.failures[0], chain[4])


def test_exception_in_cpp(workers: Farm) -> None:
    """An entry that throws: its range fails, with its text, and the workers go on with the next run."""
    bad = 'if (rdfentry_ == 4500) throw std::runtime_error("entry 4500 is bad")'
    analysis = book(workers.client, 10_000, 5, bad)
    run = rdf_live.start(analysis.booked, every=0.1)
    with pytest.raises(RunFailed, match="entry 4500 is bad") as caught:
        run.result(PATIENCE_S)
    (failure,) = run.failures
    assert (failure["range"], failure["attempts"]) == (2, 3)
    assert failure["entries"] == (4000, 6000)
    assert 400 < failure["seen"] <= 500, "it is counted after every few entries"
    assert caught.value.partial.entries == 8000
    again = book(workers.client, 10_000, 5)
    assert again.numbers(rdf_live.start(again.booked).result(PATIENCE_S)) == oracle(10_000)


def no_calibration() -> None:
    """ROOT calls it here too, where it does nothing."""
    try:
        get_worker()
    except ValueError:
        return
    raise OSError("no calibration here")


def test_initialisation_that_raises(workers: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distrdf.backend_base(), "initialization", staticmethod(lambda: None))
    ROOT.RDF.Distributed.initialize(no_calibration)
    analysis = book(workers.client, 1000, 3)
    run = rdf_live.start(analysis.booked, every=0.1)
    with pytest.raises(RunFailed, match="no calibration here") as caught:
        run.result(PATIENCE_S)
    assert caught.value.partial is None
    assert sorted(f["range"] for f in caught.value.failures) == [0, 1, 2]
    assert "3 of 3 ranges" in str(caught.value)


def test_range_that_kills_its_workers() -> None:
    """It is given up after the second dead worker. The one that was queued behind it, both times, is not."""
    with farm(1, distributed__scheduler__allowed_failures=1) as own:
        analysis = book(own.client, 20_000, 4, "if (rdfentry_ == 2000) raise(9)")
        run = rdf_live.start(analysis.booked, every=0.1, on_error="skip")
        with pytest.warns(PartialResultWarning):
            snapshot = run.result(PATIENCE_S)
        assert [failure["range"] for failure in run.failures] == [0]
        (failure,) = run.failures
        assert "2 workers died while they had it" in failure["message"]
        assert failure["attempts"] == 2
        assert failure["worker"].startswith("tcp://")
        assert snapshot.entries == 15_000


def kill_at_open(index: int, once: str) -> None:
    """A file that kills the process while ROOT opens it, which it does with Python's lock held."""
    from rdf_live.worker.graph import ProcessGraph

    libc = ctypes.PyDLL(None)
    given = ProcessGraph.open

    def opened(self: Any, data_range: Any) -> Any:
        if data_range.id == index and self.slots is not None and not Path(once).exists():
            Path(once).touch()
            libc.usleep(200_000)
            os.kill(os.getpid(), signal.SIGKILL)
        return given(self, data_range)

    ProcessGraph.open = opened  # type: ignore[method-assign]


def test_file_that_kills_its_worker_before_its_first_entry(workers: Farm, chain: list[str], tmp_path: Path) -> None:
    """The hub knows which one it was."""
    workers.client.run(kill_at_open, 3, str(tmp_path / "once"))
    analysis = on_files(workers.client, chain, slow(100, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    assert analysis.numbers(run.result(PATIENCE_S)) == oracle_of(chain)
    assert (tmp_path / "once").exists()
    record = workers.record(run)
    assert [record.ledger.lost_attempts(0, i) for i in (0, 1, 3)] == [0, 0, 1]
    until(lambda: len(workers.pids()) == 2, "two workers")


def test_file_that_kills_its_workers_is_named(workers: Farm, chain: list[str]) -> None:
    analysis = on_files(workers.client, chain, "if (id == 9500) raise(9)")
    run = rdf_live.start(analysis.booked, every=0.05, on_error="skip")
    with pytest.warns(PartialResultWarning):
        run.result(PATIENCE_S)
    (failure,) = run.failures
    assert failure["range"] == 2
    assert any(chain[2] in file for file in failure["files"])
    until(lambda: len(workers.pids()) == 2, "two workers")


def test_wrong_messages_do_no_harm(workers: Farm) -> None:
    analysis = book(workers.client, 40_000, 4, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    under_way(run)
    record = workers.record(run)
    ((graph, place),) = next(iter(record.ledger.busy.values()))
    layout = record._graphs[0].layout
    attempt = record.ledger._range(graph, place).attempt
    good = {
        "run": run.id,
        "graph": graph,
        "range": place,
        "attempt": attempt,
        "seq": 10**6,
        "entries": 10_000,
        "size": 10_000,
        "trees": None,
        "digest": layout.digest,
        "values": bytes(8 * layout.length),
        "blobs": {},
        "schema": None,
    }
    wrong: list[dict[str, Any]] = [
        {"values": bytes(8 * layout.length - 8)},
        {"values": "text"},
        {"entries": -1},
        {"entries": 1.5},
        {"range": 99},
        {"digest": "of another schema"},
        {"blobs": [1]},
    ]
    for operation in ("rdf_live_partial", "rdf_live_commit"):
        call = getattr(workers.client.scheduler, operation)
        for fields in wrong:
            more = {"complete": True} if operation == "rdf_live_commit" else {}
            reply = workers.client.sync(call, **good | fields | more)
            assert reply["error"] == "BadMessage", fields
            assert "expected" in reply["message"]
        reply = workers.client.sync(call, **good | {"run": "no such run"})
        assert reply["error"] == UnknownRun.__name__
    assert analysis.numbers(run.result(PATIENCE_S)) == oracle(40_000)


# ---- the scheduler

SCHEDULER = """
with farm(1) as made:
    say("address", made.address)
    time.sleep(600)
"""


def test_scheduler_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that waits ends, with a sentence."""
    monkeypatch.setattr(feed, "PATIENCE_S", 2.0)
    with (
        dask.config.set(
            {"distributed.comm.timeouts.connect": "2s", "distributed.client.scheduler-info-interval": "1h"}
        ),
        Process(SCHEDULER) as process,
        Client(process.heard("address")) as client,
    ):
        analysis = book(client, 40_000, 4, slow(1, 1000))
        run = rdf_live.start(analysis.booked, every=0.1)
        seen: list[Any] = []
        run.on_update(seen.append)
        under_way(run)
        process.close()
        start = time.monotonic()
        with pytest.raises(RunLost, match=r"the scheduler cannot be reached[\s\S]*in error\.partial") as caught:
            run.result(PATIENCE_S)
        partial = caught.value.partial
        assert partial.entries == partial[analysis.count] == partial[analysis.plain].GetEntries() > 0
        print(f"\nscheduler killed: known after {time.monotonic() - start:.1f} s")
        for ask in (run.snapshot, run.wait, lambda: watch(run)):
            with pytest.raises(RunLost) as caught:
                ask()
            assert caught.value.partial.entries == partial.entries
        for ask in (lambda: run.progress, lambda: run.state):
            with pytest.raises(RunLost):
                ask()
        for ask in (run.stop, run.cancel):
            with pytest.raises(RdfLiveError, match="cannot be reached"):
                ask()
        assert seen


def test_restart_of_the_cluster() -> None:
    """Dask drops all tasks and workers; who waits is told, and the same results can be started again."""
    with farm(1) as own:
        analysis = book(own.client, 40_000, 4, slow(10, 1000))
        run = rdf_live.start(analysis.booked, every=0.1)
        under_way(run)
        own.client.restart()
        with pytest.raises(RunLost, match="the cluster was restarted"):
            run.result(PATIENCE_S)
        assert analysis.numbers(rdf_live.start(analysis.booked).result(PATIENCE_S)) == oracle(40_000)


def test_client_is_closed(workers: Farm) -> None:
    """The run goes on without it; whoever waits is told."""
    client = Client(workers.address)
    analysis = book(client, 40_000, 4, slow(10, 1000))
    run = rdf_live.start(analysis.booked, every=0.1)
    under_way(run)
    client.close()
    with pytest.raises(RunLost, match="attach") as caught:
        run.result(PATIENCE_S)
    assert caught.value.partial.entries > 0
    assert rdf_live.attach(run.id, client=workers.client).result(PATIENCE_S).entries == 40_000
