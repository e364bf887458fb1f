# SPDX-License-Identifier: BSD-3-Clause
"""Everything that rdf_live raises on purpose.  Texts say what it got, what it expected, what to do."""

from __future__ import annotations

from typing import Any

__all__ = [
    "BadInput",
    "BadMessage",
    "ClusterTrouble",
    "PartialResultWarning",
    "RdfLiveError",
    "ResultTooLarge",
    "RunCancelled",
    "RunFailed",
    "RunLost",
    "ThreadedWorkers",
    "UnknownRun",
    "VersionMismatch",
    "WrongKind",
]


class RdfLiveError(Exception):
    """Base of all errors of this package.

    Attributes
    ----------
    partial : Snapshot or None
        Of a run that the hub has ended with this error: the merge of its committed ranges. Where a call that waits
        cannot reach the cluster any more: the newest snapshot that had come. None where there was nothing. It stays
        in its process: a pickled error has none.
    """

    partial: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, {name: value for name, value in vars(self).items() if name != "partial"}


class BadInput(RdfLiveError, ValueError):
    """An argument of the right kind has a value that cannot be used."""


class WrongKind(RdfLiveError, TypeError):
    """An argument is of a kind that cannot be used."""


class BadMessage(RdfLiveError):
    """A message between worker, hub and client has a wrong type, length or content."""


class ClusterTrouble(RdfLiveError, RuntimeError):
    """The cluster cannot start or give workers: the batch system refuses, holds or loses jobs, or nobody answers."""


class UnknownRun(RdfLiveError):
    """The hub has no run of that id: never opened, forgotten, or the scheduler was restarted."""


class VersionMismatch(RdfLiveError):
    """Client and workers have different versions of Python, ROOT or rdf_live."""


class ThreadedWorkers(RdfLiveError):
    """Some workers have more than one thread, which ROOT's per-process state does not survive."""


class ResultTooLarge(RdfLiveError):
    """The results of a run do not fit into the hub's limit ``rdf-live.hub.max-run-bytes``."""


class RunFailed(RdfLiveError):
    """At least one range of the run failed for good.

    Attributes
    ----------
    failures : list of dict
        One per failed range: graph, range, attempts, worker, type, message, traceback, files, entries.
    """

    def __init__(self, message: str, failures: list[dict[str, Any]] | None = None, partial: Any = None) -> None:
        super().__init__(message)
        self.failures = failures if failures is not None else []
        self.partial = partial


class RunCancelled(RdfLiveError):
    """The run was cancelled: nothing of it was kept."""


class RunLost(RdfLiveError):
    """The run ended because the client, the scheduler or the cluster that it needed went away."""


class PartialResultWarning(UserWarning):
    """The result holds only a part of the dataset."""
