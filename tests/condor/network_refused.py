# SPDX-License-Identifier: BSD-3-Clause
"""Connect to a cluster whose workers cannot reach its scheduler; says in JSON what that comes to, and when."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from pathlib import Path

from network_life import nothing_left

import rdf_live
from rdf_live.errors import ClusterTrouble

if __name__ == "__main__":
    # Before the first submission.
    start = time.monotonic()
    lines: list[tuple[float, str]] = []

    class Said(io.TextIOBase):
        """Standard output, line by line with its time."""

        def write(self, text: str) -> int:
            if text.strip():
                lines.append((time.monotonic() - start, text))
            return len(text)

    try:
        with contextlib.redirect_stdout(Said()):
            rdf_live.connect("htcondor", name="net", workers=2, timeout=200)
    except ClusterTrouble as error:
        found = {"lines": lines, "error": str(error), "seconds": time.monotonic() - start}
        # It has given up by itself.
        nothing_left(Path(os.environ["XDG_STATE_HOME"]) / "rdf_live" / "clusters" / "net")
        print(json.dumps(found | {"load": os.getloadavg()[0]}))
