# SPDX-License-Identifier: BSD-3-Clause
"""The journals on disk: one append-only file per kernel, which only its owner can read."""

from __future__ import annotations

import contextlib
import os
import time as clock
from collections.abc import Iterator
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
        Of each kernel.
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
        """The journals of that notebook, one for each kernel that it had."""
        return [file.journal for file in self._files.values() if file.path == path]

    def loaded(self, path: str) -> list[Journal]:
        """Those journals of a notebook that are in memory."""
        return [file.journal for file in self._files.values() if file.loaded and file.path == path]

    def release(self, kernel: str) -> None:
        """Write a journal, and keep it only on disk."""
        self._files[kernel].release()

    def watched_elsewhere(self, kernel: str) -> bool:
        """True if another process, which is alive, writes this journal."""
        return kernel in self._files and self._files[kernel].watched_elsewhere(clock.time())

    def heard(self, kernel: str) -> float:
        """When something was written last, in seconds since 1970."""
        return self._files[kernel].written

    def touch(self, kernel: str) -> None:
        """Say that this process still watches the kernel."""
        with contextlib.suppress(OSError, KeyError):
            os.utime(self._files[kernel].place)

    def flush(self, journal: Journal) -> int:
        """Write what changed since the last time; gives the bytes that were written.

        Raises
        ------
        OSError
            It could not be written. The next flush writes all of it.
        """
        if journal.kernel not in self._files:
            # It was pruned, and its kernel works again.
            self._files[journal.kernel] = JournalFile.of(self.folder / file_name(journal.kernel), journal)
        return self._files[journal.kernel].flush()

    def rename(self, old: str, new: str) -> list[Journal]:
        """A notebook, or a folder with notebooks, has another path now; gives the journals that moved."""
        moved = []
        for file in self._files.values():
            if file.path == old or file.path.startswith(f"{old}/"):
                file.journal.path = new + file.path[len(old) :]
                file.flush()
                moved.append(file.journal)
        return moved

    def prune(self, time: float) -> None:
        """Drop what is too old or too much, seen at that time; never what is running."""
        sizes: dict[str, int] = {}
        for kernel, file in self._by_age():
            if not file.written:
                # Of a kernel that has just come: nothing of it is on disk yet.
                continue
            if file.loaded:
                file.journal.forget(time - self._keep_s, self._keep_executions)
                if any(one.open for one in file.journal.executions.values()):
                    continue
            sizes[kernel] = file.size()
            old = file.written < time - self._keep_s
            if old or sum(sizes.values()) > self._keep_bytes:
                with contextlib.suppress(OSError):
                    file.place.unlink()
                del self._files[kernel], sizes[kernel]

    def _by_age(self) -> Iterator[tuple[str, JournalFile]]:
        yield from sorted(self._files.items(), key=lambda item: -item[1].written)

    def size_bytes(self) -> int:
        """What all journals take on disk."""
        return sum(file.size() for file in self._files.values())
