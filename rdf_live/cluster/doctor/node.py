# SPDX-License-Identifier: BSD-3-Clause
"""What a report of the probe says of the node: software, memory, space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rdf_live.cluster.doctor import software
from rdf_live.cluster.doctor.probe import DEADLINE_S
from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import size_text

__all__ = ["rows"]

Facts = Mapping[str, Any]

_FILES_MIN = 1024
#: What is needed beside the heap of ROOT: the nanny, buffers, some histograms.
_BESIDE_ROOT_BYTES = 350_000_000


def rows(profile: Profile, report: Facts, here: Facts, root_here: Facts) -> list[Row]:
    """Rows about the node.

    Parameters
    ----------
    profile : Profile
        That the job was submitted with.
    report : mapping
        Of the probe.
    here, root_here : mapping
        The same facts of this machine.
    """
    there = report["facts"]
    root = report.get("root") or {"late": round(DEADLINE_S)}
    return [
        _python(there, here),
        _root(root, root_here),
        _dask(there, here),
        *_resources(profile, there, root),
        _keys(profile, report),
    ]


def _python(there: Facts, here: Facts) -> Row:
    text = f"{there['python']} at {there['executable']}, with rdf_live {there['rdf_live']}"
    same = "Give workers the environment of this machine: the profile keys python, setup or image."
    if there["python"].split(".")[:2] != here["python"].split(".")[:2]:
        return Row("Python", "problem", f"{text}; here it is {here['python']}, expected the same", same)
    if there["rdf_live"] != here["rdf_live"]:
        return Row("Python", "problem", f"{text}; here it is {here['rdf_live']}, expected the same", same)
    return Row("Python", "ok", text)


def _root(there: Facts, here: Facts) -> Row:
    row = software.root(
        there, remedy="Workers need ROOT: name an interpreter that has it (python), load it (setup), or take an image."
    )
    if row.state == "ok" and here.get("version") and here["version"] != there["version"]:
        return Row("ROOT", "problem", f"{row.found}; here it is {here['version']}", "Take the same ROOT at both ends.")
    return row


def _dask(there: Facts, here: Facts) -> Row:
    version, expected = (facts["packages"].get("distributed") for facts in (there, here))
    if not version:
        return Row("Dask", "problem", "no package distributed", "Install it where the workers take their Python from.")
    if version != expected:
        return Row("Dask", "warning", f"distributed {version}, here {expected}", "Take the same Dask at both ends.")
    return Row("Dask", "ok", f"distributed {version}")


def _resources(profile: Profile, there: Facts, root: Facts) -> Iterator[Row]:
    slot = there["slot"]
    cores = f"{there['cores']} of {there['machine_cores']} cores to be seen, {slot.get('Cpus', 'unknown')} in the slot"
    yield Row("cores", "ok", cores)
    yield _memory(profile, there, root)
    free = there["scratch_free_bytes"]
    if free < 0:
        yield Row("scratch", "problem", f"{there['scratch']} cannot be used", "Ask the site: a job has no folder.")
    else:
        enough = free >= profile.disk
        found = f"{size_text(free)} free in {there['scratch']}, {size_text(profile.disk)} were asked for"
        yield Row("scratch", "ok" if enough else "warning", found)
    soft, hard = there["open_files"]
    enough = soft < 0 or soft >= _FILES_MIN
    remedy = "" if enough else "Datasets of many files may fail: ask the site for a higher limit."
    yield Row("open files", "ok" if enough else "warning", f"{soft} (at most {hard})", remedy)


def _memory(profile: Profile, there: Facts, root: Facts) -> Row:
    limit = there["memory_limit_bytes"]
    text = f"{size_text(profile.memory)} were asked for"
    if slot := there["slot"].get("Memory"):
        text += f", the slot has {slot} MB"
    text += f", the limit is {size_text(limit)}" if limit else ", no limit is set for the process"
    text += f"; the machine has {size_text(there['memory_bytes'])}"
    used = root.get("memory_bytes", 0)
    if limit and limit < used + _BESIDE_ROOT_BYTES:
        return Row("memory", "problem", f"{text}; ROOT alone took {size_text(used)}", "Set memory to more.")
    if limit and limit < profile.memory:
        return Row("memory", "warning", text, "Workers are ended above the limit: set memory to what jobs get.")
    return Row("memory", "ok", text)


def _keys(profile: Profile, report: Facts) -> Row:
    reason = report.get("tls")
    if reason is None:
        return Row("keys", "not checked", "the probe ran out of time before")
    if not reason:
        how = "read from the shared folder" if profile.tls == "shared" else "brought with the job"
        return Row("keys", "ok", f"the certificate of the cluster was {how}")
    if profile.tls == "shared":
        remedy = "Set tls=transfer, or directory to a folder that nodes have under the same path and may read."
    else:
        remedy = "HTCondor did not bring the files: look at should_transfer_files in the profile's directives."
    return Row("keys", "problem", reason, remedy)
