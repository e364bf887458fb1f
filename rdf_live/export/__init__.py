# SPDX-License-Identifier: BSD-3-Clause
"""Results for other programs: numpy arrays, files, ``hist`` and Arrow."""
