# SPDX-License-Identifier: BSD-3-Clause
"""A run as one output of a notebook. docs/panel-format.md is what goes into it."""
