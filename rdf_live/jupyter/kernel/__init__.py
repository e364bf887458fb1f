# SPDX-License-Identifier: BSD-3-Clause
"""In the user's kernel: ``%load_ext rdf_live``, which keeps outputs where the Jupyter server has no rdf_live."""
