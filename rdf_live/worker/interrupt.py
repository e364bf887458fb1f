# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C belongs to the client. Also a preload of Dask, for the workers that rdf_live starts."""

from __future__ import annotations

import signal
import threading
from typing import Any

__all__ = ["dask_setup", "ignore"]


def ignore(worker: Any) -> None:
    """Let Ctrl-C pass by this worker, if it has a process of its own. Called on its event loop.

    A terminal sends it to all processes that were started from it, so to the workers of a local cluster too. There the
    client makes it mean stop: workers that ended at once would take with them what they were to keep.
    """
    # A worker without a nanny may be in the client's process, or in the foreground, where Ctrl-C is how to end it.
    if worker.nanny is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


dask_setup = ignore
