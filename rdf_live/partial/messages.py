# SPDX-License-Identifier: BSD-3-Clause
"""Checks of every message of a worker on arrival, and the form in which errors travel.

A message of wrong type or length must never reach the merge: what it would do to the sum cannot be undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdf_live import errors
from rdf_live.errors import BadMessage, RdfLiveError, RunFailed
from rdf_live.partial.schema import Layout

__all__ = ["Message", "check_identity", "check_reply", "error_reply"]

_SAME_VERSION = "Install the same version of rdf_live on the client, the scheduler and all workers."


def error_reply(error: Exception) -> dict[str, Any]:
    """The dict in which an error crosses the wire."""
    return {"status": "error", "error": type(error).__name__, "message": str(error)}


def check_reply(reply: Any) -> dict[str, Any]:
    """Return a reply of the hub, or raise the error that it holds.

    Raises
    ------
    RdfLiveError
        Of the class that the hub named.
    BadMessage
        If the reply is no dict with a status.
    """
    if not isinstance(reply, dict) or "status" not in reply:
        raise BadMessage(f"reply of the hub: got {reply!r:.200}, expected a dict with a status. {_SAME_VERSION}")
    if reply["status"] != "error":
        return reply
    kind = getattr(errors, str(reply.get("error")), None)
    message = str(reply.get("message"))
    if not (isinstance(kind, type) and issubclass(kind, RdfLiveError)):
        raise RdfLiveError(f"{reply.get('error')}: {message}")
    if issubclass(kind, RunFailed):
        raise kind(message, reply.get("failures"))
    raise kind(message)


def _bad(name: str, got: Any, expected: str) -> BadMessage:
    return BadMessage(f"{name}: got {got!r:.200} ({type(got).__name__}), expected {expected}. {_SAME_VERSION}")


def _check_int(name: str, value: Any, low: int) -> None:
    # Type by identity: a bool is an int to isinstance, and this runs for every message.
    if type(value) is not int or value < low:
        raise _bad(name, value, f"an integer >= {low}")


def check_identity(graph: Any, range: Any, attempt: Any, nranges: Sequence[int]) -> None:
    """Check where a message belongs.

    Parameters
    ----------
    graph, range, attempt
        As they came.
    nranges : sequence of int
        Number of ranges of each graph of the run.
    """
    _check_int("graph", graph, 0)
    _check_int("range", range, 0)
    if graph >= len(nranges):
        raise _bad("graph", graph, f"less than the number of graphs {len(nranges)}")
    if range >= nranges[graph]:
        raise _bad("range", range, f"less than the number of ranges {nranges[graph]} of graph {graph}")
    if not isinstance(attempt, str) or not attempt:
        raise _bad("attempt", attempt, "a string that is not empty")


@dataclass(slots=True)
class Message:
    """A partial or a commit, as it came over the wire.

    Attributes
    ----------
    graph, range : int
        Where it belongs.
    attempt : str
        The execution of the range.
    seq : int
        Counter of the attempt's messages, >= 0.
    entries : int
        Entries processed so far.
    size : int
        Entries of the range, -1 as long as it is not known.
    trees : dict of str to int, or None
        Entries of each tree of the range.
    digest : str or None
        Of the schema that the values follow.
    values : bytes or None
        The vector of float64; None for a message of progress only.
    blobs : dict of int to bytes
        Results that do not add, by the index of the result.
    schema : dict or None
        Only where the hub asked for it.
    complete : bool
        Of a commit: False if a stop ended the range early.
    """

    graph: int
    range: int
    attempt: str
    seq: int
    entries: int
    size: int
    trees: dict[str, int] | None
    digest: str | None
    values: bytes | None
    blobs: dict[int, bytes]
    schema: dict[str, Any] | None
    complete: bool = True

    @classmethod
    def check(cls, fields: dict[str, Any], nranges: Sequence[int]) -> Message:
        """Check everything that does not need the schema.

        Raises
        ------
        BadMessage
            With what it got and what it expected.
        """
        try:
            message = cls(**fields)
        except TypeError as error:
            expected = ", ".join(cls.__slots__)
            raise BadMessage(f"message: got fields that do not fit ({error}), expected {expected}") from None
        m = message
        check_identity(m.graph, m.range, m.attempt, nranges)
        _check_int("seq", m.seq, 0)
        _check_int("entries", m.entries, 0)
        _check_int("size", m.size, -1)
        if not isinstance(m.complete, bool):
            raise _bad("complete", m.complete, "True or False")
        if m.trees is not None:
            if not isinstance(m.trees, Mapping):
                raise _bad("trees", m.trees, "a dict of tree to number of entries, or None")
            for tree, number in m.trees.items():
                if not isinstance(tree, str):
                    raise _bad("trees", tree, "names of trees as str")
                _check_int(f"trees[{tree!r}]", number, 0)
        if m.values is not None:
            m.values = cls._bytes("values", m.values)
        if not isinstance(m.blobs, Mapping):
            raise _bad("blobs", m.blobs, "a dict of result index to bytes")
        for index in m.blobs:
            _check_int("blobs", index, 0)
        m.blobs = {index: cls._bytes(f"blobs[{index}]", blob) for index, blob in m.blobs.items()}
        return m

    def check_layout(self, layout: Layout) -> None:
        """Check the values and blobs against the schema of their graph."""
        for index in self.blobs:
            if index >= len(layout.schema["results"]):
                raise _bad("blobs", index, f"a result index less than {len(layout.schema['results'])}")
        if self.values is None:
            return
        if self.digest != layout.digest:
            raise BadMessage(
                f"values: got schema {self.digest}, expected {layout.digest} as from the first worker. The "
                "workers build different results: check that they have the same software and files."
            )
        if len(self.values) != 8 * layout.length:
            raise BadMessage(
                f"values: got {len(self.values)} bytes, expected {8 * layout.length} "
                f"(8 * length {layout.length} of the schema). {_SAME_VERSION}"
            )

    @property
    def blob_bytes(self) -> int:
        """Size of all blobs."""
        return sum(map(len, self.blobs.values()))

    @staticmethod
    def _bytes(name: str, value: Any) -> bytes:
        # A copy unless it is bytes already: within one process, a buffer may change after the reply.
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise _bad(name, value, "bytes")
        return bytes(value)
