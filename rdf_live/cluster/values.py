# SPDX-License-Identifier: BSD-3-Clause
"""Values of profiles as people write them: sizes, times, ports, lists, lines of a submit file.  Pure.

Each reader takes the key, for its message, and what was given, and gives the value that a profile holds.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

from rdf_live.errors import BadInput, WrongKind

__all__ = [
    "PLACEHOLDERS",
    "address",
    "choice",
    "command",
    "count",
    "directives",
    "duration",
    "flag",
    "names",
    "ports",
    "size",
    "size_text",
    "span",
    "text",
    "texts",
    "variables",
]

#: What the lines of a submit file may contain in braces.
PLACEHOLDERS = ("runtime_s", "memory_mb", "disk_kb", "project", "image", "gpus")

_SIZES = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_SIZES |= {f"{prefix}i": 1024**power for power, prefix in enumerate(("k", "m", "g", "t"), start=1)}
_TIMES = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400}
_TIMES |= {"days": 86400, "w": 7 * 86400, "week": 7 * 86400, "weeks": 7 * 86400}
_NUMBER = r"(\d+(?:\.\d*)?)"
_PORT_MAX = 65535
#: Lines that the submit file has anyway, and the key that they are made from.
_TAKEN = {
    "arguments": "python or setup",
    "environment": "variables or environment",
    "getenv": "environment, with the names of the variables that workers need (many sites refuse getenv)",
    "encryptinputfiles": "tls or credentials",
    "executable": "python or setup",
    "initialdir": "directory",
    "log": "directory",
    "queue": "workers",
    "requestcpus": "workers (each has one core)",
    "requestdisk": "disk",
    "requestgpus": "gpus",
    "requestmemory": "memory",
    "transferinputfiles": "tls or credentials",
}


def _wrong(key: str, value: Any, expected: str) -> WrongKind:
    return WrongKind(f"{key}: got {value!r} ({type(value).__name__}), expected {expected}")


def text(key: str, value: Any) -> str:
    """A text that is not empty and has one line."""
    if not isinstance(value, str):
        raise _wrong(key, value, "a text (in YAML, quote what looks like a number)")
    if not value.strip() or "\n" in value:
        raise BadInput(f"{key}: got {value!r}, expected a text of one line")
    return value


def choice(key: str, value: Any, *allowed: str) -> str:
    """One of these texts."""
    if value not in allowed:
        raise BadInput(f"{key}: got {value!r}, expected {' or '.join(allowed)}")
    return str(value)


def flag(key: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false")
    return value


def count(key: str, value: Any, smallest: int = 0) -> int:
    """A whole number, not below `smallest`.

    >>> count("workers", "12")
    12
    """
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(key, value, "a whole number")
    if value < smallest:
        raise BadInput(f"{key}: got {value}, expected {smallest} or more")
    return value


def size(key: str, value: Any) -> int:
    """Bytes, from a number of them or a text with a unit: 2GB is 2e9, 2GiB is 2 * 2**30.

    >>> size("memory", "2 GB"), size("memory", "512MiB")
    (2000000000, 536870912)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(key, value, 'a size, for example "2GB"')
    found = re.fullmatch(rf"{_NUMBER}\s*([kmgt]?i?)b?", str(value).strip().lower())
    if not found or found[2] not in _SIZES:
        raise BadInput(f'{key}: got {value!r}, expected a size, for example "2GB" or "1500 MiB"')
    bytes_ = int(float(found[1]) * _SIZES[found[2]])
    if bytes_ <= 0:
        raise BadInput(f"{key}: got {value!r}, expected more than nothing")
    return bytes_


def duration(key: str, value: Any) -> float:
    """Seconds, from a number of them or a text with units.

    >>> duration("runtime", "1h30m"), duration("runtime", "2 days"), duration("runtime", 90)
    (5400.0, 172800.0, 90.0)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(key, value, 'a time, for example "3h"')
    given = str(value).strip().lower()
    if re.fullmatch(_NUMBER, given):
        seconds = float(given)
    else:
        parts = re.findall(rf"{_NUMBER}\s*([a-z]+)\s*", given)
        if "".join(number + unit for number, unit in parts) != re.sub(r"\s", "", given) or not parts:
            raise BadInput(f'{key}: got {value!r}, expected a time, for example "3h", "90 min" or "1h30m"')
        for _, unit in parts:
            if unit not in _TIMES:
                raise BadInput(f"{key}: got the unit {unit!r} in {value!r}, expected s, min, h, d or w")
        seconds = sum(float(number) * _TIMES[unit] for number, unit in parts)
    if seconds <= 0:
        raise BadInput(f"{key}: got {value!r}, expected more than no time")
    return seconds


def texts(key: str, value: Any) -> tuple[str, ...]:
    """A list of texts; one alone stands for a list of one."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, Sequence):
        raise _wrong(key, value, "a list of texts")
    return tuple(text(key, each) for each in value)


def names(key: str, value: Any) -> tuple[str, ...]:
    """A list of names of environment variables."""
    found = texts(key, value)
    for each in found:
        if not re.fullmatch(r"[A-Za-z_]\w*", each):
            raise BadInput(f"{key}: got {each!r}, expected names of environment variables, as in [PATH, HOME]")
    return found


def _mapping(key: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _wrong(key, value, "a mapping of texts to texts")
    found = {}
    for name, each in value.items():
        if isinstance(each, bool | int | float):
            each = str(each)
        found[text(key, name)] = text(f"{key}, {name}", each)
    return found


def variables(key: str, value: Any) -> dict[str, str]:
    """Environment variables and their values."""
    found = _mapping(key, value)
    names(key, tuple(found))
    return found


def directives(key: str, value: Any) -> dict[str, str]:
    """Lines of a submit file; the texts may contain the `PLACEHOLDERS`.

    >>> directives("directives", {"+MaxRuntime": "{runtime_s}"})
    {'+MaxRuntime': '{runtime_s}'}
    """
    found = _mapping(key, value)
    for name, template in found.items():
        if not re.fullmatch(r"\+?[A-Za-z_][\w.]*", name):
            raise BadInput(f"{key}: got the line {name!r}, expected a submit command or +ATTRIBUTE")
        if (same := [each for each in found if command(each) == command(name)])[1:]:
            raise BadInput(f"{key}: got {' and '.join(same)}, which are the same line, expected one of them")
        if (ours := _TAKEN.get(name.lower().replace("_", ""))) is not None:
            raise BadInput(f"{key}: got {name}, which rdf_live writes itself, expected the key {ours} instead")
        try:
            fields = list(string.Formatter().parse(template))
        except ValueError as error:
            raise BadInput(
                f"{key}, {name}: got {template!r} ({error}), expected braces around names only: write {{{{ and }}}}"
            ) from None
        for _, placeholder, form, conversion in fields:
            if placeholder is not None and (placeholder not in PLACEHOLDERS or form or conversion):
                raise BadInput(
                    f"{key}, {name}: got {{{placeholder}}}, expected one of "
                    f"{', '.join('{' + each + '}' for each in PLACEHOLDERS)}"
                )
    return found


def command(name: str) -> str:
    """One spelling of the name of a line of a submit file, where case means nothing, and ``MY.X`` is ``+X``.

    >>> command("Requirements"), command("MY.SendCredential")
    ('requirements', '+sendcredential')
    """
    return re.sub(r"^my\.", "+", name.lower())


def ports(key: str, value: Any, *, several: bool = False) -> str:
    """A port, or the first and the last of a range; with `several` also a list of them with commas.

    >>> ports("worker_ports", "10000:10100"), ports("scheduler_ports", 8786)
    ('10000:10100', '8786')
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _wrong(key, value, 'a port, or a range as in "10000:10100"')
    given = "".join(str(value).split())
    for part in given.split(",") if several else [given]:
        if not re.fullmatch(r"\d+(:\d+)?", part):
            raise BadInput(f'{key}: got {value!r}, expected a port, or a range as in "10000:10100"')
        first, _, last = part.partition(":")
        if not 1 <= int(first) <= int(last or first) <= _PORT_MAX:
            raise BadInput(f"{key}: got {part!r}, expected ports from 1 to {_PORT_MAX}, the smaller one first")
    return given


def address(key: str, value: Any) -> str:
    """The name or the address of a machine, without protocol and port."""
    found = text(key, value)
    if not re.fullmatch(r"[\w.%-]+|\[?[0-9a-fA-F:.]+\]?", found):
        raise BadInput(f"{key}: got {value!r}, expected the name or the address of a machine, without port")
    return found


def size_text(bytes_: float) -> str:
    """A size as a person reads it.

    >>> size_text(2_000_000_000), size_text(536_870_912)
    ('2 GB', '537 MB')
    """
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= factor:
            return f"{bytes_ / factor:.3g} {unit}"
    return f"{bytes_:.0f} bytes"


def span(seconds: float) -> str:
    """A time as a person reads it: two units at most.

    >>> span(10800), span(5400), span(40), span(200_000)
    ('3 h', '1 h 30 min', '40 s', '2 d 7 h')
    """
    rest = round(seconds)
    parts: list[tuple[int, str]] = []
    for unit, factor in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, factor)
        parts.append((number, unit))
    first = next((i for i, (number, _) in enumerate(parts) if number), len(parts) - 1)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 s"
