# SPDX-License-Identifier: BSD-3-Clause
"""Use ROOT once and say how that went: ``python -m rdf_live.cluster.doctor.rootcheck``."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from typing import Any

from rdf_live import _root
from rdf_live.cluster.doctor.wire import MARK

__all__ = ["main"]


def main() -> int:
    """Load ROOT, make a histogram, compile a line and then the C++ part of this package."""
    warnings.simplefilter("ignore")
    begin = time.monotonic()
    found: dict[str, Any] = {}
    try:
        ROOT = _root.root()
        found["version"] = _root.root_version(ROOT)
        found["seconds"] = round(time.monotonic() - begin, 1)
        _tell(found)  # at once: what comes next may crash
        ROOT.TH1.AddDirectory(False)
        histogram = ROOT.TH1D("rdf_live_doctor", "", 10, 0.0, 1.0)
        histogram.Fill(0.5)
        found["histogram"] = histogram.GetEntries() == 1
        found["compiles"] = bool(ROOT.gInterpreter.Declare("#include <vector>\nint rdf_live_doctor() { return 42; }"))
        if found["compiles"]:
            _root.cpp()
    except Exception as error:
        found["error"] = str(error) or type(error).__name__
    found["seconds"] = round(time.monotonic() - begin, 1)
    found["memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    _tell(found)
    return int("error" in found)


def _tell(found: dict[str, Any]) -> None:
    print(MARK + json.dumps(found), flush=True)


if __name__ == "__main__":
    sys.exit(main())
