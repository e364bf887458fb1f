# SPDX-License-Identifier: BSD-3-Clause
"""``attach()`` without arguments: a new kernel of the same notebook finds the runs that the notebook has started."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from faults import PATIENCE_S, Farm, farm, oracle, until
from notebook_kernel import Kernel

import rdf_live
from rdf_live.client import records
from rdf_live.errors import UnknownRun

ENTRIES = 60_000
LABELS = ["Count", "plain", "weighted"]

HEAD = f"""
import sys, warnings
warnings.simplefilter("ignore")
sys.path[:0] = [{str(Path(__file__).parent)!r}]
import ROOT, rdf_live
from distributed import Client
from faults import *
from faults import _numbers
"""

#: Starts a run that takes as many microseconds per ten entries.
START = f"""
analysis = book(Client(ADDRESS), {ENTRIES}, 10, slow(10, MICROSECONDS))
run = rdf_live.start(analysis.booked, every=0.1, name=NAME)
run.id
"""

RESULT = f"""
count, plain, weighted = (run.result({PATIENCE_S})[label] for label in {LABELS})
[int(count), *_numbers(plain), *_numbers(weighted)]
"""


#: With a time: there is a panel otherwise.
WAIT = f"assert run.wait({PATIENCE_S})"


@pytest.fixture(scope="module")
def workers() -> Iterator[Farm]:
    with farm(2) as made:
        yield made


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Kernel]]:
    """Makes kernels of the notebook of that name; this process has the same records."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DASK_RDF_LIVE__JIT_LEVEL", "0")
    made = []

    def make(name: str, head: str = HEAD) -> Kernel:
        with monkeypatch.context() as only:
            only.setenv("JPY_SESSION_NAME", str(tmp_path / name))
            made.append(Kernel(tmp_path))
        made[-1].run(head)
        return made[-1]

    yield make
    for kernel in made:
        kernel.close()


def start(kernel: Kernel, workers: Farm, name: str, microseconds: int = 0) -> str:
    code = START.replace("ADDRESS", repr(workers.address)).replace("MICROSECONDS", str(microseconds))
    return kernel.value(code.replace("NAME", repr(name))).strip("'")


def kill(kernel: Kernel, workers: Farm, run: str) -> None:
    """kill -9, as an out-of-memory killer would, in the middle of a run."""
    record = workers.scheduler.plugins["rdf_live-hub"].registry.get(run)
    until(lambda: record.ledger.progress()["entries"], "first entries")
    os.kill(int(kernel.value("os.getpid()")), signal.SIGKILL)
    until(lambda: record.client not in workers.scheduler.clients, "the client to be gone")
    assert record.state == "running"


def lines(kernel: Kernel, code: str) -> Any:
    """What an expression gives, through JSON."""
    return json.loads(kernel.value(f"import json; json.dumps({code})").strip("'"))


def test_kernel_is_killed(workers: Farm, kernels: Callable[..., Kernel], tmp_path: Path) -> None:
    """The run goes on; the new kernel has it live, and its result is that of an undisturbed run."""
    first = kernels("analysis.ipynb")
    old = start(first, workers, "yesterday")
    first.run(WAIT)
    new = start(first, workers, "today", 2000)
    kill(first, workers, new)

    second = kernels("analysis.ipynb")
    assert second.value("run = rdf_live.attach(); run.id") == repr(new)
    assert second.value("run.state in ('running', 'done')") == "True"
    assert [float(x) for x in second.value(RESULT).strip("[]").split(",")] == oracle(ENTRIES)
    # A finished one counts too; by its id or name any.
    assert second.value("rdf_live.attach().id") == repr(new)
    assert second.value(f"rdf_live.attach({old!r}).id") == repr(old)
    assert second.value("rdf_live.attach('yesterday').id") == repr(old)
    known = second.value("[(r['name'], r['state'], r['why']) for r in rdf_live.runs()]")
    assert known == "[('yesterday', 'done', ''), ('today', 'done', '')]"
    # It was connected once, and what was only asked is closed again.
    second.run("import gc; gc.collect()")
    assert second.value("len({c.id for c in Client._instances if c.status == 'running'})") == "1"

    other = kernels("other.ipynb", "import rdf_live")
    assert other.value("rdf_live.runs()") == "[]"
    said = other.value("try: rdf_live.attach()\nexcept Exception as e: said = str(e)\nsaid".replace("try: ", "try:\n "))
    assert f"got no run that {tmp_path / 'other.ipynb'} has started" in said
    assert f"{new} (today, " in said


def test_where_it_was_started(workers: Farm, kernels: Callable[..., Kernel], tmp_path: Path) -> None:
    """The cluster tells it to machines that have no record."""
    kernel = kernels("place.ipynb")
    run = start(kernel, workers, "placed")
    (row,) = [r for r in rdf_live.runs(workers.client) if r["run"] == run]
    assert row["notebook"] == str(tmp_path / "place.ipynb")
    assert (row["host"], row["user"]) == (records.all_records()[0].host, records.all_records()[0].user)
    assert row["execution"]
    assert row["kernel"]
    (record,) = records.all_records()
    assert (record.run, record.address, record.execution) == (run, workers.address, row["execution"])
    kernel.run(WAIT)
    # On another machine the notebook has another path, and nobody has records.
    code = f"import os; os.environ['XDG_STATE_HOME'] = {str(tmp_path / 'nothing')!r}; "
    code += "os.environ['JPY_SESSION_NAME'] = '/elsewhere/place.ipynb'; "
    assert kernel.value(f"{code}rdf_live.attach(client=Client({workers.address!r})).id") == repr(run)
    code = "os.environ['JPY_SESSION_NAME'] = '/elsewhere/never.ipynb'\ntry:\n rdf_live.attach(client=Client({!r}))\n"
    said = kernel.value(code.format(workers.address) + "except Exception as e: said = str(e)\nsaid")
    assert "got no run that /elsewhere/never.ipynb has started, expected one on this cluster" in said


def test_cluster_is_gone(kernels: Callable[..., Kernel]) -> None:
    """It was part of the kernel that was killed: a sentence says so, for each run."""
    kernel = kernels("gone.ipynb")
    kernel.run("client = rdf_live.connect('local', workers=1)")
    kernel.run("analysis = book(client, 1000, 1)\nrdf_live.start(analysis.booked, name='short')")
    pids = [
        int(kernel.value("os.getpid()")),
        *map(int, lines(kernel, "[n.pid for n in client.cluster.workers.values()]")),
    ]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    (record,) = records.all_records()
    new = kernels("gone.ipynb", "import rdf_live")
    (row,) = lines(new, "rdf_live.runs()")
    assert (row["run"], row["name"], row["state"], row["progress"]) == (record.run, "short", "gone", None)
    assert row["why"].startswith(f"no scheduler answers at {record.address}")
    said = new.value("try:\n rdf_live.attach()\nexcept Exception as e: said = type(e).__name__ + str(e)\nsaid")
    assert said.startswith("'UnknownRungot 1 run(s) of ")
    assert "none of which can be reached" in said
    assert "Start it again with rdf_live.start(...)" in said


def test_without_records(workers: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(UnknownRun, match=r"got no run that .* has started on this machine, expected one of"):
        rdf_live.attach()
    with pytest.raises(UnknownRun, match="got 'nonsense', expected the id or name of a run"):
        rdf_live.attach("nonsense")
    assert rdf_live.runs() == []


def test_cancelled_runs_are_passed_over(workers: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from faults import book, slow

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    kept = rdf_live.start(book(workers.client, 1000, 2).booked, name="kept")
    kept.result(PATIENCE_S)
    dropped = rdf_live.start(book(workers.client, ENTRIES, 2, slow(10, 2000)).booked, name="dropped")
    dropped.cancel()
    again = rdf_live.attach()
    assert again.id == kept.id
    # The client of this process is taken, not another one.
    assert again._client in (workers.client, *Client._instances)
    with pytest.raises(UnknownRun, match=r"'dropped', which cannot be reached: .*: it was cancelled\."):
        rdf_live.attach("dropped")
