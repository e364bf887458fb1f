# SPDX-License-Identifier: BSD-3-Clause
"""Workers that are jobs of HTCondor."""
