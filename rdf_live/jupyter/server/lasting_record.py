# SPDX-License-Identifier: BSD-3-Clause
"""What is written down of a kernel that outlives its Jupyter server, so that the next server finds it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

__all__ = ["Record", "began", "machine"]

_KEEP_S = 30 * 86_400.0


def machine() -> str:
    """Names what gives processes their numbers: this machine since it was started, or this container."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {os.stat('/proc/self/ns/pid').st_ino}"


def began(pid: int) -> int | None:
    """When that process was made, in ticks since the machine was started; None if it has ended.

    It tells a process from a later one with the same number, and does not depend on the clock.
    """
    try:
        state, *values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    # The 22nd value of all, of which the first two are cut off and the third is the state.
    return None if state == "Z" else int(values[18])


@dataclass(frozen=True)
class Record:
    """One kernel. It holds the key of its connections: only its owner can read it.

    Attributes
    ----------
    kernel : str
        Id of the kernel.
    name : str
        Of its kernelspec.
    machine : str
        Where it runs.
    process : tuple of int
        Number of its process, and when that was made.
    keeper : tuple of int
        The same of the server that has it.
    connection : dict
        As in a connection file.
    server : str or None
        Tells apart servers that were started in different folders; None until a page has come.
    session : dict or None
        ``id``, ``path``, ``name`` and ``type``, as the server had it.
    """

    kernel: str
    name: str
    machine: str
    process: tuple[int, int]
    keeper: tuple[int, int]
    connection: dict[str, Any]
    server: str | None = None
    session: dict[str, str] | None = None

    @classmethod
    def of(cls, kernel: str, name: str, pid: int, connection: dict[str, Any]) -> Record:
        """A kernel whose process has just been made, with the session that it had before a restart."""
        before = cls.read(kernel)
        made = cls(kernel, name, machine(), (pid, began(pid) or 0), _self(), connection)
        return made if before is None else replace(made, server=before.server, session=before.session)

    @classmethod
    def read(cls, kernel: str) -> Record | None:
        """What is known of that kernel."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            data = json.loads(_place(kernel).read_text())
            return cls(**{**data, "process": tuple(data["process"]), "keeper": tuple(data["keeper"])})
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

    def kept(self) -> Record:
        """This server has it now."""
        return replace(self, keeper=_self())

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self.process[0]

    @property
    def here(self) -> bool:
        """It is, or was, a process of this machine."""
        return self.machine == machine()

    @property
    def alive(self) -> bool:
        """Its process is there; only for one that is here."""
        return began(self.pid) == self.process[1]

    @property
    def has_keeper(self) -> bool:
        """Another server, which is there, has it; only for one that is here."""
        return self.keeper != _self() and began(self.keeper[0]) == self.keeper[1]

    @property
    def said(self) -> Path:
        """Where the process beside this one says what it has said."""
        return _folder() / f"{self.kernel}.{self.pid}.said"

    @property
    def old(self) -> bool:
        """Nobody has changed it for long."""
        try:
            return time.time() - _place(self.kernel).stat().st_mtime > _KEEP_S
        except OSError:
            return False

    @staticmethod
    def remove(kernel: str) -> None:
        """Forget that kernel."""
        with contextlib.suppress(OSError):
            for place in (_place(kernel), *_folder().glob(f"{kernel}.*.said")):
                place.unlink(missing_ok=True)


def _self() -> tuple[int, int]:
    return os.getpid(), began(os.getpid()) or 0


def _folder() -> Path:
    return Path(jupyter_data_dir()) / "rdf_live" / "kernels"


def _place(kernel: str) -> Path:
    return _folder() / f"{kernel}.json"
