"""What is looked at while another batch is kept; events wait for nothing else here either.

events ─▶ looked at in a thread ─┐
├─▶ next: one of each that is looked at ─▶ kept together
all else ─▶ in a thread ─────────┘
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from gateway.intake.inspection import Heard
from gateway.intake.quarantine import Suspect

AHEAD_MAX: Final = 3
"""Batches of a kind that are looked at while another is kept."""

Looked = asyncio.Future[list[Heard | Suspect]]


class _Kind:
    """Batches of events, or of all else, in their order."""

    def __init__(self) -> None:
        self.looked: Final[deque[Looked]] = deque()
        self.room: Final = asyncio.Semaphore(AHEAD_MAX)


class Ahead:
    """Each kind goes on whatever there is of the other."""

    def __init__(self) -> None:
        self._events: Final = _Kind()
        self._rest: Final = _Kind()
        self._news: Final = asyncio.Event()

    async def put(self, look: Callable[[], Looked], *, are_events: bool) -> None:
        """Begin to look at a batch, as soon as there are less than `AHEAD_MAX` of its kind."""
        kind = self._events if are_events else self._rest
        await kind.room.acquire()
        looked = look()
        kind.looked.append(looked)
        looked.add_done_callback(lambda _: self._news.set())

    async def next(self) -> list[Heard | Suspect]:
        """The first batch of each kind, events first, as far as they are looked at: one or both."""
        while not (ready := [kind for kind in (self._events, self._rest) if _is_ready(kind)]):
            self._news.clear()
            await self._news.wait()
        for kind in ready:
            kind.room.release()
        return [one for kind in ready for one in kind.looked.popleft().result()]


def _is_ready(kind: _Kind) -> bool:
    return bool(kind.looked) and kind.looked[0].done()
