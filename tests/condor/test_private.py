# SPDX-License-Identifier: BSD-3-Clause
"""Whoever has the key may connect, nobody else; nobody else gets to see it; and what a worker has."""

from __future__ import annotations

import os
import resource
import signal
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from condor_pool import Pool, until
from distributed import Client
from work import Site, command_lines, process_tree, site_of

import rdf_live
from rdf_live.cluster import tls
from rdf_live.cluster.condor.submit import submit_file
from rdf_live.cluster.profile import load


@pytest.fixture(scope="module", autouse=True)
def nothing_left(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tests of this file share a cluster."""
    with site_of(pool, tmp_path_factory.mktemp("state")) as site:
        yield site


@pytest.fixture(scope="module")
def site(nothing_left: Site) -> Site:
    return nothing_left


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """A grid proxy and a token, by the variables that name them."""
    folder = tmp_path_factory.mktemp("credentials")
    tls.make(folder)
    found = {"X509_USER_PROXY": folder / "proxy", "BEARER_TOKEN_FILE": folder / "token"}
    proxy = "".join((folder / name).read_text() for name in (tls.CERTIFICATE, tls.KEY))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BEARER_TOKEN", raising=False)
        for (name, path), text in zip(found.items(), (proxy, "c2VjcmV0.b2YgdGhl.dXNlcg"), strict=True):
            path.write_text(text)
            path.chmod(0o600)
            patch.setenv(name, str(path))
        yield found


@pytest.fixture(scope="module")
def client(site: Site, carried: dict[str, Path]) -> Iterator[Client]:
    with rdf_live.connect("htcondor", workers=1, timeout=120, credentials=["x509", "bearer"]) as client:
        yield client
    site.command("down", "--all")


def addresses(client: Client) -> dict[str, str]:
    """Of the scheduler, the worker and its nanny."""
    (worker,) = client.scheduler_info(n_workers=-1)["workers"].items()
    return {"scheduler": client.scheduler.address, "worker": worker[0], "nanny": worker[1]["nanny"]}


@pytest.mark.parametrize("who", ["scheduler", "worker", "nanny"])
@pytest.mark.parametrize("how", ["plain", "no certificate", "another certificate"])
def test_strangers_are_refused(client: Client, who: str, how: str, tmp_path: Path) -> None:
    url = urlsplit(addresses(client)[who])
    assert url.scheme == "tls"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if how == "another certificate":
        tls.make(tmp_path)
        context.load_cert_chain(tmp_path / tls.CERTIFICATE, tmp_path / tls.KEY)
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        if how == "plain":
            # What an unencrypted Dask says first.
            connection.sendall(b"\x01" + b"\0" * 7 + b"\0" * 8)
            assert nothing_but_an_alert(connection)
            return
        try:
            # Under TLS 1.3 the refusal of a certificate comes after the handshake.
            with context.wrap_socket(connection) as secured:
                answer = secured.recv(1)
        except (ssl.SSLError, ConnectionError):
            answer = b""
        assert answer == b""


def nothing_but_an_alert(connection: socket.socket) -> bool:
    """Whether the other side hangs up, maybe with a word of TLS (type 21) about what it got."""
    try:
        answer = connection.recv(64)
    except ConnectionError:
        return True
    return answer == b"" or answer[0] == 21


def key_lines(file: Path) -> list[str]:
    _, begin, key = file.read_text().partition("PRIVATE KEY-----")
    assert begin
    return [line for line in key.splitlines() if line and "--" not in line]


def test_keys_are_nowhere_else(site: Site, client: Client, carried: dict[str, Path]) -> None:
    home = site.home()
    secrets = key_lines(home.tls / tls.KEY) + key_lines(carried["X509_USER_PROXY"])
    secrets.append(carried["BEARER_TOKEN_FILE"].read_text())
    submitted = submit_file(load("htcondor"))
    assert "getenv" not in submitted.lower()
    assert secrets[0] not in submitted
    for _, line in command_lines():
        assert not any(secret in line for secret in secrets)
    files = [path for path in home.path.rglob("*") if path.is_file()]
    assert len(files) >= 7
    files += [path for path in (site.pool.path / "var" / "log").rglob("*") if path.is_file()]
    for path in files:
        if path.name != tls.KEY:
            assert not any(secret in path.read_text(errors="replace") for secret in secrets), path
    for path in (home.path, home.tls, home.jobs, home.tls / tls.KEY):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, f"others can read {path}"
    for ad in site.jobs():
        assert not any(secret in str(ad) for secret in secrets)


def test_a_worker_as_it_is(site: Site, client: Client, carried: dict[str, Path]) -> None:
    """One thread in less memory than its job asked for, with all the files that it may open, and its credentials."""

    def look(dask_worker: Any) -> dict[str, Any]:
        files = {name: Path(os.environ[name]) for name in ("X509_USER_PROXY", "BEARER_TOKEN_FILE")}
        return {
            "threads": dask_worker.state.nthreads,
            "memory": dask_worker.memory_manager.memory_limit,
            "files": resource.getrlimit(resource.RLIMIT_NOFILE),
            "folders": [dask_worker.local_directory, *(str(path.parent) for path in files.values())],
            "texts": {name: path.read_text() for name, path in files.items()},
            "modes": {stat.S_IMODE(path.stat().st_mode) for path in files.values()},
        }

    (found,) = client.run(look).values()
    (job,) = site.jobs()
    assert (job["DaskWorkerCores"], found["threads"]) == (1, 1)
    assert 1_000_000_000 < found["memory"] < job["RequestMemory"] << 20
    assert found["files"][0] == found["files"][1]
    assert all(Path(each).is_relative_to(site.pool.path / "var" / "execute") for each in found["folders"])
    assert found["texts"] == {name: path.read_text() for name, path in carried.items()}
    assert found["modes"] == {0o600}


def test_ports(site: Site, client: Client) -> None:
    """Other machines can reach what speaks TLS with keys, and nothing else."""
    (tree,) = process_tree(client)
    pids = {"scheduler": site.record()["pid"], "worker": tree["worker"], "nanny": tree["nanny"]}
    for who, address in addresses(client).items():
        open_ports = listening(pids[who])
        assert open_ports == {urlsplit(address).port}, f"{who} listens at {open_ports}"


def listening(pid: int) -> set[int]:
    """Ports of a process that can be reached from elsewhere."""
    own = {entry.readlink().name for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            local = address in ("0100007F", "00000000000000000000000001000000")
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own and not local:
                found.add(int(port, 16))
    return found


def test_it_is_told_to_end(site: Site, client: Client) -> None:
    """As by a machine that shuts down: nothing stays. The last test here."""
    home = site.home()
    client.close()
    os.kill(site.record()["pid"], signal.SIGTERM)
    until(lambda: not home.locked(), "it does not end")
    site.gone()
    assert not home.tls.exists()
    assert site.command("ps") == f"cluster htcondor: ended. More is in {home.log}\n"
