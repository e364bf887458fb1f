# SPDX-License-Identifier: BSD-3-Clause
"""How often each attempt may publish and each client look, so that the scheduler keeps within its budget."""

from __future__ import annotations

import time

from distributed.protocol.core import dumps, loads

__all__ = ["Pace", "transport_s"]

#: CPU that the scheduler spends on a message outside the hub's own code (socket, event loop, decoding, reply), in units
#: of what it takes to encode and decode one: measured with 200 publishers over TCP.  A handler cannot measure it.
_TRANSPORT = 80
TRANSPORT_S_PER_BYTE = 0.5e-9
#: Parts of the budget for what comes in, and for the frames that clients get; the rest is for what nobody can measure.
_INGEST, _FRAMES = 0.45, 0.35
#: Messages up to this size are taken as pure overhead.
_SMALL = 4096
_EWMA = 0.05


def transport_s() -> float:
    """CPU seconds that a small message costs the scheduler on its way to the hub and back, on this machine."""
    message = {"op": "rdf_live_partial", "run": "0" * 16, "seq": 1, "entries": 1, "values": bytes(64), "reply": True}
    took = []
    for _ in range(5):
        start = time.thread_time()
        for _ in range(50):
            loads(dumps(message))
        took.append((time.thread_time() - start) / 50)
    return _TRANSPORT * min(took)


class Pace:
    """Gives every publisher its interval.

    With N publishers, each message costing c seconds of CPU, an interval of N * c / budget keeps their sum at
    the budget, whatever N is and however the sizes of the messages differ.

    Parameters
    ----------
    budget : float
        CPU seconds per second that all publishers and all watching clients together may cost, 0 < budget <= 1.
    max_rate : float
        Bytes per second that may come in.
    transport : float
        CPU seconds that a small message costs outside the hub's own code, see `transport_s`.

    Examples
    --------
    >>> pace = Pace(budget=0.05, max_rate=50e6, transport=0.25e-3)
    >>> pace.interval(every=0.5, nbytes=100_000, publishers=4)
    0.5
    >>> round(pace.interval(every=0.5, nbytes=100_000, publishers=5000))
    67
    """

    def __init__(self, budget: float, max_rate: float, transport: float) -> None:
        self.budget = budget
        self.max_rate = max_rate
        self._transport_s = transport
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
        return self._transport_s + self._fixed_s + nbytes * (TRANSPORT_S_PER_BYTE + self._per_byte_s)

    def interval(self, every: float, nbytes: int, publishers: int) -> float:
        """Seconds between two messages of one of so many publishers; never below ``every``.

        The first partials come earlier: the publisher ramps up to this interval by itself.
        """
        return max(every, publishers * max(self.cost(nbytes) / (_INGEST * self.budget), nbytes / self.max_rate))

    def frame_interval(self, every: float, cost_s: float, nbytes: int, watchers: int) -> float:
        """Seconds between two frames for one of so many watchers.

        Parameters
        ----------
        cost_s : float
            CPU seconds that the hub spends on a frame.
        nbytes : int
            Size of a frame.
        """
        own_s = cost_s + self._transport_s + nbytes * TRANSPORT_S_PER_BYTE
        return max(every, watchers * own_s / (_FRAMES * self.budget))
