"""Gives up pictures whose other parts do not come, the oldest first; said before their parts go.

    each hour, each 64 MiB of parts ─▶ look ─▶ surplus (pure) ─▶ blob.dropped (an entry) ─▶ gone

What is given up was receipted, part by part, and its source holds it for a week more at best. So
nothing is given up that could still be made whole: a source sends its parts in their order, sixteen
at a time, and one of which nothing came while so much of later ones did has lost the rest. If all
of it is said again, it is kept as any other.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple

from contract.clock import Clock
from contract.link import Unavailable
from contract.messages import BlobDropped
from gateway.journal.blobs import Blobs
from gateway.journal.journal import Journal
from gateway.journal.parts import Blob, Lying
from gateway.voice import Voice

AGE_MAX: Final = timedelta(days=90)
"""Without a part for so long: the certificate of a box that was away has ended by then."""
EACH_BYTES_MAX: Final = 1024 * 1024 * 1024
"""Parts of one source: as much as an outbox holds. More of it is not on its way any more."""
BYTES_MAX: Final = 4 * EACH_BYTES_MAX
"""Parts of all sources: a few boxes that go wrong leave room for the others."""
LOOK_EVERY_S: Final = 3_600.0
"""Also what is too old must have lain still for so long while we ran: the clock may have been set,
and who was away while we were is given his turn."""
LOOK_EVERY_BYTES: Final = 64 * 1024 * 1024
"""By so much the limits are passed at most."""
_log: Final = logging.getLogger(__name__)

Reason = Literal["too old", "no room", "another picture"]


class GivenUp(NamedTuple):
    """A folder of parts that has to go."""

    lying: Lying
    reason: Reason


def surplus(
    lying: Sequence[Lying], now_s: float, is_still: Callable[[Lying], bool]
) -> list[GivenUp]:
    """What is too old, then what finds no room: of each source, and of all. Pure."""
    too_old = {
        one for one in lying if is_still(one) and now_s - one.heard_s > AGE_MAX.total_seconds()
    }
    left = sorted((one for one in lying if one not in too_old), key=lambda one: one.heard_s)
    no_room = {
        one
        for source in {one.source for one in left}
        for one in _beyond([one for one in left if one.source == source], EACH_BYTES_MAX)
    }
    no_room |= {*_beyond([one for one in left if one not in no_room], BYTES_MAX)}
    return [
        *(GivenUp(one, "too old") for one in lying if one in too_old),
        *(GivenUp(one, "no room") for one in lying if one in no_room),
    ]


def _beyond(oldest_first: Sequence[Lying], bytes_max: int) -> Iterator[Lying]:
    """Which of them go until the others fit."""
    size = sum(one.bytes for one in oldest_first)
    for one in oldest_first:
        if size <= bytes_max:
            return
        size -= one.bytes
        yield one


class Remains:
    """Keeps house among the parts; called by the intake alone, between two batches."""

    def __init__(self, blobs: Blobs, journal: Journal, *, voice: Voice, clock: Clock) -> None:
        self._blobs: Final = blobs
        self._journal: Final = journal
        self._voice: Final = voice
        self._clock: Final = clock
        self._still: Mapping[Path, tuple[float, float]] = {}
        """When each folder had its last part, and since when we know."""
        self._next_s = 0.0
        self._next_bytes = 0
        self.pictures = 0
        """Unfinished ones at the last look."""
        self.bytes = 0
        """Of their parts, as limits count."""
        self.given_up = 0
        """Pictures since the start."""

    async def tidy(self) -> None:
        """Give up what is too old or too much, if it is time to look."""
        now_s, grown = self._clock.monotonic_ns() / 1e9, self._blobs.parts.grown_bytes
        if now_s < self._next_s and grown < self._next_bytes:
            return
        self._next_s, self._next_bytes = now_s + LOOK_EVERY_S, grown + LOOK_EVERY_BYTES
        try:
            await self._give_up(await asyncio.to_thread(self._look, now_s))
        except (OSError, Unavailable) as error:
            _log.warning("unfinished pictures stay for now: %s", error)

    async def give_up(self, blob: Blob, reason: Reason) -> None:
        """One that cannot become whole; raises `Unavailable`, and then it stays."""
        try:
            lying = await asyncio.to_thread(self._blobs.parts.lying)
        except OSError as error:
            raise Unavailable(f"parts cannot be looked at: {error}") from error
        of_it = [one for one in lying if (one.source, one.sha256) == (blob.source, blob.sha256)]
        await self._give_up([GivenUp(one, reason) for one in of_it])

    def _look(self, now_s: float) -> list[GivenUp]:
        lying = self._blobs.parts.lying()
        self._still = {one.folder: self._known(one, now_s) for one in lying}
        self.pictures, self.bytes = len(lying), sum(one.bytes for one in lying)

        def is_still(one: Lying) -> bool:
            return now_s - self._still[one.folder][1] >= LOOK_EVERY_S

        found = surplus(lying, self._blobs.parts.now_s(), is_still)
        return [one for one in found if not self._is_all(one.lying)]

    def _known(self, one: Lying, now_s: float) -> tuple[float, float]:
        before = self._still.get(one.folder)
        return before if before is not None and before[0] == one.heard_s else (one.heard_s, now_s)

    def _is_all(self, one: Lying) -> bool:
        """Whether all its parts are here: it is whole as soon as the disk will."""
        blob = self._blobs.parts.blob_in(one.folder)
        return blob is not None and self._blobs.parts.all_of(blob) is not None

    async def _give_up(self, found: Sequence[GivenUp]) -> None:
        if not found:
            return
        said = await asyncio.to_thread(lambda: list(map(self._said, found)))
        await self._journal.append([self._voice.say(one) for one in said if one is not None])
        await asyncio.to_thread(self._blobs.parts.remove, [one.lying.folder for one in found])
        for one in said:
            if one is not None:
                self.given_up += 1
                _log.error("%s: picture %s is given up: %s", one.source, one.sha256, one.reason)

    def _said(self, one: GivenUp) -> BlobDropped | None:
        """None where nothing is lost by it: another source sent the whole, or no part was kept."""
        blob = self._blobs.parts.blob_in(one.lying.folder)
        if blob is None or self._blobs.is_whole(blob.sha256):
            return None
        return BlobDropped(
            source=blob.source, sha256=blob.sha256, size_bytes=blob.size_bytes, reason=one.reason
        )
