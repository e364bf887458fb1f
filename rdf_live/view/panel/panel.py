# SPDX-License-Identifier: BSD-3-Clause
"""One output of a notebook that shows a run, and the thread that updates it."""

from __future__ import annotations

import contextlib
import importlib
import threading
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from rdf_live._interrupts import held
from rdf_live.errors import RunCancelled
from rdf_live.snapshot import Result, Snapshot
from rdf_live.view.panel import comm, layout, notebook, pace, words
from rdf_live.view.panel.still import Still
from rdf_live.view.panel.watchers import Watchers

if TYPE_CHECKING:
    from rdf_live.run import LiveRun

__all__ = ["MIME", "Panel"]

MIME = "application/vnd.rdf-live.v1+json"
#: Letters of plots in one update, and in the last one, which a notebook is saved with.
_MOST, _MOST_AT_END = 1_000_000, 2_000_000
#: So often the time of a run is shown that does not get on.
_TICK_S = 5


class Panel:
    """A run as one output. Made by `LiveRun.panel`; it ends with the run.

    Its thread keeps the run alive, shows the newest and skips what came meanwhile.

    Parameters
    ----------
    run : LiveRun
        What to show.
    given : list, optional
        Layout, as for `LiveRun.panel`.
    logx, logy : bool, optional
        For all panes.
    columns : int, optional
        Panes beside each other.
    numbers : sequence of Result, optional
        What to show without a pane; everything that cannot be drawn otherwise.
    dress : callable, optional
        Called with each snapshot that is shown, and may change the looks of its objects. In the thread of the panel.
    hold : bool
        The end is not shown before `release`.

    Attributes
    ----------
    id : str
        Its display_id.
    run : LiveRun
        What it shows.
    error : Exception or None
        What ended it before the run was over.
    """

    def __init__(
        self,
        run: LiveRun,
        given: Any = None,
        *,
        logx: bool | None = None,
        logy: bool | None = None,
        columns: int | None = None,
        numbers: Sequence[Result] | None = None,
        dress: Callable[[Snapshot], None] | None = None,
        hold: bool = False,
    ) -> None:
        layout.check_columns(columns)
        self.id = uuid.uuid4().hex[:12]
        self.run = run
        self.error: Exception | None = None
        self._panes = layout.panes_of(given, run.results, run._find, logx, logy)
        self._columns = columns
        self._numbers = [r for r in run.results if r.kind not in layout.DRAWABLE] if numbers is None else list(numbers)
        self._dress = dress
        self._held = hold
        self._thread: threading.Thread | None = None
        self._watchers = Watchers()
        self._cell: int | None = None
        self._number = 0
        #: For each pane the update it was sent in last, and the state of the run that it showed.
        self._sent: dict[int, int] = {}
        self._sent_seq: dict[int, int] = {}
        self._titles = [pane.title for pane in self._panes]  # their histograms' own, once these are there
        self._seen: tuple[Any, ...] = ()
        self._bundle: dict[str, Any] = {}
        self._still = Still(self._panes, columns)
        self._cost = pace.Cost()

    # ---- what the kernel asks for

    def show(self) -> None:
        """Put it into the cell that is executed now. Does nothing outside a notebook."""
        if not notebook.in_kernel():
            return
        self._cell = notebook.cell()
        comm.know(self)
        self.run._panels.add(self)
        with held():
            # The first one is made here: without plots, for they take time, unless it is the last one too.
            self._next(notebook.show, plots=self._ended())
        if not self._bundle[MIME]["final"]:
            self._thread = threading.Thread(target=self._work, name="rdf-live-panel", daemon=True)
            self._thread.start()

    def release(self) -> None:
        """The end may be shown. Any thread."""
        self._held = False
        self.run._wake()

    def settle(self, timeout: float) -> None:
        """Wait until the end of the run is shown, for at most so many seconds. Returns at once if that is held back."""
        if self._thread is not None and not self._held:
            self._thread.join(timeout)

    def _ipython_display_(self) -> None:
        if self._cell is None:
            raise NotImplementedError  # outside a notebook: IPython takes the repr
        if self._cell != notebook.cell():
            # The same output once more, in another cell; both are updated from now on.
            self._cell = notebook.cell()
            notebook.show(self._bundle, self.id)

    def __repr__(self) -> str:
        return f"<Panel of {self.run!r}>"

    # ---- what the page asks for. Any thread

    def watch(self, page: str, panes: Collection[int]) -> None:
        """A page draws by itself, and these panes are in sight there."""
        for index in self._watchers.hear(page, panes):
            # A page that was loaded again has what was saved with the notebook.
            self._sent_seq.pop(index, None)
        self.run._wake()

    def unwatch(self, page: str) -> None:
        """A page is gone."""
        self._watchers.forget(page)

    @property
    def end(self) -> dict[str, Any] | None:
        """The last update there is; None as long as there will be others."""
        bundle = self._bundle
        return bundle if bundle and bundle[MIME]["final"] else None

    # ---- the thread

    def _work(self) -> None:
        try:
            # While the workers compile: matplotlib takes a second.
            importlib.import_module("rdf_live.view.picture")
            while not self._bundle[MIME]["final"]:
                self._wait()
                self._next(notebook.update)
        except Exception as error:
            self.error = error
            with contextlib.suppress(Exception):
                self._give_up(error)

    def _wait(self) -> None:
        condition = self.run._condition
        with condition:
            condition.wait_for(self._ended, pace.interval(self.run.every, self._cost))
            condition.wait_for(lambda: self._ended() or self._news())

    def _ended(self) -> bool:
        return not self._held and (self.run._lost is not None or self.run._is_over())

    def _news(self) -> bool:
        """Something to show that is not shown. While holding the condition."""
        return self._now() != self._seen or self._behind()

    def _behind(self) -> bool:
        """Panes wait for their newest values. While holding the condition."""
        frame = self.run._frame
        if frame is None or not self.run._has_values():
            return False
        return any(self._sent_seq.get(i, -1) < frame["seq"] for i in self._candidates() if self._has_values(i, frame))

    def _now(self) -> tuple[Any, ...]:
        """What an update is about; first what changes even if nothing happens."""
        run = self.run
        frame = run._frame
        clock = frame and int(frame["progress"]["elapsed_s"] // _TICK_S)
        news = frame and (frame["seq"], frame["progress"].get("waiting_for"))
        return (clock, news, run._lost is not None, bool(run._blocking))

    def _has_values(self, index: int, frame: dict[str, Any]) -> bool:
        return any(frame["graphs"][result.graph]["values"] is not None for result in self._panes[index].results)

    def _candidates(self) -> list[int]:
        # The first plots are sent whoever looks: a notebook is saved with them.
        return pace.choose(len(self._panes), self._sent, self._watchers.visible if self._sent else None)

    # ---- one update

    def _next(self, publish: Callable[[dict[str, Any], str], None], plots: bool = True) -> None:
        """Make one update, of the newest there is, and publish it."""
        start = time.thread_time()
        run = self.run
        with run._condition:
            seen, self._seen = self._seen, self._now()
            only_clock = seen[1:] == self._seen[1:] and not self._behind()
            frame, lost, blocking = run._frame, run._lost, bool(run._blocking)
            final = self._ended()
            blocking = blocking and not final
            usable = run._has_values() and frame is not None and frame["state"] != "cancelled"
        try:
            snapshot = run._take(own=True) if usable and plots and (final or not only_clock) else None
        except RunCancelled:  # a moment ago it was not
            self._next(publish, plots=False)
            return
        data = self._data(frame, lost, blocking, final)
        picture_s = 0.0
        if snapshot is not None:
            if self._dress is not None:
                self._dress(snapshot)
            # The first plots do not wait for a picture of them.
            first = not self._sent and not final
            self._fill(data, snapshot, final)
            if not first:
                picture_s = self._still.draw(snapshot, run.name, bool(self._watchers), final)
        elif usable and self._bundle:
            data |= {name: self._bundle[MIME][name] for name in ("numbers", "reports")}
        elif frame is not None and frame["state"] == "cancelled":
            self._still.png = None
        self._bundle = {MIME: data, "text/plain": words.text_of(run.name, data)}
        if self._still.png is not None:
            self._bundle["image/png"] = self._still.png
        if final:
            comm.keep(self)
        publish(self._bundle, self.id)
        if snapshot is not None:
            self._cost.add(time.thread_time() - start - picture_s)

    def _data(
        self, frame: dict[str, Any] | None, lost: BaseException | None, blocking: bool, final: bool
    ) -> dict[str, Any]:
        """An update without plots and numbers."""
        run = self.run
        self._number += 1
        about = {"id": run.id, "name": run.name, "blocking": blocking, "time": time.time()}
        return {
            "version": 1,
            "panel": self.id,
            "frame": self._number,
            **words.head_of(about, frame, lost),
            "panes": self._about_panes(),
            "columns": self._columns,
            "plots": {},
            "numbers": [],
            "reports": [],
            "final": final,
        }

    def _about_panes(self) -> list[dict[str, Any]]:
        return [
            {"title": title, "logx": pane.logx, "logy": pane.logy}
            for title, pane in zip(self._titles, self._panes, strict=True)
        ]

    def _fill(self, data: dict[str, Any], snapshot: Snapshot, final: bool) -> None:
        """Plots, as many as there is room for, numbers and cut flows."""
        from rdf_live.view.panel import plots

        wanted = list(range(len(self._panes))) if final else self._candidates()
        room = _MOST_AT_END if final else _MOST
        for index in wanted:
            pane = self._panes[index]
            if not any(snapshot.has(result) for result in pane.results):
                continue
            if room <= 0 and not final:
                break
            try:
                plot = plots.plot_of(pane, snapshot)
                self._titles[index] = plots.title_of(pane, snapshot)
            except Exception as error:
                plot = plots.broken(snapshot, f"cannot be shown: {type(error).__name__}: {str(error)[:300]}")
            size = plots.letters(plot)
            if final and size > room:
                plot = plots.broken(
                    snapshot,
                    "left out of the last update, which would be too large; run.panel([...]) of fewer shows it",
                )
                size = 0
            room -= size
            data["plots"][str(index)] = plot
            self._sent[index], self._sent_seq[index] = self._number, snapshot.seq
        data["panes"] = self._about_panes()
        data["numbers"] = plots.numbers_of(self._numbers, snapshot)
        data["reports"] = plots.reports_of(self._numbers, snapshot)

    def _give_up(self, error: Exception) -> None:
        """A last update that says that there will be no other."""
        self._number += 1
        data = dict(self._bundle[MIME], frame=self._number, final=True, plots={})
        why = f"The panel ended because of an error ({type(error).__name__}: {str(error)[:300]})."
        data["run"] = data["run"] | {"message": f"{why} The run goes on; run.panel() shows it again."}
        self._bundle = self._bundle | {MIME: data, "text/plain": words.text_of(self.run.name, data)}
        comm.keep(self)
        notebook.update(self._bundle, self.id)
