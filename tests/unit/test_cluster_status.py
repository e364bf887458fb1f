# SPDX-License-Identifier: BSD-3-Clause
"""What a cluster is doing, in words."""

from __future__ import annotations

import json

from rdf_live.cluster.status import ClusterStatus, JobStatus

IDLE = JobStatus("1.0", "w-0", "idle")
RUNNING = JobStatus("2.0", "w-1", "running", host="node7")
HELD = JobStatus("3.0", "w-2", "held", reason="Cannot open log file")


def status(*jobs, workers=(), target=3, **more):
    return ClusterStatus("naf", "naf", "tls://10.0.0.1:8786", target=target, jobs=jobs, workers=workers, **more)


def test_it_says_what_it_waits_for():
    assert status(IDLE, IDLE, HELD).sentence() == "0 of 3 workers; 2 jobs idle, 1 job held (Cannot open log file)"
    assert status(RUNNING, IDLE).sentence() == "0 of 3 workers; 1 job idle, 1 job starting"
    assert status(RUNNING, IDLE, workers=("node7",)).sentence() == "1 of 3 workers; 1 job idle"
    assert status(RUNNING, workers=("node7",), target=1).sentence() == "1 of 1 workers"


def test_many_reasons_are_counted():
    held = [JobStatus(f"{i}.0", "w", "held", reason=reason) for i, reason in enumerate("aabc")]
    assert status(*held).waiting() == "4 jobs held (a; 2 other reasons)"


def test_trouble_and_limits_are_told():
    text = status(trouble="three jobs died", adapts=(0, 8), target=8).sentence()
    assert text == "0 of 0 to 8 workers; three jobs died"
    assert status(IDLE, problem="condor_q did not answer").waiting() == "1 job idle, condor_q did not answer"


def test_it_survives_the_wire():
    one = status(IDLE, HELD, workers=("node7",), adapts=(0, 4), replaced=2, log="/x/holder.log")
    assert ClusterStatus.from_dict(json.loads(json.dumps(one.as_dict()))) == one


def test_printed_it_has_a_line_per_job():
    lines = str(status(RUNNING, HELD, workers=("node7",), replaced=1, log="/x/holder.log")).splitlines()
    assert lines[0] == ("cluster naf (naf) at tls://10.0.0.1:8786: 1 of 3 workers; 1 job held (Cannot open log file)")
    assert lines[1].split() == ["2.0", "running", "node7", "w-1"]
    assert lines[2].endswith("w-2: Cannot open log file")
    assert lines[3:] == ["  1 lost job was submitted again", "  log: /x/holder.log"]
