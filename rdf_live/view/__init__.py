# SPDX-License-Identifier: BSD-3-Clause
"""What a person sees of a run: in a terminal, as a picture, in a notebook."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["picture", "terminal"]


def __getattr__(name: str) -> Any:
    # Not before somebody asks: pictures need matplotlib, which takes a second.
    if name not in __all__:
        raise AttributeError(f"module 'rdf_live.view' has no attribute {name!r}")
    return importlib.import_module(f"rdf_live.view.{name}")


def __dir__() -> list[str]:
    return list(__all__)
