# SPDX-License-Identifier: BSD-3-Clause
"""Which file the end of its name means. Here, so that whoever asks loads neither ROOT nor matplotlib."""

from __future__ import annotations

__all__ = ["OBJECTS", "PICTURES"]

OBJECTS = (".root", ".json")
PICTURES = (".png", ".pdf", ".svg")
