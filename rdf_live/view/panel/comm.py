# SPDX-License-Identifier: BSD-3-Clause
"""What the page says: stop, cancel, and which panes are in sight.

The comm is opened by the page. While a cell is busy its messages come on another thread than the main one, so nothing
here touches ROOT.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from rdf_live.errors import RdfLiveError
from rdf_live.view.panel import notebook

if TYPE_CHECKING:
    from rdf_live.view.panel.panel import Panel

__all__ = ["TARGET", "keep", "know"]

TARGET = "rdf_live.panel"
_UNKNOWN: dict[str, Any] = {
    "error": "This kernel does not know the run of this panel: it was restarted, or the run is over. "
    "rdf_live.runs(client) lists the runs that a cluster knows, and rdf_live.attach comes back to one.",
    "unknown": True,
}
_panels: weakref.WeakValueDictionary[str, Panel] = weakref.WeakValueDictionary()
#: The ends of the last panels, with their runs: a page may have missed one, and ask when the panel is gone.
_ends: dict[str, tuple[str, dict[str, Any]]] = {}
_MOST_ENDS = 5
_lock = threading.Lock()


def know(panel: Panel) -> None:
    """A page may ask for this panel from now on."""
    from comm import get_comm_manager

    _panels[panel.id] = panel
    get_comm_manager().register_target(TARGET, _open)


def keep(panel: Panel) -> None:
    """Its end can be shown again, also when it is gone. Any thread."""
    with _lock:
        if panel.end is not None:
            _ends[panel.id] = (panel.run.id, panel.end)
        for name in list(_ends)[:-_MOST_ENDS]:
            del _ends[name]


def _open(comm: Any, message: dict[str, Any]) -> None:
    given = _data(message)
    name, run = given.get("panel"), given.get("run")
    end = _end(name, run)
    known = end is not None or _find(name, run) is not None

    def hear(message: dict[str, Any]) -> None:
        answer = _answer(_find(name, run), known, comm.comm_id, _data(message))
        if answer is not None:
            comm.send(answer)

    def close(message: dict[str, Any]) -> None:
        panel = _find(name, run)
        if panel is not None:
            panel.unwatch(comm.comm_id)

    # Not on_msg: that has IPython run its hooks around each message, and one of them is ROOT's, which draws all
    # canvases, here in a thread that may not.
    comm.handle_msg = hear
    comm.on_close(close)
    if not known:
        comm.send(_UNKNOWN)
    if end is not None:
        # Who asks has not seen it: nobody opens a comm for a panel that is final.
        notebook.update(end, str(name))


def _end(name: Any, run: Any) -> dict[str, Any] | None:
    """The last update of a panel, if it has come."""
    panel = _find(name, run)
    if panel is not None:
        return panel.end
    with _lock:
        kept = _ends.get(name) if isinstance(name, str) else None
    return kept[1] if kept is not None and kept[0] == run else None


def _data(message: dict[str, Any]) -> dict[str, Any]:
    data = message["content"].get("data")
    return data if isinstance(data, dict) else {}


def _find(name: Any, run: Any) -> Panel | None:
    panel = _panels.get(name) if isinstance(name, str) else None
    return panel if panel is not None and panel.run.id == run else None


def _answer(panel: Panel | None, known: bool, sender: str, data: dict[str, Any]) -> dict[str, Any] | None:
    do = data.get("do")
    if do == "visible":
        panes = data.get("panes")
        if not isinstance(panes, list) or not all(isinstance(i, int) and not isinstance(i, bool) for i in panes):
            return {"error": f"visible: got {str(panes)[:100]}, expected a list of whole numbers"}
        if panel is not None:
            panel.watch(sender, panes)
        return None
    if do not in ("stop", "cancel"):
        return {"error": f"got {str(do)[:100]!r}, expected stop, cancel or visible"}
    if not known:
        return _UNKNOWN
    # A panel that is gone had shown the end of its run.
    if panel is not None and not panel.run._is_over():
        try:
            panel.run.stop() if do == "stop" else panel.run.cancel()
        except RdfLiveError as error:
            if not panel.run._is_over():
                return {"error": str(error)}
    return {"heard": do}
