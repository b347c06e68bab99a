"""How many messages each source may have in flight: the back-pressure of the whole line. Pure.

The sum of all windows stays below half of what the broker may queue. Where there are more sources
than places, a source that has a place gives it up when it is next receipted: they take turns.
"""

from collections import OrderedDict
from typing import Final

WINDOW_MAX: Final = 2_000
"""Messages in flight that one source is ever granted."""
WINDOW_FIRST: Final = 48
"""What a source begins with; each further grant at most doubles, so a post that wakes up shares."""
LAPSE_S: Final = 30
"""A grant counts for so long; who is not heard for so long gives its place away."""


class Grants:
    """Windows for the sources that were heard lately. ``now`` is monotonic, in seconds."""

    def __init__(self, broker_queue_messages: int) -> None:
        self._places: Final = max(1, broker_queue_messages // 2 - 1)
        self._windows: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self.granted = 0
        """The sum of all windows that have not lapsed, as of the last grant."""

    def grant(self, source: str, now: float) -> int:
        """The window of ``source`` from now on; zero if it is not its turn."""
        had = self._windows.pop(source, (0, 0.0))[0]
        self.granted -= had
        while self._windows and next(iter(self._windows.values()))[1] <= now:
            self.granted -= self._windows.popitem(last=False)[1][0]
        sources = len(self._windows) + 1
        fair = max(1, min(WINDOW_MAX, self._places // sources))
        free = self._places - self.granted
        window = max(0, min(fair, free, max(WINDOW_FIRST, 2 * had)))
        if sources > self._places and had:
            window = 0
        self._windows[source] = (window, now + LAPSE_S)
        self.granted += window
        return window
