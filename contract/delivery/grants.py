"""How many messages each source may have in flight: the back-pressure of the whole line. Pure.

The sum of all windows stays below half of what the broker may queue. Where there are more sources
than places, they get a window of one in turns, and none in between.
"""

from collections import OrderedDict
from typing import Final

WINDOW_MAX: Final = 2_000
"""Messages in flight that one source is ever granted."""
LAPSE_S: Final = 30
"""A grant counts for so long; who is not heard for so long gives its place away."""


class Grants:
    """Windows for the sources that were heard lately. ``now`` is monotonic, in seconds."""

    def __init__(self, broker_queue_messages: int) -> None:
        self._places: Final = max(1, broker_queue_messages // 2 - 1)
        self._heard: OrderedDict[str, float] = OrderedDict()
        self._held: dict[str, tuple[int, float]] = {}

    def grant(self, source: str, now: float) -> int:
        """The window of ``source`` from now on; zero if it is not its turn."""
        self._heard[source] = now
        self._heard.move_to_end(source)
        while self._heard and next(iter(self._heard.values())) < now - LAPSE_S:
            self._heard.popitem(last=False)
        self._held = {s: (w, t) for s, (w, t) in self._held.items() if t > now and s != source}
        fair = max(1, min(WINDOW_MAX, self._places // len(self._heard)))
        free = self._places - sum(window for window, _ in self._held.values())
        window = max(0, min(fair, free))
        if window:
            self._held[source] = (window, now + LAPSE_S)
        return window

    @property
    def granted(self) -> int:
        """The sum of all windows that have not lapsed, as of the last grant."""
        return sum(window for window, _ in self._held.values())
