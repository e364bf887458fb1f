# SPDX-License-Identifier: BSD-3-Clause
"""Packages that only some exports need."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["needed"]


def needed(module: str, what: str) -> Any:
    """Import a module.

    Raises
    ------
    ImportError
        It is not there; the text says what to do with pip and with conda.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{what} needs the package {package}, got none ({error}). Install it with pip (`pip install {package}`, or "
            f"`pip install 'rdf-live[export]'`) or with conda (`conda install -c conda-forge {package}`)."
        ) from error
