# SPDX-License-Identifier: BSD-3-Clause
"""The one way to ROOT: version gate, and the C++ part declared once per process.

ROOT is imported at the first call, never at import time: the scheduler has none and must import this package.
"""

from __future__ import annotations

import ctypes
import re
import threading
from pathlib import Path
from typing import Any

import rdf_live

__all__ = ["MINIMUM", "cpp", "jit_level", "root", "root_version"]

#: The oldest ROOT whose distributed RDataFrame takes an ``executor``.
MINIMUM = (6, 36)

_HOW = (
    "Install it with pip (`pip install --pre ROOT`, or `pip install --pre 'rdf-live[root]'`) "
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


def _compiled_library() -> Path | None:
    """The optional library that packagers build; used only if it is of the same version."""
    for path in sorted((Path(rdf_live.__file__).parent / "lib").glob("librdf_live.*")):
        if path.suffix in (".so", ".dylib"):
            return path
    return None


def cpp() -> Any:
    """The namespace ``ROOT.rdf_live``; declared to the interpreter on the first call (about 0.3 s).

    Called from any thread. With a compiled library of the same version installed, that is loaded instead.
    """
    global _cpp
    with _lock:
        if _cpp is None:
            ROOT = root()
            _ = ROOT.TH1D  # reading a pickled histogram segfaults in a process that has not touched one
            library = _compiled_library()
            if library is not None and ROOT.gSystem.Load(str(library)) >= 0:
                if str(ROOT.rdf_live.Version()) == rdf_live.__version__:
                    _cpp = ROOT.rdf_live
                    return _cpp
                raise ImportError(
                    f"rdf_live: got {library} of version {ROOT.rdf_live.Version()}, expected {rdf_live.__version__}. "
                    "Reinstall rdf-live."
                )
            ROOT.gInterpreter.AddIncludePath(f"-I{_include_dir()}")
            if not ROOT.gInterpreter.Declare('#include "rdf_live/rdf_live.hxx"'):
                raise ImportError(
                    "rdf_live: ROOT's interpreter did not accept the C++ headers; the lines above say why. "
                    f"Got ROOT {root_version(ROOT)}, expected one of 6.36 to 6.40."
                )
            _cpp = ROOT.rdf_live
        return _cpp


def jit_level(level: int) -> None:
    """Optimisation level of everything that this process compiles from now on (0 to 3).

    ROOT compiles at 1; at 2 the event loops of graphs written as strings run 1.3 to 1.5 times faster, with the same bits
    in the results.
    """
    global _jit_level
    with _lock:
        if level != _jit_level:
            root().gInterpreter.ProcessLine(f".O{int(level)}")
            _jit_level = level


def copy_bytes(address: int, size: int) -> bytes:
    """Bytes that C++ owns."""
    return ctypes.string_at(address, size) if size else b""
