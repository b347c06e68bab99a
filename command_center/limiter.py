"""How often something may be tried: so many times in so many seconds, per key. Pure.

The sign-in asks it before it looks at a password.
"""

from collections import OrderedDict, deque
from typing import Final

KEYS_MAX: Final = 10_000
"""Keys that are remembered; the one seen longest ago gives way."""


class Limiter:
    """A sliding window per key; times are monotonic seconds."""

    def __init__(self, *, tries_max: int, window_s: float) -> None:
        self._tries_max: Final = tries_max
        self._window_s: Final = window_s
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, key: str, now_s: float) -> float:
        """Seconds until the key may try again; zero if it may now."""
        tries = self._tries.get(key)
        if tries is None:
            return 0.0
        while tries and tries[0] <= now_s - self._window_s:
            tries.popleft()
        if len(tries) < self._tries_max:
            return 0.0
        return tries[0] + self._window_s - now_s

    def tried(self, key: str, now_s: float) -> None:
        """Count one try."""
        self._tries.setdefault(key, deque(maxlen=self._tries_max)).append(now_s)
        self._tries.move_to_end(key)
        if len(self._tries) > KEYS_MAX:
            self._tries.popitem(last=False)

    def forget(self, key: str) -> None:
        """It succeeded: its failures no longer count."""
        self._tries.pop(key, None)
