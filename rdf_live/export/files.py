# SPDX-License-Identifier: BSD-3-Clause
"""A snapshot as a file of ROOT's or of JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rdf_live._interrupts import held
from rdf_live._root import root
from rdf_live.errors import BadInput
from rdf_live.export.atomic import replaced
from rdf_live.export.chosen import listed
from rdf_live.export.extract import variations_of
from rdf_live.export.suffixes import OBJECTS, PICTURES
from rdf_live.partial.objects import Variations
from rdf_live.snapshot import Snapshot

__all__ = ["about", "save"]

_NOTE = "rdf_live"  # name of what says where the results come from
_COMPACT = 23  # TBufferJSON: no spaces, arrays with many zeros shortened


def save(snapshot: Snapshot, path: str | Path, results: Any = None, **options: Any) -> Path:
    """Write a snapshot; the suffix chooses the kind. `Snapshot.save` says what each kind holds.

    Raises
    ------
    BadInput
        Another suffix, or options for a file that is no picture.
    OSError
        It cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in OBJECTS:
        raise BadInput(f"got {str(path)!r}, expected a name that ends with {', '.join((*OBJECTS, *PICTURES))}")
    if options:
        raise BadInput(f"got {', '.join(options)} for {str(path)!r}, expected these only for {', '.join(PICTURES)}")
    keys = list(snapshot) if results is None else [snapshot._find(key) for key in listed(results)]
    with held(), replaced(path) as unfinished:
        left_out = [key.label for key in keys if not _fits(snapshot.get(key))]
        note = json.dumps(about(snapshot) | {"left_out": left_out})
        found = _named((key.label, value) for key in keys if _fits(value := snapshot.get(key)))
        (_write_root if suffix == ".root" else _write_json)(unfinished, found, note)
    return path


def about(snapshot: Snapshot) -> dict[str, Any]:
    """Where the results come from, and what part of the data is in them."""
    names = ("state", "fraction", "entries", "entries_total", "total_is_estimate", "time")
    return {"run": snapshot.name} | {name: getattr(snapshot, name) for name in names}


def _fits(value: Any) -> bool:
    """False for what has not arrived, and for columns of AsNumpy, which are no summary."""
    return value is not None and not isinstance(value, dict)


def _named(found: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    """Every object under a name that ROOT can find it by, variations one by one."""
    named: dict[str, Any] = {}
    for label, value in found:
        varied = isinstance(value, Variations)
        for variation, one in variations_of(value).items():
            text = f"{label.removesuffix(' variations')}_{variation.replace(':', '_')}" if varied else label
            # A slash would be a folder, a semicolon a version.
            name = first = re.sub(r"[/;\\\x00-\x1f]", "_", text).strip() or "result"
            number = 2
            while name in named or name == _NOTE:
                name, number = f"{first}_{number}", number + 1
            named[name] = one
    return named


def _plain(value: Any) -> Any:
    """What is no ROOT object, for JSON: a number, a cut flow, or the files of a Snapshot."""
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple):
        return {"tree": value[0], "files": list(value[1])}
    return [{"name": str(cut.GetName()), "pass": cut.GetPass(), "all": cut.GetAll()} for cut in value]


def _write_root(path: Path, found: dict[str, Any], note: str) -> None:
    ROOT = root()
    context = ROOT.TDirectory.TContext()  # the user's own directory stays the current one
    try:
        file = ROOT.TFile.Open(str(path), "RECREATE")
        try:
            for name, value in found.items():
                if isinstance(value, (int, float)):
                    value = ROOT.TParameter["double"](name, float(value))
                elif not isinstance(value, ROOT.TObject):
                    value = ROOT.TNamed(name, json.dumps(_plain(value)))
                if file.WriteTObject(value, name) <= 0:
                    raise OSError(f"got no space or no dictionary for {name!r} in {str(path)!r}; nothing was written")
            file.WriteTObject(ROOT.TNamed(_NOTE, note))
        finally:
            file.Close()
    finally:
        context.__destruct__()


def _write_json(path: Path, found: dict[str, Any], note: str) -> None:
    ROOT = root()

    def text(value: Any) -> str:
        if isinstance(value, ROOT.TObject):
            # Taken as it is: read and written again, what is infinite would be no JSON any more.
            return str(ROOT.TBufferJSON.ConvertToJSON(value, _COMPACT))
        return json.dumps(_plain(value))

    results = ",\n".join(f"{json.dumps(name)}: {text(value)}" for name, value in found.items())
    path.write_text(f'{{"{_NOTE}": {note},\n"results": {{\n{results}\n}}}}\n')
