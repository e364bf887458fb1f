# SPDX-License-Identifier: BSD-3-Clause
"""The process beside a kernel that keeps its journal: ``python -m rdf_live.jupyter.kernel.sidecar FILE FOLDER PID``.

FILE is the kernel's connection file, FOLDER that of the journals, PID the number of the kernel's process. The kernel is
its parent and writes one line of JSON per execution to its standard input. It says "ready" once it hears the kernel,
and ends when the kernel has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

from rdf_live.jupyter.journal import Change, Journal, Store, at
from rdf_live.jupyter.kernel.pairing import Pairing

__all__ = ["Sidecar", "main"]

#: Between two looks whether the kernel lives, between two writings while outputs come, after one that failed, between
#: two signs of life, between two looks for what is old.
_LOOK_S, _WRITE_S, _AGAIN_S, _TOUCH_S, _PRUNE_S = 0.5, 0.2, 10.0, 60.0, 3600.0
#: What a kernel that was killed had sent comes within this.
_LAST_S = 0.3
#: Kernels of before the welcome message say something when they are asked.
_ASK_S = 0.5
_STDIN = 0


class Sidecar:
    """Listens to one kernel.

    Parameters
    ----------
    file : Path
        The kernel's connection file.
    folder : Path
        Of the journals.
    kernel : int
        Number of the kernel's process. To ask for the parent here would be too late where that has died meanwhile.
    """

    def __init__(self, file: Path, folder: Path, kernel: int) -> None:
        self._kernel = kernel
        context: Any = zmq.Context()
        # As many messages as come: the kernel drops what nobody takes.
        context.setsockopt(zmq.RCVHWM, 0)
        self._client = BlockingKernelClient(context=context)
        self._client.load_connection_file(str(file))
        self._iopub: Any = self._client.connect_iopub()
        self._control: Any = self._client.connect_control()
        self._store = Store(folder)
        self._store.prune(time.time())
        # A kernel that was restarted keeps its name: every process has a journal of its own.
        name = re.sub(r"^kernel-", "", file.stem)
        self._journal: Journal = self._store.open(f"{name}-{time.time():.0f}")
        self._pairing = Pairing(self._journal)
        self._line = b""
        self._told = False
        self._dirty = self._urgent = False
        self._written = self._touched = self._pruned = self._asked = time.time()

    def run(self) -> None:
        """Until the kernel ends."""
        poller: Any = zmq.Poller()
        poller.register(self._iopub, zmq.POLLIN)
        poller.register(_STDIN, zmq.POLLIN)
        try:
            while os.getppid() == self._kernel:
                soon = self._dirty or self._pairing.waits
                ready = dict(poller.poll(1000 * (_WRITE_S if soon else _LOOK_S)))
                # What the kernel told before it sent comes first.
                if _STDIN in ready and not self._hear_kernel():
                    poller.unregister(_STDIN)
                    time.sleep(_WRITE_S)
                self._hear()
                self._note(self._pairing.settle(time.time()))
                self._say_ready()
                self._write(time.time())
            self._end()
        finally:
            with contextlib.suppress(OSError):
                self._store.flush(self._journal)
            self._iopub.close(linger=0)
            self._control.close(linger=0)

    def _end(self) -> None:
        end = time.monotonic() + _LAST_S
        while time.monotonic() < end:
            if self._hear():
                end = time.monotonic() + _LAST_S
            time.sleep(0.02)
        now = time.time()
        self._pairing.settle(now, at_once=True)
        if not self._pairing.farewell:
            self._journal.kernel_lost(f"The kernel died at {at(now)}.", now, alive=False)

    def _hear(self) -> int:
        """Take what has come from the kernel, but no more than a moment's worth; gives how much."""
        for number in range(1000):
            try:
                _, message = self._client.session.recv(self._iopub)
            except (ValueError, TypeError, KeyError):  # not signed with the kernel's key, or no message at all
                continue
            if message is None:
                return number
            self._told = True
            self._note(self._pairing.heard(message, time.time()))
        return 1000

    def _hear_kernel(self) -> bool:
        """Take the lines that have come on standard input; False when nobody writes there any more."""
        data = os.read(_STDIN, 1 << 16)
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError):
                self._note(self._pairing.told(json.loads(line), time.time()))
        return bool(data)

    def _note(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._dirty = True
            self._urgent = self._urgent or change.message is None

    def _write(self, now: float) -> None:
        if self._dirty and (self._urgent or now - self._written >= _WRITE_S) and now >= self._written:
            try:
                self._store.flush(self._journal)
                self._written = now
                self._dirty = self._urgent = False
            except OSError as error:
                print(f"{self._journal.kernel}: {error}", file=sys.stderr, flush=True)
                self._written = now + _AGAIN_S
        if now - self._touched > _TOUCH_S:
            self._touched = now
            self._store.touch()
        if now - self._pruned > _PRUNE_S:
            self._pruned = now
            self._store.prune(now, {self._journal.kernel})

    def _say_ready(self) -> None:
        """Once the subscription is known to work."""
        if sys.stdout.closed:
            return
        if self._told:
            with contextlib.suppress(OSError):
                print("ready", flush=True)
            with contextlib.suppress(OSError):
                sys.stdout.close()
        elif time.time() - self._asked > _ASK_S:
            self._asked = time.time()
            self._client.session.send(self._control, "kernel_info_request", {})


def main(argv: list[str]) -> int:
    """Keep the journal of a kernel.

    Returns
    -------
    int
        Exit status.
    """
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    Sidecar(Path(argv[0]), Path(argv[1]), int(argv[2])).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
