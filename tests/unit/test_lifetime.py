# SPDX-License-Identifier: BSD-3-Clause
"""When a worker leaves its job."""

from __future__ import annotations

import asyncio
import time

import pytest
from distributed import Nanny, Scheduler

PRELOAD = "rdf_live.worker.lifetime"


@pytest.mark.parametrize(("job_s", "stays"), [(0, True), (3600, False)], ids=["young", "old"])
def test_a_worker_of_an_old_job_leaves(monkeypatch: pytest.MonkeyPatch, job_s: int, stays: bool) -> None:
    """As one does that its nanny has started again; the nanny ends with it, and so the job."""
    monkeypatch.setenv("RDF_LIVE_JOB_BEGAN", f"{time.time() - job_s:.0f}")

    async def left() -> bool:
        async with (
            Scheduler(dashboard=False, dashboard_address="127.0.0.1:0", port=0, host="127.0.0.1") as scheduler,
            Nanny(scheduler.address, nthreads=1, lifetime="1800s", preload=[PRELOAD], dashboard=False) as nanny,
        ):
            try:
                await asyncio.wait_for(nanny.finished(), 1 if stays else 60)
            except TimeoutError:
                return False
            return True

    assert asyncio.run(left()) is not stays
