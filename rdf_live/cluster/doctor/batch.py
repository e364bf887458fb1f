# SPDX-License-Identifier: BSD-3-Clause
"""Checks of HTCondor as this machine sees it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field

from rdf_live.cluster.condor import tools
from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import size_text
from rdf_live.errors import ClusterTrouble

__all__ = ["Pool", "machines", "pool", "programs", "queue", "too_much"]

_PROGRAMS = ("condor_submit", "condor_q", "condor_rm", "condor_status")
#: Lines that are read of a pool: enough to see what it is like.
_SLOTS_MAX = 1000
_ANSWER_S = 40.0


@dataclass(frozen=True)
class Pool:
    """What the slots of a pool say of themselves.

    Attributes
    ----------
    machines : frozenset of str
        Their names.
    domains : frozenset of str
        Names of the file systems that machines share.
    host, domain : str
        The same of this machine; empty where not known.
    """

    machines: frozenset[str] = field(default_factory=frozenset)
    domains: frozenset[str] = field(default_factory=frozenset)
    host: str = ""
    domain: str = ""

    @property
    def one_machine(self) -> bool:
        """Whether the jobs run on this machine and on no other."""
        return self.machines == {self.host}


async def programs(*, spool: bool) -> Row:
    """The programs of HTCondor and their version."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        there = "condor_submit" not in missing
        return Row(
            "HTCondor",
            "problem",
            f"not on PATH: {', '.join(missing)}",
            "Ask for them on this machine." if there else "Use a machine that jobs are submitted from, with its PATH.",
        )
    try:
        found = re.search(r"\$CondorVersion:\s+(\S+)", await tools.run("condor_version", timeout_s=_ANSWER_S))
    except ClusterTrouble as error:
        return Row("HTCondor", "warning", f"its programs are there, but: {error}")
    text = f"version {found[1] if found else 'unknown'} ({shutil.which('condor_submit')})"
    # These tell more when something has gone wrong.
    more = ["condor_history", *(["condor_transfer_data"] if spool else [])]
    if absent := [name for name in more if shutil.which(name) is None]:
        return Row("HTCondor", "warning", f"{text}; not on PATH: {', '.join(absent)}")
    return Row("HTCondor", "ok", text)


async def queue() -> Row:
    """Whether the queue answers."""
    try:
        text = await tools.run("condor_q", "-totals", timeout_s=_ANSWER_S)
    except ClusterTrouble as error:
        return Row(
            "queue",
            "problem",
            str(error),
            "Without its queue (schedd) nothing can be submitted. Try condor_q; a ticket or token may be missing.",
        )
    # Its last line is about everybody's jobs.
    totals = re.findall(r"\d+ jobs;.*", text)
    return Row("queue", "ok", f"answers: {totals[-1]}" if totals else "answers")


async def pool() -> Row:
    """Whether the pool answers."""
    try:
        text = await tools.run("condor_status", "-total", timeout_s=_ANSWER_S)
    except ClusterTrouble as error:
        return Row("pool", "warning", str(error), "Jobs may run nevertheless: some sites do not show their machines.")
    total = re.search(r"^\s*Total\s+(\d+)", text, re.MULTILINE)
    slots = int(total[1]) if total else 0
    if not slots:
        return Row("pool", "warning", "answers, but shows no slots", "Jobs start where machines join it on demand.")
    return Row("pool", "ok", f"answers: {slots} {'slot' if slots == 1 else 'slots'}")


async def machines() -> Pool:
    """What is known of the machines; nothing where the pool does not answer."""
    names = ("Machine", "FileSystemDomain")
    slots = await _lines("condor_status", "-limit", str(_SLOTS_MAX), "-af", *names)
    here = await _lines("condor_config_val", "FULL_HOSTNAME", "FILESYSTEM_DOMAIN")
    host, domain = (words[0] if words else "" for words in (*here, [], [])[:2])
    found = [words for words in slots if len(words) == len(names)]
    return Pool(frozenset(words[0] for words in found), frozenset(words[1] for words in found), host, domain)


async def _lines(*command: str) -> list[list[str]]:
    """The words of each line that a program prints; none where it fails."""
    try:
        return [line.split() for line in (await tools.run(*command, timeout_s=_ANSWER_S)).splitlines()]
    except ClusterTrouble:
        return []


async def too_much(profile: Profile) -> str:
    """What a profile asks for and no slot of the pool has; empty where there is nothing."""
    asked = {
        "TotalSlotMemory": (profile.memory >> 20, size_text(profile.memory) + " of memory"),
        "TotalSlotDisk": (profile.disk >> 10, size_text(profile.disk) + " of disk"),
        "TotalSlotGPUs": (profile.gpus, f"{profile.gpus} GPU"),
    }
    found = [what for name, (value, what) in asked.items() if value and not await _any_slot(f"{name} >= {value}")]
    return f"no slot has {' or '.join(found)}" if found else ""


async def _any_slot(constraint: str) -> bool:
    command = ("condor_status", "-limit", "1", "-constraint", constraint, "-af", "Machine")
    try:
        return bool((await tools.run(*command, timeout_s=_ANSWER_S)).strip())
    except ClusterTrouble:
        return True
