# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import argparse
import json
import string
from pathlib import Path
from typing import Any

import pytest

from rdf_live.cluster import layers, values
from rdf_live.cluster.profile import Profile, load, settings
from rdf_live.commands import profile as command
from rdf_live.errors import BadInput, WrongKind

PACKAGED = ["htcondor", "local", "lxplus", "naf", "swan"]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of one's own profiles, and none of the variables that profiles look at."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USER", "ada")
    for name in ("XDG_STATE_HOME", "COMPUTING_PORTS", "SERVER_HOSTNAME", "VERSION_DOCKER_IMAGE", "CERN_HTCONDOR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "config" / "rdf_live"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_profiles_are_sound_and_travel_as_json(name: str) -> None:
    profile = load(name)
    assert profile.name == name
    assert Profile.from_dict(json.loads(json.dumps(profile.as_dict()))) == profile
    assert set(profile.sources) == set(profile.as_dict()) - {"name", "sources"}
    assert {"PATH", "HOME", "LD_LIBRARY_PATH", "PYTHONPATH", "ROOTSYS"} <= set(profile.environment)


def test_these_are_packaged() -> None:
    assert layers.available() == PACKAGED


@pytest.mark.parametrize("name", ["naf", "lxplus", "swan"])
def test_sites_are_made_from_the_generic_pool(name: str) -> None:
    profile = load(name)
    assert profile.sources["kind"] == "packaged htcondor"
    # What the site does not know is taken out again.
    assert not {"accounting_group", "container_image"} & set(profile.directives)
    used = {field for line in profile.directives.values() for _, field, _, _ in string.Formatter().parse(line) if field}
    assert {"runtime_s", "project", "image"} <= used


def test_naf_asks_for_a_standard_job() -> None:
    naf = load("naf")
    assert (naf.memory, naf.runtime, naf.credentials) == (2_000_000_000, 10800.0, ("kerberos", "afs"))
    assert naf.directory == "/data/dust/user/ada/.rdf_live/clusters"
    assert naf.directives["+RequestRuntime"] == "{runtime_s}"


def test_lxplus_keeps_to_the_open_ports_and_spools() -> None:
    lxplus = load("lxplus")
    assert (lxplus.scheduler_ports, lxplus.worker_ports, lxplus.nanny_ports) == ("8786", "10000:10100", None)
    assert (lxplus.spool, lxplus.tls) == (True, "transfer")
    assert lxplus.directory.endswith("/home/private/rdf_live/clusters")
    assert lxplus.directives["MY.SendCredential"] == "True"


def test_swan_takes_what_its_session_says(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = load("swan")
    assert (outside.scheduler_host, outside.scheduler_ports, outside.image) == (None, None, None)
    assert outside.sources["image"] == "packaged swan ($VERSION_DOCKER_IMAGE is not set here)"
    monkeypatch.setenv("COMPUTING_PORTS", "30124,31555")
    monkeypatch.setenv("SERVER_HOSTNAME", "swan-k8s-node-3.cern.ch")
    monkeypatch.setenv("VERSION_DOCKER_IMAGE", "v0.0.87")
    inside = load("swan")
    assert (inside.scheduler_host, inside.scheduler_ports) == ("swan-k8s-node-3.cern.ch", "30124,31555")
    assert inside.image is not None
    assert inside.image.endswith("/swan-cern:v0.0.87")


def test_the_strongest_says_the_value(own: Path) -> None:
    (own / "naf.yaml").write_text("memory: 3GB\nproject: af-cms\n")
    profile = load("naf", {"memory": "4GB"})
    assert (profile.memory, profile.sources["memory"]) == (4_000_000_000, "keyword")
    assert (profile.project, profile.sources["project"]) == ("af-cms", str(own / "naf.yaml"))
    assert profile.sources["runtime"] == "packaged naf"
    assert profile.sources["disk"] == "packaged htcondor"
    assert profile.sources["setup"] == "default"


def test_own_profiles_have_bases(own: Path) -> None:
    (own / "institute.yaml").write_text("base: naf\nsite: ours\nhosts: ['login*.example.org']\nruntime: 1h\n")
    (own / "longer.yaml").write_text("base: institute\nruntime: 12h\n")
    longer = load("longer")
    assert (longer.site, longer.runtime, longer.memory) == ("ours", 43200.0, load("naf").memory)
    assert longer.hosts == ()
    assert layers.hosts("institute") == ("login*.example.org",)
    assert layers.available() == ["institute", "longer", *PACKAGED]


def test_own_file_of_a_packaged_name_may_say_so(own: Path) -> None:
    (own / "naf.yaml").write_text("base: naf\nruntime: 1h\n")
    profile = load("naf")
    assert (profile.runtime, profile.tls, profile.hosts) == (3600.0, "shared", ("naf-*.desy.de",))
    (own / "naf.yaml").write_text("base: lxplus\n")
    assert load("naf").spool


def test_bases_in_a_circle(own: Path) -> None:
    (own / "a.yaml").write_text("base: b\n")
    (own / "b.yaml").write_text("base: a\n")
    with pytest.raises(BadInput, match=r"profile a .*base: got 'a', which is made from this profile itself"):
        load("a")


def test_lines_and_variables_add_up(own: Path) -> None:
    (own / "naf.yaml").write_text('directives: {+Mine: 1, +MyProject: null}\nvariables: {A: "1", B: "2"}\n')
    profile = load("naf", {"directives": {"requirements": "x"}, "variables": {"B": "3"}})
    assert profile.directives == {
        "+RequestRuntime": "{runtime_s}",
        "+MySingularityImage": '"{image}"',
        "+Mine": "1",
        "requirements": "x",
    }
    assert profile.variables == {"A": "1", "B": "3"}
    spelled = load("naf", {"directives": {"+mine": "2", "MY.RequestRuntime": None}}).directives
    assert spelled == {"+MySingularityImage": '"{image}"', "+mine": "2"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("nafx", "expected 'naf'"), ("zzz", "expected one of htcondor, local"), ("../naf", "unknown profile '../naf'")],
)
def test_unknown_profiles(name: str, expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(name)
    assert expected in str(caught.value)


def test_unknown_keys_have_near_ones() -> None:
    with pytest.raises(BadInput, match="profile naf: got the unknown key 'memmory', expected 'memory'"):
        load("naf", {"memmory": "3GB"})
    with pytest.raises(BadInput, match="unknown key 'name'"):
        load("naf", {"name": "other"})


@pytest.mark.parametrize(
    ("key", "value", "error", "expected"),
    [
        ("memory", "500MB", BadInput, "expected 1 GB or more"),
        ("memory", 2000, BadInput, "(2 kB), expected 1 GB"),
        ("memory", "lots", BadInput, 'expected a size, for example "2GB"'),
        ("memory", "2GBs", BadInput, "expected a size"),
        ("memory", ["2GB"], WrongKind, "(list), expected a size"),
        ("disk", "0 GB", BadInput, "expected more than nothing"),
        ("runtime", "3x", BadInput, "got the unit 'x'"),
        ("runtime", "h3", BadInput, "expected a time"),
        ("runtime", 0, BadInput, "expected more than no time"),
        ("runtime", True, WrongKind, "expected a time"),
        ("runtime", 3, BadInput, "got 3 (3 s), expected 10 min or more: a job needs minutes"),
        ("runtime", "599s", BadInput, "expected 10 min or more"),
        ("workers", 0, BadInput, "expected 1 or more"),
        ("workers", 2.5, WrongKind, "expected a whole number"),
        ("workers", True, WrongKind, "expected a whole number"),
        ("gpus", -1, BadInput, "expected 0 or more"),
        ("gpus", 2, BadInput, "expected 0 or 1: a worker computes one range at a time, with one GPU. For more"),
        ("kind", "slurm", BadInput, "expected local or htcondor"),
        ("tls", "none", BadInput, "expected shared or transfer"),
        ("spool", "yes", WrongKind, "expected true or false"),
        ("project", 1234, WrongKind, "expected a text"),
        ("site", "", BadInput, "expected a text of one line"),
        ("setup", {"a": 1}, WrongKind, "expected a list of texts"),
        ("environment", "PATH, HOME", BadInput, "expected names of environment variables"),
        ("variables", {"A B": "1"}, BadInput, "expected names of environment variables"),
        ("variables", ["A=1"], WrongKind, "expected a mapping"),
        ("directives", {"+X": "{walltime}"}, BadInput, "got {walltime}, expected one of {runtime_s}"),
        ("directives", {"+X": "{}"}, BadInput, "got {}, expected one of"),
        ("directives", {"+X": "{project!r}"}, BadInput, "expected one of"),
        ("directives", {"+X": "{"}, BadInput, "write {{ and }}"),
        ("directives", {"a b": "1"}, BadInput, "expected a submit command or +ATTRIBUTE"),
        ("directives", {"+X": "1\nqueue 1000"}, BadInput, "a text of one line"),
        ("directives", {"request_memory": "4GB"}, BadInput, "expected the key memory instead"),
        ("directives", {"Arguments": "x"}, BadInput, "which rdf_live writes itself"),
        ("directives", {"GetEnv": True}, BadInput, "expected the key environment, with the names"),
        ("directives", {"rank": "1", "Rank": "2"}, BadInput, "got rank and Rank, which are the same line"),
        ("directives", {"+X": "1", "MY.x": "2"}, BadInput, "got +X and MY.x, which are the same line"),
        ("credentials", ["kerberos", "passport"], BadInput, "expected kerberos or afs or x509 or bearer"),
        ("worker_ports", "10100:10000", BadInput, "the smaller one first"),
        ("worker_ports", "10000-10100", BadInput, 'a range as in "10000:10100"'),
        ("worker_ports", 65536, BadInput, "ports from 1 to 65535"),
        ("worker_ports", "0:10", BadInput, "ports from 1 to 65535"),
        ("worker_ports", "1,2", BadInput, "expected a port"),
        ("nanny_ports", 3.5, WrongKind, "expected a port"),
        ("scheduler_host", "tcp://host:8786", BadInput, "without port"),
        ("directory", "$NO_SUCH_VARIABLE/x", BadInput, "expected the variable NO_SUCH_VARIABLE in it to be set"),
    ],
)
def test_values_that_cannot_be_used(key: str, value: Any, error: type[Exception], expected: str) -> None:
    with pytest.raises(error) as caught:
        load("naf", {key: value})
    assert str(caught.value).startswith(f"profile naf: {key}")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("memory", "1.5 GiB", 1_610_612_736),
        ("memory", "3g", 3_000_000_000),
        ("memory", 4e9, 4_000_000_000),
        ("runtime", "1h30m", 5400.0),
        ("runtime", "90 min", 5400.0),
        ("runtime", "0.5 d", 43200.0),
        ("runtime", 600, 600.0),
        ("gpus", "1", 1),
        ("workers", "25", 25),
        ("setup", "source x", ("source x",)),
        ("scheduler_ports", "8786:8796, 9000", "8786:8796,9000"),
        ("worker_ports", "10000:10100", "10000:10100"),
        ("scheduler_host", "192.168.1.2", "192.168.1.2"),
        ("directives", {"requirements": 'regexp("{{x}}", Machine)'}, None),
        ("directives", {"MY.Flag": True, "+Two": 2}, None),
        ("project", None, None),
    ],
)
def test_values_as_people_write_them(key: str, value: Any, read: Any) -> None:
    found = getattr(load("naf", {key: value}), key)
    if key == "directives":
        assert {name: found[name] for name in value} == {name: str(each) for name, each in value.items()}
    else:
        assert found == read


def test_folders_follow_the_standard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("htcondor").directory == str(tmp_path / "home/.local/state/rdf_live/clusters")
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert load("htcondor").directory == "/somewhere/rdf_live/clusters"
    assert load("htcondor", {"directory": "~/x/${USER}"}).directory == str(tmp_path / "home/x/ada")


@pytest.mark.parametrize(
    ("content", "error", "expected"),
    [
        ("memory: [", BadInput, "is not YAML: "),
        ("- memory", WrongKind, "holds a list, expected KEY: VALUE lines"),
        ("base: 3", WrongKind, "base: got 3, expected the name of a profile"),
        ("base: nafx", BadInput, "expected 'naf'"),
        ("memory: 3", BadInput, "mine.yaml): memory: got 3"),
        ("hosts: {a: b}", WrongKind, "mine.yaml): hosts: "),
    ],
)
def test_own_files_that_cannot_be_used(own: Path, content: str, error: type[Exception], expected: str) -> None:
    (own / "mine.yaml").write_text(content)
    with pytest.raises(error) as caught:
        load("mine")
    assert expected in str(caught.value)
    assert "mine" in str(caught.value) or "nafx" in str(caught.value)


def test_an_empty_own_file_changes_nothing(own: Path) -> None:
    before = load("naf").as_dict()
    (own / "naf.yaml").write_text("# nothing yet\n")
    assert load("naf").as_dict() == before


def test_settings_of_a_command_line() -> None:
    found = settings(
        ["memory=3GB", "project=1234", "setup=[a, b]", "directives={+X: 1}", "spool=true", "image=null", "python='x y'"]
    )
    assert found == {
        "memory": "3GB",
        "project": "1234",
        "setup": ["a", "b"],
        "directives": {"+X": 1},
        "spool": True,
        "image": None,
        "python": "x y",
    }
    assert settings(["setup=source a=b: c"]) == {"setup": "source a=b: c"}
    with pytest.raises(BadInput, match="expected KEY=VALUE"):
        settings(["memory"])
    with pytest.raises(BadInput, match="expected YAML of one line"):
        settings(["setup=[a"])


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 s"), (59.6, "1 min"), (86400, "1 d"), (90061, "1 d 1 h")])
def test_spans(seconds: float, shown: str) -> None:
    assert values.span(seconds) == shown


def _arguments(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add(parser)
    return parser.parse_args(given)


def test_command_lists_the_profiles(capsys: pytest.CaptureFixture[str], own: Path) -> None:
    (own / "broken.yaml").write_text("memory: little\n")
    assert command.run(_arguments()) == 0
    shown = capsys.readouterr().out
    assert "naf       DESY NAF (BIRD)" in shown
    assert "broken    cannot be used: profile broken" in shown
    assert "On this host rdf_live.connect() takes local" in shown


def test_command_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(_arguments("local", "--set", "memory=3GB", "--set", "setup=[a, b]")) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["memory", "3", "GB", "keyword"] in lines
    assert ["setup", "a", "keyword"] in lines
    assert ["b"] in lines
    assert "file." in lines[-1]


def test_command_shows_the_submit_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(_arguments("naf", "--set", "project=af-cms", "--set", "image=/cvmfs/x.sif")) == 0
    _, _, shown = capsys.readouterr().out.partition("Submit file of one worker:\n")
    lines = dict(line.partition(" = ")[::2] for line in shown.splitlines() if " = " in line)
    assert (lines["RequestMemory"], lines["RequestCpus"], lines["MY.DaskWorkerCores"]) == (
        "1907",
        "MY.DaskWorkerCores",
        "1",
    )
    assert (lines["+RequestRuntime"], lines["+MyProject"]) == ("10800", '"af-cms"')
    assert lines["+MySingularityImage"] == '"/cvmfs/x.sif"'
    assert lines["Executable"] == "/bin/sh"
    assert "--nthreads 1" in lines["Arguments"]
    assert "getenv" not in shown.lower()


def test_table_tells_where_values_come_from() -> None:
    shown = command.table(load("naf", {"project": "af-cms"}))
    assert "packaged naf" in shown
    assert "+RequestRuntime = {runtime_s}" in shown
    assert [line for line in shown.splitlines() if line.startswith("project") and line.endswith("keyword")]
