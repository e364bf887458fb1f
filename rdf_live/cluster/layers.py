# SPDX-License-Identifier: BSD-3-Clause
"""Where profiles are: files that come with the package, files of the user, and which of them is made from which."""

from __future__ import annotations

import difflib
import getpass
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from rdf_live.cluster import values
from rdf_live.errors import BadInput, WrongKind

__all__ = ["available", "expand", "hosts", "layers", "place", "problem", "unknown", "user_folder"]

_PACKAGED = Path(__file__).parent / "profiles"
#: What stands for variables while they are not set; the first two as their standard has it.
_UNSET = {
    "XDG_CONFIG_HOME": lambda: "~/.config",
    "XDG_STATE_HOME": lambda: "~/.local/state",
    "USER": getpass.getuser,
}


def user_folder() -> Path:
    """Where the user's own profiles are."""
    return Path(expand("$XDG_CONFIG_HOME/rdf_live")[0])


def available() -> list[str]:
    """Names of all profiles, the user's own first."""
    found = [path.stem for folder in (user_folder(), _PACKAGED) for path in sorted(folder.glob("*.yaml"))]
    return list(dict.fromkeys(found))


def layers(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Files that the values of a profile come from, the strongest first, and what they say.

    Raises
    ------
    BadInput, WrongKind
        There is no such profile, or a file cannot be used.
    """
    first, seen = name, set()
    while name:
        if name not in available():
            raise BadInput(unknown("profile", name, available()))
        own, packaged = user_folder() / f"{name}.yaml", _PACKAGED / f"{name}.yaml"
        # A file of the user that is made from a profile of its own name means the packaged one.
        path = packaged if own in seen or not own.exists() else own
        if path in seen or not path.exists():
            raise BadInput(f"{place(first, str(own))}: base: got {name!r}, which is made from this profile itself")
        seen.add(path)
        content = _content(path)
        if name != first:
            # One that is made from another is not chosen in its place.
            content.pop("hosts", None)
        base = content.pop("base", name if path == own and packaged.exists() else None)
        if base is not None and not isinstance(base, str):
            raise WrongKind(f"{path}: base: got {base!r}, expected the name of a profile")
        yield f"packaged {name}" if path == packaged else str(path), content
        name = base or ""


def hosts(name: str) -> tuple[str, ...]:
    """Patterns of the hosts that the profile is for."""
    for source, content in layers(name):
        if "hosts" in content:
            try:
                return values.texts("hosts", content["hosts"])
            except (BadInput, WrongKind) as error:
                raise type(error)(f"{place(name, source)}: {error}") from None
    return ()


def expand(given: str) -> tuple[str, str | None]:
    """A text with ``~`` and ``$NAME`` filled in, and the first name that is not set, if any."""
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        filled = os.environ.get(name) or _UNSET.get(name, str)()
        if not filled:
            missing.append(name)
        return filled

    filled = re.sub(r"\$(?:(\w+)|\{(\w+)\})", value, given)
    return os.path.expanduser(filled), missing[0] if missing else None


def _content(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"got the profile {path}, which cannot be read ({error}), expected YAML") from error
    except yaml.YAMLError as error:
        raise BadInput(f"got the profile {path}, which is not YAML: {problem(error)}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise WrongKind(f"got the profile {path}, which holds a {type(found).__name__}, expected KEY: VALUE lines")
    return found


def problem(error: yaml.YAMLError) -> str:
    """What is wrong and in which line."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return f"{what}, line {mark.line + 1}" if mark is not None else str(what)


def place(name: str, source: str) -> str:
    """Which profile and file a message is about."""
    return f"profile {name}" + ("" if source == "keyword" else f" ({source})")


def unknown(what: str, got: Any, known: Sequence[str] | Mapping[str, Any]) -> str:
    """The message about a name that nobody knows, with those that are near."""
    near = difflib.get_close_matches(str(got), list(known), n=3)
    expected = " or ".join(repr(each) for each in near) if near else f"one of {', '.join(known)}"
    hint = f". A profile of your own would be {user_folder()}/{got}.yaml" if what == "profile" else ""
    return f"got the unknown {what} {got!r}, expected {expected}{hint}"
