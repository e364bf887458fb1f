# SPDX-License-Identifier: BSD-3-Clause
"""Who reached whom, and what that means for the firewalls of a site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdf_live.cluster.doctor.batch import Pool
from rdf_live.cluster.doctor.meet import Meeting
from rdf_live.cluster.doctor.table import Row
from rdf_live.cluster.doctor.wire import TIMEOUT_S
from rdf_live.cluster.profile import Profile

__all__ = ["own", "rows"]

_WORDS = {
    "silent": f"no answer in {TIMEOUT_S:.0f} s: a firewall drops it",
    "refused": "refused: nobody listens there, or a firewall rejects it",
}
_PLAIN = "Plain Dask (client.run, client.gather, transfers between workers) needs it"


def own(meeting: Meeting) -> list[Row]:
    """What this machine found at its own port, without any node."""
    visit = meeting.visits["own"]
    rows = []
    if visit["how"] != "ok" and meeting.told:
        rows.append(
            Row(
                "own port",
                "warning",
                f"{meeting.address} is not reached from this machine, whose address it is not: {_how(visit)}",
                "See that it leads here for nodes; from here it need not be reached.",
            )
        )
    elif visit["how"] != "ok":
        rows.append(
            Row(
                "own port",
                "problem",
                f"{meeting.address} is not reached from this machine itself: {_how(visit)}",
                "Set scheduler_host to another address of this machine.",
            )
        )
    return [*rows, _strangers([meeting.stranger])]


def rows(profile: Profile, meeting: Meeting, pool: Pool) -> list[Row]:
    """Rows about the four kinds of connections, strangers, and the firewalls."""
    report = meeting.report or {}
    scheduler = _to_scheduler(profile, meeting, report.get("scheduler"))
    inbound = [_inbound(profile, meeting, report, kind) for kind in ("worker", "nanny")]
    found = [scheduler, *inbound, _between(report.get("self"), pool)]
    found.append(_strangers([meeting.stranger, report.get("stranger", "not reached")]))
    return [*found, _verdict(profile, meeting, scheduler)]


def _to_scheduler(profile: Profile, meeting: Meeting, visit: Mapping[str, str] | None) -> Row:
    name = "node -> scheduler"
    if meeting.direct:
        return Row(name, "ok", f"{meeting.address}, over TLS")
    if visit is None:
        return Row(name, "not checked", "the probe ran out of time before")
    if visit["how"] == "ok":
        # The keys were missing, so that only the port itself was tried.
        return Row(name, "ok", f"{meeting.address} answers; TLS was not tried without the keys")
    text = f"{meeting.address}: {_how(visit)}"
    if visit["how"] == "name":
        return Row(name, "problem", text, "Set scheduler_host to an address in the network of the nodes.")
    if visit["how"] == "tls":
        remedy = "Something between node and scheduler answers in its place, or changes TLS. Ask the site."
        return Row(name, "problem", text, remedy)
    return Row(name, "problem", text, _ask_for(profile))


def _ask_for(profile: Profile) -> str:
    if profile.scheduler_ports:
        return (
            f"Ask the site to let nodes in to TCP ports {profile.scheduler_ports} of this machine, or set "
            "scheduler_ports to a range that is open. Where the machine has several addresses, set scheduler_host to "
            "the one that nodes know."
        )
    return (
        "Ask the site which ports of this machine nodes may reach, for example 8786:8796, and set scheduler_ports to "
        "them: without it any port is taken. Where the machine has several addresses, set scheduler_host."
    )


def _inbound(profile: Profile, meeting: Meeting, report: Mapping[str, Any], kind: str) -> Row:
    name = f"scheduler -> {kind}"
    given = profile.worker_ports if kind == "worker" else profile.nanny_ports
    if trouble := report.get(f"{kind}_door"):
        return Row(name, "problem", f"the node has no free port among {trouble}", f"Set {kind}_ports to more.")
    if report.get("tls"):
        return Row(name, "not checked", "the probe had no keys")
    if kind not in meeting.visits:
        why = "output of the job came only at its end" if profile.spool else "the probe was gone before"
        return Row(name, "not checked", f"{why}; rdf_live does not need it")
    visit, hello = meeting.visits[kind], meeting.hello or {}
    at = f"{hello.get('address')}:{hello.get(f'{kind}_port')}"
    if visit["how"] == "ok":
        return Row(name, "ok", f"{at}, over TLS" + (f" (of {given})" if given else ""))
    more = f"{kind}_ports is {given}: ask the site whether it is open." if given else f"set {kind}_ports."
    return Row(name, "ok", f"{at}: {_how(visit)}. That is fine: rdf_live needs nothing inbound", f"{_PLAIN}; {more}")


def _between(visit: Mapping[str, str] | None, pool: Pool) -> Row:
    name = "node -> node"
    if len(pool.machines) != 1:
        return Row(name, "not checked", "that takes two nodes; rdf_live does not need it")
    if visit is None or visit["how"] == "closed":
        return Row(name, "not checked", "the probe had no port of its own; rdf_live does not need it")
    if visit["how"] == "ok":
        return Row(name, "ok", "there is one node only, and it reaches itself")
    return Row(name, "warning", f"the only node does not reach its own address: {_how(visit)}", f"{_PLAIN}.")


def _strangers(found: list[str]) -> Row:
    name = "strangers"
    if "let in" in found:
        return Row(name, "problem", "a client without a certificate was let in", "Do not use this: report it, please.")
    if "refused" in found:
        return Row(name, "ok", "a client without the certificate of the cluster is refused")
    return Row(name, "not checked", "the port was not reached")


def _verdict(profile: Profile, meeting: Meeting, scheduler: Row) -> Row:
    name = "firewall"
    if scheduler.state == "not checked":
        return Row(name, "not checked", "nobody knows whether workers would reach the scheduler")
    if scheduler.state == "problem":
        return Row(
            name,
            "problem",
            "workers cannot reach the scheduler: every job would end without having done anything",
            "Solve this first, see node -> scheduler.",
        )
    tried = [meeting.visits[kind]["how"] for kind in ("worker", "nanny") if kind in meeting.visits]
    if not tried:
        return Row(name, "ok", "workers reach the scheduler, which is all that rdf_live needs")
    if all(how == "ok" for how in tried):
        return Row(name, "ok", "nothing is in the way, in either direction")
    return Row(
        name,
        "ok",
        "workers reach the scheduler; from outside they are not reached, or not all of them. rdf_live needs no more "
        "than the first, plain Dask would need both",
    )


def _how(visit: Mapping[str, str]) -> str:
    return _WORDS.get(visit["how"]) or visit.get("text") or visit["how"]
