# SPDX-License-Identifier: BSD-3-Clause
"""Reading the C++ monitor without cppyy and without holding Python's lock while C++ works."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from typing import Any

from rdf_live._root import copy_bytes, cpp

__all__ = ["Frame", "Monitor", "final_frame"]


class _View(ctypes.Structure):
    """`rdf_live::FrameView`; keep in step with cpp/include/rdf_live/monitor.hxx."""

    _fields_ = [
        ("seq", ctypes.c_uint64),
        ("entries", ctypes.c_uint64),
        ("values", ctypes.c_void_p),
        ("n_values", ctypes.c_uint64),
        ("blobs", ctypes.c_void_p),
        ("n_blobs", ctypes.c_uint64),
    ]


@dataclass(frozen=True, slots=True)
class Frame:
    """All results of one attempt at one entry: float64 values as bytes, and ROOT's bytes by result index."""

    seq: int
    entries: int
    values: bytes
    blobs: dict[int, bytes]


_PROTOTYPES: tuple[tuple[Any, ...], ...] = (
    (ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_View)),
    (None, ctypes.c_void_p),
    (None, ctypes.c_void_p),
    (None, ctypes.c_void_p, ctypes.c_double),
    (ctypes.c_uint64, ctypes.c_void_p),
    (None, ctypes.c_void_p, ctypes.POINTER(_View)),
)
_functions: list[Any] = []


def _c(index: int) -> Any:
    if not _functions:
        addresses = [int(a) for a in cpp().Functions()]
        _functions.extend(
            ctypes.CFUNCTYPE(*types)(address) for types, address in zip(_PROTOTYPES, addresses, strict=True)
        )
    return _functions[index]


def _split(data: bytes) -> dict[int, bytes]:
    blobs = {}
    at = 0
    while at < len(data):
        index, size = struct.unpack_from("=QQ", data, at)
        blobs[index] = data[at + 16 : at + 16 + size]
        at += 16 + size
    return blobs


def _frame(view: _View) -> Frame:
    return Frame(
        view.seq,
        view.entries,
        copy_bytes(view.values, 8 * view.n_values),
        _split(copy_bytes(view.blobs, view.n_blobs)),
    )


class Monitor:
    """One attempt's watch. Made in the task's thread; the other methods may be called from any thread."""

    def __init__(self, interval_s: float, notify_fd: int, early: bool) -> None:
        self.shared = cpp().MakeMonitor(interval_s, notify_fd, early)  # owns the C++ object
        self._address = int(cpp().Address(self.shared))
        _c(0)  # the functions must not be looked up (cppyy) on the publisher's thread

    def take(self) -> Frame | None:
        """The newest picture, if there is one that was not taken yet."""
        view = _View()
        if not _c(0)(self._address, ctypes.byref(view)):
            return None
        try:
            return _frame(view)
        finally:
            _c(1)(self._address)

    def stop(self) -> None:
        """End the event loop after the entry it is in."""
        _c(2)(self._address)

    def set_interval(self, seconds: float) -> None:
        """Least time between two pictures."""
        _c(3)(self._address, seconds)

    @property
    def entries(self) -> int:
        """Entries seen by all actions so far."""
        return int(_c(4)(self._address))


def final_frame(graph: Any) -> Frame:
    """The finished results of a C++ ``TaskGraph``."""
    view = _View()
    _c(5)(int(cpp().Address(graph)), ctypes.byref(view))
    return _frame(view)
