# SPDX-License-Identifier: BSD-3-Clause
"""Comparison of the software of client and workers, and the sentences that say what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdf_live.errors import ThreadedWorkers, VersionMismatch

__all__ = ["check_threads", "check_versions"]

_NAMES = {"python": "Python", "root": "ROOT", "rdf_live": "rdf_live"}


def _comparable(versions: Mapping[str, Any]) -> dict[str, str]:
    """Of Python, major and minor count; of ROOT and rdf_live, everything.  What is not known is left out."""
    low = {str(key).lower(): str(value) for key, value in versions.items() if value}
    known = {key: low[key] for key in _NAMES if key in low}
    if "python" in known:
        known["python"] = ".".join(known["python"].split(".")[:2])
    return known


def check_versions(client: Mapping[str, Any], workers: Mapping[str, Mapping[str, Any]]) -> None:
    """Compare the workers' versions with the client's.

    Parameters
    ----------
    client : dict
        python, root, rdf_live of the client.
    workers : dict
        Worker to the same, as far as known.

    Raises
    ------
    VersionMismatch
        With one table of all that are known.
    """
    expected = _comparable(client)
    found = {worker: _comparable(versions) for worker, versions in workers.items()}
    wrong = {
        key for versions in found.values() for key in versions if versions[key] != expected.get(key, versions[key])
    }
    if not wrong:
        return
    rows: dict[tuple[str, ...], list[str]] = {}
    for worker, versions in found.items():
        rows.setdefault(tuple(versions.get(key, "?") for key in _NAMES), []).append(worker)
    lines = [("", *_NAMES.values()), ("client", *(expected.get(key, "?") for key in _NAMES))]
    for row, names in rows.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines.append((f"worker {names[0]}{more}", *row))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    table = "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)
    names_wrong = " and ".join(_NAMES[key] for key in _NAMES if key in wrong)
    raise VersionMismatch(
        f"got workers with another {names_wrong} than the client, expected the same everywhere:\n{table}\n"
        "Start scheduler, workers and client from the same environment."
    )


def check_threads(workers: Mapping[str, int]) -> None:
    """Refuse workers with more than one thread: tasks in one process would share ROOT's global state.

    Parameters
    ----------
    workers : dict
        Worker to its number of threads.
    """
    wrong = [f"{worker} ({threads})" for worker, threads in workers.items() if threads > 1]
    if not wrong:
        return
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    raise ThreadedWorkers(
        f"got workers with several threads: {', '.join(wrong[:3])}{more}; expected one thread per worker, "
        "since ROOT's state belongs to the process. Start them with LocalCluster(n_workers=N, "
        "threads_per_worker=1), with `dask worker --nworkers N --nthreads 1`, or with "
        "HTCondorCluster(cores=1, ...)."
    )
