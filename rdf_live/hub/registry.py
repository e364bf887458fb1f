# SPDX-License-Identifier: BSD-3-Clause
"""All runs of the hub: those that go on, and the finished ones that a client may still attach to."""

from __future__ import annotations

from rdf_live.errors import BadInput, UnknownRun
from rdf_live.hub.run import Run

__all__ = ["Registry"]


class Registry:
    """Runs by id.

    Parameters
    ----------
    keep_runs, keep_bytes : int
        Finished runs are kept up to this number and size; the newest is kept in any case, since its client
        may not have fetched it yet.
    """

    def __init__(self, keep_runs: int, keep_bytes: int) -> None:
        self.keep_runs = keep_runs
        self.keep_bytes = keep_bytes
        self._runs: dict[str, Run] = {}
        self._finished: dict[str, None] = {}  # in the order of their ends

    def add(self, run: Run) -> None:
        """Take a new run."""
        if run.id in self._runs:
            raise BadInput(f"run {run.id!r}: got an id that is in use, expected a new one for every start")
        self._runs[run.id] = run

    def get(self, run: str) -> Run:
        """Return the run of that id."""
        try:
            return self._runs[run]
        except (KeyError, TypeError):
            known = ", ".join(list(self._runs)[-5:]) or "none"
            raise UnknownRun(
                f"got run {run!r}, expected one that this scheduler knows (the last: {known}). It was "
                "forgotten, made room for newer ones (rdf-live.hub.keep-runs, keep-bytes), or the scheduler "
                "was restarted: start it again."
            ) from None

    def find(self, run: str) -> Run | None:
        """Return the run of that id, or None."""
        return self._runs.get(run)

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        return list(self._runs.values())

    def active(self) -> list[Run]:
        """The runs that are not over."""
        return [run for run in self._runs.values() if not run.over]

    @property
    def publishers(self) -> int:
        """Number of attempts that run now, over all runs."""
        return sum(run.ledger.running for run in self._runs.values())

    def finish(self, run: str) -> None:
        """A run is over; drops the oldest finished ones beyond the limits."""
        if run not in self._runs or run in self._finished:
            return
        self._finished[run] = None
        while len(self._finished) > 1 and (
            len(self._finished) > self.keep_runs
            or sum(self._runs[name].nbytes for name in self._finished) > self.keep_bytes
        ):
            self.forget(next(iter(self._finished)))

    def forget(self, run: str) -> None:
        """Drop a run; no error if there is none."""
        self._runs.pop(run, None)
        self._finished.pop(run, None)
