# SPDX-License-Identifier: BSD-3-Clause
"""Histograms as one Arrow table, a row per cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rdf_live.errors import WrongKind
from rdf_live.export.atomic import replaced
from rdf_live.export.bins import Bins
from rdf_live.export.chosen import listed
from rdf_live.export.extract import extract, has_bins, variations_of
from rdf_live.export.files import about
from rdf_live.export.optional import needed
from rdf_live.snapshot import Snapshot

__all__ = ["axis_names", "to_arrow", "to_parquet"]


def axis_names(number: int) -> list[str]:
    """How the columns of the axes begin.

    >>> axis_names(2), axis_names(5)
    (['x', 'y'], ['x', 'y', 'z', 'axis3', 'axis4'])
    """
    return [*"xyz", *(f"axis{i}" for i in range(3, number))][:number]


def to_arrow(snapshot: Snapshot, key: Any = None) -> Any:
    """As `Snapshot.to_arrow` says."""
    pa = needed("pyarrow", "to_arrow")
    found = _found(snapshot, key)
    number = max((len(bins.axes) for _, _, bins in found), default=1)
    names = axis_names(number)
    labelled = [any(i < len(b.axes) and b.axes[i].labels for _, _, b in found) for i in range(number)]
    fields = [pa.field("result", pa.string()), pa.field("variation", pa.string()), pa.field("kind", pa.string())]
    for name, has in zip(names, labelled, strict=True):
        fields += [pa.field(f"{name}_low", pa.float64()), pa.field(f"{name}_high", pa.float64())]
        fields += [pa.field(f"{name}_label", pa.string())] if has else []
    fields += [pa.field("value", pa.float64()), pa.field("variance", pa.float64())]
    schema = pa.schema(fields, metadata={"rdf_live": json.dumps(about(snapshot))})
    tables = [_table(pa, schema, label, variation, bins) for label, variation, bins in found]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def to_parquet(snapshot: Snapshot, path: str | Path, key: Any = None) -> Path:
    """As `Snapshot.to_parquet` says."""
    parquet = needed("pyarrow.parquet", "to_parquet")
    path = Path(path)
    table = to_arrow(snapshot, key)
    with replaced(path) as unfinished:
        parquet.write_table(table, unfinished)
    return path


def _found(snapshot: Snapshot, key: Any) -> list[tuple[str, str | None, Bins]]:
    """Label, variation and cells of each histogram."""
    if key is None:
        keys: Sequence[Any] = list(snapshot)
    else:
        keys = [snapshot._find(one) for one in listed(key)]
    rows: list[tuple[str, str | None, Bins]] = []
    for result in keys:
        value = snapshot.get(result) if key is None else snapshot[result]
        for variation, one in variations_of(value).items():
            if has_bins(one):
                bins = extract(one)
                assert isinstance(bins, Bins)
                rows.append((result.label, variation or None, bins))
            elif key is not None:
                raise WrongKind(f"got {result.label!r}, a {type(one).__name__}, expected a histogram or a profile")
    return rows


def _table(pa: Any, schema: Any, label: str, variation: str | None, bins: Bins) -> Any:
    shape = tuple(len(axis) + 2 for axis in bins.axes)
    places = np.indices(shape).reshape(len(shape), -1) if bins.cells is None else bins.cells.T
    rows = places.shape[1]
    columns: dict[str, Any] = {"value": bins.values.ravel(), "variance": bins.variances.ravel()}
    for name, text in (("result", label), ("variation", variation), ("kind", bins.kind)):
        columns[name] = pa.array([text] * rows, pa.string())
    for name, axis, place in zip(axis_names(len(shape)), bins.axes, places, strict=True):
        edges = axis.flow_edges
        columns[f"{name}_low"], columns[f"{name}_high"] = edges[place], edges[place + 1]
        if axis.labels is not None:
            texts = pa.array([None, *(text or None for text in axis.labels), None], pa.string())
            columns[f"{name}_label"] = texts.take(pa.array(place))
    arrays = [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(rows, f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)
