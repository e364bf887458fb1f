# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live bench [NAME ...]``: measure rdf_live against plain ROOT in the same run, print a table, write JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
NAMES = ("speed", "first", "stop", "many", "hub", "panel", "journal")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="rdf-live bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; all of them otherwise")
    parser.add_argument("--pairs", type=int, default=7, help="interleaved repetitions (default 7)")
    parser.add_argument(
        "--quick", action="store_true", help="smaller inputs: shows that it runs, the figures mean nothing"
    )
    parser.add_argument("--json", type=Path, default=Path("rdf_live_bench.json"), help="where the figures go")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"got {', '.join(unknown)}, expected some of {', '.join(NAMES)}")
    if options.pairs < 1:
        parser.error(f"--pairs: got {options.pairs}, expected 1 or more")
    sys.path.insert(0, str(HERE))
    warnings.simplefilter("ignore")
    found = {"machine": platform.platform(), "python": platform.python_version(), "quick": options.quick}
    for name in options.names or NAMES:
        print(f"\n== {name}", flush=True)
        found[name] = importlib.import_module(f"bench_{name}").measure(options.pairs, options.quick)
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    print(f"\nfigures in {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
