"""Takes each stream in sequence: waits a little for a hole to fill; then it is late. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from contract.messages import StreamLost
from gateway.entry import Entry

WAIT_S: Final = 2
"""For a hole to fill, by the journal's time."""
HELD_MAX: Final = 2_000
"""Entries of one stream that wait behind a hole; with more, the hole is waited for no longer."""


class Turn(NamedTuple):
    """An entry whose turn it is."""

    entry: Entry
    is_late: bool


class Lane(msgspec.Struct):
    """One stream of one epoch: the number that is next, and what waits behind it."""

    next: int = 1
    held: dict[int, Entry] = {}
    waits_until: datetime | None = None


@dataclass
class Order:
    """All lanes. Only lanes that wait are looked at when time passes."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    waiting: dict[str, None] = field(default_factory=dict)

    def put(self, entry: Entry) -> list[Turn]:
        """Those whose turn it is now that this one has come."""
        key = f"{entry.source}\n{entry.stream}\n{entry.epoch}"
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane()
        if entry.sequence < lane.next:
            return [Turn(entry, is_late=True)]
        if entry.sequence == lane.next and not lane.held:
            lane.next += 1
            return [Turn(entry, is_late=False)]
        lane.held[entry.sequence] = entry
        if len(lane.held) > HELD_MAX:
            lane.next = min(lane.held)
        return self._release(key, lane)

    def lost(self, source: str, lost: StreamLost) -> list[Turn]:
        """Those numbers will never come: nobody waits for them."""
        key = f"{source}\n{lost.stream}\n{lost.epoch}"
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane()
        if lost.first <= lane.next <= lost.to:
            lane.next = lost.to + 1
        return self._release(key, lane)

    def passed(self, now: datetime) -> list[Turn]:
        """Those that have waited long enough."""
        turns: list[Turn] = []
        for key in list(self.waiting):
            lane = self.lanes[key]
            while lane.waits_until is not None and lane.waits_until <= now:
                lane.next = min(lane.held)
                turns += self._release(key, lane)
        return turns

    def due(self) -> datetime | None:
        """When the first of those that wait has waited long enough."""
        moments = (self.lanes[key].waits_until for key in self.waiting)
        return min((at for at in moments if at is not None), default=None)

    def _release(self, key: str, lane: Lane) -> list[Turn]:
        # A declared loss may have passed over numbers that came all the same.
        passed = sorted(n for n in lane.held if n < lane.next) if lane.held else []
        turns = [Turn(lane.held.pop(number), is_late=False) for number in passed]
        while (entry := lane.held.pop(lane.next, None)) is not None:
            turns.append(Turn(entry, is_late=False))
            lane.next += 1
        if not lane.held:
            lane.waits_until = None
            self.waiting.pop(key, None)
        elif turns or lane.waits_until is None:
            # Since the first of them came, not since the last hole was given up.
            begun = min(entry.received_at for entry in lane.held.values())
            lane.waits_until = begun + timedelta(seconds=WAIT_S)
            self.waiting[key] = None
        return turns
