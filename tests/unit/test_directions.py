# SPDX-License-Identifier: BSD-3-Clause
"""Who may import whom: the table of ARCHITECTURE.md. Imports inside functions count too, those for types do not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import rdf_live

HERE = Path(rdf_live.__file__).parent
ALL = {path.stem for path in HERE.iterdir()}
MAY: dict[str, set[str]] = {
    "errors.py": set(),
    "_interrupts.py": set(),
    "titles": set(),
    "partial": {"errors", "_root"},
    "hub": {"errors", "partial"},
    "worker": {"errors", "partial", "_distrdf", "_root"},
    "export": {"errors", "partial", "titles", "snapshot", "_root", "_interrupts"},
    "client": ALL - {"cluster", "commands", "demo", "cli", "export"},
    "cluster": {"errors", "client", "export", "hub", "_root"},
    "again.py": {"errors", "client", "reconnect", "run", "snapshot"},
    "reconnect.py": {"errors", "client", "cluster"},
    "progress.py": set(),
    "__init__.py": set(),
    "jupyter/journal": {"errors", "jupyter"},
    "jupyter/kernel": {"errors", "client", "view", "jupyter"},
    "jupyter/server": {"errors", "client", "cluster", "partial", "jupyter"},
    "view": ALL - {"cluster", "commands", "demo", "cli", "hub", "worker", "_distrdf"},
    "demo": {"errors", "snapshot", "export", "view", "_root", "_interrupts"},
    "commands": {"errors", "cluster", "demo", "view"},
    "cli.py": {"errors", "commands"},
}
#: Of other parts, the only files that a holder may load: it has no ROOT, and nothing to draw.
HOLDERS = {"client.hub", "hub.guard", "hub.plugin", "export.atomic"}
#: The panel is loaded where it is asked for.
LAZY = {"view": {"client/shown.py", "client/visualize.py", "snapshot.py"}}
LAZY["export"] = {"snapshot.py"}


def imports(node: ast.AST, inside: bool = True) -> Iterator[str]:
    """Dotted names, as far as the text tells."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from imports(child) if inside or not isinstance(child, ast.FunctionDef | ast.ClassDef) else ()


def parts(path: Path, inside: bool = True) -> set[str]:
    """What a file imports: parts of this package, and packages."""
    names = (name.split(".") for name in imports(ast.parse(path.read_text()), inside))
    return {name[1] if name[0] == "rdf_live" and len(name) > 1 else name[0] for name in names}


@pytest.mark.parametrize("place", MAY)
def test_only_what_it_may(place: str) -> None:
    for path in [HERE / place] if place.endswith(".py") else (HERE / place).rglob("*.py"):
        assert parts(path) & ALL <= MAY[place] | {place}, path


def test_the_parts_of_jupyter() -> None:
    """They run in different processes: all know the journal, none the others."""
    for place in ("journal", "kernel", "server"):
        for path in (HERE / "jupyter" / place).rglob("*.py"):
            names = [name.split(".") for name in imports(ast.parse(path.read_text()))]
            assert {name[2] for name in names if name[:2] == ["rdf_live", "jupyter"]} <= {"journal", place}, path


def test_what_a_holder_loads() -> None:
    parts_of = [f"rdf_live.{part}." for part in ("client", "hub", "export")]
    for path in (HERE / "cluster").rglob("*.py"):
        names = [name for name in imports(ast.parse(path.read_text())) if name.startswith(tuple(parts_of))]
        assert {".".join(name.split(".")[1:3]) for name in names} <= HOLDERS, path


def test_no_root() -> None:
    """In the scheduler, nor where clusters are made; but for the file that looks for it on a node."""
    for place in ("hub", "cluster", "jupyter", "titles", "partial/messages.py", "partial/schema.py"):
        for path in [HERE / place] if place.endswith(".py") else (HERE / place).rglob("*.py"):
            assert path.name == "rootcheck.py" or not parts(path) & {"ROOT", "cppyy", "_root", "_distrdf"}, path


@pytest.mark.parametrize("above", LAZY)
def test_what_lies_above_is_loaded_late(above: str) -> None:
    for path in [*(HERE / "client").rglob("*.py"), HERE / "run.py", HERE / "snapshot.py"]:
        assert above not in parts(path) or str(path.relative_to(HERE)) in LAZY[above], path
        assert above not in parts(path, inside=False), path
