# SPDX-License-Identifier: BSD-3-Clause
"""All checks in their order, and the table as it grows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rdf_live.cluster import homes, orphans
from rdf_live.cluster.doctor import batch, folder, job, machine, network, node, software, table, verdict
from rdf_live.cluster.doctor.facts import facts, root_process, root_result
from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.home import Home
from rdf_live.cluster.place import place
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import size_text, span
from rdf_live.errors import BadInput, RdfLiveError

__all__ = ["examine"]

Say = Callable[[str], None]

_ROOT_S = 120.0


def examine(profile: Profile, *, send: bool, timeout_s: float, show: Say, progress: Say) -> int:
    """Check everything.

    Parameters
    ----------
    profile : Profile
        As a run would use it.
    send : bool
        Whether to send a job too.
    timeout_s : float
        Seconds to wait for it to start.
    show : callable
        Takes the parts of the table, as they get ready.
    progress : callable
        Takes what the job is doing, again and again; an empty text at the end.

    Returns
    -------
    int
        0 where there is no problem, else 1.
    """
    try:
        return asyncio.run(_Examination(profile, timeout_s, show, progress).run(send))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


class _Examination:
    def __init__(self, profile: Profile, timeout_s: float, show: Say, progress: Say) -> None:
        self._profile = profile
        self._timeout_s = timeout_s
        self._show = show
        self._progress = progress
        self._rows: list[Row] = []
        self._secrets = table.secret_values({**os.environ, **profile.variables})
        self._pool = batch.Pool()
        self._facts: dict[str, Any] = {}
        self._root: dict[str, Any] = {}
        # Of this visit alone: two doctors at a time do not meet.
        self._home = Home(homes.directory(profile), f"{orphans.DOCTOR}{uuid.uuid4().hex[:8]}")
        self._open = contextlib.ExitStack()

    async def run(self, send: bool) -> int:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):
            # As Ctrl-C, which does nothing in the background of a shell: the job is removed before this process ends.
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        self._show(_head(self._profile))
        local = self._profile.kind == "local"
        await self._section("this machine: software", self._software())
        if local:
            self._tell("a job on a node", [Row("job", "not checked", "this profile has none: workers run here")])
        else:
            with self._open:
                try:
                    await self._section("this machine: batch system", self._batch())
                    await self._section("this machine: files and network", self._here())
                    await self._job(send)
                finally:
                    self._home.remove()
        self._show(f"\n{table.summary(self._rows)}")
        return table.status(self._rows)

    def _tell(self, title: str, rows: list[Row]) -> None:
        self._rows += rows
        self._show(f"\n{table.section(title, rows, self._secrets)}")

    async def _section(self, title: str, rows: Any) -> None:
        self._tell(title, [row for row in await rows if row is not None])

    async def _software(self) -> list[Row]:
        process = root_process()
        try:
            self._facts = facts(os.getcwd())
            self._root = await asyncio.to_thread(root_result, process, _ROOT_S)
        finally:
            # After Ctrl-C nobody waits for it.
            process.kill()
        return [
            software.python(self._facts),
            software.packages(self._facts, batch=self._profile.kind != "local"),
            software.root(self._root, remedy=software.remedy_here()),
        ]

    async def _batch(self) -> list[Row]:
        programs = await batch.programs(spool=self._profile.spool)
        if "condor_q" in programs.found and programs.state == "problem":
            return [programs, *(Row(name, "not checked", "without its programs") for name in ("queue", "pool"))]
        self._pool = await batch.machines()
        return [programs, await batch.queue(), await batch.pool()]

    async def _here(self) -> list[Row | None]:
        profile, failure = self._profile, None
        try:
            self._home.make()
            # As long as it lives its job is no orphan; those that were killed have left their keys.
            lock = self._open.enter_context(self._home.lock(wait=True))
            assert lock is not None
            self._home.sign(lock, os.getpid())
            orphans.remove_dead_doctors(self._home.path.parent)
        except BadInput as error:
            failure = error
        where = place(self._home.path.parent)
        rows: list[Row | None] = [await folder.private(profile, where, failure)]
        if failure is None:
            rows += [
                folder.shared(profile, where, self._pool),
                folder.job_log(profile, where),
                folder.space(where),
            ]
        return [
            *rows,
            await folder.quota(place(Path.home())),
            machine.memory(profile),
            machine.open_files(profile),
            machine.address(profile, self._pool),
            machine.scheduler_ports(profile),
            *machine.credential_rows(profile),
        ]

    async def _job(self, send: bool) -> None:
        title = "a job on a node"
        bad = {row.name for row in self._rows if row.state == "problem"}
        needed = {"packages", "HTCondor", "queue", "state directory", "scheduler port"} & bad
        if not send or needed:
            why = f"first solve: {', '.join(sorted(needed))}" if needed else "none was sent (--no-job)"
            self._tell(title, [Row("job", "not checked", why)])
            return
        try:
            outcome = await job.send(self._profile, self._home, self._timeout_s, self._progress)
        except (RdfLiveError, OSError) as error:
            self._tell(title, [Row("job", "problem", str(error))])
            return
        finally:
            self._progress("")
        too_much = await batch.too_much(self._profile) if outcome.ending == "never ran" else ""
        rows = [verdict.job_row(self._profile, outcome, too_much)]
        report = outcome.meeting.report
        if report is None:
            self._tell(title, [*rows, *network.own(outcome.meeting)])
            return
        self._tell(title, [*rows, *node.rows(self._profile, report, self._facts, self._root)])
        self._tell("connections", network.rows(self._profile, outcome.meeting, self._pool))


def _head(profile: Profile) -> str:
    """What is examined. Values of variables and lines of setup stay out: they may hold what is nobody's business."""
    lines = [
        f"rdf-live doctor: profile {profile.name} ({profile.site})",
        f"on {socket.getfqdn()}, {time.strftime('%d %b %Y %H:%M %Z').strip()}",
    ]
    if profile.kind != "local":
        asked = f"memory {size_text(profile.memory)}, runtime {span(profile.runtime)}, tls {profile.tls}"
        asked += f", ports {profile.scheduler_ports or 'any'}"
        for name in ("project", "image", "python"):
            if value := getattr(profile, name):
                asked += f", {name} {value}"
        lines.append(asked + (", spooled" if profile.spool else ""))
    return "\n".join(lines)
