# SPDX-License-Identifier: BSD-3-Clause
"""Where journals are: those that the kernel's own process keeps, and those of a Jupyter server that has rdf_live."""

from __future__ import annotations

from pathlib import Path

from rdf_live.client.where import state_folder

__all__ = ["own_folder", "server_folders"]


def own_folder() -> Path:
    """Of the processes that ``%load_ext rdf_live`` starts."""
    return state_folder() / "journal"


def server_folders() -> list[Path]:
    """Of the Jupyter servers of this account that have the extension: one for each folder that they were started in."""
    from jupyter_core.paths import jupyter_data_dir

    try:
        return [path for path in (Path(jupyter_data_dir()) / "rdf_live" / "journal").iterdir() if path.is_dir()]
    except OSError:
        return []
