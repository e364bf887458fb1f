# SPDX-License-Identifier: BSD-3-Clause
"""Where the clusters of this user are: in the folders of the profiles, and in others that they were begun in."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from rdf_live.cluster import profile
from rdf_live.cluster.home import Home, make_private
from rdf_live.cluster.layers import available, expand
from rdf_live.errors import RdfLiveError
from rdf_live.export.atomic import replaced

__all__ = ["directory", "folders", "homes", "remember"]


def directory(chosen: profile.Profile) -> Path:
    """Where the homes of clusters of a profile are."""
    return Path(os.path.expandvars(chosen.directory)).expanduser()


def homes() -> list[Home]:
    """Of all clusters of this user."""
    return [home for folder in folders() for home in Home.all(folder)]


def folders() -> list[Path]:
    """That they may be in."""
    return list(dict.fromkeys([*_of_profiles(), *_remembered()]))


def remember(folder: Path) -> None:
    """Have `homes` look into a folder that no profile names, from now on."""
    if folder in _of_profiles():
        return
    # Folders that have no cluster any more are forgotten.
    known = dict.fromkeys([*(each for each in _remembered() if Home.all(each)), folder])
    # Where it cannot be written the cluster runs all the same.
    with contextlib.suppress(OSError):
        make_private(_file().parent)
        with replaced(_file()) as part:
            part.write_text(json.dumps([str(each) for each in known]))


def _of_profiles() -> list[Path]:
    found = []
    for name in available():
        # A profile that cannot be read is told where it is used, not to who looks for clusters.
        with contextlib.suppress(RdfLiveError):
            loaded = profile.load(name)
            if loaded.kind != "local":
                found.append(directory(loaded))
    return found


def _remembered() -> list[Path]:
    try:
        return [Path(each) for each in json.loads(_file().read_text())]
    except (OSError, ValueError, TypeError):
        return []


def _file() -> Path:
    return Path(expand("$XDG_STATE_HOME/rdf_live/directories.json")[0])
