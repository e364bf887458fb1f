# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's end of the process beside it: starts it and tells it the cells."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from rdf_live.client.where import here, parent, shell

__all__ = ["Beside"]

_READY_S = 10.0
#: A pipe takes as much in one piece, or nothing of it.
_PIECE_BYTES = 4096
#: As much fits into a pipe that nobody reads yet.
_FIRST_BYTES = 60_000
_LOG_BYTES = 1_000_000


class Beside:
    """A process that keeps the journal of this kernel.

    Parameters
    ----------
    file : Path
        The kernel's connection file.
    folder : Path
        Of the journals.

    Attributes
    ----------
    heard : bool
        Whether it hears the kernel; false where that took too long.
    """

    def __init__(self, file: Path, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _log(folder / "sidecar.log") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "rdf_live.jupyter.kernel.sidecar", str(file), str(folder), str(os.getpid())],
                # Not in the folder of the notebook, whose modules it would import.
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                # Neither an interrupt nor the end of the kernel reaches it.
                start_new_session=True,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._ear = process, process.stdin
        # Somebody has to wait for it, or it stays in the list of processes after its end.
        threading.Thread(target=process.wait, name="rdf_live sidecar", daemon=True).start()
        try:
            self._tell(self._first(), _FIRST_BYTES)
            os.set_blocking(self._ear.fileno(), False)
            with process.stdout as answers:
                poll = select.poll()
                poll.register(answers, select.POLLIN)
                self.heard = bool(poll.poll(1000 * _READY_S)) and answers.read(5) == b"ready"
        except BaseException:  # Ctrl-C
            self.end()
            raise

    @property
    def alive(self) -> bool:
        """Whether it works."""
        return self._process.returncode is None

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._ear.close()

    def tell(self, info: Any = None) -> None:
        """A cell is about to run. It never waits and never raises: the cell matters more."""
        with contextlib.suppress(Exception):
            where = here()
            cell = where.cell or getattr(info, "cell_id", None)
            self._tell({"id": where.execution, "cell": cell, "notebook": where.notebook}, _PIECE_BYTES)

    def _first(self) -> dict[str, Any]:
        """The cell that runs now began before anybody listened."""
        where, request = here(), parent()
        source, session = request.get("content", {}).get("code"), request.get("header", {}).get("session")
        about = {"id": where.execution, "cell": where.cell, "notebook": where.notebook}
        # Not shell().execution_count: since IPython 9 that is the number of the next cell.
        return about | {"source": source, "session": session, "count": shell().displayhook.prompt_count}

    def _tell(self, about: dict[str, Any], most: int) -> None:
        line = json.dumps(about).encode() + b"\n"
        if len(line) <= most:
            with contextlib.suppress(OSError):  # it has ended, or hangs
                self._ear.write(line)


def _log(path: Path) -> Any:
    too_large = path.exists() and path.stat().st_size > _LOG_BYTES
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if too_large else 0)
    return os.fdopen(os.open(path, flags, 0o600), "w")
