# SPDX-License-Identifier: BSD-3-Clause
"""The schema of a partial vector: which float64 belongs to which result, and how it is merged."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdf_live.errors import BadMessage

__all__ = ["RULES", "Layout", "layout_digest"]

#: Rules of the segments that are not sums, with the number of float64 per item.
RULES = {"min": 1, "max": 1, "moments": 3}


def _plain(value: Any) -> str:
    """Stand-in for what JSON cannot hold (bytes in an opaque entry of a result)."""
    return bytes(value).hex() if isinstance(value, (bytes, bytearray, memoryview)) else repr(value)


def layout_digest(length: int, rules: Sequence[Any], results: Sequence[Any]) -> str:
    """Name of a layout: equal for two processes exactly if their vectors may be added.

    Parameters
    ----------
    length : int
        Number of float64 in the vector.
    rules : sequence of (rule, start, stop)
        The segments that are not sums.
    results : sequence of dict
        The results as in the schema.

    Returns
    -------
    str
        SHA-1 in hexadecimal over a canonical JSON text, in which lists and tuples are the same thing
        (a list turns into a tuple on Dask's wire).
    """
    text = json.dumps([length, rules, results], sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(got: object, expected: str) -> BadMessage:
    return BadMessage(
        f"schema: got {got}, expected {expected}. Install the same version of rdf_live on the client, the "
        "scheduler and all workers."
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """A checked schema.

    Attributes
    ----------
    digest : str
        See `layout_digest`.
    length : int
        Number of float64 in the vector.
    rules : tuple of (rule, start, stop)
        The segments that are not sums: ordered, disjoint, inside the vector.
    schema : dict
        The dict it was made from, as it goes to the client.
    """

    digest: str
    length: int
    rules: tuple[tuple[str, int, int], ...]
    schema: dict[str, Any]

    @classmethod
    def check(cls, schema: Any) -> Layout:
        """Check a schema dict that came over the wire.

        Raises
        ------
        BadMessage
            With what it got and what it expected.
        """
        if not isinstance(schema, Mapping):
            raise _bad(type(schema).__name__, "a dict")
        missing = {"digest", "length", "rules", "results"} - set(schema)
        if missing:
            raise _bad(f"no {', '.join(sorted(missing))}", "digest, length, rules and results")
        length, digest = schema["length"], schema["digest"]
        if not _is_int(length) or length < 0:
            raise _bad(f"length {length!r}", "an integer >= 0")
        rules = cls._check_rules(schema["rules"], length)
        cls._check_results(schema["results"], length)
        expected = layout_digest(length, schema["rules"], schema["results"])
        if digest != expected:
            raise _bad(f"digest {digest!r}", f"{expected!r}, the digest of its content")
        return cls(expected, length, rules, dict(schema))

    @staticmethod
    def _check_rules(rules: Any, length: int) -> tuple[tuple[str, int, int], ...]:
        if not isinstance(rules, (list, tuple)):
            raise _bad(f"rules of type {type(rules).__name__}", "a list of [rule, start, stop]")
        checked: list[tuple[str, int, int]] = []
        for item in rules:
            if not isinstance(item, (list, tuple)) or len(item) != 3:
                raise _bad(f"rule {item!r}", "[rule, start, stop]")
            rule, start, stop = item
            if rule not in RULES:
                raise _bad(f"rule {rule!r}", f"one of {', '.join(RULES)}")
            if not (_is_int(start) and _is_int(stop) and 0 <= start < stop <= length):
                raise _bad(f"{rule} from {start!r} to {stop!r}", f"0 <= start < stop <= length {length}")
            if (stop - start) % RULES[rule]:
                raise _bad(f"{rule} of length {stop - start}", f"a multiple of {RULES[rule]}")
            checked.append((rule, start, stop))
        checked.sort(key=lambda segment: segment[1])
        for before, after in itertools.pairwise(checked):
            if after[1] < before[2]:
                raise _bad(f"{list(before)} and {list(after)}", "segments that do not overlap")
        return tuple(checked)

    @staticmethod
    def _check_results(results: Any, length: int) -> None:
        if not isinstance(results, (list, tuple)):
            raise _bad(f"results of type {type(results).__name__}", "a list of dict")
        for result in results:
            if not isinstance(result, Mapping) or not {"kind", "name", "offset", "length"} <= set(result):
                raise _bad(f"result {result!r:.200}", "a dict with kind, name, offset and length")
            offset, size = result["offset"], result["length"]
            if not (_is_int(offset) and _is_int(size) and 0 <= offset <= offset + size <= length):
                raise _bad(
                    f"result {result['name']!r} at {offset!r} of length {size!r}",
                    f"a place inside the vector of length {length}",
                )
