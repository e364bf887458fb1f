# SPDX-License-Identifier: BSD-3-Clause
"""One computation graph in this process: booked once, cloned for every further range."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pickle
import zlib
from collections import OrderedDict
from typing import Any

import cloudpickle

from rdf_live import _distrdf as distrdf
from rdf_live._root import copy_bytes, cpp, jit_level, root
from rdf_live.partial.schema import layout_digest
from rdf_live.worker.frames import Monitor

__all__ = ["ProcessGraph", "load"]

logger = logging.getLogger("rdf_live.worker")

_RULES = ("min", "max", "moments")  # the order of rdf_live::Rule

#: Kinds whose promises Python works with, range by range.
_BOOKED_AGAIN = ("Report", "AsNumpy", "Snapshot")

#: Graphs kept in a process, and all of a run that has more: several runs may take turns on one worker, and the ranges
#: of one run alternate between its graphs.
KEEP = 4
_graphs: OrderedDict[tuple[str, int], ProcessGraph] = OrderedDict()


class ProcessGraph:
    """A graph out of its payload.

    Parameters
    ----------
    payload : bytes
        What `rdf_live.client.payload` made.
    directory : str
        Where headers, libraries and files of the user go on this worker.

    Attributes
    ----------
    interval : float
        Seconds between two pictures of the range before.
    """

    def __init__(self, payload: bytes, directory: str) -> None:
        root()
        content = pickle.loads(payload)
        jit_level(content["jit_level"])
        self._place(content["files"], directory)
        distrdf.distribute(
            [os.path.join(directory, name) for name in content["headers"]],
            [os.path.join(directory, name) for name in content["libraries"]],
        )
        distrdf.setup(content["initialize"], content["declare"])
        if root().IsImplicitMTEnabled():  # by the user's initialisation; a task is one slot on one core
            root().DisableImplicitMT()
        cpp()
        self._build = content["build"]
        self._graph_bytes: bytes = content["graph"]
        self._exec_id: Any = None
        self._kinds: list[str] = []
        self.interval = 0.5
        self._movable = False  # its ranges are nothing but numbers of entries
        self._warned = False
        self._reset()

    def _reset(self) -> None:
        self._dataframe: Any = None
        self._promises: list[Any] = []
        self._nodes: list[Any] = []
        self.slots: Any = None
        self._ahead = False  # cloned for the next range already
        self.schema: dict[str, Any] | None = None
        self.digest = ""

    @staticmethod
    def _place(files: dict[str, bytes], directory: str) -> None:
        for name, content in files.items():
            path = os.path.join(directory, name)
            digest = hashlib.sha1(content, usedforsecurity=False).digest()
            if os.path.isfile(path):
                with open(path, "rb") as old:
                    if hashlib.sha1(old.read(), usedforsecurity=False).digest() == digest:
                        continue
            part = f"{path}.{os.getpid()}"
            with open(part, "wb") as new:
                new.write(content)
            os.replace(part, path)

    def open(self, data_range: Any) -> tuple[Any, int, dict[str, int] | None]:
        """The dataframe over this range.

        Returns
        -------
        tuple
            The dataframe or None for a range without entries, its number of entries, and the entries of each of its
            trees (None where the source is no file).
        """
        self._exec_id = data_range.exec_id
        self._movable = distrdf.is_empty_source(data_range)
        if self.slots is not None and self._movable:
            # What ROOT does here, in a tenth of the time: this is most of what a short task of its kind costs.
            self.slots.MoveTo(data_range.start, data_range.end)
            return self._dataframe, data_range.end - data_range.start, None
        objects = self._build(data_range)
        trees = objects.entries_in_trees
        if trees is None:
            return objects.rdf, data_range.end - data_range.start, None
        return objects.rdf, trees.processed_entries, trees.trees_with_entries

    def book(self, dataframe: Any, data_range: Any, range_name: str) -> None:
        """Book every result on the dataframe: from the graph at first, as clones afterwards."""
        if self.slots is None or distrdf.is_rntuple(data_range):
            self._reset()
            self._dataframe = dataframe
            self._book_all(dataframe, range_name)
            return
        if not self._ahead:
            self._clone()
        self._ahead = False
        for index, node in enumerate(self._nodes):
            kind = self._kinds[index]
            if kind in ("Report", "AsNumpy"):
                # Not cloned: ROOT aborts on some reports, and fails now and then to compile the clone of a column.
                self._promises[index] = distrdf.book_again(node)
            elif kind == "Snapshot":
                self._promises[index] = distrdf.clone_snapshot(self._promises[index], range_name)
            if kind == "Report":
                self.slots.Rebook(index, self._promises[index])

    def prepare(self) -> None:
        """Clone for the next range of this process, which may not come, while it waits for something else.

        Only where `open` does nothing that clones would have to be made after.
        """
        if not self._movable:
            return
        try:
            self._clone()
        except Exception as error:
            # No memory, perhaps. What is finished is not to suffer.
            level = logging.DEBUG if self._warned else logging.WARNING
            logger.log(level, "rdf_live: got no clones of the results, the next ranges book them afresh: %s", error)
            self._warned = True
            self.drop()
        else:
            self._ahead = True

    def _clone(self) -> None:
        clone = self.slots.Clone
        clone.__release_gil__ = True  # what is being sent meanwhile needs it
        clone()

    def _book_all(self, dataframe: Any, range_name: str) -> None:
        graph = cloudpickle.loads(self._graph_bytes)
        self._promises = distrdf.build_graph(graph, dataframe, range_name)
        self._nodes = distrdf.graph_actions(graph)
        self._kinds = [distrdf.kind_of(node) for node in self._nodes]
        self.slots = slots = cpp().TaskGraph.Create()
        for kind, node, promise in zip(self._kinds, self._nodes, self._promises, strict=True):
            if kind in ("AsNumpy", "Snapshot"):
                slots.AddForeign(kind)
            elif distrdf.is_varied(node):
                slots.AddVaried(promise, kind)
            else:
                slots.Add(promise, kind)
        slots.SetNode(root().RDF.AsRNode(dataframe))
        self._describe()
        for index, kind in enumerate(self._kinds):
            if kind not in _BOOKED_AGAIN:
                # The slots have them; these would keep what was booked first for as long as the graph.
                self._promises[index] = self._nodes[index].rdf_node = None

    def _describe(self) -> None:
        slots = self.slots
        flat = list(slots.Rules())
        rules = [[_RULES[r], a, b] for r, a, b in zip(flat[::3], flat[1::3], flat[2::3], strict=True)]
        results = [
            {
                "kind": str(kind),
                "offset": int(offset),
                "length": int(length),
                "weighted": bool(weighted),
                "live": bool(live),
                "variations": [str(v) for v in variations],
            }
            for kind, offset, length, weighted, live, variations in zip(
                slots.Kinds(),
                slots.Offsets(),
                slots.Lengths(),
                slots.Weighted(),
                slots.Live(),
                slots.Variations(),
                strict=True,
            )
        ]
        for result, name in zip(results, self._names(), strict=True):
            result["name"] = name
        length = int(slots.Length())
        self.digest = layout_digest(length, rules, results)
        templates = slots.Templates()
        # Of empty bins: next to nothing is left of them.
        packed = zlib.compress(copy_bytes(int(templates.first), int(templates.second)), 1)
        slots.ForgetTemplates()
        self.schema = {
            "digest": self.digest,
            "length": length,
            "rules": rules,
            "results": results,
            "templates": packed,
        }

    def _names(self) -> list[str]:
        return [f"{node.operation.name}{index}" for index, node in enumerate(self._nodes)]

    def run(self, monitor: Monitor) -> None:
        """The event loop; Python's lock is free meanwhile."""
        run = self.slots.Run
        run.__release_gil__ = True
        run(monitor.shared)

    def foreign(self) -> dict[int, bytes]:
        """Bytes of the results that only Python knows, after the event loop."""
        blobs = {}
        for index, kind in enumerate(self._kinds):
            promise = self._promises[index]
            if kind == "AsNumpy":
                blobs[index] = pickle.dumps(dict(promise.GetValue()))
            elif kind == "Snapshot":
                blobs[index] = pickle.dumps((promise.treename, _settle(promise.filenames)))
        return blobs

    def discard(self) -> None:
        """Remove the files of an attempt that does not count. No effect on those of ranges before, which have names
        of their own by now."""
        for kind, promise in zip(self._kinds, self._promises, strict=False):
            for name in promise.filenames if kind == "Snapshot" else ():
                with contextlib.suppress(OSError):  # remote, or not begun
                    os.unlink(name)

    def drop(self) -> None:
        """Forget everything booked: after a failure, ROOT's objects are not clean."""
        self._reset()
        if self._exec_id is not None:
            distrdf.forget(self._exec_id)


def _settle(files: list[str]) -> list[str]:
    """Give the files of a Snapshot the names that ROOT would give them.

    An attempt writes ``base_<range>-<attempt>.root`` so that two attempts of one range never write the same file; the
    rename to ``base_<range>.root`` is atomic. Remote files keep their names.
    """
    settled = []
    for name in files:
        if "://" in name:
            settled.append(name)
        elif os.path.exists(name):
            stem = name.removesuffix(".root").rpartition("-")[0]
            final = f"{stem}.root"
            os.replace(name, final)
            settled.append(os.path.abspath(final))
    return settled


def load(run: str, graph: int, payload: bytes | None, directory: str) -> ProcessGraph:
    """The graph of a run: of this process, or out of the payload, which may be None only if `has` said so."""
    key = (run, graph)
    if key not in _graphs:
        assert payload is not None
        _graphs[key] = ProcessGraph(payload, directory)
        others = [other for other in _graphs if other[0] != run]
        for other in others[: max(len(_graphs) - KEEP, 0)]:
            _graphs.pop(other).drop()
    _graphs.move_to_end(key)
    return _graphs[key]


def has(run: str, graph: int) -> bool:
    """True if `load` needs no payload."""
    return (run, graph) in _graphs


def is_ready(run: str, graph: int) -> bool:
    """True if a range of it can begin at once, and leaves nothing behind if it is not wanted: no file, for one."""
    found = _graphs.get((run, graph))
    return found is not None and found.slots is not None and "Snapshot" not in found._kinds
