# SPDX-License-Identifier: BSD-3-Clause
"""What the user's files hold: which trees, which numeric columns, in which ranges."""

from __future__ import annotations

import glob
import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from rdf_live._root import root
from rdf_live.errors import BadInput

__all__ = ["axis_for", "book", "choose_tree", "numeric", "split", "tree_and_files", "trees_in"]

#: Entries and columns that the quick look reads, and histograms that it leads to.
_LOOK, _MOST_LOOKED_AT, _HISTOGRAMS, _BINS = 2000, 40, 4, 80
_NUMBER = re.compile(
    r"^(?:ROOT::(?:VecOps::)?RVec<|std::vector<|vector<)?\s*"
    r"(?:(?:unsigned |signed )?(?:short|int|long|long long)|unsigned|float|double|"
    r"U?(?:Short|Int|Long|Long64)_t|Float_t|Double_t|Float16_t|Double32_t|(?:std::)?u?int(?:16|32|64)_t)"
    r"\s*>?$"
)


def split(given: str) -> tuple[str, str | None]:
    """File and tree of ``FILE[:TREE]``.

    >>> split("a.root:Events"), split("root://host//b.root"), split("c.root")
    (('a.root', 'Events'), ('root://host//b.root', None), ('c.root', None))
    """
    found = re.fullmatch(r"(.+\.root\d*):([^:]+)", given)
    if found:
        return found[1], found[2]
    before, colon, after = given.rpartition(":")
    if colon and not os.path.exists(given) and os.path.exists(before) and after:
        return before, after
    return given, None


def numeric(kind: str) -> bool:
    """Whether a column of this C++ type is worth a histogram: a number, or a vector of numbers.

    Not those of one byte, which are text or flags.
    """
    return _NUMBER.match(kind.strip()) is not None


def axis_for(values: np.ndarray[Any, Any]) -> tuple[int, float, float] | None:
    """Bins and range for what a quick look has seen, or None if there is nothing to see: all the same, or none finite.

    The outermost half per cent on each side does not decide, because one odd value would hide all others.
    """
    whole = values.dtype.kind in "iu"
    seen = values[np.isfinite(values)].astype(float)
    if seen.size == 0 or seen.min() == seen.max():
        return None
    if whole and seen.max() - seen.min() < _BINS:
        return int(seen.max() - seen.min()) + 1, float(seen.min()) - 0.5, float(seen.max()) + 0.5
    low, high = (float(x) for x in np.quantile(seen, (0.005, 0.995)))
    if low == high:
        low, high = float(seen.min()), float(seen.max())
    margin = 0.05 * (high - low)
    # A quantity that is never negative starts at zero if it comes near.
    start = 0.0 if seen.min() >= 0 and low < 0.2 * high else low - margin
    digits = -math.floor(math.log10((high - low) / 20))
    unit = 10.0**-digits
    return (
        _BINS,
        round(math.floor(start / unit) * unit, digits),
        round(math.ceil((high + margin) / unit) * unit, digits),
    )


@contextmanager
def _quiet(ROOT: Any) -> Iterator[None]:
    """ROOT's own lines about a file that cannot be opened would stand beside ours."""
    level = ROOT.gErrorIgnoreLevel
    ROOT.gErrorIgnoreLevel = ROOT.kFatal
    try:
        yield
    finally:
        ROOT.gErrorIgnoreLevel = level


def trees_in(path: str) -> dict[str, int]:
    """Trees and RNTuples of a file, with folders in their names, and their numbers of entries.

    Raises
    ------
    BadInput
        There is no such file, or it is no ROOT file.
    """
    ROOT = root()
    if "://" not in path and not os.path.isfile(path):
        raise BadInput(f"got {path!r}, where there is no file, expected a ROOT file. Look at the name and the folder.")
    with _quiet(ROOT):
        try:
            file = ROOT.TFile.Open(path)
        except OSError:
            file = None
        if not file or file.IsZombie():
            raise BadInput(f"got {path!r}, which ROOT cannot open, expected a ROOT file that is complete.")
        try:
            return dict(_trees(file, ""))
        finally:
            file.Close()


def _trees(folder: Any, prefix: str) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for key in folder.GetListOfKeys():
        name, kind = prefix + str(key.GetName()), str(key.GetClassName())
        if name in seen:
            continue  # an older cycle
        seen.add(name)
        if kind.startswith("TDirectory"):
            yield from _trees(key.ReadObj(), f"{name}/")
        elif kind in ("TTree", "TChain", "TNtuple", "TNtupleD"):
            yield name, int(key.ReadObj().GetEntries())
        elif kind.endswith("RNTuple"):
            yield name, int(root().RDataFrame(name, folder.GetFile().GetName()).Count().GetValue())


def choose_tree(trees: dict[str, int], asked: str | None, path: str) -> str:
    """The tree that was asked for, or else one that is called after events, or else the longest.

    Raises
    ------
    BadInput
        It is not there; the text lists those that are.
    """
    listed = ", ".join(f"{name} ({number:,} entries)" for name, number in trees.items())
    if not trees:
        raise BadInput(f"got {path!r}, which has no tree, expected a file with a TTree or an RNTuple.")
    if asked is not None:
        if asked not in trees:
            raise BadInput(f"got tree {asked!r}, which {path!r} does not have, expected one of: {listed}.")
        return asked

    def likely(name: str) -> tuple[bool, bool, bool, int]:
        # Names with # are of a framework's own bookkeeping.
        lower = name.rpartition("/")[2].lower()
        return trees[name] > 0, not lower.startswith("#"), lower.startswith("event"), trees[name]

    return max(trees, key=likely)


def tree_and_files(given: Sequence[str]) -> tuple[str, list[str], dict[str, int]]:
    """One tree and all its files, from ``FILE[:TREE] ...``.

    Returns
    -------
    tree : str
    files : list of str
        Patterns with ``*`` are expanded.
    trees : dict
        All trees of the first file, with their entries.

    Raises
    ------
    BadInput
        A file or tree is not there, or different trees are asked for, or the tree has no entries anywhere.
    """
    pairs = [split(text) for text in given]
    asked = list(dict.fromkeys(tree for _, tree in pairs if tree is not None))
    if len(asked) > 1:
        raise BadInput(
            f"got trees {', '.join(asked)}, expected the same one in all files. Look at one after the other."
        )
    files: list[str] = []
    for path, _ in pairs:
        local = "://" not in path and any(sign in path for sign in "*?[") and not os.path.exists(path)
        found = sorted(glob.glob(path)) if local else [path]
        if not found:
            raise BadInput(f"got {path!r}, which no file fits, expected at least one.")
        files += found
    first = trees_in(files[0])
    tree = choose_tree(first, asked[0] if asked else None, files[0])
    entries = first[tree]
    for path in files[1:]:
        entries += trees_in(path)[choose_tree(trees_in(path), tree, path)]
    if entries == 0:
        where = files[0] if len(files) == 1 else f"{len(files)} files"
        raise BadInput(f"got tree {tree!r}, which has no entries in {where}, expected at least one.")
    return tree, files, first


def book(df: Any, tree: str, files: Sequence[str]) -> list[Any]:
    """Histograms of the first numeric columns that are not constant, with ranges from a quick look, and the count.

    Parameters
    ----------
    df : ROOT.RDataFrame
        Where to book.
    tree, files
        What it reads; the look is local, at the first entries.

    Raises
    ------
    BadInput
        There is no such column; the text names some that are there.
    """
    look = root().RDataFrame(tree, list(files))
    kinds = {str(name): str(look.GetColumnType(name)) for name in look.GetColumnNames()}
    names = [name for name, kind in kinds.items() if numeric(kind)]
    booked: list[Any] = []
    for start in range(0, min(len(names), _MOST_LOOKED_AT), 2 * _HISTOGRAMS):
        for name, values in look.Range(_LOOK).AsNumpy(names[start : start + 2 * _HISTOGRAMS]).items():
            axis = axis_for(_flat(values))
            if axis is not None and len(booked) < _HISTOGRAMS:
                # Frameworks put the name of a container before that of the quantity.
                title = name.rpartition(":")[2][-40:]
                booked.append(df.Histo1D((name, f";{title};entries", *axis), name))
        if len(booked) == _HISTOGRAMS:
            break
    if not booked:
        there = ", ".join(f"{name} ({kind})" for name, kind in list(kinds.items())[:10])
        what = "only constant numeric columns" if names else "no numeric columns"
        raise BadInput(f"got tree {tree!r} with {what}, expected at least one to draw. The first columns: {there}.")
    return [*booked, df.Count()]


def _flat(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Numbers; of a column of vectors, those of all vectors one after the other."""
    if values.dtype != object:
        return values
    parts = [np.asarray(vector) for vector in values if len(vector)]
    return np.concatenate(parts) if parts else np.zeros(0)
