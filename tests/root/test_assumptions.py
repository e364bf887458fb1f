# SPDX-License-Identifier: BSD-3-Clause
"""What rdf_live assumes about the inside of ROOT: one test each, so that a new ROOT says which one no longer holds."""

from __future__ import annotations

import importlib
import inspect
import pickle
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import ROOT
from conftest import LATER, Files, distributes
from distributed import Client

from rdf_live import _distrdf as distrdf
from rdf_live._root import cpp, root
from rdf_live.client.backend import live_backend
from rdf_live.client.payload import pack, pack_ranges
from rdf_live.partial.objects import Builder
from rdf_live.worker.frames import Monitor, final_frame
from rdf_live.worker.graph import ProcessGraph


def parameters(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


class TestPackage:
    """The package has two spellings."""

    @pytest.fixture(autouse=True)
    def forgotten(self) -> Iterator[None]:
        """What is imported is kept: not what is offered here."""
        distrdf.module.cache_clear()
        yield
        distrdf.module.cache_clear()

    @staticmethod
    def offer(monkeypatch: pytest.MonkeyPatch, found: str | None, missing: str = "") -> list[str]:
        asked: list[str] = []

        def import_module(name: str) -> ModuleType:
            asked.append(name)
            if found is not None and name.startswith(found):
                if missing:
                    raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
                return ModuleType(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.removesuffix(".Ranges"))

        monkeypatch.setattr(importlib, "import_module", import_module)
        return asked

    def test_since_6_40(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.offer(monkeypatch, "ROOT._distrdf")
        assert distrdf.module("Ranges").__name__ == "ROOT._distrdf.Ranges"
        assert asked == ["ROOT._distrdf.Ranges"]

    def test_up_to_6_38(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.offer(monkeypatch, "DistRDF")
        assert distrdf.module("Ranges").__name__ == "DistRDF.Ranges"
        assert asked == ["ROOT._distrdf.Ranges", "DistRDF.Ranges"]

    def test_neither(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.offer(monkeypatch, None)
        with pytest.raises(ImportError, match="got a ROOT without distributed RDataFrame, expected one built with"):
            distrdf.module("Ranges")

    @pytest.mark.parametrize("found", ["ROOT._distrdf", "DistRDF"])
    def test_something_else_is_missing(self, monkeypatch: pytest.MonkeyPatch, found: str) -> None:
        """An incomplete installation is not taken for an older ROOT."""
        self.offer(monkeypatch, found, missing="dask")
        with pytest.raises(ModuleNotFoundError, match="No module named 'dask'"):
            distrdf.module("Ranges")


class TestBackend:
    """The hook."""

    def test_methods_that_are_overridden(self) -> None:
        base = distrdf.dask_backend()
        assert parameters(base.__init__) == ["daskclient"]
        assert parameters(base.ProcessAndMerge) == ["ranges", "mapper", "reducer"]
        assert parameters(base.optimize_npartitions) == []
        assert parameters(base.distribute_unique_paths) == ["paths"]
        assert len(parameters(base.cleanup_cache)) == 1

    def test_what_goes_to_every_worker(self) -> None:
        base = distrdf.backend_base()
        assert all(isinstance(getattr(base, n), set) for n in ("headers", "shared_libraries", "pcms", "files"))
        assert isinstance(base.strings_to_declare, dict)
        assert callable(base.initialization)
        assert issubclass(distrdf.dask_backend(), base)

    def test_result_of_a_run(self) -> None:
        result = distrdf.task_result([1, 2], 10, {"file/tree": 10})
        assert result.mergeables == [1, 2]
        assert (result.entries_in_trees.processed_entries, result.entries_in_trees.trees_with_entries) == (
            10,
            {"file/tree": 10},
        )

    def test_capture(self, client: Client, files: Files) -> None:
        """ROOT prepares everything before it calls ProcessAndMerge, and the dataframe is as before when that raises."""
        df = ROOT.RDataFrame("events", files.trees, executor=client, npartitions=4)
        count = df.Count()
        head = count.proxied_node.get_head()
        captured = live_backend(head, None).capture()
        assert len(captured.ranges) == 4
        assert sorted(distrdf.parts_of(captured.mapper)) == ["build", "declare", "graph", "initialize"]
        assert isinstance(captured.mapper.keywords["computation_graph_callable"], partial)
        assert count.proxied_node.value is None
        assert len(live_backend(head, None).capture().ranges) == 4


class TestNodes:
    """The graph that the user books."""

    def test_every_action_is_known(self) -> None:
        """What ROOT can run and rdf_live does not know would fail late; it is refused by name."""
        operation = distrdf.module("Operation")
        actions = {
            name
            for name, kind in operation.SUPPORTED_OPERATIONS.items()
            if issubclass(kind, (operation.Action, operation.InstantAction))
        }
        assert actions - {"VariationsFor"} - set(distrdf.KINDS) <= {"Profile3D"}  # RDataFrame itself has no Profile3D
        assert not hasattr(ROOT.RDataFrame(1), "Profile3D")
        assert set(distrdf.KINDS) - actions == {action for action in LATER if not distributes(action)}

    def test_proxies(self, client: Client) -> None:
        df = ROOT.RDataFrame(10, executor=client).Define("x", "1.").Vary("x", "ROOT::RVecD{x, -x}", 2)
        mean = df.Mean("x")
        varied = ROOT.RDF.Distributed.VariationsFor(mean)
        assert distrdf.node_of(ROOT.RDataFrame(1).Count()) is None
        nodes = [distrdf.node_of(result) for result in (mean, varied)]
        assert [distrdf.kind_of(node) for node in nodes] == ["Mean", "Mean"]
        assert [distrdf.is_varied(node) for node in nodes] == [False, True]
        assert nodes[0].get_head() is nodes[1].get_head()
        assert nodes[0].value is None
        distrdf.value_setter(nodes[0], 3.0)
        assert mean.GetValue() == 3.0

    def test_order_of_the_actions(self, client: Client) -> None:
        """The client's list of actions and the worker's are in the same order, also after the wire."""
        df = ROOT.RDataFrame(10, executor=client).Define("x", "1.")
        kept = [df.Count(), df.Filter("x > 2").Sum("x"), df.Max("x"), df.Filter("x > 3").Count(), df.Mean("x")]
        head = kept[0].proxied_node.get_head()
        dropped = df.Min("x")
        del dropped
        graph = distrdf.parts_of(live_backend(head, None).capture().mapper)["graph"]
        here = [node.operation.name for node in distrdf.action_nodes(head)]
        assert here == ["Count", "Sum", "Max", "Count", "Mean"]
        assert [n.operation.name for n in distrdf.graph_actions(pickle.loads(pickle.dumps(graph)))] == here

    def test_size(self, client: Client, files: Files) -> None:
        """Entries and clusters of a few files stand for those of all; one that is not there is left out."""
        sizes = []
        for source in (("events", files.trees), ("ntuple", files.ntuples), (1234,)):
            frame = ROOT.RDataFrame(*source, executor=client)
            sizes.append(distrdf.size_of(frame.Count().proxied_node.get_head()))
        alone = []
        for file in files.trees:
            count = ROOT.RDataFrame("events", file, executor=client).Count()
            alone.append(distrdf.size_of(count.proxied_node.get_head()))
        assert alone[:2] == [(3000, 6), (1700, 4)]
        assert len(alone) == 3
        assert sizes[0] == (sum(entries for entries, _ in alone), sum(clusters for _, clusters in alone))
        assert sizes[1][0] == 2 * 2000
        assert sizes[1][1] >= 2
        assert sizes[2] == (1234, 1234)
        frame = ROOT.RDataFrame("events", [files.trees[0], "missing.root"], executor=client)
        assert distrdf.size_of(frame.Count().proxied_node.get_head()) == (2 * 3000, 2 * 6)

    def test_named_ranges(self, client: Client, files: Files) -> None:
        """Kept by ROOT, whatever the backend would choose."""
        for source in (("events", files.trees), ("ntuple", files.ntuples), (1234,)):
            for named in (None, 3):
                arguments = {} if named is None else {"npartitions": named}
                frame = ROOT.RDataFrame(*source, executor=client, **arguments)
                assert distrdf.named_ranges(frame.Count().proxied_node.get_head()) == named

    def test_dataset_specification(self, client: Client, files: Files) -> None:
        spec = ROOT.RDF.Experimental.RDatasetSpec()
        spec.AddSample(("sample", "events", files.trees[1]))
        head = ROOT.RDataFrame(spec, executor=client).Count().proxied_node.get_head()
        assert distrdf.size_of(head) == (1700, 4)
        assert distrdf.untouched_entries(head) == (0, {f"{files.trees[1]}/events": 0})


class TestWorker:
    """What a task does, here in one process."""

    @pytest.fixture
    def task(self, client: Client, files: Files, tmp_path: Path) -> tuple[ProcessGraph, list[Any]]:
        df = ROOT.RDataFrame("events", files.trees, executor=client, npartitions=3)
        cut = df.Filter("n > 2", "cut")
        kept = [df.Histo1D(("h", "", 20, 0, 10), "x", "w"), cut.Count(), cut.AsNumpy(["n"], lazy=True)]
        kept += [cut.Report()] if distributes("Report") else []
        captured = live_backend(kept[0].proxied_node.get_head(), None).capture()
        ranges = [pickle.loads(zlib.decompress(r)) for r in pack_ranges(captured.ranges)]
        return ProcessGraph(pack(captured.mapper), str(tmp_path)), ranges

    def test_clones_are_like_the_first(self, task: tuple[ProcessGraph, list[Any]], files: Files) -> None:
        """A graph that is booked once and cloned gives the same as one that is booked anew for every range."""
        graph, ranges = task
        found = []
        for fresh in (False, True):
            for data_range in ranges:
                if fresh:
                    graph.drop()
                found.append(self.run(graph, data_range))
        assert found[:3] == found[3:]
        for (entries, _), n in zip(found, files.entries, strict=False):
            assert entries == n

    @staticmethod
    def run(graph: ProcessGraph, data_range: Any) -> tuple[int, Any]:
        frame, size, trees = graph.open(data_range)
        assert size == sum(trees.values())
        graph.book(frame, data_range, str(data_range.id))
        monitor = Monitor(0.0, -1, early=True)
        graph.run(monitor)
        graph.slots.Finish(monitor.shared)
        final = final_frame(graph.slots)
        assert size - 64 < monitor.entries <= size  # it counts in steps of up to 64
        return size, (final.values, final.blobs, graph.foreign())

    def test_partial_update(self, task: tuple[ProcessGraph, list[Any]]) -> None:
        """What an action shows between two entries is what it has after the same number of them."""
        graph, ranges = task
        frame, size, _ = graph.open(ranges[0])
        graph.book(frame, ranges[0], "0")
        monitor = Monitor(0.0, -1, early=True)
        monitor.stop()  # takes effect at the first entry, after all actions have seen it
        graph.run(monitor)
        assert monitor.shared.Stopping()
        graph.slots.Finish(monitor.shared)
        stopped = final_frame(graph.slots)
        assert 0 < monitor.entries < size
        histogram = Builder(graph.schema).build(0, _doubles(stopped.values), [])
        assert histogram.GetEntries() == monitor.entries

    def test_caches_of_root(self, task: tuple[ProcessGraph, list[Any]]) -> None:
        graph, ranges = task
        graph.open(ranges[0])
        register = distrdf.module("_graph_cache")._RDF_REGISTER
        assert ranges[0].exec_id in register
        graph.drop()
        assert ranges[0].exec_id not in register

    def test_setup(self) -> None:
        assert parameters(distrdf.module("Backends.Base").setup_mapper) == ["initialization_fn", "code_to_declare"]
        utils = distrdf.module("Backends.Utils")
        for name in ("distribute_headers", "distribute_shared_libraries", "clone_action"):
            assert callable(getattr(utils, name))


def _doubles(values: bytes) -> Any:
    import numpy as np

    return np.frombuffer(values, dtype=np.float64)


class TestCpp:
    """The C++ part, which names private members of ROOT's classes."""

    def test_this_root_accepts_it(self) -> None:
        assert cpp() is root().rdf_live
        assert len(cpp().Functions()) == 6

    def test_a_statistic_can_be_filled(self) -> None:
        """Private members of TStatistic, in the order of its streamer."""
        members = [str(e.GetName()) for e in ROOT.TStatistic.Class().GetStreamerInfo().GetElements()]
        assert [m for m in members if m.startswith("f")] == ["fName", "fN", "fW", "fW2", "fM", "fM2", "fMin", "fMax"]

    @pytest.mark.parametrize(
        ("name", "members"),
        [
            ("TH1", ["fEntries", "fTsumw", "fTsumw2", "fTsumwx", "fTsumwx2", "fSumw2"]),
            ("TH2", ["fTsumwy", "fTsumwy2", "fTsumwxy"]),
            ("TH3", ["fTsumwy", "fTsumwy2", "fTsumwxy", "fTsumwz", "fTsumwz2", "fTsumwxz", "fTsumwyz"]),
            ("TProfile", ["fBinEntries", "fBinSumw2", "fTsumwy", "fTsumwy2"]),
            ("TProfile2D", ["fBinEntries", "fBinSumw2", "fTsumwz", "fTsumwz2"]),
            ("THnBase", ["fEntries", "fTsumw", "fTsumw2", "fTsumwx", "fTsumwx2"]),
        ],
    )
    def test_no_sum_is_forgotten(self, name: str, members: list[str]) -> None:
        """A sum that a new ROOT adds to a class would be lost on the way: this list has to be the whole one."""
        found = [str(e.GetName()) for e in getattr(ROOT, name).Class().GetStreamerInfo().GetElements()]
        sums = {m for m in found if "sum" in m.lower() or m in ("fEntries", "fBinEntries")}
        assert sums - {"fCalculateErrors"} == set(members)
