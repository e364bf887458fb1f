# SPDX-License-Identifier: BSD-3-Clause
"""ROOT objects and numbers out of merged vectors."""

from __future__ import annotations

import ctypes
import math
import pickle
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rdf_live._root import cpp, root

__all__ = ["NUMBERS", "Builder", "Variations"]

NUMBERS = ("Count", "Sum", "Mean", "Min", "Max", "StdDev")


class Variations:
    """All variations of one result, with the names of ROOT's ``RResultMap``.

    Parameters
    ----------
    values : dict
        By the name of the variation; "nominal" comes first.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def GetKeys(self) -> list[str]:
        """Names of the variations."""
        return list(self._values)

    def GetVariation(self, key: str) -> Any:
        """The result under one variation.

        Raises
        ------
        KeyError
            There is no such variation; the text names those there are.
        """
        if key not in self._values:
            raise KeyError(f"got variation {key!r}, expected one of {', '.join(self._values)}")
        return self._values[key]

    __getitem__ = GetVariation


class Builder:
    """Makes the results of one graph.

    Called from one thread at a time (it uses ROOT). Objects belong to the caller and to no directory.

    Parameters
    ----------
    schema : dict
        As the worker described it.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self._results = schema["results"]
        self._templates = _read(zlib.decompress(schema["templates"]))

    def names(self) -> list[str]:
        """ROOT's names of the objects; "" for numbers."""
        objects = [self._templates.At(i) if i < self._templates.GetSize() else None for i in range(len(self._results))]
        return [str(o.GetName()) if o else "" for o in objects]

    def kind(self, index: int) -> str:
        """Class of a ROOT object, or name of a number."""
        return str(self._results[index]["kind"])

    def live(self, index: int) -> bool:
        """False if a range counts for this result only when it has committed."""
        return bool(self._results[index]["live"])

    def build(self, index: int, values: npt.NDArray[np.float64], blobs: Sequence[bytes]) -> Any:
        """One result.

        Parameters
        ----------
        index : int
            Position of the result in its graph.
        values : array of float64
            The merged vector of the whole graph.
        blobs : sequence of bytes
            Of this result, in the order of the ranges; empty where an object was too large to be copied.
        """
        result = self._results[index]
        kind = result["kind"]
        if kind == "Report":
            return _report(blobs)
        if kind == "AsNumpy":
            return _columns(blobs)
        if kind == "Snapshot":
            return _files(blobs)
        arrays = [_read(blob) for blob in blobs if blob]
        names = result["variations"]
        each = result["length"] // max(len(names), 1)

        def one(position: int) -> Any:
            start = result["offset"] + position * each
            if kind in NUMBERS:
                return _number(kind, values[start : start + each])
            odd = [array.At(position) for array in arrays if position < array.GetSize()]
            made = self._object(index, values, start, each, [o for o in odd if o])
            if position and isinstance(made, root().TNamed):  # the template is the nominal one
                made.SetName(f"{self._templates.At(index).GetName()}_{names[position].replace(':', '_')}")
            return made

        if not names:
            return one(0)
        return Variations({name: one(position) for position, name in enumerate(names)})

    def _object(self, index: int, values: npt.NDArray[np.float64], start: int, length: int, odd: list[Any]) -> Any:
        template = self._templates.At(index)
        made = None
        if length:
            made = cpp().Load(template, self._results[index]["weighted"], values.ctypes.data + 8 * start)
            root().SetOwnership(made, True)
        if odd and (made is None or made.GetEntries() == 0):
            # Axes that grew or found labels: the first attempt's object knows more than the empty one.
            made, odd = _owned(cpp().Copy(odd[0])), odd[1:]
        if made is None:
            return _owned(cpp().Copy(template))
        for other in odd:
            cpp().MergeInto(made, other)
        return made


def _owned(made: Any) -> Any:
    root().SetOwnership(made, True)
    return made


def _read(data: bytes) -> Any:
    buffer = ctypes.create_string_buffer(data, len(data))
    array = _owned(cpp().ReadObjects(ctypes.addressof(buffer), len(data)))
    array.SetOwner(True)
    return array


def _number(kind: str, values: npt.NDArray[np.float64]) -> int | float:
    first = float(values[0])
    if kind == "Count":
        return int(first)
    if kind == "Mean":
        return first / float(values[1]) if values[1] else 0.0
    if kind == "StdDev":
        return math.sqrt(float(values[2]) / (first - 1)) if first > 1 else 0.0
    return first


def _report(blobs: Sequence[bytes]) -> Any:
    # By position, as ROOT does: two cuts may have the same name.
    rows = [[line.split(" ", 2) for line in blob.decode().split("\n")[:-1]] for blob in blobs]
    cuts = list(zip(*rows, strict=True))
    std = root().std
    names = std.vector["std::string"]([cut[0][2] for cut in cuts])
    counts = [std.vector["ULong64_t"]([sum(int(row[i]) for row in cut) for cut in cuts]) for i in (0, 1)]
    return cpp().MakeReport(names, *counts)


def _columns(blobs: Sequence[bytes]) -> dict[str, npt.NDArray[Any]]:
    parts = [pickle.loads(blob) for blob in blobs]
    if not parts:
        return {}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _files(blobs: Sequence[bytes]) -> tuple[str, list[str]]:
    parts = [pickle.loads(blob) for blob in blobs]
    return (parts[0][0] if parts else ""), [name for _, names in parts for name in names]
