# SPDX-License-Identifier: BSD-3-Clause
"""ROOT's own style of watching: ``LiveVisualize({h: callback})``, then ``h.Draw()``."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rdf_live import _distrdf as distrdf
from rdf_live import errors
from rdf_live._root import cpp, root
from rdf_live.client import booked, hub
from rdf_live.client.backend import live_backend
from rdf_live.client.callbacks import report
from rdf_live.client.shown import LAST_LOOK_S
from rdf_live.snapshot import Result, Snapshot

if TYPE_CHECKING:
    from rdf_live.run import LiveRun

__all__ = ["LiveVisualize"]

_DRAWABLE = ("Histo1D", "Histo2D", "Histo3D", "Graph", "GraphAsymmErrors", "Profile1D", "Profile2D")
_PAD = (800, 400)  # pixels, as ROOT's


def LiveVisualize(
    drawables: Any,
    callback: Callable[[Any], Any] | None = None,
    *,
    global_callback: Callable[[Any], Any] | None = None,
    every: float = 0.5,
) -> None:
    """Show results while they are computed; a drop-in for ``ROOT.RDF.Distributed.LiveVisualize``.

    Nothing runs yet. When a value of the dataframe is asked for (``h.Draw()``), its results are drawn every `every`
    seconds, until the run is over: on a canvas, or in a notebook in a panel, as `LiveRun.panel` shows it.

    Parameters
    ----------
    drawables : dict, list, tuple or one result
        Booked histograms, profiles or graphs of one dataframe. The values of a dict are their own callbacks, or None.
    callback, global_callback : callable, optional
        For all of them, after their own.
    every : float
        Seconds between two updates, at least.

    Notes
    -----
    A callback is any callable that takes one object. It is called in the thread that asked for the value, with a
    copy to draw. What it sets of the looks (colours, titles, axis ranges, fitted functions) is visible on the final
    object too; the data of that are not touched. A callback that raises is reported once and not called again.

    Raises
    ------
    WrongKind
        Something is not a result of a distributed dataframe, or a callback cannot be called.
    BadInput
        A result cannot be drawn, the results belong to more than one dataframe, or there are none. A ValueError, as
        ROOT's.
    """
    given = _pairs(drawables)
    every = booked.check_every(every)
    if any(_computed(result) for result in given):
        warnings.warn(
            "LiveVisualize should be called before triggering the computation graph. Skipping live visualization.",
            stacklevel=2,
        )
        return
    _, heads = booked.graphs_of(list(given))
    if len(heads) > 1:
        raise errors.BadInput(
            f"got results of {len(heads)} dataframes, expected one. "
            "Use rdf_live.start(results) to run several side by side."
        )
    watched = []
    for result, own in given.items():
        node = distrdf.node_of(result)
        if node.operation.name not in _DRAWABLE:  # type: ignore[union-attr]
            raise errors.BadInput(f"got {booked.label(node)!r}, expected one of {', '.join(_DRAWABLE)}")
        watched.append(_Watched(node, [_checked(f) for f in (own, callback, global_callback) if f is not None]))
    hub.install(heads[0].backend.client)
    live_backend(heads[0], _Trigger(watched, every))


def _pairs(drawables: Any) -> dict[Any, Any]:
    if isinstance(drawables, Mapping):
        return dict(drawables)
    if isinstance(drawables, (list, tuple)):
        return dict.fromkeys(drawables)
    return {drawables: None}


def _computed(result: Any) -> bool:
    node = distrdf.node_of(result)
    return node is not None and node.value is not None


def _checked(function: Any) -> Callable[[Any], Any]:
    if not callable(function):
        raise errors.WrongKind(f"callback: got a {type(function).__name__}, expected something to call with an object")
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        raise errors.WrongKind(f"callback {function!r}: expected one that takes one object ({error})") from error
    except ValueError:
        pass  # a builtin that does not tell its signature
    return function  # type: ignore[no-any-return]


class _Watched:
    """One result that is shown."""

    def __init__(self, node: Any, callbacks: list[Callable[[Any], Any]]) -> None:
        self.node = node
        self.callbacks = callbacks
        self.shown: Any = None  # a pad does not own what it shows

    def call(self, value: Any) -> Any:
        """A copy that the callbacks have seen."""
        copy = cpp().Copy(value)
        root().SetOwnership(copy, True)
        for callback in list(self.callbacks):
            try:
                callback(copy)
            except Exception as error:
                self.callbacks.remove(callback)
                report(callback, error)
        return copy

    def draw(self, value: Any, pad: Any) -> None:
        """Show it on a pad, which is the current one for the callbacks."""
        pad.cd()
        copy = self.call(value)
        copy.Draw("AP" if "Graph" in self.node.operation.name else "")
        pad.Modified()
        pad.Update()
        self.shown = copy


class _Trigger:
    """Runs a dataframe when a value of it is asked for, and shows it meanwhile."""

    def __init__(self, watched: list[_Watched], every: float) -> None:
        self._watched = watched
        self._every = every

    def __call__(self, backend: Any, ranges: list[Any], mapper: Any) -> Any:
        from rdf_live.client.start import launch_captured
        from rdf_live.view.panel.notebook import in_kernel

        run = launch_captured(backend, ranges, mapper, self._every)
        by_node = {id(node): result for node, result in zip(run._nodes, run.results, strict=True)}
        found = [(watched, by_node[id(watched.node)]) for watched in self._watched if id(watched.node) in by_node]
        (_in_panel if in_kernel() else _on_canvas)(run, found)
        for watched, _ in found:
            if watched.node.value is not None and watched.shown is not None:
                cpp().CopyLook(watched.shown, watched.node.value)
        return run


def _on_canvas(run: LiveRun, found: list[tuple[_Watched, Result]]) -> None:
    ROOT = root()
    rows = max(math.ceil(math.sqrt(len(found))), 1)
    columns = max(math.ceil(len(found) / rows), 1)
    with _canvas(run.name, (rows, columns)) as canvas:

        def draw(snapshot: Snapshot) -> None:
            canvas.SetTitle(f"{run.name}: {100 * snapshot.fraction:.3g} % of the data, {snapshot.entries:,} entries")
            for number, (watched, result) in enumerate(found, start=1):
                watched.draw(snapshot[result], canvas.cd(number))
            ROOT.gSystem.ProcessEvents()

        run._result(None, draw)


def _in_panel(run: LiveRun, found: list[tuple[_Watched, Result]]) -> None:
    from rdf_live.view.panel.panel import Panel

    def call(snapshot: Snapshot) -> None:
        for watched, result in found:
            watched.shown = watched.call(snapshot[result])
        if snapshot.state != "running":
            panel.release()

    def dress(snapshot: Snapshot) -> None:
        # Never changed after they were put here: the callbacks get a new copy each time.
        for watched, result in found:
            if watched.shown is not None:
                cpp().CopyLook(watched.shown, snapshot[result])

    panel = Panel(run, [result for _, result in found], numbers=[], dress=dress, hold=True)
    panel.show()
    # What callbacks draw beside their object (a fit does) has to go somewhere: a canvas that nobody sees.
    before = root().gROOT.IsBatch()
    root().gROOT.SetBatch(True)
    try:
        with _canvas(run.name, (1, 1)):
            run._result(None, call)
    finally:
        root().gROOT.SetBatch(before)
        panel.release()
        panel.settle(LAST_LOOK_S)


@contextmanager
def _canvas(title: str, shape: tuple[int, int]) -> Iterator[Any]:
    """A canvas of so many pads; the one that was current is it again afterwards."""
    ROOT = root()
    context = ROOT.TVirtualPad.TContext()
    canvas = ROOT.TCanvas("rdf_live", title, _PAD[0] * shape[0], _PAD[1] * shape[1])
    try:
        canvas.Divide(*shape)
        yield canvas
    finally:
        canvas.Close()
        context.__destruct__()
