# SPDX-License-Identifier: BSD-3-Clause
"""The one way to ROOT: version gate, and the C++ part declared once per process.

ROOT is imported at the first call, never at import time: the scheduler has none and must import this package.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
import re
import threading
from pathlib import Path
from typing import Any

import rdf_live

__all__ = ["MINIMUM", "cpp", "jit_level", "root", "root_version"]

#: The oldest ROOT whose distributed RDataFrame takes an ``executor``.
MINIMUM = (6, 36)

_HOW = (
    "Install it with pip (`pip install 'rdf-live[root]'`, or `pip install --pre ROOT`) "
    "or with conda (`conda install -c conda-forge root`)."
)
_lock = threading.RLock()
_cpp: Any = None
_jit_level: int | None = None


def root() -> Any:
    """Import ROOT.

    Returns
    -------
    module
        ``ROOT``.

    Raises
    ------
    ImportError
        ROOT is missing or older than 6.36; the text says what to do with pip and with conda.
    """
    # Also waits for a thread that is still compiling the C++ part: the interpreter does not survive two at once.
    with _lock:
        return _import()


@functools.cache
def _import() -> Any:
    try:
        import ROOT
    except ImportError as error:
        raise ImportError(f"rdf_live needs ROOT >= {MINIMUM[0]}.{MINIMUM[1]}, got none ({error}). {_HOW}") from error
    version = root_version(ROOT)
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
    if numbers < MINIMUM:
        raise ImportError(f"rdf_live needs ROOT >= {MINIMUM[0]}.{MINIMUM[1]}, got {version}. {_HOW}")
    return ROOT


def root_version(module: Any) -> str:
    """Version as '6.40.00', whatever separators this release uses."""
    return str(module.gROOT.GetVersion()).replace("/", ".")


def _include_dir() -> Path:
    here = Path(rdf_live.__file__).parent
    for place in (here / "cpp" / "include", here.parent / "cpp" / "include"):
        if (place / "rdf_live" / "rdf_live.hxx").is_file():
            return place
    raise ImportError(f"rdf_live: got no C++ headers beside {here}, expected cpp/include/rdf_live. Reinstall rdf-live.")


def _compiled_library(headers: Path, root_text: str) -> Path | None:
    """The optional library that packagers build, if it was made of these headers with this ROOT.

    Another one is left alone: what the interpreter compiles from the headers is then right, and what the library has
    is not.
    """
    folder = Path(rdf_live.__file__).parent / "lib"
    about = folder / "rdf_live.json"
    if not about.is_file():
        return None
    made = json.loads(about.read_text())
    files = sorted((headers / "rdf_live").glob("*.hxx"), key=lambda path: path.name)
    lines = "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in files)
    same = made["headers"] == hashlib.sha256(lines.encode()).hexdigest()
    if not same or tuple(re.findall(r"\d+", made["root"])[:2]) != tuple(re.findall(r"\d+", root_text)[:2]):
        return None
    return next((path for path in folder.glob("librdf_live.*") if path.suffix in (".so", ".dylib")), None)


def cpp() -> Any:
    """The namespace ``ROOT.rdf_live``; declared to the interpreter on the first call (about 0.3 s).

    Called from any thread. A compiled library that matches is loaded too: the interpreter then takes the functions
    from there instead of compiling them.

    Raises
    ------
    ImportError
        The headers are missing, or this ROOT does not accept them.
    """
    global _cpp
    with _lock:
        if _cpp is None:
            ROOT = root()
            # Callbacks use ROOT in a thread beside the main one. And without it a line that ROOT prints out of C++ that
            # runs without Python's lock (a fit of an empty histogram, say) ends the process.
            ROOT.EnableThreadSafety()
            _ = ROOT.TH1D  # reading a pickled histogram segfaults in a process that has not touched one
            headers = _include_dir()
            ROOT.gInterpreter.AddIncludePath(f"-I{headers}")
            library = _compiled_library(headers, root_version(ROOT))
            if library is not None:
                ROOT.gSystem.Load(str(library))
            if not ROOT.gInterpreter.Declare('#include "rdf_live/rdf_live.hxx"'):
                raise ImportError(
                    "rdf_live: ROOT's interpreter did not accept the C++ headers; the lines above say why. "
                    f"Got ROOT {root_version(ROOT)}, expected one of 6.36 to 6.40."
                )
            _cpp = ROOT.rdf_live
        return _cpp


def jit_level(level: int) -> None:
    """Optimisation level of everything that this process compiles from now on (0 to 3).

    ROOT compiles at 1; at 2 the event loops of graphs written as strings run 1.3 to 1.5 times faster, with the same
    bits in the results.
    """
    global _jit_level
    with _lock:
        if level != _jit_level:
            root().gInterpreter.ProcessLine(f".O{int(level)}")
            _jit_level = level


def copy_bytes(address: int, size: int) -> bytes:
    """Bytes that C++ owns."""
    return ctypes.string_at(address, size) if size else b""
