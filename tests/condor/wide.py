# SPDX-License-Identifier: BSD-3-Clause
"""A second pool with more slots than the machine has cores, and with GPUs that are only names."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from condor_pool import Pool

__all__ = ["GPUS", "wide_pool"]

CPUS, GPUS = 4, ("GPU-0a1b2c3d", "GPU-4e5f6a7b")


@contextlib.contextmanager
def wide_pool(pool: Pool) -> Iterator[Pool]:
    """Up for the length of the block, and what this process submits goes there."""
    path = Path(tempfile.mkdtemp(prefix="rdf_live-wide-"))
    wide = Pool(path)
    for tree in pool.path.glob("tree-*"):
        (path / tree.name).symlink_to(tree)
    config = path / "more_config"
    # What the discovery of real ones would find.
    config.write_text(f"MACHINE_RESOURCE_GPUs = {' '.join(GPUS)}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POOL_CPUS", str(CPUS))
        patch.setenv("POOL_CONFIG", str(config))
        patch.setenv("CONDOR_CONFIG", str(path / "condor_config"))
        patch.setenv("PATH", str(path / "bin"), prepend=":")
        try:
            wide.control("up")
            yield wide
        finally:
            wide.control("down")
            shutil.rmtree(path, ignore_errors=True)
