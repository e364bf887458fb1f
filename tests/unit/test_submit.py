# SPDX-License-Identifier: BSD-3-Clause
"""The submission of one worker, as HTCondor and its shell read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from rdf_live.cluster.condor.submit import arguments, submit_file
from rdf_live.cluster.profile import load


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def submitted(**values: Any) -> str:
    return submit_file(load("htcondor", values))


def line(text: str, key: str) -> str | None:
    found = re.findall(rf"^{key} = (.*)$", text, re.M | re.I)
    assert len(found) < 2, f"{key} is there twice"
    return found[0] if found else None


def test_keys_that_travel_are_found_from_anywhere() -> None:
    """Whatever directory setup or the user's code changes to."""
    command = line(submitted(tls="transfer", setup=["cd /tmp"]), "Arguments")
    assert command is not None
    assert re.findall(r"--tls-\S+ ([^\s'\"]+)", command) == [
        f"$_CONDOR_SCRATCH_DIR/{name}.pem" for name in ("certificate", "certificate", "key")
    ]


def test_what_a_spooled_job_writes_comes_where_others_write(tmp_path: Path) -> None:
    text = submitted(spool=True, tls="transfer")
    assert line(text, "Output") == "worker-$(ClusterId).$(ProcId).out"
    assert line(text, "Error") == "worker-$(ClusterId).$(ProcId).err"
    assert line(text, "Log") is None
    assert line(text, "Stream_Error") is None
    assert line(text, "InitialDir") == str(tmp_path / "state/rdf_live/clusters/htcondor/jobs")


def test_other_jobs_write_as_they_run() -> None:
    text = submitted()
    assert line(text, "Output") is None
    assert arguments(load("htcondor"), "id", Path("/home"))["log_directory"] == "/home/jobs"


def test_a_line_is_there_once_however_it_is_spelled() -> None:
    """`line` sees to that."""
    text = submitted(spool=True, tls="transfer", directives={"ERROR": "mine", "my.rdflivecluster": "1"})
    assert line(text, "Error") == "mine"
    assert text.lower().count("rdflivecluster") == 1


def test_workers_leave_before_their_jobs_end() -> None:
    command = line(submitted(runtime="10min"), "Arguments") or ""
    assert "--lifetime 480s --lifetime-stagger 60s --preload rdf_live.worker.lifetime" in command
    # Before the setup, which takes its time too.
    assert command.index("export RDF_LIVE_JOB_BEGAN=`date +%s`") < command.index("ulimit")
