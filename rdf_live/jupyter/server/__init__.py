# SPDX-License-Identifier: BSD-3-Clause
"""Runs in the Jupyter server: keeps the journal of each kernel, gives it to pages, and writes it into notebooks."""

from __future__ import annotations

__all__: list[str] = []
