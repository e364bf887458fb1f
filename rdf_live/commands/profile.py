# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live profile``."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rdf_live.errors import RdfLiveError

if TYPE_CHECKING:
    from rdf_live.cluster.profile import Profile

__all__ = ["add", "listing", "run", "table"]

_WIDTH = 56


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.description = (
        "Show what a cluster would be asked for: each value of a profile, where it comes from, and the submit file of "
        "one worker. Nothing is submitted. Without a name, list the profiles."
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="of a profile, for example naf")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        dest="settings",
        action="append",
        default=[],
        help="with another value, as in rdf_live.connect(NAME, KEY=VALUE); can be given several times",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the profiles and print."""
    from rdf_live.cluster import profile

    changed = profile.settings(arguments.settings)
    if arguments.name is None:
        print(listing())
        return 0
    found = profile.load(arguments.name, changed)
    print(table(found))
    if found.kind == "local":
        print("\nA cluster on this machine has no submit file.")
        return 0
    from rdf_live.cluster.condor import submit

    print(f"\nSubmit file of one worker:\n\n{submit.submit_file(found).strip()}")
    return 0


def listing() -> str:
    """All profiles, one per line, and which one this host takes."""
    from rdf_live.cluster import layers
    from rdf_live.cluster.detect import detect

    rows = [(name, _site(name)) for name in sorted(layers.available())]
    width = max(len(name) for name, _ in rows)
    try:
        here = detect()
        chosen = f"On this host rdf_live.connect() takes {here or 'local: it is none of any profile'}."
    except RdfLiveError as error:
        chosen = f"On this host rdf_live.connect() fails: {error}"
    lines = [f"{name.ljust(width)}  {site}" for name, site in rows]
    return "\n".join([*lines, "", chosen, f"Your own profiles: {layers.user_folder()}/NAME.yaml"])


def _site(name: str) -> str:
    from rdf_live.cluster.profile import load

    try:
        return load(name).site
    except RdfLiveError as error:
        return f"cannot be used: {error}"


def table(profile: Profile) -> str:
    """Effective values, one key per line, with where they come from."""
    rows = [("profile", profile.name, "")]
    rows += [row for key in profile.sources for row in _rows(key, getattr(profile, key), profile.sources[key])]
    first, second = (max(len(row[i]) for row in rows) for i in range(2))
    return "\n".join(f"{key.ljust(first)}  {value.ljust(second)}  {source}".rstrip() for key, value, source in rows)


def _rows(key: str, value: Any, source: str) -> Iterable[tuple[str, str, str]]:
    shown = _shown(key, value)
    # The first one names key and source, the others go on below it.
    return [(key if i == 0 else "", each, source if i == 0 else "") for i, each in enumerate(shown)]


def _shown(key: str, value: Any) -> list[str]:
    from rdf_live.cluster.values import size_text, span

    if isinstance(value, dict):
        return [f"{name} = {each}" for name, each in value.items()] or ["-"]
    if key == "environment":
        return textwrap.wrap(" ".join(value), _WIDTH) or ["-"]
    if isinstance(value, tuple):
        return list(value) or ["-"]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if value is None:
        return ["-"]
    if key in ("memory", "disk"):
        return [size_text(value)]
    if key in ("runtime", "idle_timeout"):
        return [span(value)]
    return [str(value)]
