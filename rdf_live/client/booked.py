# SPDX-License-Identifier: BSD-3-Clause
"""Checking what the user wants to start, before anything runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from distributed import Client

from rdf_live import _distrdf as distrdf
from rdf_live import errors
from rdf_live.client.finish import PARTIAL
from rdf_live.client.hub import check_client

__all__ = ["check_columns", "check_every", "graphs_of", "label"]

_HOW = 'Book it on a distributed dataframe: ROOT.RDataFrame("tree", files, executor=client).'


def check_every(every: Any) -> float:
    """Seconds between two updates.

    Raises
    ------
    WrongKind, BadInput
        It is no number, or not a positive one.
    """
    if isinstance(every, bool) or not isinstance(every, (int, float)):
        raise errors.WrongKind(f"every: got {every!r}, expected a number of seconds, for example every=0.5")
    if not 0 < every < float("inf"):
        raise errors.BadInput(f"every: got {every!r}, expected a positive number of seconds, for example every=0.5")
    return float(every)


def graphs_of(results: Any) -> tuple[Client, list[Any]]:
    """The client and the heads of the graphs behind the booked results, each head once, in order.

    Raises
    ------
    WrongKind
        Something is not a result of a distributed dataframe.
    BadInput
        Nothing was given, a result has been computed already, or the dataframes have different clients.
    """
    if _is_one(results):
        results = [results]
    results = list(results)
    if not results:
        raise errors.BadInput(f"got no results, expected at least one. {_HOW}")
    nodes = [_node(result) for result in results]
    for node in nodes:
        if node.value is not None and node not in PARTIAL:
            raise errors.BadInput(
                f"got {label(node)!r}, which has been computed already, expected one that was not. "
                "Take its GetValue(), or book it again to compute it again."
            )
    heads = list({id(node.get_head()): node.get_head() for node in nodes}.values())
    clients = {id(head.backend.client): head.backend.client for head in heads}
    if len(clients) > 1:
        raise errors.BadInput(
            f"got results on {len(clients)} clients, expected one. "
            "Start one run per client, or build the dataframes with the same executor."
        )
    return check_client(next(iter(clients.values()))), heads


def _is_one(results: Any) -> bool:
    """One thing, be it a result or a mistake; ROOT's own objects can be iterated over, bin by bin."""
    if distrdf.node_of(results) is not None or not isinstance(results, Iterable) or isinstance(results, (str, bytes)):
        return True
    return type(results).__module__.partition(".")[0] == "cppyy"


def _node(result: Any) -> Any:
    node = distrdf.node_of(result)
    if node is None:
        kind = type(result).__name__
        local = " of a local dataframe" if "RResult" in kind or hasattr(result, "OnPartialResult") else ""
        value = not local and hasattr(result, "InheritsFrom")
        raise errors.WrongKind(
            f"got {'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}{local}, expected a booked result of a distributed "
            f"dataframe{', not its value' if value else ''}. {_HOW}"
        )
    if not hasattr(getattr(node.get_head().backend, "client", None), "scheduler"):
        raise errors.WrongKind(f"got {label(node)!r} on a backend without a Dask client, expected one on Dask. {_HOW}")
    if not hasattr(node.operation, "name") or node.operation.name not in {*distrdf.KINDS, "VariationsFor"}:
        raise errors.WrongKind(f"got {node.operation.name}, expected one of {', '.join(distrdf.KINDS)}")
    return node


def label(node: Any) -> str:
    """What a person calls a result: the name in its model, else the operation and its column."""
    operation = node.operation
    if operation.name == "VariationsFor":
        return f"{label(node.parent)} variations"
    arguments = list(operation.args) + list(operation.kwargs.values())
    for place, argument in enumerate(arguments):
        tuple_ = isinstance(argument, tuple) and argument and isinstance(argument[0], str)
        name = argument[0] if tuple_ else getattr(argument, "fName", None)
        if name is None:
            continue
        if str(name).strip():
            return str(name)
        rest = arguments[place + 1 :]  # it was the model
        arguments = [c for given in rest for c in (given if isinstance(given, (list, tuple)) else [given])]
        break
    columns = [a for a in arguments if isinstance(a, str)]
    return f"{operation.name}({', '.join(columns)})" if columns else str(operation.name)


def _columns(operation: Any) -> list[str]:
    """The columns that an action names; without those of a regular expression."""
    if operation.name in ("Count", "Report", "VariationsFor"):
        return []
    named = {name: value for name, value in operation.kwargs.items() if name != "model"}
    arguments = [*operation.args, *named.values()]
    if operation.name.startswith(("Histo", "Profile")) and "model" not in operation.kwargs:
        arguments = arguments[1:]
    if operation.name == "AsNumpy":  # its other arguments choose what to leave out
        arguments = [named.get("columns", operation.args[0] if operation.args else None)]
    if operation.name == "Snapshot":  # tree and file, and a string instead of a list is a regular expression
        arguments = [a for a in arguments if not isinstance(a, str)]
    given = [a if isinstance(a, (list, tuple)) else [a] for a in arguments]
    return [column for group in given for column in group if isinstance(column, str)]


def check_columns(head: Any) -> None:
    """Every booked action finds its columns.

    Raises
    ------
    BadInput
        A column does not exist; the text names similar ones.
    """
    import difflib

    known: dict[int, set[str]] = {}
    for node in distrdf.action_nodes(head):
        columns = _columns(node.operation)
        if not columns:
            continue
        parent = node.parent
        frame = parent.rdf_node if parent.rdf_node is not None else head.rdf_node
        if id(parent) not in known:
            known[id(parent)] = {str(name) for name in frame.GetColumnNames()}
        for column in columns:
            if column in known[id(parent)] or distrdf.has_column(frame, column):
                known[id(parent)].add(column)
                continue
            close = difflib.get_close_matches(column, known[id(parent)], 3)
            raise errors.BadInput(
                f"{label(node)!r}: got column {column!r}, which neither the dataset nor a Define has. "
                + (
                    f"Did you mean {' or '.join(map(repr, close))}?"
                    if close
                    else "df.GetColumnNames() lists those there are."
                )
            )
