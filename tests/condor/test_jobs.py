# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of real jobs, as the event log tells it and as the queue does."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from condor_pool import Pool, until

from rdf_live.cluster import tls
from rdf_live.cluster.condor import tools
from rdf_live.cluster.condor.jobs import Job, Reader
from rdf_live.cluster.condor.submit import submit_file
from rdf_live.cluster.profile import load
from rdf_live.errors import ClusterTrouble

_numbers = itertools.count()


class Jobs:
    """Jobs of one pretended cluster, and both ways to see what becomes of them."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.pool = pool
        self.folder = folder
        # Not the attribute of real clusters: these jobs may be left, the fixture of the pool removes them.
        self.constraint = f'ReaderTest =?= "{next(_numbers)}"'
        self.log = Reader(folder / "events.log", self.constraint)
        self.queue = Reader(None, self.constraint, every_s=0.0)

    def submit(self, script: str, **lines: str) -> str:
        values = {
            "executable": "/bin/sh",
            "arguments": f"\"-c '{script}'\"",
            "log": str(self.folder / "events.log"),
            "error": str(self.folder / "$(ClusterId).err"),
            "request_memory": "100",
            "request_disk": "1000",
            "+ReaderTest": self.constraint.rpartition(" ")[2],
        }
        return self.pool.submit(self.folder, values | lines)

    def see(self, job: str) -> tuple[Job | None, Job | None]:
        """As the log tells it, and as the queue and its history do."""
        return tuple(asyncio.run(reader.read([job])).get(job) for reader in (self.log, self.queue))

    def state(self, job: str) -> tuple[str, ...]:
        return tuple(seen.state if seen else "" for seen in self.see(job))

    def wait(self, job: str, state: str, starts: int = 0) -> Job:
        """Wait until both say that; gives what the log says."""

        def agree() -> Job | None:
            seen = self.see(job)
            return seen[0] if all(each and each.state == state and each.starts >= starts for each in seen) else None

        found: Job = until(agree, f"job {job} did not get {state}")
        other = self.see(job)[1]
        assert other is not None
        assert (found.exit_code, found.signal) == (other.exit_code, other.signal)
        if state in ("held", "ended"):
            assert found.reason == other.reason
        if state in ("running", "ended"):
            assert found.host == other.host
        # The schedd and the shadow look at the clock one after the other.
        assert found.since == pytest.approx(other.since, abs=10)
        return found


@pytest.fixture
def jobs(pool: Pool, tmp_path: Path) -> Jobs:
    return Jobs(pool, tmp_path)


def test_idle_running_ended(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.submit(f"until test -e {tmp_path}/go; do sleep 0.2; done; exit 3")
    running = jobs.wait(job, "running")
    assert running.host
    assert running.starts == 1
    (tmp_path / "go").touch()
    ended = jobs.wait(job, "ended")
    assert (ended.exit_code, ended.signal, ended.reason) == (3, None, "exit code 3")
    assert ended.started == running.started
    assert ended.over


def test_killed(jobs: Jobs) -> None:
    ended = jobs.wait(jobs.submit("kill -11 $$"), "ended")
    assert (ended.exit_code, ended.signal) == (None, 11)


def test_what_never_matches_stays_idle(jobs: Jobs) -> None:
    small = jobs.submit("exit 0")
    big = jobs.submit("exit 0", request_memory="100TB")
    # The negotiator has looked at both when the small one has run.
    jobs.wait(small, "ended")
    assert jobs.wait(big, "idle").starts == 0


def test_a_folder_that_cannot_be_written(jobs: Jobs, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    job = jobs.submit("exit 0", error=str(missing / "$(ClusterId).err"))
    held = jobs.wait(job, "held")
    assert str(missing) in held.reason
    assert "Error from" not in held.reason
    missing.mkdir()
    jobs.pool.run("condor_release", job)
    assert jobs.wait(job, "ended").exit_code == 0


def test_a_log_that_cannot_be_written(jobs: Jobs, tmp_path: Path) -> None:
    """HTCondor runs the job and says nothing, so that only the queue tells."""
    log = tmp_path / "missing" / "events.log"
    job = jobs.submit("exit 3", log=str(log))
    jobs.log = Reader(log, jobs.constraint, every_s=0.0)
    assert jobs.wait(job, "ended").exit_code == 3
    assert not log.exists()


@pytest.mark.parametrize("first", ["idle", "held", "running"])
def test_removed(jobs: Jobs, first: str) -> None:
    job = jobs.submit("sleep 1000", request_memory="100" if first == "running" else "100TB")
    if first == "held":
        jobs.pool.run("condor_hold", job)
    jobs.wait(job, first)
    asyncio.run(tools.remove(jobs.constraint))
    removed = jobs.wait(job, "removed")
    assert removed.reason.startswith("via condor_rm")
    asyncio.run(tools.remove(jobs.constraint))
    tools.remove_now(jobs.constraint)


def test_evicted_and_started_again(jobs: Jobs) -> None:
    job = jobs.submit("sleep 1000")
    jobs.wait(job, "running")
    jobs.pool.run("condor_vacate_job", job)
    assert jobs.wait(job, "running", starts=2).starts == 2


def test_a_log_for_many(jobs: Jobs) -> None:
    ids = [jobs.submit(f"exit {number}") for number in range(4)]
    for number, job in enumerate(ids):
        assert jobs.wait(job, "ended").exit_code == number
    found = asyncio.run(jobs.log.read(ids))
    assert [found[job].exit_code for job in ids] == [0, 1, 2, 3]


def test_nobody_may_take_the_whole_environment(jobs: Jobs) -> None:
    """So each submission of these tests shows that none is needed."""
    with pytest.raises(pytest.fail.Exception, match=r"(?i)getenv"):
        jobs.submit("exit 0", getenv="True")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("naf", {"RequestRuntime": "10800", "MyProject": '"ours"', "MySingularityImage": '"/cvmfs/x.sif"'}),
        ("lxplus", {"MaxRuntime": "10800", "SendCredential": "true", "AccountingGroup": '"ours"'}),
        ("swan", {"MaxRuntime": "10800", "SendCredential": "true", "SingularityImage": '"/cvmfs/x.sif"'}),
    ],
)
def test_what_sites_are_asked_for(jobs: Jobs, tmp_path: Path, name: str, expected: dict[str, str]) -> None:
    """HTCondor understands the submit file of each profile; nothing is submitted."""
    values = {"project": "ours", "image": "/cvmfs/x.sif", "gpus": 1, "directory": str(tmp_path)}
    made = load(name, values)
    (tmp_path / name / "jobs").mkdir(parents=True)
    (tmp_path / name / "tls").mkdir()
    tls.make(tmp_path / name / "tls")
    submission = tmp_path / "worker.sub"
    submission.write_text(submit_file(made))
    jobs.pool.run("condor_submit", "-dry-run", str(tmp_path / "ad"), *made.submit_options, str(submission))
    ad = dict(line.partition("=")[::2] for line in (tmp_path / "ad").read_text().splitlines() if "=" in line)
    common = {"RequestGPUs": "1", "RequestMemory": "1907", "DaskWorkerCores": "1", "RdfLiveCluster": '"CLUSTER"'}
    assert {key: ad.get(key) for key in common | expected} == common | expected
    assert ("EncryptInputFiles" in ad) is (made.tls == "transfer")


def test_a_queue_that_cannot_be_reached(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = jobs.submit("sleep 1000")
    jobs.wait(job, "running")
    elsewhere = tmp_path / "condor_config"
    elsewhere.write_text(f"COLLECTOR_HOST = 127.0.0.1:9\nLOG = {tmp_path}\n")
    with monkeypatch.context() as patch:
        patch.setenv("CONDOR_CONFIG", str(elsewhere))
        assert jobs.state(job) == ("running", "running")
        assert jobs.queue.problem.startswith("condor_q failed with exit status 1: ")
        with pytest.raises(ClusterTrouble, match="condor_q failed"):
            asyncio.run(tools.remove(jobs.constraint))
        with pytest.raises(ClusterTrouble, match="condor_q failed"):
            tools.remove_now(jobs.constraint)
        with pytest.raises(
            ClusterTrouble, match=r"condor_submit failed with exit status 1: .*find address of local schedd"
        ):
            tools.run_now("condor_submit", str(jobs.folder / "job.sub"))
    assert jobs.state(job) == ("running", "running")
    assert jobs.queue.problem == ""
