# SPDX-License-Identifier: BSD-3-Clause
"""Into how many ranges a dataset is cut when the user does not say."""

from __future__ import annotations

import math
from typing import Any

from rdf_live import _distrdf as distrdf

__all__ = ["choose"]

#: Ranges per core: the last to finish then holds up the run by a sixth of its time at most, and a lost worker costs
#: as little.
PER_CORE = 6
#: A range is never larger than this, so that on few cores it does not take hours to become safe.
MOST_ENTRIES = 20_000_000
#: Taken where nobody knows how many workers will come.
UNKNOWN_CORES = 50


def choose(head: Any, cores: int, strict: bool = False) -> int:
    """Number of ranges for a graph.

    From the data, not only from the workers that happen to be there: enough for the cores, and no more than there are
    clusters of entries, of which one range gets at least one. Reads the first, the middle and the last file.

    Parameters
    ----------
    head : HeadNode
        ROOT's head of the graph.
    cores : int
        Those that there are or that are to come; 0 where nobody knows.
    strict : bool
        Whether a file that cannot be read is an error at once, and not only of its range.

    Raises
    ------
    BadInput
        It is, or it is the first one.
    """
    wanted = PER_CORE * max(cores or UNKNOWN_CORES, 4)
    entries, clusters = distrdf.size_of(head, strict)
    wanted = max(wanted, math.ceil(entries / MOST_ENTRIES))
    return max(1, min(wanted, clusters))
