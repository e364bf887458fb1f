# SPDX-License-Identifier: BSD-3-Clause
"""Only a schema that fits together gets into the hub."""

from __future__ import annotations

from typing import Any

import pytest
from hub_helpers import make_schema

from rdf_live.errors import BadMessage
from rdf_live.partial.schema import Layout, layout_digest

GOOD: list[list[Any]] = [["moments", 6, 12], ["min", 0, 2], ["max", 2, 3]]


def tuples(value: Any) -> Any:
    """What Dask's wire makes of it."""
    if isinstance(value, dict):
        return {key: tuples(item) for key, item in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def test_good() -> None:
    layout = Layout.check(make_schema(20, GOOD))
    assert layout.length == 20
    assert layout.rules == (("min", 0, 2), ("max", 2, 3), ("moments", 6, 12))
    assert layout.schema["templates"] == b""


def test_after_the_wire() -> None:
    schema = make_schema(20, GOOD)
    assert Layout.check(tuples(schema)).digest == Layout.check(schema).digest == schema["digest"]


def test_nothing_but_blobs() -> None:
    assert Layout.check(make_schema(0)).length == 0


def test_digest_tells_layouts_apart() -> None:
    results = [{"kind": "TH1D", "name": "h", "offset": 0, "length": 4, "axis": [60, 0.0, 120.0]}]
    digests = {
        layout_digest(4, [], results),
        layout_digest(5, [], results),
        layout_digest(4, [["min", 0, 1]], results),
        layout_digest(4, [], [{**results[0], "axis": [60, 0.0, 121.0]}]),
        layout_digest(4, [], [{**results[0], "raw": b"\x00"}]),
        layout_digest(4, [], [{**results[0], "raw": b"\x01"}]),
    }
    assert len(digests) == 6
    assert layout_digest(4, (), tuple(results)) == layout_digest(4, [], results)
    assert layout_digest(4, [], [dict(reversed(results[0].items()))]) == layout_digest(4, [], results)
    assert layout_digest(4, [], [{"opaque": {1, 2}}]) != layout_digest(4, [], [{"opaque": {1, 3}}])


def changed(**changes: Any) -> dict[str, Any]:
    return make_schema(20, GOOD) | changes


BAD = {
    "no-dict": (["length"], "got list, expected a dict"),
    "keys": ({"length": 4, "digest": "x"}, "got no results, rules"),
    "length-negative": (changed(length=-1), "got length -1, expected an integer >= 0"),
    "length-bool": (changed(length=True), "got length True"),
    "length-float": (changed(length=20.0), "got length 20.0"),
    "digest": (changed(digest="0"), "got digest '0', expected"),
    "rules-kind": (changed(rules="min"), "got rules of type str"),
    "rule-short": (changed(rules=[["min", 0]]), r"got rule \['min', 0\]"),
    "rule-kind": (changed(rules=["min"]), "got rule 'min'"),
    "rule-unknown": (changed(rules=[["median", 0, 1]]), "got rule 'median', expected one of min, max, moments"),
    "rule-empty": (changed(rules=[["min", 3, 3]]), "got min from 3 to 3"),
    "rule-outside": (
        changed(rules=[["min", 19, 21]]),
        "got min from 19 to 21, expected 0 <= start < stop <= length 20",
    ),
    "rule-float": (changed(rules=[["min", 0.0, 1]]), "got min from 0.0 to 1"),
    "moments-odd": (changed(rules=[["moments", 0, 4]]), "got moments of length 4, expected a multiple of 3"),
    "overlap": (changed(rules=[["min", 0, 3], ["max", 2, 4]]), "expected segments that do not overlap"),
    "results-kind": (changed(results={}), "got results of type dict"),
    "result-kind": (changed(results=["h"]), "got result 'h'"),
    "result-keys": (changed(results=[{"kind": "TH1D"}]), "expected a dict with kind, name, offset and length"),
    "result-outside": (
        changed(results=[{"kind": "TH1D", "name": "h", "offset": 15, "length": 6}]),
        "got result 'h' at 15 of length 6, expected a place inside the vector of length 20",
    ),
    "result-negative": (
        changed(results=[{"kind": "TH1D", "name": "h", "offset": 5, "length": -6}]),
        "got result 'h' at 5 of length -6",
    ),
}


@pytest.mark.parametrize(("schema", "text"), BAD.values(), ids=BAD)
def test_bad(schema: Any, text: str) -> None:
    with pytest.raises(BadMessage, match=text):
        Layout.check(schema)
