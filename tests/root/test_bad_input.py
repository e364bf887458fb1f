# SPDX-License-Identifier: BSD-3-Clause
"""What cannot work is refused with what it got, what it expected and what to do; nothing is lost and nothing hangs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ROOT
from conftest import Files
from distributed import Client, LocalCluster

import rdf_live
from rdf_live import _distrdf as distrdf
from rdf_live import errors
from rdf_live.client import booked


def frame(client: Client, n: int = 100) -> Any:
    return ROOT.RDataFrame(n, executor=client, npartitions=2).Define("x", "1. * rdfentry_")


def started(client: Client) -> list[str]:
    return [run["run"] for run in rdf_live.runs(client)]


class TestResults:
    """What `start` is given."""

    def test_of_a_local_dataframe(self) -> None:
        local = ROOT.RDataFrame(10).Count()
        with pytest.raises(errors.WrongKind, match=r"of a local dataframe, expected .* executor=client"):
            rdf_live.start(local)

    @pytest.mark.parametrize("thing", [3, None, "h", object(), b"h"], ids=repr)
    def test_no_result(self, thing: Any) -> None:
        with pytest.raises(TypeError, match=rf"got an? {type(thing).__name__}, expected a booked result"):
            rdf_live.start(thing)

    def test_no_result_among_results(self, client: Client) -> None:
        before = started(client)
        with pytest.raises(errors.WrongKind, match="got an int, expected a booked result"):
            rdf_live.start([frame(client).Count(), 3])
        assert started(client) == before

    def test_dataframe_instead_of_result(self, client: Client) -> None:
        with pytest.raises(errors.WrongKind, match="expected a booked result"):
            rdf_live.start(frame(client))

    def test_value_instead_of_result(self) -> None:
        value = ROOT.TH1D("h", "", 1, 0, 1)
        for given in ([value], value):  # a histogram can be iterated over, too
            with pytest.raises(errors.WrongKind, match=r"got a TH1D, expected a booked result .*, not its value"):
                rdf_live.start(given)

    @pytest.mark.parametrize("nothing", [[], (), {}], ids=repr)
    def test_nothing(self, nothing: Any) -> None:
        with pytest.raises(ValueError, match="got no results, expected at least one"):
            rdf_live.start(nothing)

    def test_computed_already(self, client: Client) -> None:
        df = frame(client)
        count = df.Count()
        rdf_live.start(count).result(60)
        before = started(client)
        with pytest.raises(errors.BadInput, match=r"'Count', which has been computed already, .* GetValue\(\)"):
            rdf_live.start([count, df.Sum("x")])
        assert started(client) == before
        assert count.GetValue() == 100

    def test_without_a_name(self, client: Client) -> None:
        """A histogram that the user gave no name has one that tells it apart."""
        df = frame(client).Define("w", "1.")
        histograms = [
            df.Histo1D(("", "t", 20, 0, 10), "x", "w"),
            df.Histo1D(ROOT.RDF.TH1DModel("", "t", 20, 0, 10), "x"),
            df.HistoND((" ", "t", 1, (3,), (0.0,), (1.0,)), ("x",)),
        ]
        labels = [booked.label(distrdf.node_of(histogram)) for histogram in histograms]
        assert labels == ["Histo1D(x, w)", "Histo1D(x)", "HistoND(x)"]

    def test_unknown_key_of_a_snapshot(self, client: Client) -> None:
        df = frame(client)
        final = rdf_live.start([df.Count(), df.Sum("x")]).result(60)
        other = df.Mean("x")
        with pytest.raises(KeyError, match=r"got 'Cuont', expected one of 'Count', 'Sum\(x\)'"):
            final["Cuont"]
        with pytest.raises(KeyError, match="a result that run 'Count' does not compute"):
            final[other]
        with pytest.raises(errors.WrongKind, match="got a float, expected a booked result"):
            final[1.5]


class TestOptions:
    """The other arguments of `start`."""

    @pytest.mark.parametrize("every", [0, -1, -0.5, float("nan"), float("inf")], ids=repr)
    def test_every_not_positive(self, client: Client, every: Any) -> None:
        with pytest.raises(ValueError, match=rf"every: got {every!r}, expected a positive number of seconds"):
            rdf_live.start(frame(client).Count(), every=every)

    @pytest.mark.parametrize("every", ["1", None, True, [1]], ids=repr)
    def test_every_no_number(self, client: Client, every: Any) -> None:
        with pytest.raises(TypeError, match=r"every: got .*, expected a number of seconds, for example every=0.5"):
            rdf_live.start(frame(client).Count(), every=every)

    def test_on_error(self, client: Client) -> None:
        with pytest.raises(ValueError, match='on_error: got \'ignore\', expected "raise" or "skip"'):
            rdf_live.start(frame(client).Count(), on_error="ignore")

    @pytest.mark.parametrize("attempts", [0, -1, 1.5, True, "3"], ids=repr)
    def test_max_attempts(self, client: Client, attempts: Any) -> None:
        with pytest.raises(errors.BadInput, match=rf"max_attempts: got {attempts!r}, expected a whole number"):
            rdf_live.start(frame(client).Count(), max_attempts=attempts)

    @pytest.mark.parametrize("name", [5, b"z", ["z"]], ids=repr)
    def test_name(self, client: Client, name: Any) -> None:
        before = started(client)
        with pytest.raises(errors.WrongKind, match=rf"name: got {re.escape(repr(name))}, expected a text"):
            rdf_live.start(frame(client).Count(), name=name)
        assert started(client) == before

    def test_callback(self, client: Client) -> None:
        with pytest.raises(errors.WrongKind, match="callback: got a int, expected something to call"):
            rdf_live.start(frame(client).Count(), callback=3)  # type: ignore[arg-type]

    def test_unknown_run(self, client: Client) -> None:
        with pytest.raises(errors.UnknownRun, match=r"got 'nonsense', expected the id of a run. .* no such run"):
            rdf_live.attach("nonsense", client=client)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, files: Files) -> dict[str, str]:
    """Files that cannot be analysed."""
    folder = tmp_path_factory.mktemp("broken")
    names = {what: str(folder / f"{what}.root") for what in ("missing", "cut", "text", "treeless", "columnless")}
    content = Path(files.trees[0]).read_bytes()
    Path(names["cut"]).write_bytes(content[: len(content) // 2])
    Path(names["text"]).write_text("This is no ROOT file.\n" * 200)
    file = ROOT.TFile(names["treeless"], "recreate")
    ROOT.TNamed("not", "a tree").Write()
    file.Close()
    ROOT.RDataFrame(1000).Define("other", "1.").Snapshot("events", names["columnless"])
    return names


#: What ROOT says of each of them.
SAYS = {
    "missing": "could not open file",
    "cut": "could not open file",
    "text": "could not open file",
    "treeless": 'could not find tree "events"',
    "columnless": 'Unknown column: "x"',
}


class TestFiles:
    """What is wrong with a file is said with its name, as early as ROOT can know it."""

    @pytest.mark.parametrize("what", ["missing", "cut", "text", "treeless"])
    def test_first_file(self, client: Client, files: Files, broken: dict[str, str], what: str) -> None:
        """ROOT looks into the first file when the dataframe is made, which rdf_live has no part in."""
        before = started(client)
        with pytest.raises((TypeError, ROOT.std.exception), match="not accepted by any RDataFrame constructor"):
            ROOT.RDataFrame("events", [broken[what], files.trees[0]], executor=client)
        assert started(client) == before

    @pytest.mark.parametrize("what", SAYS)
    def test_later_file(self, client: Client, files: Files, broken: dict[str, str], what: str) -> None:
        """The ranges of the other files are kept, in the error and with on_error="skip"."""
        names = [files.trees[0], broken[what]]
        h = ROOT.RDataFrame("events", names, executor=client, npartitions=2).Histo1D(("h", "", 20, 0, 10), "x")
        with pytest.raises(errors.RunFailed, match=re.escape(SAYS[what])) as raised:
            rdf_live.start(h).result(60)
        assert broken[what] in str(raised.value)
        assert "1 of 2 ranges failed" in str(raised.value)
        [failure] = raised.value.failures
        assert (failure["range"], failure["attempts"]) == (1, 3)
        assert SAYS[what] in failure["message"]
        assert broken[what] in failure["files"]
        assert raised.value.partial[h].GetEntries() == files.entries[0]

        with pytest.warns(errors.PartialResultWarning, match=r"1 of \d+ ranges failed"):
            part = rdf_live.start(h, on_error="skip").result(60)
        assert part[h].GetEntries() == h.GetEntries() == files.entries[0]

    @pytest.mark.parametrize("what", ["missing", "cut", "text", "treeless"])
    @pytest.mark.parametrize("place", [1, 2], ids=["middle", "last"])
    def test_file_that_is_looked_at(
        self, client: Client, files: Files, broken: dict[str, str], what: str, place: int
    ) -> None:
        """Where rdf_live chooses the ranges it opens some files: nothing begins if one of them cannot be read."""
        names = [files.trees[0]] * 3
        names[place] = broken[what]
        h = ROOT.RDataFrame("events", names, executor=client).Histo1D(("h", "", 20, 0, 10), "x")
        before = started(client)
        with pytest.raises(
            errors.BadInput, match=rf"got {re.escape(broken[what])}, expected a file with 'events' in it"
        ):
            rdf_live.start(h)
        assert started(client) == before
        with pytest.raises(errors.BadInput, match="expected a file with 'events' in it"):
            h.GetValue()
        with pytest.warns(errors.PartialResultWarning, match=r"\d+ of \d+ ranges failed"):
            part = rdf_live.start(h, on_error="skip").result(60)
        assert part[h].GetEntries() == 2 * files.entries[0]

    def test_all_files_without_entries(self, client: Client, files: Files) -> None:
        h = ROOT.RDataFrame("events", [files.empty] * 2, executor=client).Histo1D(("h", "", 20, 0, 10), "x")
        with pytest.raises(errors.RunFailed, match=r"processed no entries: got 0 in all files, expected at least one"):
            rdf_live.start(h).result(60)

    def test_empty_source_without_entries(self, client: Client) -> None:
        with pytest.raises(errors.BadInput, match="got a dataframe of 0 entries, expected at least one"):
            rdf_live.start(ROOT.RDataFrame(0, executor=client).Count())

    @pytest.mark.parametrize(
        "book",
        [
            lambda df: df.Histo1D(("h", "", 20, 0, 10), "xx"),
            lambda df: df.Histo1D(("h", "", 20, 0, 10), "x", "xx"),
            lambda df: df.HistoND(("h", "", 1, (3,), (0.0,), (1.0,)), ("xx",)),
            lambda df: df.Profile1D(("p", "", 20, 0, 10), "x", "xx"),
            lambda df: df.Sum("xx"),
            lambda df: df.Graph("x", "xx"),
            lambda df: df.AsNumpy(["x", "xx"], lazy=True),
            lambda df: df.Filter("x > 1").Mean("xx"),
        ],
        ids=["Histo1D", "weight", "HistoND", "Profile1D", "Sum", "Graph", "AsNumpy", "after a filter"],
    )
    def test_column_that_is_not_there(self, client: Client, files: Files, book: Callable[[Any], Any]) -> None:
        before = started(client)
        result = book(ROOT.RDataFrame("events", files.trees, executor=client))
        with pytest.raises(
            errors.BadInput, match=r"got column 'xx', which neither the dataset nor a Define has. .* 'x'"
        ):
            rdf_live.start(result)
        assert started(client) == before

    def test_exception_in_the_user_code(self, client: Client, files: Files) -> None:
        """An entry that throws costs its range only, and is said with ROOT's own text."""
        df = ROOT.RDataFrame("events", files.trees, executor=client, npartitions=3)
        thrown = df.Define("q", 'if (id == 100) throw std::runtime_error("entry 100 is bad"); return x;').Histo1D(
            ("q", "", 20, 0, 10), "q"
        )
        run = rdf_live.start(thrown, max_attempts=2)
        with pytest.raises(errors.RunFailed, match="entry 100 is bad") as raised:
            run.result(60)
        [failure] = run.failures
        assert (failure["attempts"], failure["graph"]) == (2, 0)
        assert failure["worker"].startswith("tcp://")
        assert "entry 100 is bad" in failure["traceback"]
        assert raised.value.partial.entries < sum(files.entries)


class TestClusters:
    """Clusters that runs cannot use."""

    def test_closed_client(self) -> None:
        with LocalCluster(n_workers=0, dashboard_address=None) as cluster:
            client = Client(cluster)
            count = frame(client).Count()
            client.close()
            with pytest.raises(errors.BadInput, match=r"client that is closed, expected a running one. Connect again"):
                rdf_live.start(count)

    def test_threaded_workers(self) -> None:
        with (
            LocalCluster(n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            count = frame(client).Count()
            text = r"several threads: tcp://\S+ \(2\); expected one thread .* threads_per_worker=1"
            with pytest.raises(errors.ThreadedWorkers, match=text):
                rdf_live.start(count)
            assert started(client) == []

    @pytest.mark.parametrize("protocol", ["inproc://", "tcp://"])
    def test_workers_in_this_process(self, protocol: str) -> None:
        """ROOT would crash, and this process with it."""
        options: dict[str, Any] = {"threads_per_worker": 1, "processes": False, "protocol": protocol}
        with LocalCluster(n_workers=2, dashboard_address=None, **options) as cluster, Client(cluster) as client:
            count = frame(client).Count()
            with pytest.raises(errors.ThreadedWorkers, match=r"threads of this process, expected .* processes=True"):
                rdf_live.start(count)
            assert started(client) == []

    def test_no_client(self) -> None:
        with pytest.raises(errors.WrongKind, match=r"got a str, expected a distributed.Client"):
            rdf_live.runs("tcp://nowhere:1")  # type: ignore[arg-type]
