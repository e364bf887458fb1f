# SPDX-License-Identifier: BSD-3-Clause
"""The hook: a backend that puts the graph of a dataframe on the live road instead of ROOT's own."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from distributed import Client

from rdf_live import _distrdf as distrdf
from rdf_live import errors
from rdf_live.client import hub
from rdf_live.client.partition import choose

__all__ = ["Captured", "live_backend"]


class Captured(Exception):
    """Ends ROOT's preparation of a graph at the point where it would run it.

    ROOT has then pruned the graph, named the execution, and built the ranges and the mapper. Nothing has been sent.
    """

    def __init__(self, ranges: list[Any], mapper: Any) -> None:
        super().__init__()
        self.ranges = ranges
        self.mapper = mapper


class _Final:
    """What ROOT expects of a merged result."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def GetValue(self) -> Any:
        return self._value


@functools.cache
def _class() -> Any:
    base: Any = distrdf.dask_backend()

    class LiveBackend(base):  # type: ignore[misc]
        """One per dataframe that was started or is to be watched.

        Attributes
        ----------
        run : LiveRun or None
            The run that computes this dataframe's results.
        trigger : callable
            Called with (ranges, mapper) when the user asks for a value that no run computes; gives a run that is over.
        strict : bool
            Whether a file that cannot be read ends everything before it begins, if it is one that is looked at.
        """

        def __init__(self, client: Client, head: Any, trigger: Any) -> None:
            super().__init__(client)
            self.head = head
            self.run: Any = None
            self.trigger = trigger
            self.capturing = False
            self.strict = True

        def capture(self, strict: bool = True) -> Captured:
            """Let ROOT prepare the graph, and take what it would run."""
            self.capturing, self.strict = True, strict
            try:
                self.head.execute_graph()
            except Captured as captured:
                return captured
            finally:
                self.capturing, self.strict = False, True
            raise AssertionError("ROOT did not call ProcessAndMerge")

        def optimize_npartitions(self) -> int:
            hub.install(self.client)
            named = distrdf.named_ranges(self.head)
            if named is not None:
                return named
            return choose(self.head, hub.call(self.client, "rdf_live_hello")["cores"], self.strict)

        def ProcessAndMerge(self, ranges: list[Any], mapper: Any, reducer: Any) -> Any:
            if self.capturing:
                raise Captured(ranges, mapper)
            # The user asks for a value: wait for the run that computes it, and run what nobody computes yet.
            self._join()
            nodes = distrdf.action_nodes(self.head)
            if any(node.value is None for node in nodes):
                self.run = self.trigger(self, ranges, mapper)
            return distrdf.task_result([_Final(n.value) for n in nodes], *distrdf.untouched_entries(self.head))

        def _join(self) -> None:
            """Wait for the run that computes these values. What became of one that had ended is no news."""
            run = self.run
            if run is None or all(node.value is not None for node in run._nodes):
                return
            ended = run._has_ended()
            try:
                run.result()
            except errors.RdfLiveError:
                if not ended:
                    raise
                self.run = None

        def ProcessAndMergeLive(self, ranges: list[Any], mapper: Any, reducer: Any, drawables: Any) -> Any:
            """Asked for by ROOT's own LiveVisualize, whose pictures would need ROOT's own backend."""
            warnings.warn(
                "ROOT.RDF.Distributed.LiveVisualize shows nothing of a dataframe that rdf_live has started before. "
                "rdf_live.LiveVisualize takes the same arguments.",
                stacklevel=2,
            )
            return self.ProcessAndMerge(ranges, mapper, reducer)

        def distribute_unique_paths(self, paths: Any) -> None:
            """Files travel with the graph."""

        def cleanup_cache(self, exec_id: Any) -> None:
            """Workers tidy up by themselves: ROOT's way needs connections into them."""

    return LiveBackend


def live_backend(head: Any, trigger: Any) -> Any:
    """The live backend of a graph, installed in place of ROOT's."""
    current = head.backend
    if isinstance(current, _class()):
        current.trigger = trigger
        return current
    head.backend = _class()(current.client, head, trigger)
    return head.backend
