# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for a run, with Ctrl-C as the wish to stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any

from rdf_live._interrupts import held, restore
from rdf_live.errors import BadInput, RdfLiveError, WrongKind
from rdf_live.snapshot import Snapshot

if TYPE_CHECKING:
    from rdf_live.run import LiveRun

__all__ = ["first", "interrupted", "wait"]


def first(run: LiveRun, timeout: float | None) -> None:
    """Wait until there is something to take.

    Raises
    ------
    TimeoutError
        Nothing has come.
    """
    timeout = _seconds(timeout)
    with run._condition:
        # Who asks again and again is not to be seen as waiting.
        if run._lost is None and (run._has_values() or run._is_over()):
            return
    if not wait(run, timeout, lambda snapshot: None, block=True, until_first=True):
        raise TimeoutError(f"nothing of run {run.name!r} has come after {timeout} s; it goes on, ask again")


def wait(
    run: LiveRun,
    timeout: float | None,
    pump: Callable[[Snapshot], Any],
    block: bool = False,
    until_first: bool = False,
) -> bool:
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
    until_first : bool
        The first snapshot is an end too. No panel is shown for that.

    Returns
    -------
    bool
        False if the time was over before.

    Raises
    ------
    RdfLiveError
        Nothing more will come of the run; with the newest snapshot that had come.
    """
    timeout = _seconds(timeout)
    deadline = None if timeout is None else time.monotonic() + timeout
    seen = -1
    token = object()
    # Elsewhere nobody can interrupt.
    announce = block and threading.current_thread() is threading.main_thread()
    if announce:
        restore()
    try:
        while True:
            try:
                if announce:
                    announce = False
                    with held():
                        run._begin_blocking(token, show=timeout is None and not until_first)
                with run._condition:
                    left = None if deadline is None else max(deadline - time.monotonic(), 0)
                    news = run._condition.wait_for(partial(run._has_news, seen), left)
                    lost, frame, over, usable = run._lost, run._frame, run._is_over(), run._has_values()
                if lost is not None:
                    with held():
                        raise _with_last_seen(run, lost) from lost.__cause__
                if frame is not None and usable and frame["state"] != "cancelled" and frame["seq"] > seen:
                    with held():
                        seen = frame["seq"]
                        pump(run._take(own=True, frame=frame))
                if over or (until_first and usable):
                    return True
                if not news:
                    return False
            except KeyboardInterrupt:
                interrupted(run)
    finally:
        run._end_blocking(token)


def _with_last_seen(run: LiveRun, error: RdfLiveError) -> RdfLiveError:
    """The error of a run of which nothing more will come, with the newest snapshot that had come."""
    if not run._has_values():
        return error
    partial = run._take(own=True)
    made = type(error)(
        f"{error}\nWhat had come until then, {100 * partial.fraction:.3g} % of the data, is in error.partial."
    )
    made.partial = partial
    return made


def _seconds(timeout: Any) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, Real):
        raise WrongKind(f"timeout: got {timeout!r}, expected a number of seconds, or None to wait as long as it takes")
    seconds = float(timeout)
    if seconds != seconds:
        raise BadInput("timeout: got nan, expected a number of seconds, or None to wait as long as it takes")
    return None if seconds > threading.TIMEOUT_MAX else seconds


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
