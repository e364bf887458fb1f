# SPDX-License-Identifier: BSD-3-Clause
"""Where partials meet: runs in the Dask scheduler's process and never imports ROOT."""
