# SPDX-License-Identifier: BSD-3-Clause
"""What became of the probe's job, in words."""

from __future__ import annotations

import re

from rdf_live.cluster.doctor.job import RUN_S, Outcome
from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.profile import Profile
from rdf_live.cluster.values import size_text, span

__all__ = ["job_row"]

_PYTHON = "Set python (and setup, or image) in the profile to an interpreter that nodes have, with rdf_live and ROOT."
#: Parts of a reason to be held, and what they come from.
_HELD = (
    (r"SHADOW.*(open|write)|[Ff]ailed to (open|create)|[Cc]annot (access|open)", "Set directory to a folder that the "
     "batch system may write to (not in AFS), or spool=true."),
    (r"[Tt]ransfer", "The files of the job did not travel: look at tls, spool and the profile's directives."),
    (r"[Mm]emory|[Dd]isk", "Set memory or disk to what the job needs."),
    (r"[Ss]ingularity|[Aa]pptainer|[Dd]ocker|container|image", "Look at image: nodes must have that path."),
    (r"[Cc]redential|[Tt]oken|[Kk]erberos", "Make a new ticket or token, and try again."),
)  # fmt: skip
_CODES = {
    126: "the shell may not run {python} on the node",
    127: "the shell on the node found no {python}",
    1: "Python ended with an error",
    2: "the shell gave up, probably at a line of setup",
}


def job_row(profile: Profile, outcome: Outcome, too_much: str) -> Row:
    """How the job went.

    Parameters
    ----------
    profile : Profile
        It was submitted with.
    outcome : Outcome
        What became of it.
    too_much : str
        What of its request the pool does not have.
    """
    row = _row(profile, outcome, too_much)
    if not outcome.problem:
        return row
    state = "warning" if row.state == "ok" else row.state
    return Row(row.name, state, f"{row.found}\n{outcome.problem}", row.remedy)


def _row(profile: Profile, outcome: Outcome, too_much: str) -> Row:
    name, after = "job", f"{outcome.id} started after {span(outcome.idle_s)}"
    host = outcome.job.host if outcome.job is not None else ""
    on = f" on {host}" if host else ""
    match outcome.ending:
        case "reported":
            return Row(name, "ok", f"{after}{on} and reported after {span(outcome.ran_s)}")
        case "refused":
            text = f"the submission was refused: {outcome.reason}"
            return Row(name, "problem", text, "rdf-live profile NAME shows what would be submitted.")
        case "held":
            return Row(name, "problem", f"{outcome.id} is held{on}: {outcome.reason}", _held(outcome.reason))
        case "never ran":
            return _never(profile, outcome, too_much)
        case "removed":
            text = f"{outcome.id} was removed by the batch system or by somebody: {outcome.reason}"
            return Row(name, "problem", text, "Look at the limits of the site, and at the profile's directives.")
        case "silent":
            text = f"{after}{on} and said nothing for {RUN_S:.0f} s{_said(outcome)}"
            remedy = "Python may hang in a file system, or in a line of setup: try it in an interactive job."
            return Row(name, "problem", text, remedy)
    return _ended(profile, outcome, f"{after}{on}")


def _ended(profile: Profile, outcome: Outcome, after: str) -> Row:
    job = outcome.job
    code = job.exit_code if job is not None else None
    python = profile.python or "the interpreter of this machine"
    why = _CODES.get(code or 0, "").format(python=python)
    remedy = _PYTHON if code in (1, 126, 127) else "Look at setup in the profile: its lines run before Python."
    if missing := re.search(r"No module named '?([\w.]+)", outcome.errors):
        why = f"Python on the node has no package {missing[1]}"
    elif job is not None and job.signal is not None:
        remedy = "Something ended it: a limit of the site (memory, time), or a crash at the start of Python."
    how = f"{outcome.reason}: {why}" if why else outcome.reason
    return Row("job", "problem", f"{after} and ended without a report ({how}){_said(outcome)}", remedy)


def _said(outcome: Outcome) -> str:
    return f". Its last words:\n{outcome.errors}" if outcome.errors else ""


def _held(reason: str) -> str:
    for pattern, remedy in _HELD:
        if re.search(pattern, reason):
            return remedy
    return "The reason is that of the batch system; its users' support knows it."


def _never(profile: Profile, outcome: Outcome, too_much: str) -> Row:
    asked = f"1 core, {size_text(profile.memory)} of memory, {size_text(profile.disk)} of disk, {span(profile.runtime)}"
    if profile.gpus:
        asked += f", {profile.gpus} GPU"
    text = f"{outcome.id} was idle for {span(outcome.idle_s)} and never started. Asked for: {asked}"
    if too_much:
        return Row("job", "problem", f"{text}. {too_much[:1].upper()}{too_much[1:]}", "Set less of that, with --set.")
    if outcome.requirements:
        text += f". Its requirements: {_short(outcome.requirements)}"
    remedy = (
        "The pool may just be full: try again with a longer --timeout, or a shorter runtime. Otherwise ask the queue "
        "while a job waits: condor_q -better-analyze."
    )
    return Row("job", "problem", text, remedy)


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:297]}..."
