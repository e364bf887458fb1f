# SPDX-License-Identifier: BSD-3-Clause
"""What a worker needs: the graph, in one piece that it fetches from the hub, and the ranges, with their tasks."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import cloudpickle
import dask

from rdf_live import _distrdf as distrdf
from rdf_live.errors import BadInput

__all__ = ["pack", "pack_ranges"]


def pack(mapper: Any) -> bytes:
    """The graph, the user's declared code and initialisation, and the contents of the user's files.

    The files travel inside, because sending them the way Dask does needs connections into the workers.

    Raises
    ------
    BadInput
        A file that was registered to be distributed cannot be read.
    """
    base = distrdf.backend_base()
    content = distrdf.parts_of(mapper)
    content["graph"] = cloudpickle.dumps(content["graph"])
    content["headers"] = [os.path.basename(p) for p in sorted(base.headers)]
    content["libraries"] = [os.path.basename(p) for p in sorted(base.shared_libraries)]
    content["files"] = {
        os.path.basename(path): _read(path)
        for path in sorted(base.headers | base.shared_libraries | base.pcms | base.files)
    }
    content["jit_level"] = int(dask.config.get("rdf-live.jit-level", 2))
    return bytes(cloudpickle.dumps(content))


def pack_ranges(ranges: list[Any]) -> list[bytes]:
    """The ranges, each on its own: it travels with its task.

    With friends, or samples of many files, ROOT gives every range the names of all files. These are much alike: of a
    thousand files and ranges, 100 MB become 5.
    """
    return [zlib.compress(cloudpickle.dumps(r), 1) for r in ranges]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput(
            f"got {path}, which was registered to be distributed to the workers but cannot be read here ({error})"
        ) from error
