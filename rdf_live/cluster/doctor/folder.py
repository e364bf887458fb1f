# SPDX-License-Identifier: BSD-3-Clause
"""Checks of where the state of clusters is: keys that nobody else may read, logs that the batch system may write."""

from __future__ import annotations

import re
import shutil
import stat

from rdf_live.cluster.condor import tools
from rdf_live.cluster.doctor.batch import Pool
from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.place import Place, closing, readers
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import size_text
from rdf_live.errors import BadInput, ClusterTrouble

__all__ = ["job_log", "private", "quota", "shared", "space"]

_SPACE_MIN_BYTES, _SPACE_GOOD_BYTES = 50 << 20, 1 << 30
_ELSEWHERE = "Set the profile key directory to a folder that is not in {where}"


async def private(profile: Profile, where: Place, failure: BadInput | None) -> Row:
    """Whether the keys of a cluster would be ours alone.

    Parameters
    ----------
    profile : Profile
        Names it.
    where : Place
        Of it.
    failure : BadInput or None
        What went wrong when a folder was made in it.
    """
    if failure is not None:
        return Row("state directory", "problem", str(failure))
    if where.afs:
        return await _afs_private(where)
    found = where.path.stat()
    text = f"{where.path}: mode {stat.S_IMODE(found.st_mode):04o}, yours; each cluster gets a folder of mode 0700 in it"
    return Row("state directory", "ok", text)


async def _afs_private(where: Place) -> Row:
    said = f"{where.path} is in AFS, where mode bits mean nothing"
    change = closing(where.path)
    try:
        listed = await tools.run("fs", "listacl", str(where.path), timeout_s=20)
    except ClusterTrouble:
        return Row(
            "state directory", "warning", f"{said}; who may read it is not known", f"fs listacl {where.path}; {change}"
        )
    if found := readers(listed):
        return Row(
            "state directory",
            "problem",
            f"{said}; {', '.join(found)} may read it, and so the keys of your clusters",
            f"{change}; or {_ELSEWHERE.format(where='AFS').lower()}",
        )
    return Row("state directory", "ok", f"{said}; its access list lets in nobody else")


def shared(profile: Profile, where: Place, pool: Pool) -> Row:
    """Whether nodes see the folder, where they have to."""
    names = f"{where.kind} file system; FILESYSTEM_DOMAIN {pool.domain or 'not known'}"
    others = sorted(pool.domains - {pool.domain})
    if pool.domain and others:
        names += f", that of nodes {', '.join(others[:2])}{' ...' if len(others) > 2 else ''}"
    if profile.tls == "transfer":
        return Row("shared files", "ok", f"not needed: keys travel with the job (tls: transfer); {names}")
    if pool.one_machine:
        return Row("shared files", "ok", f"the pool is one machine; {names}")
    remedy = "Set tls=transfer, or directory to a folder that nodes have under the same path."
    if where.local:
        return Row("shared files", "warning", f"other machines cannot have it: {names}; tls: shared needs that", remedy)
    if pool.domain and pool.domains and pool.domain not in pool.domains:
        return Row("shared files", "warning", f"nodes may not have it: {names}; tls: shared needs that", remedy)
    return Row("shared files", "ok", names)


def job_log(profile: Profile, where: Place) -> Row:
    """Whether the batch system can write the log of the jobs."""
    if profile.spool:
        return Row("job log", "ok", "none: the jobs are spooled, the queue is asked instead")
    if where.afs or where.path.is_relative_to("/eos"):
        kind = "AFS" if where.afs else "EOS"
        return Row(
            "job log",
            "warning",
            f"in {kind}, where HTCondor often may not write, and holds the jobs then",
            f"{_ELSEWHERE.format(where=kind)}, or spool=true.",
        )
    return Row("job log", "ok", f"below {where.path}")


async def quota(home: Place) -> Row | None:
    """How full an AFS home is; None where the home is not in AFS."""
    if not home.afs:
        return None
    try:
        listed = await tools.run("fs", "listquota", str(home.path), timeout_s=20)
    except ClusterTrouble as error:
        return Row("AFS quota", "not checked", str(error))
    used = re.search(r"\s(\d+)%", listed)
    if used is None:
        return Row("AFS quota", "not checked", "fs listquota names no limit")
    text = f"{used[1]} % of {home.path} are used"
    if int(used[1]) < 85:
        return Row("AFS quota", "ok", text)
    return Row("AFS quota", "problem" if int(used[1]) >= 98 else "warning", text, "Remove something there.")


def space(where: Place) -> Row:
    """Room for logs and records."""
    if where.afs:
        return Row("disk space", "ok", "in AFS: its quota counts")
    free = shutil.disk_usage(where.path).free
    text = f"{size_text(free)} free at {where.path}"
    if free >= _SPACE_GOOD_BYTES:
        return Row("disk space", "ok", text)
    remedy = "Remove something, or set the profile key directory to another place."
    return Row("disk space", "problem" if free < _SPACE_MIN_BYTES else "warning", text, remedy)
