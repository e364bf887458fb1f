# SPDX-License-Identifier: BSD-3-Clause
"""Preload of the workers that rdf_live starts: loads ROOT while the user still books results (about a second)."""

from __future__ import annotations

import threading
from typing import Any

from rdf_live._root import cpp
from rdf_live.worker import interrupt

__all__ = ["dask_setup"]


def dask_setup(worker: Any) -> None:
    """Runs on the worker's event loop when it starts; a missing ROOT is told by the first task, in words."""
    interrupt.ignore(worker)

    def warm() -> None:
        try:
            cpp()
        except ImportError:
            pass

    # Not a daemon: a process must not end in the middle of the interpreter's work.
    threading.Thread(target=warm, name="rdf-live-warm").start()
