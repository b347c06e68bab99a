"""Asks the Linux kernel how far its clock may be off (adjtimex(2), read-only)."""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final

_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5


class _Timex(ctypes.Structure):
    """The head of struct timex of <sys/timex.h>, padded to its full size."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@cache
def _adjtimex() -> Callable[..., Any] | None:
    """The C library's function, looked for once: every message is stamped with its answer."""
    try:
        found: Callable[..., Any] = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    return found


def max_error_ms() -> int | None:
    """The kernel's bound on the error of UTC, in milliseconds; none if it is not synchronised."""
    adjtimex = _adjtimex()
    if adjtimex is None:
        return None
    answer = _Timex()
    state = adjtimex(ctypes.byref(answer))
    if state in (-1, _TIME_ERROR) or answer.status & _STA_UNSYNC:
        return None
    return int(answer.maxerror) // 1000
