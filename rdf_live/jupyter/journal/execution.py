# SPDX-License-Identifier: BSD-3-Clause
"""One execution of a cell: who asked for it, what became of it, and its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from rdf_live.jupyter.journal.limits import Limits
from rdf_live.jupyter.journal.outputs import Outputs

__all__ = ["Execution"]


@dataclass
class Execution:
    """What the journal knows about one execution.

    Attributes
    ----------
    id : str
        Id of the request's message.
    cell : str
        Id of the cell.
    session : str
        Of the page that asked.
    source : str
        The code.
    state : str
        "queued", "running", "ok", "error", "aborted" (never run) or "lost" (was running when its kernel went away).
    count : int or None
        The number in the prompt.
    queued, started, ended : float or None
        Seconds since 1970.
    reason : str or None
        A sentence: why it was aborted or lost.
    saved : bool
        Its outputs are in the file, or were and the user took them out; or they are not for the file: `incomplete`.
    asks : dict or None
        ``prompt``, ``password`` and ``time`` of the ``input()`` in which it waits.
    seq : int
        Of its last change.
    outputs : Outputs
        What it has shown.
    """

    id: str
    cell: str
    session: str
    source: str
    queued: float
    state: str = "queued"
    count: int | None = None
    started: float | None = None
    ended: float | None = None
    reason: str | None = None
    saved: bool = False
    asks: dict[str, Any] | None = None
    seq: int = 0
    outputs: Outputs = field(default_factory=lambda: Outputs(Limits()))

    @property
    def open(self) -> bool:
        """True while it waits or runs."""
        return self.state in ("queued", "running")

    @property
    def incomplete(self) -> bool:
        """True if its beginning was not heard, which tells its number: nobody knows then what it has shown by now."""
        return self.count is None and (self.state in ("ok", "error") or bool(self.outputs.items))

    def to_json(self, *, outputs: bool = True) -> dict[str, Any]:
        """Everything, or all but the outputs."""
        data = {name: getattr(self, name) for name in _FIELDS}
        data |= {"left_out_bytes": self.outputs.left_out_bytes, "clear": self.outputs.clear}
        return data | {"outputs": self.outputs.to_json()} if outputs else data

    @classmethod
    def from_json(cls, data: Mapping[str, Any], limits: Limits | None = None) -> Execution:
        """The execution that `to_json` made `data` of.

        Raises
        ------
        KeyError, TypeError, IndexError
            It was not made by `to_json`.
        """
        outputs = Outputs(limits or Limits())
        outputs.load(
            data["outputs"],
            clear=bool(data["clear"]),
            left_out_bytes=int(data["left_out_bytes"]),
            cut=data.get("cut"),
        )
        return cls(**{name: data[name] for name in _FIELDS if name in data}, outputs=outputs)


#: What JSON has of an execution besides its outputs.
_FIELDS = [one.name for one in fields(Execution) if one.name != "outputs"]
