# SPDX-License-Identifier: BSD-3-Clause
"""Every field of a message is checked before anything is done with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hub_helpers import SCHEMA, make_schema, message

from rdf_live import errors
from rdf_live.errors import BadMessage, RdfLiveError, RunFailed, UnknownRun
from rdf_live.partial.messages import Message, check_identity, check_reply, error_reply
from rdf_live.partial.schema import Layout

LAYOUT = Layout.check(SCHEMA)


def checked(**changes: Any) -> Message:
    m = Message.check(message(**changes), [3])
    m.check_layout(LAYOUT)
    return m


def test_good() -> None:
    m = checked(blobs={0: b"abc"}, trees={"a.root/t": 10})
    assert m.complete
    assert m.blob_bytes == 3
    assert m.values == np.array([5.0, 1.0]).tobytes()


def test_progress_only() -> None:
    assert checked(values=None, digest=None, schema=None).values is None


@pytest.mark.parametrize("kind", [bytearray, memoryview, lambda b: memoryview(b).cast("d")])
def test_buffers_are_copied(kind: Any) -> None:
    """Within one process a message is not serialised: the worker would write into what the hub keeps."""
    buffer = bytearray(np.array([5.0, 1.0]).tobytes())
    m = checked(values=kind(buffer), blobs={0: kind(buffer)})
    buffer[:] = b"\xff" * len(buffer)
    assert m.values == m.blobs[0] == np.array([5.0, 1.0]).tobytes()


BAD = {
    "graph-kind": ({"graph": "0"}, r"graph: got '0' \(str\), expected an integer >= 0"),
    "graph-bool": ({"graph": False}, r"graph: got False \(bool\)"),
    "graph-range": ({"graph": 1}, "graph: got 1 .*less than the number of graphs 1"),
    "range-negative": ({"range_": -1}, "range: got -1"),
    "range-range": ({"range_": 3}, "range: got 3 .*less than the number of ranges 3 of graph 0"),
    "attempt-kind": ({"attempt": 7}, "attempt: got 7"),
    "attempt-empty": ({"attempt": ""}, "attempt: got ''"),
    "seq": ({"seq": 1.5}, r"seq: got 1.5 \(float\)"),
    "seq-nan": ({"seq": float("nan")}, "seq: got nan"),
    "entries-negative": ({"entries": -1, "values": None}, "entries: got -1"),
    "entries-inf": ({"entries": float("inf"), "values": None}, "entries: got inf"),
    "size": ({"size": -2}, "size: got -2 .*expected an integer >= -1"),
    "trees-kind": ({"trees": ["a"]}, r"trees: got \['a'\]"),
    "trees-name": ({"trees": {1: 2}}, "trees: got 1"),
    "trees-entries": ({"trees": {"a.root/t": -5}}, r"trees\['a.root/t'\]: got -5"),
    "complete": ({"complete": "yes"}, "complete: got 'yes'"),
    "values-kind": ({"values": [1.0, 2.0]}, r"values: got \[1.0, 2.0\] \(list\), expected bytes"),
    "values-short": ({"values": b"1234567"}, r"values: got 7 bytes, expected 16 \(8 \* length 2 of the schema\)"),
    "values-float32": ({"values": np.zeros(2, "f4").tobytes()}, "values: got 8 bytes, expected 16"),
    "digest": ({"digest": "another"}, "values: got schema another, expected"),
    "blobs-kind": ({"blobs": [b"a"]}, "blobs: got"),
    "blobs-index": ({"blobs": {"0": b"a"}}, "blobs: got '0'"),
    "blobs-unknown": ({"blobs": {1: b"a"}}, "blobs: got 1 .*a result index less than 1"),
    "blobs-value": ({"blobs": {0: "a"}}, r"blobs\[0\]: got 'a'"),
}


@pytest.mark.parametrize(("changes", "text"), BAD.values(), ids=BAD)
def test_bad(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(BadMessage, match=text):
        checked(**changes)


@pytest.mark.parametrize("changes", [{"surprise": 1}, {"range": 0}], ids=["too-many", "too-few"])
def test_bad_fields(changes: dict[str, Any]) -> None:
    fields = message() | changes
    if "range" in changes:
        del fields["range"]
    with pytest.raises(BadMessage, match=r"message: got fields that do not fit .*expected graph, range, attempt"):
        Message.check(fields, [3])


def test_blobs_of_several_results() -> None:
    layout = Layout.check(make_schema(2, nresults=3))
    m = Message.check(message(blobs={2: b"x"}, digest=layout.digest), [3])
    m.check_layout(layout)


def test_identity() -> None:
    check_identity(1, 4, "a", [2, 5])
    with pytest.raises(BadMessage, match="number of ranges 2 of graph 0"):
        check_identity(0, 4, "a", [2, 5])


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "PartialResultWarning"])
def test_errors_cross_the_wire(name: str) -> None:
    error = getattr(errors, name)("got this, expected that")
    reply = error_reply(error)
    assert reply == {"status": "error", "error": name, "message": "got this, expected that"}
    with pytest.raises(type(error), match="got this, expected that"):
        check_reply(reply)


def test_failures_cross_the_wire() -> None:
    reply = error_reply(RunFailed("one range failed")) | {"failures": [{"range": 3}]}
    with pytest.raises(RunFailed) as caught:
        check_reply(reply)
    assert caught.value.failures == [{"range": 3}]
    assert caught.value.partial is None


@pytest.mark.parametrize("name", ["SystemExit", "Any", "PartialResultWarning", None])
def test_only_our_own_errors_are_raised_by_name(name: Any) -> None:
    with pytest.raises(RdfLiveError, match=f"{name}: text") as caught:
        check_reply({"status": "error", "error": name, "message": "text"})
    assert type(caught.value) is RdfLiveError


@pytest.mark.parametrize("reply", [None, b"OK", {}, {"message": "x"}])
def test_bad_reply(reply: Any) -> None:
    with pytest.raises(BadMessage, match="reply of the hub: got"):
        check_reply(reply)


def test_good_reply() -> None:
    assert check_reply({"status": "ok", "state": "done"})["state"] == "done"


def test_hierarchy() -> None:
    assert issubclass(errors.BadInput, ValueError)
    assert issubclass(errors.WrongKind, TypeError)
    assert issubclass(UnknownRun, RdfLiveError)
    assert issubclass(errors.PartialResultWarning, UserWarning)
