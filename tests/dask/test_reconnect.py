# SPDX-License-Identifier: BSD-3-Clause
"""Clients of clusters that were written down: those that live, those that have ended, those that want keys."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

import rdf_live
from rdf_live.client.records import Record
from rdf_live.cluster import tls
from rdf_live.cluster.home import HOST, Home
from rdf_live.errors import ClusterTrouble
from rdf_live.reconnect import Clusters


def record(address: str, **more: Any) -> Record:
    nothing = dict.fromkeys(("cluster", "home", "notebook", "cell", "kernel", "execution"))
    fields = {**nothing, "host": HOST, "user": "me", **more}
    return Record(run="r", name="n", address=address, started=1.0, **fields)


@pytest.fixture
def clusters() -> Iterator[Clusters]:
    made = Clusters()
    yield made
    made.close()


@pytest.fixture(scope="module")
def local() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=0, processes=False, protocol="tcp://", dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


def test_by_address(local: LocalCluster, clusters: Clusters) -> None:
    address = local.scheduler_address
    client = clusters.client(record(address))
    assert client.scheduler.address == address
    assert clusters.client(record(address)) is client
    clusters.close()
    assert client.status == "closed"


def test_the_client_that_is_there(local: LocalCluster, clusters: Clusters) -> None:
    with Client(local) as present:
        assert clusters.client(record(local.scheduler_address)) is present
        assert not clusters.made
        clusters.close()
        assert present.status == "running"


def test_nobody_there(clusters: Clusters) -> None:
    """Refused at once, and asked for once only."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        for _ in range(2):
            with pytest.raises(ClusterTrouble, match=f"^no scheduler answers at {address}"):
                clusters.client(record(address))


@pytest.mark.parametrize("address", ["inproc://1.2.3.4/5/6", "tls://h:1", "nonsense", ""])
def test_an_address_is_not_enough(clusters: Clusters, address: str) -> None:
    with pytest.raises(ClusterTrouble, match="cannot be reached by its address alone"):
        clusters.client(record(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_on_another_machine(clusters: Clusters, host: str) -> None:
    with pytest.raises(ClusterTrouble, match="its cluster was on elsewhere, where alone"):
        clusters.client(record(f"tcp://{host}:1234", host="elsewhere"))


class Kept:
    """A cluster with keys in its home, as ``connect("naf")`` makes it."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder, "naf")
        self.home.make()
        tls.make(self.home.tls)
        self.cluster = LocalCluster(
            n_workers=0,
            processes=False,
            protocol="tls://",
            security=tls.security(self.home.tls),
            dashboard_address="127.0.0.1:0",
        )
        self.address = self.cluster.scheduler_address
        self.say(self.address)

    def say(self, address: str) -> None:
        self.home.write("record", {"host": HOST, "version": rdf_live.__version__, "address": address})

    def record(self) -> Record:
        return record(self.address, cluster="naf", home=str(self.home.path))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "clusters")
    with made.home.lock():
        yield made
    made.cluster.close()


def test_a_cluster_that_we_keep(kept: Kept, clusters: Clusters) -> None:
    assert clusters.client(kept.record()).scheduler.address == kept.address


def test_it_has_ended(kept: Kept, clusters: Clusters) -> None:
    kept.home.forget()
    with pytest.raises(
        ClusterTrouble, match=r"^the cluster 'naf' has ended, and its runs with it \(log: .*holder.log\)$"
    ):
        clusters.client(kept.record())


def test_another_one_has_its_name_now(kept: Kept, clusters: Clusters) -> None:
    before = record("tls://127.0.0.1:1", cluster="naf", home=str(kept.home.path))
    with pytest.raises(ClusterTrouble, match="the cluster 'naf' has ended"):
        clusters.client(before)
