# SPDX-License-Identifier: BSD-3-Clause
"""What the processes have in their environment in which workers compute, wherever rdf_live starts them."""

from __future__ import annotations

from typing import Any

import dask.config

__all__ = ["compiling", "unset"]

#: Dask has its workers give freed memory back to the system at once (glibc's M_TRIM_THRESHOLD), which also fixes the
#: size from which every buffer is mapped afresh, page by page: a message of 1 MB takes three times as long.
_TRIM = ("MALLOC_TRIM_THRESHOLD_", 65536)


def compiling() -> dict[str, str]:
    """Has ROOT's interpreter compile at our level from the start; see `rdf_live._root.jit_level`."""
    return {"EXTRA_CLING_ARGS": f"-O{int(dask.config.get('rdf-live.jit-level', 2))}"}


def unset() -> dict[str, Any]:
    """What is to be changed of Dask's ``distributed.nanny.pre-spawn-environ``, unless the user has changed it."""
    name, default = _TRIM
    given = dask.config.get(f"distributed.nanny.pre-spawn-environ.{name}", None)
    return {name: None} if given == default else {}
