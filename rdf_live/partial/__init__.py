# SPDX-License-Identifier: BSD-3-Clause
"""What client, worker and hub share: the schema of a partial vector and the checks of messages."""
