# SPDX-License-Identifier: BSD-3-Clause
"""What a machine has, seen from inside a process on it. Only the standard library."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import rdf_live
from rdf_live.cluster.doctor.wire import MARK

__all__ = ["PACKAGES", "facts", "root_process", "root_result"]

#: Those whose versions matter at both ends.
PACKAGES = ("dask", "distributed", "dask-jobqueue", "cryptography", "numpy")


def facts(scratch: str) -> dict[str, Any]:
    """Versions and limits, as plain data.

    Parameters
    ----------
    scratch : str
        Folder whose free space counts.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "host": socket.getfqdn(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "rdf_live": rdf_live.__version__,
        "packages": {name: _version(name) for name in PACKAGES},
        "cores": len(os.sched_getaffinity(0)),
        "machine_cores": os.cpu_count() or 0,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "memory_limit_bytes": _memory_limit(),
        "slot": _slot(),
        "scratch": scratch,
        "scratch_free_bytes": _free(scratch),
        "open_files": [soft, hard],
        "home": os.environ.get("HOME", ""),
        "path": bool(os.environ.get("PATH")),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _free(folder: str) -> int:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder or ".").free
    return -1


def _memory_limit() -> int:
    """The smallest limit of this process: of its control groups, or of its address space; 0 where there is none."""
    found = []
    for group in _groups():
        for name in ("memory.max", "memory.limit_in_bytes"):
            with contextlib.suppress(OSError, ValueError):  # "max" is no number
                found.append(int((group / name).read_text()))
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        found.append(limit)
    # Version 1 says "none" with a number near 2**63.
    return min((each for each in found if each < 1 << 60), default=0)


def _groups() -> list[Path]:
    """Folders of the control groups that this process is in, with their parents, whose limits hold too."""
    found = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            base = Path("/sys/fs/cgroup/memory" if controllers else "/sys/fs/cgroup")
            here = base / path.lstrip("/")
            found += [here, *(parent for parent in here.parents if parent.is_relative_to(base))]
    return found


def _slot() -> dict[str, str]:
    """What HTCondor gave this job."""
    kept = {}
    with contextlib.suppress(OSError, KeyError):
        for line in Path(os.environ["_CONDOR_MACHINE_AD"]).read_text(errors="replace").splitlines():
            name, _, value = line.partition(" = ")
            if name in ("Cpus", "Disk", "Machine", "Memory", "OpSysAndVer", "Arch"):
                kept[name] = value.strip('"')
    return kept


def root_process() -> subprocess.Popen[str]:
    """Begin to try ROOT, in a process of its own: what goes wrong there may well be a crash."""
    return subprocess.Popen(
        [sys.executable, "-m", "rdf_live.cluster.doctor.rootcheck"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def root_result(process: subprocess.Popen[str], timeout_s: float) -> dict[str, Any]:
    """What came of it.

    Parameters
    ----------
    process : Popen
        From `root_process`; it is gone afterwards.
    timeout_s : float
        Seconds for it.

    Returns
    -------
    dict
        version, seconds, memory_bytes, histogram and compiles, as far as it came; what went wrong, in error; late, the
        seconds after which it was not ready.
    """
    found: dict[str, Any] = {}
    try:
        out, err = process.communicate(timeout=max(timeout_s, 0.1))
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        found["late"] = round(timeout_s)
    for line in out.splitlines():
        _, mark, rest = line.partition(MARK)
        if mark:
            found |= json.loads(rest)
    if process.returncode and "late" not in found:
        how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit status {process.returncode}"
        said = "\n".join([line for line in err.splitlines() if line.strip()][-4:])
        found["error"] = found.get("error") or f"loading ROOT ended with {how}\n{said}".strip()
    return found
