# SPDX-License-Identifier: BSD-3-Clause
"""What a site wants to be told: profiles and their effective values.

A value comes from the first of these that has it: the call, the user's ``~/.config/rdf_live/NAME.yaml``, the packaged
``profiles/NAME.yaml``, the profiles that these name as ``base``, the default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from rdf_live.cluster import credentials, layers, values
from rdf_live.errors import BadInput, WrongKind

__all__ = ["Profile", "load", "settings"]

#: A nanny needs 60 MB, and a worker 600 MB once ROOT has run; histograms come on top.
MEMORY_MIN_BYTES = 1_000_000_000
#: A shorter job would do little but start.
RUNTIME_MIN_S = 600.0
#: Carried to the workers: HTCondor starts jobs without an environment, and ROOT's interpreter looks for a compiler
#: through PATH and for its caches through HOME.  The rest is what LCG views, conda and virtual environments set.
ENVIRONMENT = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ"),
    *("LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONWARNINGS"),
    *("VIRTUAL_ENV", "CONDA_PREFIX"),
    *("ROOTSYS", "ROOT_INCLUDE_PATH", "ROOT_LIBRARY_PATH", "CPATH", "CPLUS_INCLUDE_PATH", "COMPILER_PATH"),
    *("X509_CERT_DIR", "X509_VOMS_DIR"),
)


@dataclass(frozen=True)
class Profile:
    """Effective values of a profile, one field per key.

    Attributes
    ----------
    name, site : str
        Of the profile, and the site in words.
    kind : str
        "local" or "htcondor".
    hosts : tuple of str
        Patterns of full host names where it is chosen by itself.
    workers : int
        Number of workers when the user says none; 0 in a local one stands for one per core.
    memory, disk : int
        Bytes that the batch system is asked for, for one worker, which is one job and one core.
    runtime : float
        Seconds of a job.
    gpus : int
        Per worker, 0 or 1.
    project, image : str or None
        Whom to charge, and the container to run in.
    spool : bool
        Files of the job go to the batch system at submission, so that it needs no shared file system.
    tls : str
        How a worker gets the keys: "shared" from the same path, or by "transfer" with the job.
    directory : str
        Where the private folders of clusters are.
    python : str or None
        Interpreter on the workers; None is the one that submits.
    setup : tuple of str
        Shell lines before it.
    environment : tuple of str
        Names of variables that the workers get from the one who submits, where set.
    variables : dict
        Variables set on the workers.
    directives : dict
        More lines of the submit file.
    submit_options : tuple of str
        More arguments of condor_submit.
    scheduler_host : str or None
        Name or address of the scheduler that workers can reach; None is found.
    scheduler_ports, worker_ports, nanny_ports : str or None
        A port or "first:last"; those of the scheduler also with commas. None is any.
    credentials : tuple of str
        Of kerberos, afs, x509, bearer: what is needed before submission.
    idle_timeout : float
        Seconds without a run after which the cluster ends itself.
    sources : dict
        Where each value comes from: "default", "packaged NAME", a file, or "keyword".
    """

    name: str
    site: str = "a batch system"
    kind: str = "htcondor"
    hosts: tuple[str, ...] = ()
    workers: int = 10
    memory: int = 2_000_000_000
    disk: int = 2_000_000_000
    runtime: float = 3 * 3600.0
    gpus: int = 0
    project: str | None = None
    image: str | None = None
    spool: bool = False
    tls: str = "shared"
    directory: str = "$XDG_STATE_HOME/rdf_live/clusters"
    python: str | None = None
    setup: tuple[str, ...] = ()
    environment: tuple[str, ...] = ENVIRONMENT
    variables: dict[str, str] = field(default_factory=dict)
    directives: dict[str, str] = field(default_factory=dict)
    submit_options: tuple[str, ...] = ()
    scheduler_host: str | None = None
    scheduler_ports: str | None = None
    worker_ports: str | None = None
    nanny_ports: str | None = None
    credentials: tuple[str, ...] = ()
    idle_timeout: float = 3600.0
    sources: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """What JSON can hold."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Profile:
        """The profile that `as_dict` was called for; nothing is filled in again."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
        }
        return cls(**fields)


def _credentials(key: str, value: Any) -> tuple[str, ...]:
    return tuple(values.choice(key, each, *credentials.NAMES) for each in values.texts(key, value))


def _memory(key: str, value: Any) -> int:
    bytes_ = values.size(key, value)
    if bytes_ < MEMORY_MIN_BYTES:
        raise BadInput(
            f"{key}: got {value!r} ({values.size_text(bytes_)}), expected 1 GB or more: the process that watches a "
            "worker needs 60 MB, and a worker 600 MB once ROOT has run"
        )
    return bytes_


def _runtime(key: str, value: Any) -> float:
    seconds = values.duration(key, value)
    if seconds < RUNTIME_MIN_S:
        raise BadInput(
            f"{key}: got {value!r} ({values.span(seconds)}), expected {values.span(RUNTIME_MIN_S)} or more: a job "
            'needs minutes to start and to leave. A number without a unit is seconds; write "3h" for hours'
        )
    return seconds


def _gpus(key: str, value: Any) -> int:
    number = values.count(key, value)
    if number > 1:
        raise BadInput(
            f"{key}: got {number}, expected 0 or 1: a worker computes one range at a time, with one GPU. "
            "For more GPUs ask for more workers"
        )
    return number


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "site": values.text,
    "kind": lambda key, value: values.choice(key, value, "local", "htcondor"),
    "hosts": values.texts,
    "workers": values.count,
    "memory": _memory,
    "disk": values.size,
    "runtime": _runtime,
    "gpus": _gpus,
    "project": values.text,
    "image": values.text,
    "spool": values.flag,
    "tls": lambda key, value: values.choice(key, value, "shared", "transfer"),
    "directory": values.text,
    "python": values.text,
    "setup": values.texts,
    "environment": values.names,
    "variables": values.variables,
    "directives": values.directives,
    "submit_options": values.texts,
    "scheduler_host": values.address,
    "scheduler_ports": lambda key, value: values.ports(key, value, several=True),
    "worker_ports": values.ports,
    "nanny_ports": values.ports,
    "credentials": _credentials,
    "idle_timeout": values.duration,
}
_OPTIONAL = {"project", "image", "python", "scheduler_host", "scheduler_ports", "worker_ports", "nanny_ports"}
#: Of these the layers add up, name by name; null takes a name away.
_MERGED = {"variables", "directives"}
#: Where ~ and $NAME are filled in.
_EXPANDED = {"directory", "image", "python", "scheduler_host", "scheduler_ports"}


def load(name: str, overrides: Mapping[str, Any] | None = None) -> Profile:
    """The profile `name` with its effective values.

    Parameters
    ----------
    name : str
        Packaged or of the user, see `layers.available`.
    overrides : mapping, optional
        Values of the call, by key.

    Raises
    ------
    BadInput, WrongKind
        There is no such profile or key, or a value cannot be used.
    """
    found_in = [*([("keyword", dict(overrides))] if overrides else []), *layers.layers(name)]
    given: dict[str, Any] = {}
    sources = dict.fromkeys(_READERS, "default")
    # From the weakest to the strongest.
    for source, content in reversed(found_in):
        for key, value in content.items():
            if key not in _READERS:
                raise BadInput(f"{layers.place(name, source)}: {layers.unknown('key', key, _READERS)}")
            if key in _MERGED and isinstance(value, Mapping) and isinstance(given.get(key), Mapping):
                value = _merged(key, given[key], value)
            given[key], sources[key] = value, source
    found: dict[str, Any] = {}
    for key, value in given.items():
        try:
            found[key] = _read(key, value)
        except (BadInput, WrongKind) as error:
            raise type(error)(f"{layers.place(name, sources[key])}: {error}") from None
        if found[key] is None and value is not None:
            sources[key] += f" (${layers.expand(value)[1]} is not set here)"
    if "directory" not in found:
        found["directory"] = _read("directory", Profile.directory)
    profile = Profile(name=name, sources=sources, **found)
    if profile.kind == "htcondor" and profile.workers < 1:
        raise BadInput(f"{layers.place(name, sources['workers'])}: workers: got {profile.workers}, expected 1 or more")
    return profile


def _merged(key: str, weaker: Mapping[Any, Any], stronger: Mapping[Any, Any]) -> dict[Any, Any]:
    """The names of both; a line of a submit file may be spelled otherwise in each of them."""
    if key != "directives":
        return {**weaker, **stronger}
    replaced = {values.command(str(name)) for name in stronger}
    return {name: each for name, each in weaker.items() if values.command(str(name)) not in replaced} | dict(stronger)


def _read(key: str, value: Any) -> Any:
    if value is None and key in _OPTIONAL:
        return None
    if key in _MERGED and isinstance(value, Mapping):
        value = {name: each for name, each in value.items() if each is not None}
    if key in _EXPANDED and isinstance(value, str):
        filled, missing = layers.expand(value)
        if missing is not None:
            if key in _OPTIONAL:
                return None
            raise BadInput(f"{key}: got {value!r}, expected the variable {missing} in it to be set")
        value = filled
    return _READERS[key](key, value)


def settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Values of a profile from a command line.

    Parameters
    ----------
    pairs : sequence of str
        "KEY=VALUE"; lists and mappings as YAML writes them on one line: ``setup=[a, b]``, ``directives={+X: 1}``.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, given = pair.partition("=")
        if not equals:
            raise BadInput(f'got {pair!r}, expected KEY=VALUE, for example "memory=3GB"')
        # Readers take numbers as texts, and a project may well be a number; what a shell line has is not YAML.
        if given[:1] not in ("[", "{", "'", '"') and given not in ("true", "false", "null", ""):
            found[key.strip()] = given
            continue
        try:
            found[key.strip()] = yaml.safe_load(given)
        except yaml.YAMLError as error:
            raise BadInput(f"{key}: got {given!r}, expected YAML of one line ({layers.problem(error)})") from None
    return found
