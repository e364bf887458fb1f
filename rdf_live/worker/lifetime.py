# SPDX-License-Identifier: BSD-3-Clause
"""Preload of workers that are batch jobs: each leaves before its job ends.

Dask counts the lifetime of a worker from its own start. A worker that its nanny starts again, in a job that has run for
hours, would still be there when the batch system ends the job.
"""

from __future__ import annotations

import os
import time
from typing import Any

__all__ = ["dask_setup"]


def dask_setup(worker: Any) -> None:
    """Have the worker leave as if it had begun with its job.

    Parameters
    ----------
    worker : Worker
        That starts, with a lifetime.
    """
    age_s = time.time() - float(os.environ["RDF_LIVE_JOB_BEGAN"])
    left_s = max(worker.lifetime - age_s, 0.0)
    # As Dask does at the end of its own count, which may come too late; whoever is first counts.
    worker.io_loop.call_later(left_s, worker.close_gracefully, reason="worker-lifetime-reached")
