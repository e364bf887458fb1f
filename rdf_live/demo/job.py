# SPDX-License-Identifier: BSD-3-Clause
"""The demo from the first line on the screen to the picture."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rdf_live
from rdf_live._interrupts import held
from rdf_live._root import root
from rdf_live.demo import dimuon, files, generate
from rdf_live.errors import BadInput, PartialResultWarning, RdfLiveError
from rdf_live.export.suffixes import PICTURES
from rdf_live.snapshot import Snapshot
from rdf_live.view.look import Look
from rdf_live.view.terminal import watch

__all__ = ["passes", "run"]

#: A core analyses about so many of the generated events per second. With it the demo takes as long on every machine:
#: long enough to see it fill, short enough to wait.
_RATE_PER_WORKER, _SECONDS = 750_000, 8


@dataclass
class _Source:
    """What is analysed, and how its picture looks."""

    tree: str
    files: list[str]
    about: str
    title: str
    layout: str | None
    looks: Mapping[str, Look] = field(default_factory=dict)
    rows: Sequence[int] | None = None

    def book(self, df: Any) -> list[Any]:
        return files.book(df, self.tree, self.files) if self.layout is None else dimuon.book(df, self.layout)


def passes(workers: int, entries: int) -> int:
    """How many times so many generated events are read, on so many workers."""
    return max(1, round(workers * _RATE_PER_WORKER * _SECONDS / entries))


def run(given: Sequence[str] = (), *, workers: int | None = None, picture: str | Path = "rdf_live_demo.png") -> int:
    """Run the demo.

    Parameters
    ----------
    given : sequence of str
        ``FILE[:TREE]`` each; generated events if there are none.
    workers : int, optional
        Worker processes; one per core otherwise.
    picture : path
        Where to draw the result: a PNG, PDF or SVG file. It is drawn too when the run was stopped, or when ranges
        failed, of what is there.

    Returns
    -------
    int
        0, or 1 if ranges failed.

    Raises
    ------
    BadInput
        The files cannot be used; the text says why.
    """
    picture = Path(picture)
    if picture.suffix.lower() not in PICTURES:
        raise BadInput(f"got {str(picture)!r}, expected a picture that ends with one of {', '.join(PICTURES)}")
    if not picture.absolute().parent.is_dir():
        raise BadInput(
            f"got {str(picture)!r}, whose folder is not there, expected one that a picture can be written to"
        )
    source = _source(given) if given else _generated()
    # What needs no cluster is checked before there is one.
    source.book(root().RDataFrame(source.tree, source.files[:1]))
    started = time.monotonic()
    client = rdf_live.connect("local", workers=workers)
    try:
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        if not given:
            times = passes(count, generate.ENTRIES)
            source.files *= times
            source.about += f", read {times} times" if times > 1 else ""
        _say(f"{source.about}; {count} worker{'s' if count > 1 else ''}, Ctrl-C stops and keeps what is there")
        df = root().RDataFrame(source.tree, source.files, executor=client)
        live = rdf_live.start(source.book(df), every=0.5, name="demo")
        status, snapshot = 0, None
        try:
            watch(live)
            with warnings.catch_warnings():
                # The line that `watch` ended with says so already.
                warnings.simplefilter("ignore", PartialResultWarning)
                snapshot = live.result()
        except RdfLiveError as error:
            if error.partial is None:
                raise
            status, snapshot = 1, error.partial
            print(f"rdf-live: {error}", file=sys.stderr)
        if snapshot is not None:
            _picture(snapshot, source, picture)
        _say(f"{time.monotonic() - started:.0f} s in all")
    finally:
        _close(client)
    return status


def _picture(snapshot: Snapshot, source: _Source, path: Path) -> None:
    with held():
        snapshot.save(path, title=source.title, looks=source.looks, rows=source.rows)
    _say(f"picture: {path}")


def _generated() -> _Source:
    if not generate.is_there(generate.ENTRIES):
        _say(f"generating {generate.ENTRIES:,} dimuon events, once")
    path = generate.event_file(generate.ENTRIES)
    about = f"{generate.ENTRIES:,} generated dimuon events ({path})"
    title = "rdf-live demo, generated events"
    return _Source(generate.TREE, [str(path)], about, title, "NanoAOD", dimuon.LOOKS, dimuon.ROWS)


def _source(given: Sequence[str]) -> _Source:
    tree, paths, trees = files.tree_and_files(given)
    others = [name for name in trees if name != tree and not name.startswith("#")]
    about = f"tree {tree} of {len(paths)} file{'s' if len(paths) > 1 else ''}"
    if others and not any(files.split(text)[1] for text in given):
        about += f" (there are also {', '.join(others[:5])}{' ...' if len(others) > 5 else ''}: FILE:TREE)"
    columns = [str(name) for name in root().RDataFrame(tree, paths[0]).GetColumnNames()]
    layout = dimuon.layout_of(columns)
    title = Path(paths[0]).name + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
    if layout is None:
        return _Source(tree, paths, about, title, None)
    return _Source(tree, paths, f"{about}, muons as in {layout} files", title, layout, dimuon.LOOKS, dimuon.ROWS)


def _say(text: str) -> None:
    print(text, flush=True)


def _close(client: Any) -> None:
    """The workers too: they belong to this demo."""
    cluster = client.cluster
    client.close()
    cluster.close()
