# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live bench``: the benchmarks of the checkout that this package is in."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import rdf_live
from rdf_live.errors import BadInput

__all__ = ["add", "run"]


def add(parser: argparse.ArgumentParser) -> None:
    """Nothing to describe: the benchmarks know their arguments."""


def run(arguments: list[str]) -> int:
    """Run them, with arguments of their own.

    Raises
    ------
    BadInput
        They are not there.
    """
    folder = Path(rdf_live.__file__).resolve().parent.parent / "benchmarks"
    if not (folder / "__main__.py").is_file():
        raise BadInput(
            f"got no benchmarks in {folder}: they come with the sources, not with an installed package. "
            "Get a checkout and run `make setup && .venv/bin/rdf-live bench` there."
        )
    # A process of its own, so that nothing this one has imported is part of what is measured.
    return subprocess.call([sys.executable, str(folder), *arguments])
