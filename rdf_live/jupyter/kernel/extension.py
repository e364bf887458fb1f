# SPDX-License-Identifier: BSD-3-Clause
"""``%load_ext rdf_live``: keeps the outputs of this notebook, and brings them back with ``%rdf_live restore``."""

from __future__ import annotations

import time
from typing import Any

from rdf_live.client.where import connection_file, here
from rdf_live.errors import BadInput
from rdf_live.jupyter.kernel import beside, magic
from rdf_live.jupyter.kernel.folders import own_folder, server_folders

__all__ = ["load_ipython_extension"]

#: The first cell may run before the server has written down that it was asked for.
_PATIENCE_S = 2.0

_TERMINAL = (
    "rdf_live: this is no notebook, so nothing is kept. In a notebook, %load_ext rdf_live keeps the outputs of all "
    "cells, also while the page is closed."
)
_NOT_STARTED = (
    "rdf_live: the outputs of this notebook are not kept, because the process that would do so {why}. "
    "%reload_ext rdf_live tries again."
)

_beside: beside.Beside | None = None


def load_ipython_extension(shell: Any) -> None:
    """Keep the outputs of this notebook from now on, in a process of its own that outlives page and kernel.

    Called by ``%load_ext rdf_live``. Nothing is started where the Jupyter server keeps them already, or a second time.
    """
    global _beside
    file = connection_file()
    if file is None:
        print(_TERMINAL)
        return
    shell.register_magic_function(_rdf_live, magic_kind="line", magic_name="rdf_live")
    if (_beside is not None and _beside.alive) or _kept_by_server(_PATIENCE_S):
        return
    if _beside is not None:
        shell.events.unregister("pre_run_cell", _beside.tell)
        _beside = None
    try:
        started = beside.Beside(file, own_folder())
    except (OSError, RuntimeError) as error:
        print(_NOT_STARTED.format(why=f"did not start ({error})"))
        return
    if not started.heard:
        why = "does not hear the kernel" if started.alive else "ended at once"
        print(_NOT_STARTED.format(why=f"{why} (log: {own_folder() / 'sidecar.log'})"))
        started.end()
        return
    _beside = started
    shell.events.register("pre_run_cell", started.tell)


def _rdf_live(line: str) -> None:
    """Outputs of this notebook, those of kernels before this one too.

    ``%rdf_live`` says what there is. ``%rdf_live restore 4`` shows the outputs of the cell with that number, or that
    id; ``%rdf_live restore all`` those of all cells.
    """
    if _kept_by_server():
        keeper = "The Jupyter server keeps the outputs of this notebook."
    elif _beside is not None and _beside.alive:
        keeper = "The outputs of this notebook are kept."
    else:
        keeper = "The outputs of this notebook are not kept just now; %reload_ext rdf_live keeps them."
    try:
        magic.run(line, keeper)
    except BadInput as error:
        from IPython.core.error import UsageError

        # Shown as one line.
        raise UsageError(str(error)) from None


def _kept_by_server(patience_s: float = 0.0) -> bool:
    """Whether a Jupyter server with rdf_live keeps the journal of this kernel, or begins to within that time."""
    kernel, folders = here().kernel, server_folders()
    # Such a server makes its folder when it starts.
    if kernel is None or not folders:
        return False
    from rdf_live.jupyter.journal import Store

    end = time.monotonic() + patience_s
    while not any(Store(folder).watched_elsewhere(kernel) for folder in folders):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
