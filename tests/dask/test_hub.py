# SPDX-License-Identifier: BSD-3-Clause
"""The hub in a real scheduler, with tasks that talk to it as a worker would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import dask
import numpy as np
import pytest
from distributed import Client, LocalCluster, Reschedule, get_worker
from distributed.diagnostics.plugin import SchedulerPlugin, WorkerPlugin
from distributed.utils import sync

import rdf_live
from rdf_live.hub.plugin import CLUSTER_PLUGIN, HubPlugin
from rdf_live.hub.tasks import task_key
from rdf_live.partial.schema import layout_digest

RESULTS = [{"kind": "TH1D", "name": "h", "offset": 0, "length": 2}]
SCHEMA = {"digest": layout_digest(2, [], RESULTS), "length": 2, "rules": [], "results": RESULTS, "templates": b""}
VERSIONS = {"python": ".".join(map(str, __import__("sys").version_info[:3])), "root": "6.40.00", "rdf_live": "0.1.0"}
SIZE = 10

HANDLERS = [
    *("begin", "partial", "commit", "fail"),
    *("hello", "open", "adopt", "watch", "schema", "describe", "stop", "runs", "forget"),
]

#: What the tasks of a test wait for, and what they did: workers and test are one process.
release = threading.Event()
begun: list[int] = []


class Ear(WorkerPlugin):
    """Hears the stops, as the publisher of a real worker does."""

    name = "ear"

    def setup(self, worker: Any) -> None:
        worker.stopped = {}
        worker.stream_handlers["rdf-live-stop"] = lambda run, mode: worker.stopped.update({run: mode})


#: The worker on which a task of kind "fail here" fails.
failing = ""


def task(run: str, range_: int, kind: str = "work") -> str:
    """One range with two partials; "wait" blocks after the first until released or stopped."""
    worker = get_worker()
    if kind == "raise":
        raise ValueError("no rdf_live here")
    if kind == "nothing":
        return "nothing"

    def hub(op: str, **fields: Any) -> Any:
        return sync(worker.loop, getattr(worker.scheduler, f"rdf_live_{op}"), run=run, **fields)

    place: dict[str, Any] = {"graph": 0, "range": range_, "attempt": f"{worker.address}-{time.monotonic()}"}
    reply = hub("begin", **place, worker=worker.address, versions=VERSIONS, have_payload=False)
    if reply["status"] != "go":
        return str(reply["status"])
    begun.append(range_)
    if kind == "fail" or (kind == "fail here" and worker.address == failing):
        reply = hub("fail", **place, worker=worker.address, error={"type": "E", "message": "boom"})
        if reply["status"] == "again":
            raise Reschedule()
        return str(reply["status"])

    def values(entries: int) -> dict[str, Any]:
        data = np.array([entries, 1.0]).tobytes()
        more = {"size": SIZE, "trees": None, "digest": SCHEMA["digest"], "values": data, "blobs": {}}
        return {**place, **more, "entries": entries, "schema": SCHEMA, "seq": entries}

    assert hub("partial", **values(SIZE // 2))["status"] == "ok"
    if kind in ("wait", "deaf"):
        while not release.wait(0.01):
            if run in worker.stopped and kind == "wait":
                return str(hub("commit", **values(SIZE // 2), complete=False)["status"])
    return str(hub("commit", **values(SIZE), complete=True)["status"])


class Hub:
    """A client of the hub."""

    def __init__(self, client: Client, cluster: LocalCluster) -> None:
        self.client, self.cluster, self.scheduler = client, cluster, cluster.scheduler
        self.plugin: HubPlugin = cluster.scheduler.plugins[HubPlugin.name]

    def call(self, op: str, **fields: Any) -> Any:
        return self.client.sync(getattr(self.client.scheduler, f"rdf_live_{op}"), **fields)

    def open(
        self, run: str, ranges: int, client: Client | None = None, versions: Any = VERSIONS, **options: Any
    ) -> Any:
        graph = {"payload": b"payload", "ranges": ranges, "labels": []}
        options = {"every": 0.05, "on_error": "raise", "max_attempts": 3, **options}
        client = client or self.client
        return client.sync(
            client.scheduler.rdf_live_open,
            run=run,
            name=run,
            client=client.id,
            graphs=[graph],
            options=options,
            versions=versions,
        )

    def start(
        self, run: str, ranges: int, *kind: str, client: Client | None = None, adopt: bool = True, **options: Any
    ) -> Any:
        """Open, submit, adopt: as ``rdf_live.start`` does."""
        client = client or self.client
        assert self.open(run, ranges, client, **options) == {"status": "ok"}
        keys = [task_key(run, 0, i) for i in range(ranges)]
        futures = [client.submit(task, run, i, *kind, key=key, pure=False) for i, key in enumerate(keys)]
        if adopt:
            assert self.call("adopt", run=run, keys=keys)["status"] == "ok"
            for future in futures:
                future.release()
        return futures

    def frame(self, run: str, **fields: Any) -> Any:
        return self.call("watch", **{"run": run, "seq": 0, "timeout": 5, "values": True, "have": []} | fields)

    def end(self, run: str, timeout: float = 10) -> Any:
        """The frame of a run that is over."""
        wait_for(lambda: self.frame(run)["state"] != "running", timeout)
        return self.frame(run)

    def keys(self, run: str) -> list[str]:
        return [str(key) for key in self.scheduler.tasks if str(key).startswith(f"rdf-live-{run}-")]

    def workers(self) -> list[str]:
        return list(self.scheduler.workers)


def wait_for(condition: Callable[[], Any], timeout: float = 10) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def values(frame: Any) -> list[float]:
    return np.frombuffer(frame["graphs"][0]["values"]).tolist()


def start_hub(n_workers: int = 2, threads: int = 1, config: dict[str, Any] | None = None) -> Iterator[Hub]:
    release.clear()
    begun.clear()
    with (
        dask.config.set(config or {}),
        LocalCluster(
            processes=False,
            n_workers=n_workers,
            threads_per_worker=threads,
            protocol="tcp://",
            dashboard_address=":0",
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(HubPlugin())
        client.register_plugin(Ear())
        yield Hub(client, cluster)
        release.set()


@pytest.fixture(scope="module")
def shared() -> Iterator[Hub]:
    yield from start_hub()


@pytest.fixture
def hub(shared: Hub) -> Iterator[Hub]:
    """A cluster that tests share, since they leave it as it was."""
    release.clear()
    begun.clear()
    for worker in shared.cluster.workers.values():
        worker.stopped.clear()
    yield shared
    release.set()
    for run in shared.call("runs")["runs"]:
        shared.call("forget", run=run["run"])
    # A task that Dask has dropped may still run, and would go on as the next test's task of the same key.
    wait_for(lambda: not shared.scheduler.tasks and not any(w.state.tasks for w in shared.cluster.workers.values()))
    assert not [name for name in shared.scheduler.clients if name.startswith("rdf-live-")]


@pytest.fixture
def own() -> Iterator[Hub]:
    """A cluster for one test that breaks it."""
    yield from start_hub()


def test_handlers_are_registered(hub: Hub) -> None:
    ours = {name for name in hub.scheduler.handlers if name.startswith("rdf_live_")}
    assert ours == {f"rdf_live_{name}" for name in HANDLERS}


def test_second_registration_changes_nothing(hub: Hub) -> None:
    hub.open("r", 1)
    hub.client.register_plugin(HubPlugin())
    assert hub.scheduler.plugins[HubPlugin.name] is hub.plugin
    assert [run["run"] for run in hub.call("runs")["runs"]] == ["r"]


def test_hello(hub: Hub) -> None:
    expected = {"status": "ok", "version": rdf_live.__version__, "cluster": False, "cores": 2}
    assert hub.call("hello") == expected


def test_a_run_from_open_to_the_end(hub: Hub) -> None:
    hub.start("r", 6)
    frame = hub.end("r")
    assert frame["state"] == "done"
    assert values(frame) == [60, 6]
    assert frame["progress"]["entries"] == frame["progress"]["entries_total"] == 60
    assert frame["progress"]["fraction"] == 1
    assert sorted(begun) == list(range(6))
    wait_for(lambda: not hub.keys("r"))
    assert "rdf-live-r" not in hub.scheduler.clients
    assert hub.call("schema", run="r")["graphs"][0]["digest"] == SCHEMA["digest"]
    assert hub.call("describe", run="r")["graphs"][0]["nranges"] == 6


def test_memory_is_dropped_at_the_end(hub: Hub) -> None:
    hub.start("r", 2)
    hub.end("r")
    (graph,) = hub.plugin.registry.get("r")._graphs
    assert (graph.payload, graph.tentative, graph.sum) == (None, {}, None)
    assert hub.plugin.registry.get("r").nbytes == 16


def test_tasks_that_are_done_are_no_workers_burden(hub: Hub) -> None:
    """A worker that leaves would have to send what they returned to another one, which some sites forbid."""
    hub.open("r", 2)
    keys = [task_key("r", 0, i) for i in range(2)]
    tasks = [hub.client.submit(task, "r", i, kind, key=keys[i], pure=False) for i, kind in enumerate(("work", "wait"))]
    assert hub.call("adopt", run="r", keys=keys)["status"] == "ok"
    for each in tasks:
        each.release()
    wait_for(lambda: hub.keys("r") == keys[1:])
    assert hub.frame("r")["state"] == "running"
    assert not any(worker.has_what for worker in hub.scheduler.workers.values())
    release.set()
    assert values(hub.end("r")) == [20, 2]


def test_live_frames_come_while_the_tasks_run(hub: Hub) -> None:
    hub.start("r", 3, "wait")
    wait_for(lambda: hub.frame("r")["progress"]["running"] == 2)
    wait_for(lambda: hub.frame("r")["progress"]["entries"] == SIZE)
    frame = hub.frame("r")
    assert values(frame) == [SIZE, 2]
    assert frame["progress"]["marks"] == (0.5, 0.5, 0)
    assert frame["progress"]["workers"] == 2
    release.set()
    assert values(hub.end("r")) == [30, 3]


class TestStop:
    def test_queued_tasks_never_start(self, hub: Hub) -> None:
        hub.start("r", 12, "wait")
        wait_for(lambda: hub.frame("r")["progress"]["entries"] == SIZE)
        start = time.monotonic()
        hub.call("stop", run="r", mode="stop")
        frame = hub.end("r", 1)
        wait_for(lambda: not hub.keys("r") and all(not w.processing for w in hub.scheduler.workers.values()), 1)
        assert time.monotonic() - start < 1
        assert frame["state"] == "stopped"
        assert values(frame) == [SIZE, 2]
        assert sorted(row[1] for row in frame["progress"]["stopped_ranges"]) == sorted(begun)
        assert len(begun) == 2
        assert hub.call("stop", run="r", mode="stop") == {"status": "ok", "state": "stopped"}
        assert hub.call("stop", run="r", mode="cancel") == {"status": "ok", "state": "stopped"}

    def test_before_the_tasks_were_adopted(self, hub: Hub) -> None:
        futures = hub.start("r", 12, "wait", adopt=False)
        wait_for(lambda: hub.frame("r")["progress"]["entries"] == SIZE)
        hub.call("stop", run="r", mode="stop")
        assert hub.end("r", 1)["state"] == "stopped"
        wait_for(lambda: not hub.keys("r"))
        assert hub.call("adopt", run="r", keys=[f.key for f in futures]) == {"status": "ok", "state": "stopped"}
        assert len(begun) == 2

    def test_cancel_keeps_nothing(self, hub: Hub) -> None:
        hub.start("r", 12, "wait")
        wait_for(lambda: hub.frame("r")["progress"]["entries"] == SIZE)
        assert hub.call("stop", run="r", mode="cancel") == {"status": "ok", "state": "cancelled"}
        frame = hub.frame("r")
        assert (frame["state"], frame["graphs"][0]["values"]) == ("cancelled", None)
        wait_for(lambda: not hub.keys("r") and all("r" in w.stopped for w in hub.cluster.workers.values()), 1)
        assert len(begun) == 2

    def test_of_one_run_leaves_the_other(self, hub: Hub) -> None:
        hub.start("r1", 1, "wait")
        hub.start("r2", 1, "wait")
        wait_for(lambda: all(hub.frame(run)["progress"]["entries"] for run in ("r1", "r2")))
        hub.call("stop", run="r1", mode="cancel")
        release.set()
        assert values(hub.end("r2")) == [10, 1]

    def test_silent_attempts_are_given_up(self) -> None:
        for own in start_hub(config={"rdf-live.hub.stop-timeout": 0.2}):
            own.start("r", 4, "deaf")
            wait_for(lambda own=own: own.frame("r")["progress"]["entries"] == SIZE)
            own.call("stop", run="r", mode="stop")
            assert own.frame("r")["stopping"]
            frame = own.end("r", 2)
            assert frame["state"] == "stopped"
            assert values(frame) == [0, 0]
            release.set()

    def test_mode(self, hub: Hub) -> None:
        hub.open("r", 1)
        assert "mode: got 'pause', expected 'stop' or 'cancel'" in hub.call("stop", run="r", mode="pause")["message"]

    def test_forget_while_running(self, hub: Hub) -> None:
        hub.start("r", 4, "wait")
        wait_for(lambda: hub.frame("r")["progress"]["running"] == 2)
        assert hub.call("forget", run="r") == {"status": "ok"}
        assert hub.call("forget", run="r") == {"status": "ok"}
        assert hub.call("runs")["runs"] == ()
        wait_for(lambda: not hub.keys("r"))


class TestClient:
    def test_adopted_tasks_outlive_it(self, hub: Hub) -> None:
        with Client(hub.cluster) as other:
            hub.start("r", 6, "wait", client=other)
        wait_for(lambda: other.id not in hub.scheduler.clients)
        assert hub.frame("r")["state"] == "running"
        release.set()
        frame = hub.end("r")
        assert frame["failures"] == ()
        assert values(frame) == [60, 6]

    def test_gone_before_the_adoption(self, hub: Hub) -> None:
        with Client(hub.cluster) as other:
            hub.start("r", 6, "wait", client=other, adopt=False)
            wait_for(lambda: hub.frame("r")["progress"]["running"] == 2)
        frame = hub.end("r")
        assert frame["state"] == "failed"
        assert frame["error"]["error"] == "RunLost"
        assert "its client went away" in frame["error"]["message"]
        wait_for(lambda: all(w.stopped.get("r") == "cancel" for w in hub.cluster.workers.values()))

    def test_adopt_waits_for_the_tasks(self, hub: Hub) -> None:
        hub.open("r", 2)
        keys = [task_key("r", 0, i) for i in range(2)]
        replies = []
        adopt = threading.Thread(target=lambda: replies.append(hub.call("adopt", run="r", keys=keys)))
        adopt.start()
        time.sleep(0.2)
        assert not replies
        futures = [hub.client.submit(task, "r", i, key=key, pure=False) for i, key in enumerate(keys)]
        adopt.join(5)
        assert [reply["status"] for reply in replies] == ["ok"]
        assert values(hub.end("r")) == [20, 2]
        del futures

    def test_adopt_gives_up(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rdf_live.hub.plugin._ADOPT_TIMEOUT_S", 0.1)
        hub.open("r", 2)
        reply = hub.call("adopt", run="r", keys=["rdf-live-r-0-0", "rdf-live-r-0-1"])
        assert reply["error"] == "RunLost"
        assert "got 0 tasks in 0 s, expected 2" in reply["message"]

    def test_restart_of_the_cluster(self, hub: Hub) -> None:
        hub.open("r", 2)
        hub.plugin.restart(hub.scheduler)
        assert "the cluster was restarted" in hub.end("r")["error"]["message"]


class TestFailures:
    def test_lost_worker(self, own: Hub) -> None:
        own.start("r", 2, "wait")
        wait_for(lambda: own.frame("r")["progress"]["entries"] == SIZE)
        victim = own.workers()[0]
        own.client.sync(own.scheduler.remove_worker, victim, stimulus_id="test", close=False)
        frame = own.frame("r")
        assert values(frame) == [SIZE / 2, 1]
        assert frame["progress"]["running"] == 1
        release.set()
        assert values(own.end("r")) == [20, 2]

    def test_worker_that_kills_its_range(self, own: Hub) -> None:
        own.scheduler.allowed_failures = 0
        own.start("r", 2, "wait")
        wait_for(lambda: own.frame("r")["progress"]["entries"] == SIZE)
        victim = own.workers()[0]
        own.client.sync(own.scheduler.remove_worker, victim, stimulus_id="test", close=False)
        frame = own.frame("r")
        assert values(frame) == [SIZE / 2, 1]
        (failure,) = frame["failures"]
        assert "Dask gave up: 1 workers died while they had it" in failure["message"]
        assert failure["worker"] == victim
        release.set()
        # The thread of the worker that Dask thinks dead lives on: if it commits before the other does, all is well.
        assert (own.end("r")["state"], values(own.frame("r"))) in [("failed", [10, 1]), ("done", [20, 2])]

    def test_a_worker_that_was_removed_begins_nothing(self, hub: Hub) -> None:
        hub.open("r", 1)
        reply = hub.call(
            "begin",
            run="r",
            graph=0,
            range=0,
            attempt="a",
            worker="tcp://127.0.0.1:1",
            versions=VERSIONS,
            have_payload=False,
        )
        assert reply == {"status": "ended", "mode": "lost"}

    @pytest.mark.parametrize(
        ("kind", "text"),
        [("raise", "ValueError('no rdf_live here')"), ("nothing", "its task ended without a commit")],
    )
    def test_task_that_never_reaches_the_hub(self, hub: Hub, kind: str, text: str) -> None:
        hub.start("r", 2, kind)
        frame = hub.end("r")
        assert frame["state"] == "failed"
        assert [f["message"] for f in frame["failures"]] == [text, text]
        wait_for(lambda: not hub.keys("r"))

    def test_every_attempt_fails(self, hub: Hub) -> None:
        hub.start("r", 2, "fail", max_attempts=2)
        frame = hub.end("r")
        assert [(f["attempts"], f["message"]) for f in frame["failures"]] == [(2, "boom"), (2, "boom")]
        assert sorted(begun) == [0, 0, 1, 1]

    def test_it_is_tried_again_on_another_worker(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        for worker in hub.workers():  # whichever Dask takes first
            monkeypatch.setattr(f"{__name__}.failing", worker)
            hub.start(f"r{worker}", 4, "fail here", max_attempts=2)
            assert hub.end(f"r{worker}")["state"] == "done"

    @pytest.mark.parametrize("key", ["rdf-live-", "rdf-live-r", "rdf-live-r-0-x", "rdf-live-r-7-9", ("rdf-live-r", 0)])
    def test_tasks_of_others(self, hub: Hub, key: Any) -> None:
        hub.open("r", 1)
        hub.plugin.transition(key, "processing", "memory", stimulus_id="test")
        assert hub.frame("r")["failures"] == ()


class TestRefused:
    def test_threaded_workers(self) -> None:
        for own in start_hub(n_workers=1, threads=2):
            reply = own.open("r", 1)
            assert reply["error"] == "ThreadedWorkers"
            assert f"{own.workers()[0]} (2)" in reply["message"]

    def test_late_threaded_worker(self, hub: Hub) -> None:
        hub.open("r", 1)
        hub.scheduler.workers[hub.workers()[0]].nthreads = 2
        reply = hub.call(
            "begin",
            run="r",
            graph=0,
            range=0,
            attempt="a",
            worker=hub.workers()[0],
            versions=VERSIONS,
            have_payload=False,
        )
        hub.scheduler.workers[hub.workers()[0]].nthreads = 1
        assert reply["error"] == hub.frame("r")["error"]["error"] == "ThreadedWorkers"

    def test_another_python(self, hub: Hub) -> None:
        reply = hub.open("r", 1, versions={**VERSIONS, "python": "3.9.1"})
        assert reply["error"] == "VersionMismatch"
        assert "and 1 more" in reply["message"], "Dask knows all workers' Python before anything runs"
        assert hub.call("runs")["runs"] == ()

    def test_another_root(self, hub: Hub) -> None:
        """Known of a worker only once it has begun something; from then on, at once."""
        hub.plugin._versions.clear()
        hub.start("r", 6, versions={**VERSIONS, "root": "6.38.00"})
        frame = hub.end("r")
        assert frame["state"] == "failed"
        assert frame["error"]["error"] == "VersionMismatch"
        assert "client" in frame["error"]["message"]
        assert "6.38.00" in frame["error"]["message"]
        assert begun == []
        wait_for(lambda: not hub.keys("r"))
        assert hub.open("r2", 1, versions={**VERSIONS, "root": "6.38.00"})["error"] == "VersionMismatch"

    def test_id_in_use(self, hub: Hub) -> None:
        hub.open("r", 1)
        assert hub.open("r", 1)["error"] == "BadInput"
        assert hub.open("", 1)["error"] == "BadInput"

    @pytest.mark.parametrize(
        "op", ["begin", "partial", "commit", "fail", "adopt", "watch", "schema", "describe", "stop"]
    )
    def test_unknown_run(self, hub: Hub, op: str) -> None:
        place = {"run": "r9", "graph": 0, "range": 0, "attempt": "a"}
        fields: dict[str, Any] = {
            "begin": {**place, "worker": "w", "versions": {}, "have_payload": True},
            "partial": place,
            "commit": place,
            "fail": {**place, "worker": "w", "error": {}},
            "adopt": {"run": "r9", "keys": []},
            "watch": {"run": "r9", "seq": 0, "timeout": 1, "values": False, "have": []},
            "stop": {"run": "r9", "mode": "stop"},
        }.get(op, {"run": "r9"})
        reply = hub.call(op, **fields)
        assert (reply["status"], reply["error"]) == ("error", "UnknownRun")
        assert "got run 'r9'" in reply["message"]

    def test_message_with_wrong_fields(self, hub: Hub) -> None:
        hub.open("r", 1)
        assert hub.call("partial", run="r", graph=0)["error"] == "BadMessage"

    def test_call_with_wrong_fields(self, hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
        reply = hub.call("stop", nonsense=1)
        assert reply["error"] == "RdfLiveError"
        assert "the hub could not handle" in reply["message"]
        assert "nonsense" in caplog.text


class TestWatch:
    def test_first_frame_comes_at_once(self, hub: Hub) -> None:
        hub.open("r", 1, every=5)
        start = time.monotonic()
        assert hub.frame("r")["seq"] == 1
        assert time.monotonic() - start < 1

    def test_waits_for_news(self, hub: Hub) -> None:
        hub.open("r", 1)
        start = time.monotonic()
        assert hub.frame("r", seq=1, timeout=0.3)["seq"] == 1
        assert 0.25 < time.monotonic() - start < 2

    def test_not_faster_than_every(self, hub: Hub) -> None:
        hub.start("r", 1, "wait", every=0.4)
        wait_for(lambda: hub.frame("r")["progress"]["entries"] > 0)
        seq = hub.frame("r")["seq"]
        start = time.monotonic()
        hub.plugin.registry.get("r")._touch()
        assert hub.frame("r", seq=seq)["seq"] > seq
        assert time.monotonic() - start > 0.3

    def test_first_values_do_not_wait_for_every(self, hub: Hub) -> None:
        hub.open("r", 1, every=30)
        start = time.monotonic()
        frames = []
        watch = threading.Thread(target=lambda: frames.append(hub.frame("r", seq=1, timeout=30)))
        watch.start()
        time.sleep(0.1)
        future = hub.client.submit(task, "r", 0, "wait", key=task_key("r", 0, 0), pure=False)
        watch.join(10)
        assert time.monotonic() - start < 5
        assert values(frames[0]) == [SIZE / 2, 1]
        del future

    def test_the_end_does_not_wait(self, hub: Hub) -> None:
        hub.start("r", 1, "wait", every=30)
        wait_for(lambda: hub.frame("r")["progress"]["entries"] > 0)
        seq = hub.frame("r")["seq"]
        threading.Timer(0.1, release.set).start()
        start = time.monotonic()
        assert hub.frame("r", seq=seq, timeout=30)["state"] == "done"
        assert time.monotonic() - start < 5

    def test_of_a_finished_run_never_waits(self, hub: Hub) -> None:
        hub.start("r", 1)
        frame = hub.end("r")
        start = time.monotonic()
        assert values(hub.frame("r", seq=frame["seq"], timeout=30)) == [10, 1]
        assert time.monotonic() - start < 5


def test_pace_grows_with_the_publishers(hub: Hub) -> None:
    hub.open("r", 3000)
    (worker, *_) = hub.workers()
    intervals = []
    for i in range(0, 3000, 100):
        for j in range(i, i + 100):
            hub.plugin.registry.get("r").begin(0, j, f"a{j}", worker, True)
        place = {"run": "r", "graph": 0, "range": i, "attempt": f"a{i}"}
        reply = hub.call("begin", **place, worker=worker, versions=VERSIONS, have_payload=True)
        intervals.append(reply["interval"])
    assert intervals == sorted(intervals)
    assert intervals[0] < intervals[-1] / 10
    assert intervals[-1] >= 0.99 * 3000 * hub.plugin.pace.cost(0) / 0.03


class Jobs(SchedulerPlugin):
    """A cluster of batch jobs, as far as the hub asks it."""

    name = CLUSTER_PLUGIN
    words = "2 jobs idle"

    def wanted(self) -> int:
        return 50

    def waiting(self) -> str:
        return self.words


def test_a_run_without_workers_says_what_it_waits_for() -> None:
    for own in start_hub(n_workers=0):
        own.start("r", 2)
        assert own.frame("r")["progress"]["waiting_for"] == "no worker is connected"
        own.scheduler.add_plugin(Jobs())
        assert own.call("hello")["cluster"]
        assert own.call("hello")["cores"] == 50
        assert own.frame("r")["progress"]["waiting_for"] == "2 jobs idle"
        own.cluster.scale(1)
        assert "waiting_for" not in own.end("r")["progress"]


def test_finished_runs_are_kept_up_to_a_number() -> None:
    for own in start_hub(config={"rdf-live.hub.keep-runs": 2}):
        for i in range(4):
            own.start(f"r{i}", 1)
            own.end(f"r{i}")
        wait_for(lambda own=own: [run["run"] for run in own.call("runs")["runs"]] == ["r2", "r3"])


def test_its_limits_are_those_of_the_configuration() -> None:
    given = {"budget": 0.1, "max-rate": "3MB", "max-run-bytes": "5MiB", "keep-runs": 7, "keep-bytes": "9MiB"}
    for own in start_hub(config={"rdf-live.hub": {**given, "stop-timeout": 4}}):
        hub = own.scheduler.plugins[HubPlugin.name]
        assert (hub.pace.budget, hub.pace.max_rate, hub.max_run_bytes) == (0.1, 3e6, 5 << 20)
        assert (hub.registry.keep_runs, hub.registry.keep_bytes, hub.stop_timeout_s) == (7, 9 << 20, 4)
