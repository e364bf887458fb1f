# SPDX-License-Identifier: BSD-3-Clause
"""What makes a notebook survive a closed browser: the journal, and the Jupyter extensions that keep and show it."""

from __future__ import annotations

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    from rdf_live.jupyter.server.extension import ReconnectionApp

    return [{"module": "rdf_live.jupyter", "app": ReconnectionApp}]
