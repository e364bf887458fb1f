# SPDX-License-Identifier: BSD-3-Clause
"""One journal on disk: read when needed, appended to, and written anew when most of it is history."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rdf_live.jupyter.journal.journal import Journal
from rdf_live.jupyter.journal.limits import Limits
from rdf_live.jupyter.journal.records import Reader, Writer

__all__ = ["JournalFile", "file_name"]

#: Nothing smaller is written anew.
_SMALL_BYTES = 1_000_000
_GROWN = 4
#: A process that watches a kernel touches the file more often than this.
_SILENT_S = 180.0


def file_name(kernel: str) -> str:
    """Where the journal of a kernel lies in its folder."""
    return re.sub(r"[^\w-]", "_", kernel)[:100] + ".jsonl"


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), default=str).encode() + b"\n"


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Many new objects at once make Python look for garbage again and again: a quarter of the time to read them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class JournalFile:
    """The file of one kernel's journal; its first record says which kernel and which notebook.

    Parameters
    ----------
    place : Path
        The file.
    kernel : str
        Id of the kernel.
    path : str
        Of the notebook, as the file says.
    limits : Limits
        Caps of each execution.
    """

    def __init__(self, place: Path, kernel: str, path: str, limits: Limits) -> None:
        self.place = place
        self.kernel = kernel
        self._path = path
        self._limits = limits
        self._by: dict[str, Any] = {}
        self._journal: Journal | None = None
        self._writer: Writer | None = None
        #: Size after the file was written as a whole; None when it must be.
        self._whole_bytes: int | None = None

    @classmethod
    def found(cls, place: Path, limits: Limits) -> JournalFile | None:
        """The journal in that file, of which only the first record is read; None if it is none."""
        try:
            with place.open("rb") as lines:
                header = json.loads(lines.readline(10_000))
            file = cls(place, header["kernel"], header["path"], limits)
            file._by = dict(header["by"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return file

    @classmethod
    def of(cls, place: Path, journal: Journal) -> JournalFile:
        """The file that a journal in memory gets."""
        file = cls(place, journal.kernel, journal.path, journal.limits)
        file._journal = journal
        return file

    @property
    def loaded(self) -> bool:
        """True if the journal is in memory."""
        return self._journal is not None

    @property
    def path(self) -> str:
        """Of the notebook."""
        return self._path if self._journal is None else self._journal.path

    @property
    def written(self) -> float:
        """When something was written last, in seconds since 1970; 0 for a file that is not there."""
        try:
            return self.place.stat().st_mtime
        except OSError:
            return 0.0

    def size(self) -> int:
        """Bytes on disk."""
        try:
            return self.place.stat().st_size
        except OSError:
            return 0

    def watched_elsewhere(self, time: float) -> bool:
        """True if another process that is alive writes this file; of one on another machine, only the file tells."""
        if self._by.get("host") != socket.gethostname():
            return bool(self._by) and self.written > time - _SILENT_S
        pid = self._by.get("pid")
        if not isinstance(pid, int) or pid == os.getpid():
            return False
        try:
            os.kill(pid, 0)
        except OSError as error:
            return isinstance(error, PermissionError)
        return True

    @property
    def journal(self) -> Journal:
        """The journal, read at the first time that somebody asks."""
        if self._journal is None:
            self._journal = Journal(self.kernel, limits=self._limits)
            self._journal.path = self._path
            self._load(self._journal)
        return self._journal

    def _load(self, journal: Journal) -> None:
        reader = Reader()
        try:
            # As text at once, which is quicker than line by line; JSON has only ASCII here.
            lines = self.place.read_bytes().decode("ascii", "replace").split("\n")
        except OSError:
            lines = []
        with _no_collection():
            with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
                # A line that was cut off, or is nonsense, ends it: patches behind it would not fit.
                for line in lines[1:-1]:
                    reader.take(json.loads(line))
            reader.fill(journal)
        self._writer = None

    def release(self) -> None:
        """Write what changed, and forget it until somebody asks again."""
        if self._writer is not None:
            self.flush()
        self._path = self.path
        self._journal = self._writer = self._whole_bytes = None

    def flush(self) -> int:
        """Append what changed; gives the bytes that were written.

        Raises
        ------
        OSError
            The disk is full, say. The next flush writes the whole file.
        """
        journal = self.journal
        if self._writer is None or self._whole_bytes is None or journal.path != self._path:
            return self._write_whole()
        lines = b"".join(map(_line, self._writer.records()))
        if not lines:
            return 0
        try:
            file = os.open(self.place, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
            try:
                if os.write(file, lines) != len(lines):
                    raise OSError(f"got only a part of {len(lines)} bytes into {self.place}")
                size = os.fstat(file).st_size
            finally:
                os.close(file)
        except OSError:
            self._whole_bytes = None
            raise
        if size > max(_SMALL_BYTES, _GROWN * self._whole_bytes):
            self._write_whole()
        return len(lines)

    def _write_whole(self) -> int:
        journal = self.journal
        self._whole_bytes = None
        writer = Writer(journal)
        by = {"host": socket.gethostname(), "pid": os.getpid()}
        header = {"rdf_live_journal": 1, "kernel": self.kernel, "path": journal.path, "by": by}
        data = b"".join(map(_line, [header, *writer.records()]))
        # mkstemp makes it for the owner alone; the name keeps it from being taken for a journal.
        handle, made = tempfile.mkstemp(dir=self.place.parent, prefix=self.place.stem, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(made, self.place)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
        self._writer, self._by, self._path, self._whole_bytes = writer, by, journal.path, len(data)
        return len(data)
