"""Whether the gateway is still heard. Pure: the feed tells it when, by a monotonic clock.

The command center says "gateway silent" by itself: nobody else can.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

SILENCE_S_MAX: Final = 30
"""Seconds without any packet of the gateway, after which it counts as silent."""
NANOSECONDS: Final = 1_000_000_000

State = Literal["live", "silent", "never heard"]


class GatewayState(msgspec.Struct, frozen=True):
    """How the gateway stands, as the screen is told."""

    state: State
    heard_at: datetime | None


class Silence:
    """Counts from the last packet; `heard_at` is UTC for people, `*_ns` is monotonic."""

    def __init__(self, *, now_ns: int, heard_at: datetime | None = None) -> None:
        self._since_ns = now_ns
        self._is_heard = False
        self.heard_at = heard_at

    def heard(self, *, now_ns: int, at: datetime) -> None:
        """A packet of the gateway arrived."""
        self._since_ns = now_ns
        self._is_heard = True
        self.heard_at = at

    def state(self, now_ns: int) -> GatewayState:
        """Live until it was silent for `SILENCE_S_MAX`; never heard while it never was."""
        is_over = now_ns - self._since_ns >= SILENCE_S_MAX * NANOSECONDS
        if self._is_heard and not is_over:
            return GatewayState("live", self.heard_at)
        if is_over and self.heard_at is not None:
            return GatewayState("silent", self.heard_at)
        return GatewayState("never heard", self.heard_at)
