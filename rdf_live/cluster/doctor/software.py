# SPDX-License-Identifier: BSD-3-Clause
"""Checks of what is installed on this machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.values import size_text

__all__ = ["packages", "python", "remedy_here", "root"]

#: Packages that a batch site needs, and what for.
_NEEDED = {
    "distributed": "pip install distributed, or conda install distributed",
    "dask-jobqueue": "pip install 'rdf-live[htcondor]', or conda install dask-jobqueue",
    "cryptography": "pip install 'rdf-live[htcondor]', or conda install cryptography",
}


def python(found: Mapping[str, Any]) -> Row:
    """The interpreter and this package."""
    return Row("Python", "ok", f"{found['python']} at {found['executable']}, with rdf_live {found['rdf_live']}")


def packages(found: Mapping[str, Any], *, batch: bool) -> Row:
    """Dask and what submits jobs."""
    versions: Mapping[str, str] = found["packages"]
    shown = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    missing = [name for name in _NEEDED if not versions.get(name)] if batch else []
    if not missing:
        return Row("packages", "ok", shown)
    remedies = "; ".join(dict.fromkeys(_NEEDED[name] for name in missing))
    return Row("packages", "problem", f"{shown}; missing: {', '.join(missing)}", remedies)


def root(found: Mapping[str, Any], *, remedy: str = "") -> Row:
    """ROOT: loads, makes a histogram, compiles.

    Parameters
    ----------
    found : mapping
        From `rdf_live.cluster.doctor.facts.root_result`.
    remedy : str
        What to do where it does not load.
    """
    version = found.get("version")
    if late := found.get("late"):
        text = f"{version or 'it'} was not ready after {late} s"
        remedy = (
            "Try again: where it comes over the network the first start on a machine takes long, and the next does not."
        )
        return Row("ROOT", "warning", text, remedy)
    if not version or ("compiles" not in found and "error" in found):
        text = str(found.get("error") or "it did not load")
        had = f"ROOT {version}: " if version else ""
        return Row("ROOT", "problem", f"{had}{text}", remedy)
    if not found.get("compiles") or found.get("error"):
        return Row(
            "ROOT",
            "problem",
            f"{version} loads, but its interpreter does not compile: {found.get('error', 'see the messages above')}",
            "It looks for a C++ compiler and its headers through PATH; the profile key environment carries PATH and "
            "HOME to the workers, and setup can load a compiler.",
        )
    if not found.get("histogram"):
        return Row("ROOT", "problem", f"{version} loads, but a histogram that was filled once is empty", remedy)
    return Row(
        "ROOT", "ok", f"{version}, ready in {found['seconds']} s with {size_text(found['memory_bytes'])} of memory"
    )


def remedy_here() -> str:
    """What to do where this machine has no ROOT."""
    return (
        f"Install it for {sys.executable}: pip install 'rdf-live[root]', or conda install -c conda-forge root; "
        "or start rdf-live from an environment that has it."
    )
