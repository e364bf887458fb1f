# SPDX-License-Identifier: BSD-3-Clause
"""The subcommands of ``rdf-live``, one per file: ``add`` describes its arguments, ``run`` does it."""
