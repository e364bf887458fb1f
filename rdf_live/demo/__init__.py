# SPDX-License-Identifier: BSD-3-Clause
"""The demo: dimuon events made on the spot, and the job that looks at them."""
