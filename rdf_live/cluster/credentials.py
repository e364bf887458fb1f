# SPDX-License-Identifier: BSD-3-Clause
"""Tickets, tokens and proxies: which ones there are, and whether they last as long as the jobs.

Nothing here prints, returns or stores what is secret in them.
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rdf_live.cluster import tickets
from rdf_live.cluster.values import span
from rdf_live.errors import BadInput

__all__ = ["NAMES", "Credential", "check", "files_to_transfer", "told"]


@dataclass(frozen=True)
class Credential:
    """One credential as it is now.

    Attributes
    ----------
    name : str
        kerberos, afs, x509 or bearer.
    found : bool
        Whether there is one that can be used now.
    seconds_left : float or None
        How long it lasts; None where nobody can tell.
    sentence : str
        What a person should know about it.
    remedy : str
        What to type; empty where nothing has to be done. Of one that was found, this makes it a warning.
    """

    name: str
    found: bool
    seconds_left: float | None
    sentence: str
    remedy: str


def check(names: Iterable[str], needed_s: float) -> list[Credential]:
    """Look for credentials, in the order of `names`.

    Parameters
    ----------
    names : iterable of str
        Of `NAMES`.
    needed_s : float
        Seconds that they should last, usually those of a job.
    """
    wanted = list(names)
    for name in wanted:
        if name not in _CHECKS:
            raise BadInput(f"got the credential {name!r}, expected one of {', '.join(NAMES)}")
    return [_CHECKS[name](needed_s) for name in wanted]


def told(names: Iterable[str], needed_s: float) -> list[str]:
    """Sentences about those that are missing or end too early, with what to type."""
    return [f"{each.sentence} Type: {each.remedy}" for each in check(names, needed_s) if each.remedy]


def files_to_transfer(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Files that jobs need a copy of: for each credential the variable that names the file, and its path here.

    Kerberos and AFS are not among them: the batch system makes tickets and tokens for its jobs.
    """
    found = {}
    wanted = set(names)
    if "x509" in wanted and (proxy := _proxy()).is_file():
        found["x509"] = ("X509_USER_PROXY", str(proxy))
    if "bearer" in wanted and not os.environ.get("BEARER_TOKEN") and (token := _token_file()) and token.is_file():
        found["bearer"] = ("BEARER_TOKEN_FILE", str(token))
    return found


def _lasting(name: str, what: str, left: float | None, needed_s: float, remedy: str, renewal: str) -> Credential:
    """One that is there: does it last?"""
    if left is None:
        return Credential(name, True, None, f"{what} is there; how long it lasts cannot be told.", "")
    if left <= 0:
        return Credential(name, False, 0.0, f"{what} has ended.", remedy)
    if left < needed_s:
        sentence = f"{what} ends in {span(left)}, the jobs may need {span(needed_s)}. {renewal}"
        return Credential(name, True, left, sentence, remedy)
    return Credential(name, True, left, f"{what} lasts for {span(left)}.", "")


def _missing(name: str, sentence: str, remedy: str) -> Credential:
    return Credential(name, False, None, sentence, remedy)


# --- Kerberos and AFS ---

_JOBS_TICKETS = (
    "Jobs keep theirs where HTCondor renews it (condor_credd: at NAF, and at CERN with MY.SendCredential), "
    "but this machine can submit no new ones then."
)


def _kerberos(needed_s: float) -> Credential:
    silent, listing = tickets.output("klist", "-s"), tickets.output("klist")
    if silent is None or listing is None:
        return _missing("kerberos", "There is no klist here, so nobody can tell whether you have a ticket.", "kinit")
    ends = tickets.ticket_ends(listing[1])
    left = None if ends is None else ends - time.time()
    if silent[0] != 0 and (left is None or left > 0):
        return _missing("kerberos", "You have no Kerberos ticket.", "kinit")
    return _lasting("kerberos", "Your Kerberos ticket", left, needed_s, "kinit", _JOBS_TICKETS)


def _afs(needed_s: float) -> Credential:
    shown = tickets.output("tokens")
    if shown is None:
        return _missing("afs", "There is no program tokens here, so this machine has no AFS.", "kinit; aklog")
    found = tickets.tokens(shown[1])
    # The token that matters is that of the home; others may be there or not.
    cell = re.match(r"/afs/([^/]+)/", os.path.realpath(Path.home()) + "/")
    if cell is not None and cell[1] not in found:
        return _missing("afs", f"You have no AFS token of {cell[1]}, where your home is.", "kinit; aklog")
    if not found:
        return _missing("afs", "You have no AFS token.", "kinit; aklog")
    name = cell[1] if cell is not None else max(found, key=lambda each: found[each] or math.inf)
    ends = found[name]
    left = None if ends is None else ends - time.time()
    return _lasting("afs", f"Your AFS token of {name}", left, needed_s, "kinit; aklog", _JOBS_TICKETS)


# --- files ---


def _private(path: Path) -> bool:
    return not stat.S_IMODE(path.stat().st_mode) & 0o077


def _proxy() -> Path:
    return Path(os.environ.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}")


def _x509(needed_s: float) -> Credential:
    path = _proxy()
    remedy = "voms-proxy-init -voms YOUR_VO (or grid-proxy-init)"
    if not path.is_file():
        return _missing("x509", f"You have no X509 proxy: {path} is not there.", remedy)
    if not _private(path):
        return _missing(
            "x509", f"Others may read the X509 proxy {path}, so grid programs refuse it.", f"chmod 600 {path}"
        )
    try:
        from cryptography import x509

        chain = x509.load_pem_x509_certificates(path.read_bytes())
    except ImportError:
        return _lasting("x509", f"An X509 proxy ({path}; no package cryptography to read it)", None, needed_s, "", "")
    except (OSError, ValueError) as error:
        return _missing("x509", f"The X509 proxy {path} cannot be read ({error}).", remedy)
    # Of a proxy and the certificates that it was made from, the first to end ends it.
    left = min(each.not_valid_after_utc.timestamp() for each in chain) - time.time()
    kept = "Jobs keep the copy that they began with; new jobs take a new one."
    return _lasting("x509", "Your X509 proxy", left, needed_s, remedy, kept)


def _token_file() -> Path | None:
    """Where WLCG's rules (doi:10.5281/zenodo.3937438) look for a token, after the variable BEARER_TOKEN."""
    if named := os.environ.get("BEARER_TOKEN_FILE"):
        return Path(named)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for folder in ([runtime] if runtime else []) + ["/tmp"]:
        path = Path(folder) / f"bt_u{os.getuid()}"
        if path.is_file():
            return path
    return None


def _bearer(needed_s: float) -> Credential:
    remedy = "htgettoken, or oidc-token YOUR_ACCOUNT > FILE"
    token = os.environ.get("BEARER_TOKEN", "")
    path = _token_file()
    if not token:
        if path is None or not path.is_file():
            where = f" {path} is not there." if path else ""
            return _missing("bearer", f"You have no bearer token.{where}", remedy)
        if not _private(path):
            return _missing("bearer", f"Others may read the bearer token in {path}.", f"chmod 600 {path}")
        try:
            token = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            return _missing("bearer", f"The bearer token in {path} cannot be read ({type(error).__name__}).", remedy)
        if not token:
            return _missing("bearer", f"The bearer token in {path} is empty.", remedy)
    ends = _token_ends(token)
    left = None if ends is None else ends - time.time()
    kept = "Jobs keep the copy that they began with; new jobs take a new one."
    found = _lasting("bearer", "Your bearer token", left, needed_s, remedy, kept)
    if found.found and os.environ.get("BEARER_TOKEN"):
        sentence = f"{found.sentence} It is in the variable BEARER_TOKEN only; jobs get a token from a file."
        return Credential("bearer", True, left, sentence, "unset BEARER_TOKEN; htgettoken")
    return found


def _token_ends(token: str) -> float | None:
    """The ``exp`` of a JSON Web Token; its signature is nobody's business here."""
    try:
        payload = token.split(".")[1]
        ends = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        return float(ends)
    except (IndexError, KeyError, TypeError, ValueError):
        return None


_CHECKS: dict[str, Callable[[float], Credential]] = {
    "kerberos": _kerberos,
    "afs": _afs,
    "x509": _x509,
    "bearer": _bearer,
}
NAMES = tuple(_CHECKS)
