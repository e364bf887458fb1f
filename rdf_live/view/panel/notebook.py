# SPDX-License-Identifier: BSD-3-Clause
"""The notebook's side of this process: is there one, and how an output of it is shown and replaced.

IPython is no dependency: it is there when this process is a kernel.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["cell", "in_kernel", "show", "update"]


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def in_kernel() -> bool:
    """True in a notebook's kernel; false in a terminal, with or without IPython."""
    return getattr(_shell(), "kernel", None) is not None


def cell() -> int | None:
    """Number of the cell that is executed now."""
    return getattr(_shell(), "execution_count", None)


def show(bundle: dict[str, Any], display_id: str) -> None:
    """A new output, in the cell that is executed now."""
    from IPython.display import display

    display(bundle, raw=True, display_id=display_id)  # type: ignore[no-untyped-call]


def update(bundle: dict[str, Any], display_id: str) -> None:
    """Replace what an output shows. Any thread."""
    from IPython.display import update_display

    update_display(bundle, raw=True, display_id=display_id)  # type: ignore[no-untyped-call]
