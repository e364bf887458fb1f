# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import base64
import datetime
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rdf_live.cluster import credentials
from rdf_live.cluster.credentials import Credential, check, files_to_transfer
from rdf_live.errors import BadInput

HOUR = 3600.0
# Tests may take a while, and what klist says has no fractions of a second, tokens no seconds.
ROUGH = 130.0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without tickets, tokens and the programs that tell about them."""
    for name in ("X509_USER_PROXY", "BEARER_TOKEN", "BEARER_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for folder in ("bin", "run", "home"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def program(home: Path, name: str, output: str, silent_status: int = 0) -> None:
    """A program that prints that, in the C locale only, and with ``-s`` just ends with a status."""
    (home / f"{name}.txt").write_text(output)
    path = home / "bin" / name
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = -s ]; then exit {silent_status}; fi\n'
        'if [ "$LC_ALL" != C ]; then echo "in another language"; exit 0; fi\n'
        f'while IFS= read -r line; do echo "$line"; done < {home}/{name}.txt\n'
    )
    path.chmod(0o755)


def one(name: str, needed_s: float = HOUR) -> Credential:
    (found,) = check([name], needed_s)
    assert found.name == name
    return found


# --- Kerberos ---


def klist(ends: float, form: str = "%m/%d/%y %H:%M:%S") -> str:
    begins, ended, renew = (
        time.strftime(form, time.localtime(each)) for each in (time.time() - 60, ends, ends + 5 * 86400)
    )
    return (
        "Ticket cache: KEYRING:persistent:1000:1000\n"
        "Default principal: ada@DESY.DE\n\n"
        "Valid starting     Expires            Service principal\n"
        f"{begins}  {ended}  krbtgt/DESY.DE@DESY.DE\n"
        f"\trenew until {renew}\n"
        f"{begins}  {ended}  afs/desy.de@DESY.DE\n"
        f"{begins}  {renew}  krbtgt/CERN.CH@DESY.DE\n"
    )


@pytest.mark.parametrize("form", ["%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%b %e %H:%M:%S %Y"])
def test_ticket_that_lasts(home: Path, form: str) -> None:
    program(home, "klist", klist(time.time() + 10 * HOUR, form))
    found = one("kerberos")
    assert found.found
    assert found.seconds_left == pytest.approx(10 * HOUR, abs=ROUGH)
    assert found.remedy == ""
    assert "lasts for 9 h" in found.sentence or "lasts for 10 h" in found.sentence


def test_ticket_that_ends_before_the_jobs(home: Path) -> None:
    program(home, "klist", klist(time.time() + 2 * HOUR))
    found = one("kerberos", needed_s=3 * HOUR)
    assert (found.found, found.remedy) == (True, "kinit")
    assert "the jobs may need 3 h" in found.sentence
    assert "MY.SendCredential" in found.sentence


def test_ticket_that_has_ended(home: Path) -> None:
    program(home, "klist", klist(time.time() - HOUR), silent_status=1)
    found = one("kerberos")
    assert (found.found, found.seconds_left, found.remedy) == (False, 0.0, "kinit")
    assert found.sentence == "Your Kerberos ticket has ended."


def test_no_ticket(home: Path) -> None:
    program(home, "klist", "", silent_status=1)
    assert one("kerberos") == Credential("kerberos", False, None, "You have no Kerberos ticket.", "kinit")


def test_ticket_of_a_klist_that_nobody_understands(home: Path) -> None:
    program(home, "klist", "krbtgt ok\n")
    found = one("kerberos")
    assert (found.found, found.seconds_left, found.remedy) == (True, None, "")
    assert "cannot be told" in found.sentence


def test_no_klist() -> None:
    found = one("kerberos")
    assert not found.found
    assert "no klist here" in found.sentence


# --- AFS ---


def tokens(*lines: str) -> str:
    return "\nTokens held by the Cache Manager:\n\n" + "".join(f"{line}\n" for line in lines) + "   --End of list--\n"


def token(cell: str, ends: float, form: str = "User's (AFS ID 17) tokens for afs@{cell} [Expires {ends}]") -> str:
    return form.format(cell=cell, ends=time.strftime("%b %e %H:%M", time.localtime(ends)))


@pytest.mark.parametrize(
    "form",
    [
        "User's (AFS ID 17) tokens for afs@{cell} [Expires {ends}]",
        "User's (AFS ID 17) rxkad tokens for {cell} [Expires {ends}]",
    ],
)
def test_token_that_lasts(home: Path, form: str) -> None:
    program(home, "tokens", tokens(token("desy.de", time.time() + 10 * HOUR, form)))
    found = one("afs")
    assert found.found
    assert found.seconds_left == pytest.approx(10 * HOUR, abs=ROUGH)
    assert found.sentence.startswith("Your AFS token of desy.de lasts for ")


def test_token_over_new_year(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eve = time.mktime((2027, 12, 31, 20, 0, 0, 0, 0, -1))
    monkeypatch.setattr(time, "time", lambda: eve)
    program(home, "tokens", tokens(token("desy.de", eve + 10 * HOUR)))
    assert one("afs").seconds_left == pytest.approx(10 * HOUR)
    program(home, "tokens", tokens(token("desy.de", eve - 2 * HOUR)))
    assert not one("afs").found


def test_the_longest_token_counts_where_home_is_elsewhere(home: Path) -> None:
    program(home, "tokens", tokens(token("cern.ch", time.time() + 2 * HOUR), token("desy.de", time.time() + 9 * HOUR)))
    assert one("afs").seconds_left == pytest.approx(9 * HOUR, abs=ROUGH)


def test_the_token_of_the_home_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "realpath", lambda path: "/afs/cern.ch/user/a/ada")
    program(home, "tokens", tokens(token("desy.de", time.time() + 9 * HOUR)))
    assert one("afs").sentence == "You have no AFS token of cern.ch, where your home is."
    program(home, "tokens", tokens(token("cern.ch", time.time() + 2 * HOUR), token("desy.de", time.time() + 9 * HOUR)))
    found = one("afs", needed_s=3 * HOUR)
    assert (found.found, found.remedy) == (True, "kinit; aklog")
    assert found.seconds_left == pytest.approx(2 * HOUR, abs=ROUGH)


def test_no_tokens(home: Path) -> None:
    assert "no program tokens" in one("afs").sentence
    program(home, "tokens", tokens())
    assert one("afs") == Credential("afs", False, None, "You have no AFS token.", "kinit; aklog")
    program(home, "tokens", tokens("User's (AFS ID 17) tokens for afs@desy.de [>> Expired <<]"))
    assert one("afs") == Credential("afs", False, 0.0, "Your AFS token of desy.de has ended.", "kinit; aklog")


# --- X509 ---


def certificate(seconds: float) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ada")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(seconds=seconds))
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem + private


def proxy(home: Path, monkeypatch: pytest.MonkeyPatch, *seconds: float, mode: int = 0o600) -> Path:
    path = home / "proxy"
    path.write_bytes(b"".join(certificate(each) for each in seconds))
    path.chmod(mode)
    monkeypatch.setenv("X509_USER_PROXY", str(path))
    return path


def test_proxy_lasts_as_long_as_the_first_of_its_chain(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = proxy(home, monkeypatch, 12 * HOUR, 5 * HOUR, 300 * 24 * HOUR)
    found = one("x509")
    assert found.found
    assert found.remedy == ""
    assert found.seconds_left == pytest.approx(5 * HOUR, abs=ROUGH)
    assert files_to_transfer(["kerberos", "x509"]) == {"x509": ("X509_USER_PROXY", str(path))}


def test_proxy_that_ends_too_early(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy(home, monkeypatch, 2 * HOUR)
    found = one("x509", needed_s=3 * HOUR)
    assert found.found
    assert "voms-proxy-init" in found.remedy
    assert "copy that they began with" in found.sentence


@pytest.mark.parametrize("what", ["ended", "open", "garbage", "missing"])
def test_proxies_that_cannot_be_used(home: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    path = proxy(home, monkeypatch, -HOUR if what == "ended" else HOUR, mode=0o644 if what == "open" else 0o600)
    if what == "garbage":
        path.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    if what == "missing":
        path.unlink()
    found = one("x509")
    assert not found.found
    assert {
        "ended": "has ended",
        "open": "Others may read",
        "garbage": "cannot be read",
        "missing": "is not there",
    }[what] in found.sentence
    assert found.remedy == (
        f"chmod 600 {path}" if what == "open" else "voms-proxy-init -voms YOUR_VO (or grid-proxy-init)"
    )


def test_proxy_at_the_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    assert one("x509").sentence == "You have no X509 proxy: /tmp/x509up_u4000000001 is not there."
    assert files_to_transfer(["x509", "bearer"]) == {}


# --- bearer tokens ---


def jwt(**payload: Any) -> str:
    def part(content: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256'})}.{part(payload)}.c2lnbmF0dXJl"


def token_file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> int:
    """A user who cannot have files in /tmp."""
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_002)
    return 4_000_000_002


def test_token_in_the_runtime_folder(home: Path, nobody: int) -> None:
    path = token_file(home / "run" / f"bt_u{nobody}", jwt(exp=time.time() + 4 * HOUR) + "\n")
    found = one("bearer")
    assert found.found
    assert found.remedy == ""
    assert found.seconds_left == pytest.approx(4 * HOUR, abs=ROUGH)
    assert files_to_transfer(["bearer"]) == {"bearer": ("BEARER_TOKEN_FILE", str(path))}
    assert files_to_transfer(["kerberos", "afs"]) == {}


def test_token_file_by_name_comes_first(home: Path, nobody: int, monkeypatch: pytest.MonkeyPatch) -> None:
    token_file(home / "run" / f"bt_u{nobody}", jwt(exp=time.time() + 4 * HOUR))
    monkeypatch.setenv("BEARER_TOKEN_FILE", str(home / "mine"))
    assert str(home / "mine") in one("bearer").sentence
    assert not one("bearer").found
    token_file(home / "mine", jwt(exp=time.time() + 2 * HOUR))
    found = one("bearer", needed_s=3 * HOUR)
    assert found.found
    assert "htgettoken" in found.remedy
    assert found.seconds_left == pytest.approx(2 * HOUR, abs=ROUGH)


def test_token_in_a_variable_does_not_reach_the_jobs(home: Path, nobody: int, monkeypatch: pytest.MonkeyPatch) -> None:
    token_file(home / "run" / f"bt_u{nobody}", jwt(exp=time.time() + 4 * HOUR))
    monkeypatch.setenv("BEARER_TOKEN", jwt(exp=time.time() + 9 * HOUR))
    found = one("bearer")
    assert (found.found, found.remedy) == (True, "unset BEARER_TOKEN; htgettoken")
    assert found.seconds_left == pytest.approx(9 * HOUR, abs=ROUGH)
    assert "jobs get a token from a file" in found.sentence
    assert files_to_transfer(["bearer"]) == {}


@pytest.mark.parametrize("text", ["opaque", "a.b.c", "", jwt(sub="ada"), jwt(exp="later"), "a.W10.c"])
def test_tokens_that_tell_no_time(home: Path, nobody: int, text: str) -> None:
    token_file(home / "run" / f"bt_u{nobody}", text)
    found = one("bearer")
    assert (found.found, found.seconds_left) == ((True, None) if text else (False, None))


def test_tokens_that_cannot_be_used(home: Path, nobody: int) -> None:
    assert one("bearer").sentence == "You have no bearer token."
    path = token_file(home / "run" / f"bt_u{nobody}", jwt(exp=time.time() - HOUR))
    assert one("bearer").sentence == "Your bearer token has ended."
    path.chmod(0o644)
    assert one("bearer").remedy == f"chmod 600 {path}"


# --- all of them ---


def test_secrets_stay_secret(home: Path, nobody: int, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = jwt(exp=time.time() + 4 * HOUR, secret="xyzzy")
    monkeypatch.setenv("BEARER_TOKEN", secret)
    path = proxy(home, monkeypatch, 4 * HOUR)
    told = repr(check(credentials.NAMES, HOUR)) + repr(files_to_transfer(credentials.NAMES))
    assert secret.split(".")[1] not in told
    assert path.read_text().splitlines()[1] not in told


def test_order_and_names() -> None:
    assert [each.name for each in check(["x509", "kerberos"], HOUR)] == ["x509", "kerberos"]
    assert check([], HOUR) == []
    with pytest.raises(BadInput, match="got the credential 'passport', expected one of kerberos, afs, x509, bearer"):
        check(["passport"], HOUR)
