# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for a run, with Ctrl-C as the wish to stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from rdf_live.client.interrupts import held
from rdf_live.snapshot import Snapshot

if TYPE_CHECKING:
    from rdf_live.run import LiveRun

__all__ = ["interrupted", "wait"]


def wait(run: LiveRun, timeout: float | None, pump: Callable[[Snapshot], Any], block: bool = False) -> bool:
    """Wait for the end; `pump` is called here with every new snapshot.

    Parameters
    ----------
    run : LiveRun
        What to wait for.
    timeout : float or None
        Seconds.
    pump : callable
        Takes a snapshot.
    block : bool
        Say meanwhile that an interrupt means stop. Without a timeout, show a panel if there is none: who waits again
        and again does something in between.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    seen = -1
    token = object()
    # Elsewhere nobody can interrupt.
    announce = block and threading.current_thread() is threading.main_thread()
    try:
        while True:
            try:
                if announce:
                    announce = False
                    with held():
                        run._begin_blocking(token, show=timeout is None)
                with run._condition:
                    left = None if deadline is None else max(deadline - time.monotonic(), 0)
                    news = run._condition.wait_for(partial(run._has_news, seen), left)
                    run._check()
                    over, usable = run._is_over(), run._has_values()
                if usable:
                    with held():
                        snapshot = run._take()
                        if snapshot.seq > seen:
                            seen = snapshot.seq
                            pump(snapshot)
                if over:
                    return True
                if not news:
                    return False
            except KeyboardInterrupt:
                interrupted(run)
    finally:
        run._end_blocking(token)


def interrupted(run: LiveRun) -> None:
    """Ctrl-C, wherever it came: the first means stop, a second one cancel. Called while it is being handled."""
    run._interrupts += 1
    if run._interrupts == 1:
        try:
            run.stop()
            return
        except KeyboardInterrupt:  # the second one, while the hub was asked
            run._interrupts += 1
    run.cancel()
    raise
