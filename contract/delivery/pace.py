"""How many bytes of readings may be on their way, so that what is urgent never waits long. Pure.

What is on its way lies in queues that nothing overtakes: of the socket, of the broker, of the
gateway. Their length is felt as time: what a message took from its sending to its receipt, less
what it takes at best. While that stays short, more is sent; when it does not, less. So a line of
any width, and a gateway with any load, is used fully, and a new seal waits for `QUEUE_S` of
readings.
"""

from typing import Final

BYTES_MIN: Final = 128 * 1024
BYTES_FIRST: Final = 512 * 1024
BYTES_MAX: Final = 4 * 1024 * 1024
QUEUE_S: Final = 0.25
"""How long what is sent may wait behind what was sent before it."""
STEP: Final = 1.5
"""So many times as much, or the inverse of it as little, is the most that one step changes."""
FULL: Final = 0.75
"""From this share of its bytes on, a pace is used: what is not used says nothing about more."""
FORGET: Final = 0.001
"""How much of the way to what it takes now, what it took at best follows with every step."""


class Pace:
    """Bytes of readings in flight at most. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self.bytes_max = BYTES_FIRST
        self._best_s: float | None = None
        self._stepped_at: float | None = None

    def settled(self, sent_at: float, now: float, *, in_flight_bytes: int) -> None:
        """A receipt came; the last of what it settles was sent then. In flight: before it came.

        Steps once in the time from sending to receipt: what was sent before the last step says
        nothing about it.
        """
        if self._stepped_at is not None and sent_at < self._stepped_at:
            return
        took_s = now - sent_at
        best_s = took_s if self._best_s is None else self._best_s
        self._best_s = min(took_s, best_s + FORGET * (took_s - best_s))
        most = STEP if in_flight_bytes >= FULL * self.bytes_max else 1.0
        wanted = (self._best_s + QUEUE_S) / max(took_s, self._best_s, 1e-9)
        step = max(1 / STEP, min(wanted, most))
        self.bytes_max = max(BYTES_MIN, min(BYTES_MAX, int(self.bytes_max * step)))
        self._stepped_at = now
