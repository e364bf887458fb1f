# SPDX-License-Identifier: BSD-3-Clause
"""Titles in ROOT's LaTeX, for everything that is not ROOT."""
