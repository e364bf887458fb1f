# SPDX-License-Identifier: BSD-3-Clause
"""Live distributed ROOT RDataFrame on Dask.

Book results on ``ROOT.RDataFrame(..., executor=client)``, then ``run = rdf_live.start(results)``: histograms fill while
every task is still in the middle of its range.

ROOT is loaded when a name that needs it is first used, because the scheduler imports this package too and has none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "LiveRun",
    "LiveVisualize",
    "Snapshot",
    "attach",
    "cluster_status",
    "connect",
    "errors",
    "journal",
    "runs",
    "scale",
    "start",
    "view",
]

_WHERE = {
    "LiveRun": "rdf_live.run",
    "LiveVisualize": "rdf_live.client.visualize",
    "Snapshot": "rdf_live.snapshot",
    "attach": "rdf_live.again",
    "cluster_status": "rdf_live.cluster.control",
    "connect": "rdf_live.cluster.connect",
    "journal": "rdf_live.jupyter.kernel.past",
    # ``%load_ext rdf_live``
    "load_ipython_extension": "rdf_live.jupyter.kernel.extension",
    "runs": "rdf_live.again",
    "scale": "rdf_live.cluster.control",
    "start": "rdf_live.client.start",
}

if TYPE_CHECKING:
    from rdf_live import errors as errors
    from rdf_live import view as view
    from rdf_live.again import attach as attach
    from rdf_live.again import runs as runs
    from rdf_live.client.start import start as start
    from rdf_live.client.visualize import LiveVisualize as LiveVisualize
    from rdf_live.cluster.connect import connect as connect
    from rdf_live.cluster.control import cluster_status as cluster_status
    from rdf_live.cluster.control import scale as scale
    from rdf_live.jupyter.kernel.past import journal as journal
    from rdf_live.run import LiveRun as LiveRun
    from rdf_live.snapshot import Snapshot as Snapshot


def __getattr__(name: str) -> Any:
    if name in ("errors", "view"):
        return importlib.import_module(f"rdf_live.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module 'rdf_live' has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
