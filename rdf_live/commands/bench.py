# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live bench``: the benchmarks, where they are installed."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import rdf_live

__all__ = ["add", "find", "run"]

_MISSING = (
    "rdf-live: got no benchmarks beside this installation, expected the folder benchmarks/ of a checkout. "
    "Get the sources, and run `make setup && .venv/bin/rdf-live bench` there."
)


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments: the benchmarks know them."""
    parser.description = (
        "Measure rdf_live against plain distributed ROOT. Needs a checkout: the benchmarks are not installed."
    )


def find() -> Callable[[list[str]], int] | None:
    """``main(argv)`` of the benchmarks: ``rdf_live.bench``, or ``benchmarks`` in the checkout that this package is in."""
    checkout = Path(rdf_live.__file__).resolve().parent.parent
    if (checkout / "benchmarks" / "__init__.py").is_file() and str(checkout) not in sys.path:
        sys.path.append(str(checkout))
    for name in ("rdf_live.bench", "benchmarks"):
        try:
            main = getattr(importlib.import_module(name), "main", None)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            continue
        if main is not None:
            return cast("Callable[[list[str]], int]", main)
    return None


def run(arguments: list[str]) -> int:
    """Run them, or say in a sentence why not."""
    main = find()
    if main is None:
        print(_MISSING, file=sys.stderr)
        return 1
    return int(main(arguments) or 0)
