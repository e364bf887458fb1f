# SPDX-License-Identifier: BSD-3-Clause
"""The journals on disk: one append-only file per kernel, which only its owner can read."""

from __future__ import annotations

import contextlib
import os
import time as clock
from collections.abc import Callable, Container, Iterator
from pathlib import Path

from rdf_live.jupyter.journal.journal import Journal
from rdf_live.jupyter.journal.journal_file import JournalFile, file_name
from rdf_live.jupyter.journal.limits import Limits

__all__ = ["Store"]

_DAY_S = 86_400.0


class Store:
    """A folder of journals, which are loaded when somebody asks for their notebook.

    Parameters
    ----------
    folder : Path
        Made, with its parents, for the owner alone.
    limits : Limits
        Caps of each execution.
    keep_s : float
        What was not touched for so many seconds is dropped.
    keep_bytes : int
        More than this is not kept; what was touched last stays.
    keep_executions : int
        Of each kernel, and no more than a quarter of `keep_bytes`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limits: Limits | None = None,
        keep_s: float = 30 * _DAY_S,
        keep_bytes: int = 200_000_000,
        keep_executions: int = 1000,
    ) -> None:
        self.folder = folder
        self._limits = limits or Limits()
        self._keep_s = keep_s
        self._keep_bytes = keep_bytes
        self._keep_executions = keep_executions
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._files: dict[str, JournalFile] = {}
        for path in sorted(folder.glob("*.jsonl")):
            if (file := JournalFile.found(path, self._limits)) is not None:
                self._files[file.kernel] = file

    def open(self, kernel: str) -> Journal:
        """The journal of that kernel: loaded, or new."""
        if kernel not in self._files:
            self._files[kernel] = JournalFile(self.folder / file_name(kernel), kernel, "", self._limits)
        return self._files[kernel].journal

    def kernels(self) -> list[str]:
        """Ids of the kernels that have a journal."""
        return list(self._files)

    def paths(self) -> set[str]:
        """The notebooks that have a journal."""
        return {file.path for file in self._files.values()} - {""}

    def journals(self, path: str) -> list[Journal]:
        """The journals of that notebook, one for each kernel that it had.

        Of those that another process keeps there are copies, as they are on disk now. What cannot be read is missing.
        """
        now, found = clock.time(), []
        for file in self._files.values():
            if file.path == path:
                with contextlib.suppress(OSError):
                    foreign = not file.loaded and file.watched_elsewhere(now)
                    found.append(file.read() if foreign else file.journal)
        return found

    def loaded(self, path: str) -> list[Journal]:
        """Those journals of a notebook that are in memory."""
        return [file.journal for file in self._files.values() if file.loaded and file.path == path]

    def release(self, kernel: str) -> bool:
        """Keep a journal only on disk; False if it has to be written first."""
        return self._files[kernel].release()

    def watched_elsewhere(self, kernel: str) -> bool:
        """True if another process, which is alive, writes this journal."""
        return kernel in self._files and self._files[kernel].watched_elsewhere(clock.time())

    def heard(self, kernel: str) -> float:
        """When something was written last, in seconds since 1970."""
        return self._files[kernel].written

    def touch(self) -> None:
        """Say that this process still keeps the journals that are in memory."""
        for file in self._files.values():
            if file.loaded:
                with contextlib.suppress(OSError):
                    os.utime(file.place)

    def prepared(self, journal: Journal) -> Callable[[], int]:
        """Take what changed since the last time; the call writes it, in any thread, and gives the bytes written.

        There must be no other one between the two.

        Raises
        ------
        OSError
            By the call: it could not be written. The next one writes all of the journal.
        """
        if journal.kernel not in self._files:
            # It was pruned, and its kernel works again.
            self._files[journal.kernel] = JournalFile.of(self.folder / file_name(journal.kernel), journal)
        file = self._files[journal.kernel]
        # A copy is not for the disk, nor what was released.
        return file.prepared() if file.loaded and file.journal is journal else lambda: 0

    def flush(self, journal: Journal) -> int:
        """Write what changed since the last time; gives the bytes that were written.

        Raises
        ------
        OSError
            It could not be written. The next flush writes all of it.
        """
        return self.prepared(journal)()

    def rename(self, old: str, new: str) -> list[Journal]:
        """A notebook, or a folder with notebooks, has another path now; gives the journals to be written."""
        moved = []
        for _, file in self._below(old):
            with contextlib.suppress(OSError):
                file.journal.path = new + file.path[len(old) :]
                moved.append(file.journal)
        return moved

    def drop(self, path: str, watched: Container[str]) -> list[Journal]:
        """A notebook, or a folder, was deleted, and its outputs with it; gives the journals to be written.

        Parameters
        ----------
        path : str
            A new notebook may get the same one.
        watched : container of str
            Kernels that go on, of no notebook.
        """
        kept = []
        for kernel, file in self._below(path):
            if kernel in watched:
                file.journal.path = ""
                kept.append(file.journal)
            else:
                self._unlink(kernel)
        return kept

    def _below(self, path: str) -> list[tuple[str, JournalFile]]:
        """The journals of a notebook, or of those in a folder, but not those that another process keeps."""
        now = clock.time()
        files = [(kernel, file) for kernel, file in self._files.items() if f"{file.path}/".startswith(f"{path}/")]
        return [(kernel, file) for kernel, file in files if file.loaded or not file.watched_elsewhere(now)]

    def _unlink(self, kernel: str) -> None:
        with contextlib.suppress(OSError):
            self._files[kernel].place.unlink()
        del self._files[kernel]

    def prune(self, time: float, watched: Container[str] = ()) -> None:
        """Drop what is too old or too much, seen at that time.

        Never that of the kernels in `watched`, what another process keeps, what runs, and what is not in its notebook
        yet: those journals only lose their oldest executions.
        """
        size_bytes = 0
        for kernel, file in self._by_age():
            if not file.written:
                # Of a kernel that has just come: nothing of it is on disk yet.
                continue
            if file.loaded:
                file.journal.forget(time - self._keep_s, self._keep_executions, self._keep_bytes // 4)
            needed = file.loaded and not all(one.saved for one in file.journal.executions.values())
            size_bytes += file.size()
            old = file.written < time - self._keep_s
            if not (old or size_bytes > self._keep_bytes) or needed or kernel in watched:
                continue
            if not file.watched_elsewhere(clock.time()):
                size_bytes -= file.size()
                self._unlink(kernel)
        for left in self.folder.glob("*.new"):
            # Of a process that was killed while it wrote.
            with contextlib.suppress(OSError):
                if left.stat().st_mtime < time - _DAY_S:
                    left.unlink()

    def _by_age(self) -> Iterator[tuple[str, JournalFile]]:
        yield from sorted(self._files.items(), key=lambda item: -item[1].written)

    def size_bytes(self) -> int:
        """What all journals take on disk."""
        return sum(file.size() for file in self._files.values())
