# SPDX-License-Identifier: BSD-3-Clause
"""Which runs this user has started, from where and on which cluster: one small file per run, for who comes back."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdf_live.client.where import Where, state_folder

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Record", "all_records", "note", "prune", "write"]

KEEP_S, KEEP = 30 * 86400.0, 500
#: A file system that hangs holds up a start no longer than this.
_PATIENCE_S = 0.2
_RUN = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True)
class Record:
    """One start.

    Attributes
    ----------
    run, name : str
        Id of the run, and its name for people.
    address : str
        Of the scheduler.
    cluster, home : str or None
        Name of the cluster and its private folder, where it is one that rdf_live keeps.
    started : float
        Seconds since 1970.
    notebook, cell, kernel, execution, host, user
        As in `Where`.
    """

    run: str
    name: str
    address: str
    cluster: str | None
    home: str | None
    started: float
    notebook: str | None
    cell: str | None
    kernel: str | None
    execution: str | None
    host: str
    user: str


_FIELDS = {field.name for field in fields(Record)}
_NEEDED = ("run", "name", "address", "host", "user")


def note(client: Client, run: str, name: str, where: Where) -> None:
    """Write down that a run was started. It never fails, and does not wait for a slow disk."""

    def work() -> None:
        with contextlib.suppress(OSError, RuntimeError, ValueError):  # no home, no room: the run matters more
            address = str(client.scheduler.address)  # type: ignore[union-attr]
            cluster, home = _cluster(client, address)
            write(Record(run, name, address, cluster, home, time.time(), **asdict(where)))
            prune(time.time())

    thread = threading.Thread(target=work, name="rdf_live record", daemon=True)
    thread.start()
    thread.join(_PATIENCE_S)


def write(record: Record) -> None:
    """As a whole, for its owner only."""
    if not _RUN.fullmatch(record.run):
        raise ValueError(f"got the run {record.run!r}, expected an id")
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=".", suffix=".json", dir=folder)  # with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(record), file)
        os.replace(part, folder / f"{record.run}.json")
    except BaseException:
        os.unlink(part)
        raise


def all_records() -> list[Record]:
    """Those that are there and can be read, the newest first."""
    found = [record for path in _paths() if (record := _read(path)) is not None]
    return sorted(found, key=lambda record: record.started, reverse=True)


def prune(now: float) -> None:
    """Remove those that are old or too many."""
    aged = []
    for path in _paths():
        with contextlib.suppress(OSError):
            aged.append((path.stat().st_mtime, path))
    aged.sort(reverse=True)
    for index, (written, path) in enumerate(aged):
        if index >= KEEP or now - written > KEEP_S:
            with contextlib.suppress(OSError):
                path.unlink()


def _folder() -> Path:
    return state_folder() / "runs"


def _paths() -> list[Path]:
    try:
        return [path for path in _folder().iterdir() if path.suffix == ".json" and not path.name.startswith(".")]
    except (OSError, RuntimeError):
        return []


def _read(path: Path) -> Record | None:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        texts = {key: content[key] for key in _FIELDS - {"started"}}
        if not all(text is None or isinstance(text, str) for text in texts.values()) or None in map(texts.get, _NEEDED):
            return None
        return Record(started=float(content["started"]), **texts)
    except (OSError, ValueError, KeyError, TypeError):  # of another version, or not ours
        return None


def _cluster(client: Client, address: str) -> tuple[str | None, str | None]:
    """Name and private folder of the cluster, if it is one of ours: its keys lie there."""
    keys = getattr(getattr(client, "security", None), "tls_ca_file", None)
    if not isinstance(keys, str) or not os.path.isabs(keys):
        return None, None
    home = Path(keys).parents[1]
    try:
        record = json.loads((home / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, None
    return (home.name, str(home)) if record.get("address") == address else (None, None)
