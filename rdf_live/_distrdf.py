# SPDX-License-Identifier: BSD-3-Clause
"""Everything rdf_live assumes about the inside of ROOT's distributed RDataFrame, in one place.

Both the client and the worker need some of it, so it stands beside them. Each assumption has a test in
``test_assumptions.py``; `module` is the version gate.
"""

from __future__ import annotations

import functools
import importlib
from functools import partial
from typing import Any

from rdf_live._root import root
from rdf_live.errors import BadInput

__all__ = [
    "KINDS",
    "action_nodes",
    "backend_base",
    "book_again",
    "build_graph",
    "clone_snapshot",
    "dask_backend",
    "distribute",
    "forget",
    "kind_of",
    "module",
    "node_of",
    "parts_of",
    "setup",
    "snapshot_result",
    "value_setter",
]

#: What each operation gives, by its name in the dataframe: the class of a ROOT object, or the name of a number.
KINDS = {
    "Histo1D": "TH1D",
    "Histo2D": "TH2D",
    "Histo3D": "TH3D",
    "HistoND": "THnD",
    "HistoNSparseD": "THnSparseD",
    "Profile1D": "TProfile",
    "Profile2D": "TProfile2D",
    "Graph": "TGraph",
    "GraphAsymmErrors": "TGraphAsymmErrors",
    "Stats": "TStatistic",
    "Count": "Count",
    "Sum": "Sum",
    "Mean": "Mean",
    "Min": "Min",
    "Max": "Max",
    "StdDev": "StdDev",
    "Report": "Report",
    "AsNumpy": "AsNumpy",
    "Snapshot": "Snapshot",
}


@functools.cache
def module(name: str) -> Any:
    """A module of the package, which was ``DistRDF`` up to ROOT 6.38 and is ``ROOT._distrdf`` since 6.40."""
    root()
    for package in ("ROOT._distrdf", "DistRDF"):
        try:
            return importlib.import_module(f"{package}.{name}" if name else package)
        except ModuleNotFoundError as error:
            if error.name is None or (not package.startswith(error.name.split(".")[0]) and error.name != package):
                raise
    raise ImportError(
        "rdf_live: got a ROOT without distributed RDataFrame, expected one built with dataframe and pyroot."
    )


# ---- client ---------------------------------------------------------------------------------------------------------


def dask_backend() -> Any:
    """The class `DaskBackend`, whose ``ProcessAndMerge(ranges, mapper, reducer)`` is the hook."""
    return module("Backends.Dask.Backend").DaskBackend


def backend_base() -> Any:
    """The class that holds what the user wants on every worker: headers, libraries, files, code, initialisation."""
    return module("Backends.Base").BaseBackend


def task_result(values: list[Any] | None, entries: int, trees: dict[str, int]) -> Any:
    """What ``ProcessAndMerge`` returns."""
    tree_entries = module("Ranges").TaskTreeEntries(entries, trees)
    return module("Backends.Base").TaskResult(values, tree_entries)


def node_of(result: Any) -> Any | None:
    """The graph node behind a result proxy of a distributed dataframe; None for anything else."""
    proxy = module("Proxy")
    if isinstance(result, (proxy.ResultPtrProxy, proxy.ResultMapProxy)):
        return result.proxied_node
    return None


def action_nodes(head: Any) -> list[Any]:
    """The booked actions of a graph, in the order in which a task returns them."""
    return list(head._get_action_nodes())


def parts_of(mapper: Any) -> dict[str, Any]:
    """What a task needs, out of the mapper that ``ProcessAndMerge`` gets (a partial of ``distrdf_mapper``)."""
    keywords = mapper.keywords
    callable_ = keywords["computation_graph_callable"]
    if not isinstance(callable_, partial):
        raise TypeError(f"got {callable_!r}, expected the partial that ROOT makes of trigger_computation_graph")
    return {
        "graph": callable_.args[0],
        "build": keywords["build_rdf_from_range"],
        "initialize": keywords["initialization_fn"],
        "declare": keywords["code_to_declare"],
    }


def kind_of(node: Any) -> str:
    """Kind of an action's result; of its nominal result if it is a set of variations."""
    operation = node.operation
    if operation.name == "VariationsFor":
        operation = node.parent.operation
    return KINDS[operation.name]


def is_varied(node: Any) -> bool:
    """True for VariationsFor."""
    return str(node.operation.name) == "VariationsFor"


def value_setter(node: Any, value: Any) -> None:
    """Give the user's proxy its value, as if ROOT had run."""
    node.value = value


def snapshot_result(treename: str, files: list[str], client: Any) -> Any:
    """The dataframe that a distributed Snapshot returns."""
    return module("PythonMergeables").SnapshotResult(treename, files).GetValue(dask_backend()(client))


def named_ranges(head: Any) -> int | None:
    """The ``npartitions`` that the user named. ROOT asks the backend for a number all the same, and drops it."""
    return head.npartitions if head._user_specified_npartitions else None


def size_of(head: Any, strict: bool = False) -> tuple[int, int]:
    """Entries and clusters of the dataset, as its first, middle and last file let expect; without files, an entry is a
    cluster.

    Raises
    ------
    BadInput
        One of these cannot be read; if not `strict`, only where it is the first.
    """
    if hasattr(head, "nentries"):
        return head.nentries, head.nentries
    files = head.inputfiles
    trees = getattr(head, "subtreenames", None) or head.subnames
    if not len(files):
        return 0, 1
    which = "RNTuple" if hasattr(head, "mainntuplename") else ""
    sizes = []
    for index in sorted({0, len(files) // 2, len(files) - 1}):
        try:
            found = module("Ranges").get_clusters_and_entries(which, str(trees[index]), str(files[index]))
        except Exception as error:
            if index == 0 or strict:
                raise BadInput(
                    f"got {files[index]}, expected a file with {str(trees[index])!r} in it ({error}). Leave it out, or "
                    'rdf_live.start(..., on_error="skip") computes the others.'
                ) from error
            continue  # its range fails, and the user is told; the others go on
        sizes.append((int(found[1]), max(len(found[0]) - 1, 1)))
    entries, clusters = (sum(each) * len(files) / len(sizes) for each in zip(*sizes, strict=True))
    return round(entries), round(clusters)


def has_column(frame: Any, column: str) -> bool:
    """Whether a local dataframe knows a column, also one that GetColumnNames does not list (a part of another)."""
    try:
        frame.GetColumnType(column)
    except Exception:
        return False
    return True


def untouched_entries(head: Any) -> tuple[int, dict[str, int]]:
    """Entries that pass ROOT's own comparison of what it asked for with what was processed.

    The hub has already accounted for every range, and a stopped run is meant to hold less than everything.
    """
    files = getattr(head, "inputfiles", [])
    trees = getattr(head, "subtreenames", None) or getattr(head, "subnames", [])
    return 0, {f"{file}/{tree}": 0 for file, tree in zip(files, trees, strict=True)}


# ---- worker ---------------------------------------------------------------------------------------------------------


def setup(initialize: Any, declare: str) -> None:
    """Batch mode, thread safety, the user's initialisation and declared code."""
    module("Backends.Base").setup_mapper(initialize, declare)


def distribute(headers: list[str], libraries: list[str]) -> None:
    """Declare headers and load libraries that lie on this machine."""
    utils = module("Backends.Utils")
    utils.distribute_headers(headers)
    utils.distribute_shared_libraries(libraries)


def build_graph(graph: dict[int, Any], dataframe: Any, range_name: Any) -> list[Any]:
    """Book the whole graph on a dataframe; one promise per action."""
    return list(module("ComputationGraphGenerator").generate_computation_graph(graph, dataframe, range_name))


def graph_actions(graph: dict[int, Any]) -> list[Any]:
    """The action nodes of an unpickled graph, in the order of the promises of `build_graph`."""
    operation = module("Operation")
    nodes = list(graph.values())[1:]
    for node in nodes:
        node.parent = graph[node.parent_id]
    return [n for n in nodes if isinstance(n.operation, (operation.Action, operation.InstantAction))]


def book_again(node: Any) -> Any:
    """Book the action of a node of `build_graph` once more."""
    return getattr(node.parent.rdf_node, node.operation.name)(*node.operation.args, **node.operation.kwargs)


def clone_snapshot(promise: Any, range_name: Any) -> Any:
    """Book a Snapshot afresh, into a file of its own."""
    return module("Backends.Utils").clone_action(promise, range_name)


def is_empty_source(data_range: Any) -> bool:
    """Whether entries are counted and not read: the range then has a start and an end."""
    return isinstance(data_range, module("Ranges").EmptySourceRange)


def entries_of(data_range: Any) -> tuple[int, int] | None:
    """The first of its entries and the one after the last, counted from the start of its first file.

    Looks into the files, as ROOT does before it opens a range. None if there are no entries in it.
    """
    if not is_empty_source(data_range):
        data_range, _ = module("Ranges").get_clustered_range_from_percs(data_range)
        return None if data_range is None else (int(data_range.globalstart), int(data_range.globalend))
    return int(data_range.start), int(data_range.end)


def is_rntuple(data_range: Any) -> bool:
    """ROOT cannot move a booked RNTuple graph to another range: it is booked again for every task."""
    return getattr(data_range.exec_id, "rdf_uuid", None) == "RNTuple"


def forget(exec_id: Any) -> None:
    """Drop the dataframe that ROOT keeps for an execution."""
    cache = module("_graph_cache")
    cache._RDF_REGISTER.pop(exec_id, None)
    cache._ACTIONS_REGISTER.pop(exec_id, None)
