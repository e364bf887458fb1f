# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there as a whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replaced"]


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Another name to write to; it takes the place of `path` at the end of the block, unless that raises.

    Raises
    ------
    FileNotFoundError
        The folder is not there.
    """
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"got {str(path)!r}, whose folder is not there, expected one that can be written to")
    unfinished = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
