# SPDX-License-Identifier: BSD-3-Clause
"""What is written down of a kernel that outlives its Jupyter server, so that the next server finds it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from jupyter_core.paths import jupyter_data_dir

__all__ = ["Record"]

_KEEP_S = 30 * 86_400.0


@dataclass(frozen=True)
class Record:
    """One kernel. It holds the key of its connections: only its owner can read it.

    Attributes
    ----------
    kernel : str
        Id of the kernel.
    name : str
        Of its kernelspec.
    host : str
        Machine that it runs on.
    pid : int
        Number of its process.
    began : float
        When that process was made, which tells it from a later one with the same number; seconds since 1970.
    connection : dict
        As in a connection file.
    server : str or None
        Tells apart servers that were started in different folders; None until a page has come.
    session : dict or None
        ``id``, ``path``, ``name`` and ``type``, as the server had it.
    """

    kernel: str
    name: str
    host: str
    pid: int
    began: float
    connection: dict[str, Any]
    server: str | None = None
    session: dict[str, str] | None = None

    @classmethod
    def of(cls, kernel: str, name: str, pid: int, connection: dict[str, Any]) -> Record:
        """A kernel whose process has just been made, with the session that it had before a restart."""
        before = cls.read(kernel)
        made = cls(kernel, name, socket.gethostname(), pid, psutil.Process(pid).create_time(), connection)
        return made if before is None else replace(made, server=before.server, session=before.session)

    @classmethod
    def read(cls, kernel: str) -> Record | None:
        """What is known of that kernel."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            return cls(**json.loads(_place(kernel).read_text()))
        return None

    @classmethod
    def all(cls) -> Iterator[Record]:
        """Of every kernel, on whatever machine."""
        for place in sorted(_folder().glob("*.json")):
            if (record := cls.read(place.stem)) is not None:
                yield record

    def write(self) -> None:
        """Keep it.

        Raises
        ------
        OSError
            It cannot be written.
        """
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        _folder().chmod(0o700)
        new = _place(self.kernel).with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        new.replace(_place(self.kernel))

    @property
    def said(self) -> Path:
        """Where the process beside this one says what it has said."""
        return _folder() / f"{self.kernel}.{self.pid}.said"

    @property
    def old(self) -> bool:
        """Nobody has asked for it for long."""
        return time.time() - _place(self.kernel).stat().st_mtime > _KEEP_S

    def process(self) -> psutil.Process | None:
        """Its process, if that is on this machine and lives."""
        if self.host != socket.gethostname():
            return None
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if process.create_time() == self.began and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None

    @staticmethod
    def remove(kernel: str) -> None:
        """Forget that kernel."""
        with contextlib.suppress(OSError):
            for place in (_place(kernel), *_folder().glob(f"{kernel}.*.said")):
                place.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(jupyter_data_dir()) / "rdf_live" / "kernels"


def _place(kernel: str) -> Path:
    return _folder() / f"{kernel}.json"
