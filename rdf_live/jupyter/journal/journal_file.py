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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rdf_live.jupyter.journal.journal import Journal
from rdf_live.jupyter.journal.limits import Limits
from rdf_live.jupyter.journal.records import Reader, Writer

__all__ = ["JournalFile", "file_name"]

#: Nothing smaller is written anew.
_SMALL_BYTES = 1_000_000
_GROWN, _GROWN_AT_REST = 4, 2
_VERSION = 1
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
        #: It must be written as a whole.
        self._anew = True
        #: Size as we left it, and after it was written as a whole.
        self._bytes = self._whole_bytes = 0
        #: What the journal was when it was read or written.
        self._on_disk: object = None

    @classmethod
    def found(cls, place: Path, limits: Limits) -> JournalFile | None:
        """The journal in that file, of which only the first record is read; None if it is none."""
        file = cls(place, "", "", limits)
        return file if file._read_header() else None

    @classmethod
    def of(cls, place: Path, journal: Journal) -> JournalFile:
        """The file that a journal in memory gets."""
        file = cls(place, journal.kernel, journal.path, journal.limits)
        file._journal = journal
        return file

    def _read_header(self) -> bool:
        """Whose it is, which may be another process by now, and another notebook."""
        try:
            with self.place.open("rb") as lines:
                header = json.loads(lines.readline(10_000))
            if header["rdf_live_journal"] != _VERSION:
                return False
            self.kernel, self._path, self._by = str(header["kernel"]), str(header["path"]), dict(header["by"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True

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
        """True if another process, which has given a sign of life, keeps this journal: it is not ours to change."""
        # The number of a process that is gone may be that of another one, after the start of a container above all.
        if self.written <= time - _SILENT_S or not self._read_header():
            return False
        if self._by.get("host") != socket.gethostname():
            return True
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
        """The journal, read at the first time that somebody asks.

        Raises
        ------
        OSError
            It cannot be read now: nothing may be written over it.
        """
        if self._journal is None:
            self._journal = self.read()
            self._anew = True
            self._on_disk = self._now()
        return self._journal

    def read(self) -> Journal:
        """The journal as it is on disk, for those who only look.

        Raises
        ------
        OSError
            It cannot be read now.
        """
        journal = Journal(self.kernel, limits=self._limits)
        journal.path = self._path
        reader = Reader()
        try:
            # As text at once, which is quicker than line by line; JSON has only ASCII here.
            lines = self.place.read_bytes().decode("ascii", "replace").split("\n")
        except FileNotFoundError:
            return journal
        with _no_collection():
            with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
                # A line that was cut off, or is nonsense, ends it: patches behind it would not fit.
                for line in lines[1:-1]:
                    reader.take(json.loads(line))
            reader.fill(journal)
        return journal

    def _now(self) -> object:
        journal = self.journal
        return journal.seq, journal.path, dict(journal.kernel_info)

    def release(self) -> bool:
        """Forget it until somebody asks again; False if it has to be written first."""
        if self._journal is None:
            return True
        if self._writer is not None and self._bytes > max(_SMALL_BYTES, _GROWN_AT_REST * self._whole_bytes):
            # What is history does not stay on disk.
            self._anew, self._on_disk = True, None
        if self._now() != self._on_disk:
            return False
        self._path = self._journal.path
        self._journal = self._writer = None
        return True

    def prepared(self) -> Callable[[], int]:
        """Take what changed; the call, in any thread but in the same order, appends it and gives the bytes written.

        Raises
        ------
        OSError
            By the call: the disk is full, say. Then the next one writes the whole file.
        """
        journal, now = self.journal, self._now()
        if self._writer is None or self._anew or journal.path != self._path:
            self._writer, self._path, self._anew = Writer(journal), journal.path, True
            self._by = {"host": socket.gethostname(), "pid": os.getpid()}
            header = {"rdf_live_journal": _VERSION, "kernel": self.kernel, "path": journal.path, "by": self._by}
            whole = b"".join(map(_line, [header, *self._writer.records()]))
            return lambda: self._write_whole(whole, now)
        lines = b"".join(map(_line, self._writer.records()))
        return lambda: self._append(lines, now)

    def _append(self, lines: bytes, now: object) -> int:
        # Whatever becomes of it.
        self._anew = True
        if lines:
            file = os.open(self.place, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
            try:
                if (size := os.fstat(file).st_size) != self._bytes:
                    raise OSError(f"got {size} bytes in {self.place}, expected {self._bytes}: somebody else wrote it")
                if os.write(file, lines) != len(lines):
                    raise OSError(f"got only a part of {len(lines)} bytes into {self.place}")
            finally:
                os.close(file)
        self._bytes += len(lines)
        self._on_disk = now
        self._anew = self._bytes > max(_SMALL_BYTES, _GROWN * self._whole_bytes)
        return len(lines)

    def _write_whole(self, data: bytes, now: object) -> int:
        # mkstemp makes it for the owner alone; the name keeps it from being taken for a journal.
        handle, made = tempfile.mkstemp(dir=self.place.parent, prefix=self.place.stem, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(made, self.place)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
        self._bytes = self._whole_bytes = len(data)
        self._anew, self._on_disk = False, now
        return len(data)
