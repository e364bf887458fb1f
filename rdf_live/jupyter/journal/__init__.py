# SPDX-License-Identifier: BSD-3-Clause
"""What happened in a notebook's kernel, kept while no page looks: a reducer of kernel messages and a store on disk."""

from __future__ import annotations

from rdf_live.jupyter.journal.execution import Execution
from rdf_live.jupyter.journal.journal import Change, Journal, at
from rdf_live.jupyter.journal.limits import Limits
from rdf_live.jupyter.journal.merged import merged, newest_executions
from rdf_live.jupyter.journal.store import Store
from rdf_live.jupyter.journal.stream_text import shown

__all__ = ["Change", "Execution", "Journal", "Limits", "Store", "at", "merged", "newest_executions", "shown"]
