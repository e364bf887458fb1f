# SPDX-License-Identifier: BSD-3-Clause
"""The pool for all tests of this folder, and what a test may not leave behind in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from condor_pool import Pool, missing, until

__all__ = ["Pool", "until"]


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """The pool, with its programs on the PATH; RDF_LIVE_POOL_DIR names a folder that is kept."""
    if shutil.which("apt-get") is None:
        missing("got no apt-get, expected Debian or Ubuntu, whose packages the pool is made of")
    kept = os.environ.get("RDF_LIVE_POOL_DIR")
    # Not pytest's folder: the names of HTCondor's sockets may not be long.
    path = Path(kept or tempfile.mkdtemp(prefix="rdf_live-pool-")).resolve()
    pool = Pool(path)
    was_up = pool.is_up
    try:
        pool.control("up")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONDOR_CONFIG", str(path / "condor_config"))
            patch.setenv("PATH", f"{path / 'bin'}{os.pathsep}{os.environ['PATH']}")
            yield pool
    finally:
        if not was_up:
            pool.control("down")
        if not kept:
            shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_left(pool: Pool) -> Iterator[None]:
    """A test ends what it began; what it has left is ended here, so that the next one is not disturbed."""
    yield
    left = pool.left()
    assert not left, f"the test has left {', '.join(left)}"
