# SPDX-License-Identifier: BSD-3-Clause
"""The private folder of one cluster: how to reach it, its keys, the logs of its jobs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rdf_live import errors
from rdf_live.cluster import place
from rdf_live.export.atomic import replaced

__all__ = ["HOST", "Home", "make_private"]

#: Not the full name, which is "localhost" on some machines and a question to the network on others.
HOST = socket.gethostname()

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Home:
    """The folder of the cluster `name` under `directory`.

    Attributes
    ----------
    path : Path
        ``request.json`` (what was asked for), ``record.json`` (how to reach what runs), ``holder.log``, ``tls/``,
        ``jobs/`` (event log, output and errors of the jobs), ``lock`` (held as long as the cluster lives; says on
        which host and by which process), ``connecting`` (held by who begins or ends it), ``failure.json`` (why it
        failed).
    """

    def __init__(self, directory: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise errors.BadInput(
                f"name: got {name!r}, expected letters, digits, dots, dashes and underscores, 64 at most"
            )
        self.name = name
        self.path = Path(directory) / name
        self.tls = self.path / "tls"
        self.jobs = self.path / "jobs"
        self.log = self.path / "holder.log"

    @classmethod
    def all(cls, directory: Path) -> list[Home]:
        """Those that are there, by name."""
        directory = Path(directory)
        if not directory.is_dir():
            return []
        return [cls(directory, each.name) for each in sorted(directory.iterdir()) if (each / "request.json").exists()]

    def make(self) -> None:
        """Make the folder, or see to it that what is there is private.

        Raises
        ------
        BadInput
            It belongs to somebody else, others may write to it, or it cannot be made.
        """
        try:
            for folder in (self.path, self.tls, self.jobs):
                make_private(folder)
        except OSError as error:
            raise errors.BadInput(
                f"got the folder {self.path}, which cannot be made ({error.strerror}), expected one for the state of "
                "clusters. Name another with directory=... or in the profile."
            ) from error
        self.check()

    def check(self) -> None:
        """See that keys in it are ours alone.

        Raises
        ------
        BadInput
            They would not be.
        """
        for folder in (self.path.parent, self.path, self.tls):
            found = folder.stat()
            if found.st_uid != os.getuid():
                raise errors.BadInput(
                    f"got the folder {folder}, which belongs to user {found.st_uid}, expected one of your own. "
                    "Name another with directory=... or in the profile."
                )
            # Who may write to the parent could put a folder of their own in this one's place.
            forbidden = 0o022 if folder == self.path.parent else 0o077
            if found.st_mode & forbidden:
                raise errors.BadInput(
                    f"got the folder {folder} with mode {stat.S_IMODE(found.st_mode):04o}, which lets others in, "
                    f"expected 0700, since the keys of the cluster are there: chmod 700 {folder}"
                )
        if (above := place.exposed(self.path.parent.parent)) is not None:
            raise errors.BadInput(
                f"got the folder {above} with mode {stat.S_IMODE(above.stat().st_mode):04o}, so that others can put "
                f"something else in the place of {self.path}, expected one where only you write: chmod go-w {above}; "
                "or name another with directory=... or in the profile."
            )

    @contextlib.contextmanager
    def lock(self, name: str = "lock", *, wait: bool = False) -> Iterator[int | None]:
        """Hold a lock of the cluster for the length of the block; gives its file descriptor, or None if it is taken.

        A process that has been given the descriptor holds the lock too, beyond the block. The system frees it when the
        last of them has ended, however it ended.
        """
        descriptor = self._take(name, wait)
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _take(self, name: str, wait: bool) -> int | None:
        while True:
            try:
                descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                self.make()
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                os.close(descriptor)
                return None
            except OSError as error:
                os.close(descriptor)
                raise errors.BadInput(
                    f"got the folder {self.path}, where files cannot be locked ({error.strerror}), expected a file "
                    "system that can do that. Name another with directory=... or in the profile."
                ) from error
            # Who held it may have removed the folder: the next one would lock another file of this name.
            if _is(descriptor, self.path / name):
                return descriptor
            os.close(descriptor)
            self.make()

    def locked(self) -> bool:
        """Whether its process lives: on this machine, or on any where the file system tells all of them of locks."""
        if not (self.path / "lock").exists():
            return False
        with self.lock() as descriptor:
            return descriptor is None

    def sign(self, descriptor: int, pid: int) -> None:
        """Write into the lock, which is held, which process of this host it is for."""
        # Never empty for who reads meanwhile. What an earlier one has written beyond the line is not read.
        os.pwrite(descriptor, f"{HOST} {pid}\n".encode(), 0)

    def signed(self) -> tuple[str, int] | None:
        """Host and number of the process that has the lock, or had it last; None where nobody knows."""
        try:
            host, _, pid = (self.path / "lock").read_text(errors="replace").partition("\n")[0].rpartition(" ")
        except FileNotFoundError:
            return None
        return (host, int(pid)) if host and pid.isdigit() else None

    def holder(self) -> int | None:
        """Number of the process that holds the cluster on this machine; None where there is none, or nobody knows."""
        found = self.signed() if self.locked() else None
        # The lock may be held from another machine, where the number is that of another process.
        return found[1] if found is not None and found[0] == HOST else None

    def read(self, what: str) -> dict[str, Any] | None:
        """The file ``WHAT.json``, or None where there is none."""
        try:
            found: dict[str, Any] = json.loads((self.path / f"{what}.json").read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise errors.ClusterTrouble(
                f"got {self.path / what}.json, which cannot be read ({error}), expected JSON. "
                f"Remove the folder: rdf-live down {self.name}"
            ) from error
        return found

    def write(self, what: str, content: dict[str, Any]) -> None:
        """Write ``WHAT.json`` as a whole, for its owner only."""
        with replaced(self.path / f"{what}.json") as part:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(content, file, indent=1)

    def forget(self) -> None:
        """Remove the keys and how to reach what ran; the logs stay for whoever asks why it ended."""
        (self.path / "record.json").unlink(missing_ok=True)
        shutil.rmtree(self.tls, ignore_errors=True)

    def remove(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.path, ignore_errors=True)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing; ``mkdir(parents=True)`` makes these as the umask has it."""
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _is(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
