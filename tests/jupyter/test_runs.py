# SPDX-License-Identifier: BSD-3-Clause
"""The list of runs of the side panel: real schedulers with a hub, records on disk, no Jupyter server."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from unworked_runs import begin, scheduler

import rdf_live
from rdf_live.client.records import Record, write
from rdf_live.cluster import tls
from rdf_live.cluster.home import HOST, Home
from rdf_live.errors import ClusterTrouble, UnknownRun
from rdf_live.hub.plugin import HubPlugin
from rdf_live.jupyter.server import runs, runs_places
from rdf_live.jupyter.server.runs import Runs
from rdf_live.jupyter.server.runs_places import find

Start = Callable[..., str]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has no clusters and no records."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the notebooks, with one in it."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "z.ipynb").write_text("{}")
    return folder


@pytest.fixture
def client() -> Iterator[Client]:
    with scheduler(protocol="tcp://") as cluster, Client(cluster) as client:
        client.register_plugin(HubPlugin())
        yield client


def loop(work: Callable[[Runs], Coroutine[Any, Any, Any]], root: Path | str = "") -> Any:
    """Do something with `Runs` in an event loop, as the server does."""

    async def main() -> Any:
        return await work(Runs(str(root)))

    return asyncio.run(main())


def look(root: Path | str = "") -> Any:
    return loop(Runs.look, root)


def test_nothing() -> None:
    assert look() == {"runs": [], "clusters": []}


def test_a_run_of_a_record(client: Client, root: Path) -> None:
    begin(client, "old", root / "gone.ipynb")
    begin(client, "new", root / "z.ipynb")
    begin(client, "elsewhere", Path("/nowhere/z.ipynb"))
    answer = look(root)
    assert [row["run"] for row in answer["runs"]] == ["elsewhere", "new", "old"], "the newest first"
    elsewhere, new, old = answer["runs"]
    assert new["name"] == "run new"
    assert new["state"] == "running"
    assert (new["cluster"], new["address"]) == (HOST, client.scheduler.address)
    assert (new["notebook"], new["here"], new["cell"], new["host"]) == ("z.ipynb", True, "c1", HOST)
    assert (new["fraction"], new["entries"], new["total"], new["left_s"], new["ended"]) == (0.0, 0, None, None, None)
    assert new["attach"] == 'import rdf_live\nrun = rdf_live.attach("new")\nrun'
    assert (old["notebook"], old["here"]) == ("gone.ipynb", False)
    assert (elsewhere["notebook"], elsewhere["here"]) == ("/nowhere/z.ipynb", False)
    assert [cluster["reachable"] for cluster in answer["clusters"]] == [True]


def test_what_others_started_needs_the_address(client: Client) -> None:
    """Of a run that was started from another machine there is no record."""
    begin(client, "mine")
    begin(client, "foreign", record=False)
    foreign = look()["runs"][0]
    address = client.scheduler.address
    assert foreign["attach"] == (
        f'import rdf_live\nclient = rdf_live.connect("{address}")\nrun = rdf_live.attach("foreign", client=client)\nrun'
    )


def test_stop(client: Client) -> None:
    begin(client, "a")

    async def work(runs: Runs) -> Any:
        heard = await runs.stop("a")
        return heard, (await runs.look())["runs"][0]

    heard, row = loop(work)
    assert heard["run"] == "a"
    assert heard["state"] in ("stopping", "stopped")
    assert row["state"] == "stopped"
    assert row["ended"] >= row["started"]


def test_stop_of_nothing() -> None:
    with pytest.raises(UnknownRun, match="'x'"):
        loop(lambda runs: runs.stop("x"))


def test_a_run_that_stops_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub calls it running until its last range has ended."""
    begin(client, "a")
    cluster: Any = client.cluster
    plugin = cluster.scheduler.plugins[HubPlugin.name]
    monkeypatch.setattr(plugin.registry.get("a"), "stop", lambda mode: None)

    async def work(runs: Runs) -> Any:
        return (await runs.stop("a"))["state"], (await runs.look())["runs"][0]["state"]

    assert loop(work) == ("stopping", "stopping")


def test_many_pages_cost_one_question(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(client, "a")
    asked = []
    ask = runs._ask

    async def counted(place: Any, operation: str, **message: Any) -> Any:
        asked.append(operation)
        return await ask(place, operation, **message)

    monkeypatch.setattr(runs, "_ask", counted)

    async def work(runs: Runs) -> Any:
        return await asyncio.gather(*(runs.look() for _ in range(20)))

    answers = loop(work)
    assert asked == ["rdf_live_runs"]
    assert all(len(answer["runs"]) == 1 for answer in answers)


def test_a_scheduler_that_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said last stays, as far as it can still be true."""
    monkeypatch.setattr(runs, "_FRESH_S", 0.0)
    monkeypatch.setattr(runs, "_FIND_S", 0.0)
    monkeypatch.setattr(runs_places, "listeners", lambda: None)
    begin(client, "goes_on")
    begin(client, "ended")

    async def work(runs: Runs) -> Any:
        await runs.stop("ended")
        before = await runs.look()
        cluster: Any = client.cluster
        await asyncio.to_thread(cluster.close)
        while any(cluster["reachable"] for cluster in (await runs.look())["clusters"]):
            await asyncio.sleep(0.05)
        after = await runs.look()
        with pytest.raises(ClusterTrouble, match="not heard"):
            await runs.stop("goes_on")
        return before, after

    before, after = loop(work)
    assert {row["run"]: row["state"] for row in before["runs"]} == {"goes_on": "running", "ended": "stopped"}
    assert {row["run"]: (row["state"], row["why"], row["attach"]) for row in after["runs"]} == {
        "goes_on": ("gone", "Its cluster does not answer.", ""),
        "ended": ("stopped", "", ""),
    }
    assert after["clusters"] == [], "an address that does not answer is no cluster"


def test_a_scheduler_that_has_forgotten(client: Client) -> None:
    begin(client, "kept")
    begin(client, "forgotten")
    client.sync(client.scheduler.rdf_live_forget, run="forgotten")
    rows = {row["run"]: row for row in look()["runs"]}
    assert rows["kept"]["state"] == "running"
    assert (rows["forgotten"]["state"], rows["forgotten"]["why"]) == ("gone", "Its cluster does not know it any more.")


@pytest.fixture
def silent() -> Iterator[str]:
    """An address where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tls://127.0.0.1:{server.getsockname()[1]}"


def kept(state: Path, name: str, address: str, profile: str = "htcondor") -> Home:
    """The folder of a cluster that rdf_live keeps."""
    home = Home(state / "rdf_live" / "clusters", name)
    home.make()
    tls.make(home.tls)
    home.write("request", {"id": "1", "profile": {"name": profile}})
    home.write("record", {"name": name, "address": address, "host": HOST, "version": rdf_live.__version__})
    return home


def remembered(monkeypatch: pytest.MonkeyPatch, *homes: Home) -> None:
    monkeypatch.setattr(runs_places, "homes", lambda: list(homes))


def test_a_kept_cluster(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keys are in its folder, and nobody needs a record."""
    home = kept(state, "mine", "")
    keys = tls.security(home.tls)
    with scheduler(protocol="tls://", security=keys) as cluster, Client(cluster) as client, home.lock():
        client.register_plugin(HubPlugin())
        kept_at = cluster.scheduler.address
        home.write("record", {**(home.read("record") or {}), "address": kept_at})
        remembered(monkeypatch, home)
        begin(client, "a", record=False)
        answer = look()
    assert answer["clusters"] == [{"name": "mine", "address": kept_at, "reachable": True, "why": "", "since": None}]
    (row,) = answer["runs"]
    assert (row["cluster"], row["state"]) == ("mine", "running")
    assert row["attach"].splitlines()[1] == 'client = rdf_live.connect("htcondor", name="mine")'


def test_a_kept_cluster_that_does_not_answer(state: Path, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence; and it is not asked again at once."""
    home = kept(state, "mine", silent, "mine")
    remembered(monkeypatch, home)
    monkeypatch.setattr(runs, "_FRESH_S", 0.0)
    monkeypatch.setattr(runs, "_ANSWER_S", 0.3)
    asked = []
    ask = runs._ask

    async def counted(*arguments: Any, **message: Any) -> Any:
        asked.append(arguments)
        return await ask(*arguments, **message)

    monkeypatch.setattr(runs, "_ask", counted)

    async def work(runs: Runs) -> Any:
        return [await runs.look() for _ in range(20)]

    with home.lock():
        before = time.time()
        answers = loop(work)
    (cluster,) = answers[-1]["clusters"]
    assert not cluster["reachable"]
    assert cluster["why"] == f"There was no answer from {silent} for 0.3 s."
    assert before <= cluster["since"] <= time.time()
    assert len(asked) == 1


def test_a_kept_cluster_that_was_killed(state: Path, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered(monkeypatch, kept(state, "mine", silent))
    (cluster,) = look()["clusters"]
    assert not cluster["reachable"]
    assert "Its process has ended." in cluster["why"]
    assert "rdf-live down mine" in cluster["why"]


def test_clusters_that_failed_or_ended(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed, ended, odd = (kept(state, name, "") for name in ("failed", "ended", "odd"))
    failed.forget()
    failed.write("failure", {"message": "The queue refuses jobs."})
    ended.forget()
    (odd.path / "record.json").write_text("no JSON")
    remembered(monkeypatch, failed, ended, odd)
    clusters = {cluster["name"]: cluster for cluster in look()["clusters"]}
    assert clusters.keys() == {"failed", "odd"}, "one that has ended is no trouble"
    assert clusters["failed"]["why"] == "The queue refuses jobs."
    assert "cannot be read" in clusters["odd"]["why"]


def record(address: str, **more: Any) -> Record:
    given = dict.fromkeys(("cluster", "home", "notebook", "cell", "kernel", "execution"))
    given |= {"run": "a", "name": "a", "address": address, "started": time.time(), "host": HOST, "user": "me"}
    return Record(**given | more)


@pytest.mark.parametrize(
    ("address", "host", "asked"),
    [
        ("tcp://127.0.0.1:{mine}", HOST, True),
        ("tcp://127.0.0.1:{other}", HOST, False),
        ("tcp://[::1]:{other}", HOST, False),
        ("tcp://127.0.0.1:{mine}", "another", False),
        ("tcp://192.0.2.1:8786", "another", False),
        ("tcp://192.0.2.1:8786", HOST, False),
        ("tls://192.0.2.1:8786", "another", True),
        ("tls://127.0.0.1:{other}", HOST, True),
        ("inproc://10.0.0.1/1/1", HOST, False),
        ("nonsense", HOST, False),
    ],
)
def test_who_is_asked(address: str, host: str, asked: bool) -> None:
    """A port at which another user listens by now, or may listen, is not: Dask runs what it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        mine = server.getsockname()[1]
        own = runs_places.listeners()
        assert own is None or mine in own
        address = address.format(mine=mine, other=1)
        write(record(address, host=host))
        assert [place.address for place in find().places if not place.trouble] == [address] * asked


def test_a_run_that_is_not_asked_says_why() -> None:
    write(record("tcp://192.0.2.1:8786"))
    (row,) = look()["runs"]
    assert (row["state"], row["attach"]) == ("gone", "")
    assert row["why"].startswith("Not asked: its scheduler is on another machine and has no keys")
    assert look()["clusters"] == []
    with pytest.raises(UnknownRun):
        loop(lambda runs: runs.stop("a"))


def test_old_records_are_not_looked_for() -> None:
    write(record("tcp://192.0.2.1:8786"))
    assert find(time.time() + 10 * 86400).places == []


def test_the_folder_of_a_record(state: Path, silent: str) -> None:
    """A cluster in a folder that no profile knows."""
    home = kept(state, "mine", silent)
    write(record(silent, home=str(home.path), cluster="mine"))
    assert [(place.name, bool(place.trouble)) for place in find().places] == [("mine", True)]


def test_nothing_is_imported_before_it_is_needed() -> None:
    """A server that nobody asks for runs does not load Dask."""
    code = "import sys, rdf_live.jupyter.server.runs_handlers; print({'distributed', 'ROOT'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_the_log_of_the_server_stays_as_it_is() -> None:
    code = """if True:
        import asyncio, logging, sys
        from rdf_live.jupyter.server.runs import Runs
        tornado = logging.getLogger("tornado")
        tornado.setLevel(logging.INFO)
        asyncio.run(Runs("").look())
        print("distributed" in sys.modules, tornado.level == logging.INFO, tornado.propagate, tornado.handlers)
    """
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True", "True", "[]"]
