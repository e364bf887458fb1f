# SPDX-License-Identifier: BSD-3-Clause
"""The parts of the demo that need no ROOT."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

from rdf_live.demo import dimuon, files, generate, job
from rdf_live.errors import BadInput


def test_examples() -> None:
    assert doctest.testmod(files).failed == 0


def test_file_that_is_not_called_root(tmp_path: Path) -> None:
    path = tmp_path / "data:1"
    path.touch()
    assert files.split(str(path)) == (str(path), None)
    assert files.split(f"{path}:tree") == (str(path), "tree")
    assert files.split("missing:tree") == ("missing:tree", None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("float", True),
        ("Double_t", True),
        ("unsigned int", True),
        ("std::uint64_t", True),
        ("ROOT::VecOps::RVec<float>", True),
        ("ROOT::VecOps::RVec<Int_t>", True),
        ("vector<float>", True),
        ("bool", False),
        ("Char_t", False),
        ("string", False),
        ("ROOT::VecOps::RVec<vector<float>>", False),
        ("TLorentzVector", False),
    ],
)
def test_numeric(kind: str, expected: bool) -> None:
    assert files.numeric(kind) is expected


def test_axis_of_whole_numbers_has_a_bin_each() -> None:
    assert files.axis_for(np.array([-1, 1, 0, 1])) == (3, -1.5, 1.5)


def test_axis_is_not_stretched_by_one_odd_value() -> None:
    values = np.append(np.random.default_rng(1).exponential(10.0, 2000), -999.0)
    bins, low, high = files.axis_for(values) or (0, 0.0, 0.0)
    assert bins == 80
    assert -10 < low <= 0
    assert 40 < high < 80


def test_axis_of_positive_values_starts_at_zero() -> None:
    axis = files.axis_for(np.linspace(0.3, 55.1, 1000))
    assert axis is not None
    assert axis[1] == 0


@pytest.mark.parametrize("values", [[], [1.0, 1.0], [np.nan, np.inf], [3, 3]], ids=["none", "same", "odd", "whole"])
def test_no_axis_for_nothing(values: list[float]) -> None:
    assert files.axis_for(np.array(values)) is None


@pytest.mark.parametrize(
    ("trees", "chosen"),
    [
        ({"Runs": 500, "Events": 40}, "Events"),
        ({"a": 1, "b": 2}, "b"),
        ({"##Links": 529, "EventData": 100, "EventTag": 99}, "EventData"),
        ({"events": 0, "other": 3}, "other"),
        ({"dir/events": 3, "long": 30}, "dir/events"),
    ],
)
def test_tree_of_events_is_chosen(trees: dict[str, int], chosen: str) -> None:
    assert files.choose_tree(trees, None, "f.root") == chosen


def test_missing_tree_lists_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"got tree 'x'.*Runs \(5 entries\), Events \(1,000 entries\)"):
        files.choose_tree({"Runs": 5, "Events": 1000}, "x", "f.root")


def test_layouts() -> None:
    nano = ["run", "nMuon", "Muon_pt", "Muon_eta", "Muon_phi", "Muon_charge"]
    assert dimuon.layout_of(nano) == "NanoAOD"
    assert dimuon.layout_of(["M", "pt1", "eta1", "phi1", "Q1", "pt2", "eta2", "phi2", "Q2"]) == "flat"
    assert dimuon.layout_of(nano[:-1]) is None


def test_edges_are_equal_in_the_logarithm() -> None:
    edges = np.array(dimuon.log_edges(0.3, 200, 400))
    assert len(edges) == 401
    assert edges[[0, -1]].tolist() == [0.3, 200]
    np.testing.assert_allclose(edges[1:] / edges[:-1], (200 / 0.3) ** (1 / 400))


def test_more_workers_read_more() -> None:
    assert job.passes(1, 100_000_000) == 1
    assert job.passes(64, generate.ENTRIES) > 10 * job.passes(2, generate.ENTRIES)


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert generate.cache_folder() == tmp_path / "rdf_live"
    assert not generate.is_there(10)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert generate.cache_folder() == tmp_path / ".cache" / "rdf_live"
