# SPDX-License-Identifier: BSD-3-Clause
"""How often each attempt may publish, so that the scheduler's ingest keeps within its budget."""

from __future__ import annotations

__all__ = ["Pace"]

#: CPU that the scheduler spends on a message outside the hub's own code: socket, event loop, decoding, reply.
#: It cannot be measured from inside a handler.  Over TCP 0.1 ms and 0.35 ns per byte were measured with a busy
#: scheduler; an idle one wakes up for every single message, and encryption costs more.
TRANSPORT_S = 0.25e-3
TRANSPORT_S_PER_BYTE = 0.5e-9

#: Messages up to this size are taken as pure overhead.
_SMALL = 4096
_EWMA = 0.05


class Pace:
    """Gives every publisher its interval.

    With N publishers, each message costing c seconds of CPU, an interval of N * c / budget keeps their sum at
    the budget, whatever N is and however the sizes of the messages differ.

    Parameters
    ----------
    budget : float
        CPU seconds per second that ingest may cost, 0 < budget <= 1.
    max_rate : float
        Bytes per second that may come in.

    Examples
    --------
    >>> pace = Pace(budget=0.05, max_rate=50e6)
    >>> pace.interval(every=0.5, nbytes=100_000, publishers=4)
    0.5
    >>> pace.interval(every=0.5, nbytes=100_000, publishers=5000)
    30.0
    """

    def __init__(self, budget: float, max_rate: float) -> None:
        self.budget = budget
        self.max_rate = max_rate
        self._fixed_s = 0.0
        self._per_byte_s = 0.0

    def note(self, nbytes: int, cpu_s: float) -> None:
        """Take the CPU time that the hub's handler spent on one message into the moving average."""
        if nbytes <= _SMALL:
            self._fixed_s += _EWMA * (cpu_s - self._fixed_s)
        else:
            per_byte = max(cpu_s - self._fixed_s, 0.0) / nbytes
            self._per_byte_s += _EWMA * (per_byte - self._per_byte_s)

    def cost(self, nbytes: int) -> float:
        """CPU seconds that a message of that size is expected to cost."""
        return TRANSPORT_S + self._fixed_s + nbytes * (TRANSPORT_S_PER_BYTE + self._per_byte_s)

    def interval(self, every: float, nbytes: int, publishers: int) -> float:
        """Seconds between two messages of one of so many publishers; never below ``every``.

        The first partials come earlier: the publisher ramps up to this interval by itself.
        """
        return max(every, publishers * max(self.cost(nbytes) / self.budget, nbytes / self.max_rate))

    def frame_interval(self, every: float, cost_s: float, nbytes: int, watchers: int) -> float:
        """Seconds between two frames for one of so many watchers.

        Parameters
        ----------
        cost_s : float
            CPU seconds that the hub spends on a frame.
        nbytes : int
            Size of a frame.
        """
        return max(every, watchers * (cost_s + TRANSPORT_S + nbytes * TRANSPORT_S_PER_BYTE) / self.budget)
