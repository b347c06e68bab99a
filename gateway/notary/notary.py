"""Follows the journal, and signs how it stands: every minute, and every so many entries."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from contract.clock import Clock
from contract.link import Rejected, Unavailable
from contract.messages import CheckpointMade
from contract.proof import checkpoint, note
from contract.proof.tiles import Edge, Tile
from gateway.journal import Journal
from gateway.notary import tree
from gateway.notary.tree import Kept
from gateway.outlet import Outlet
from gateway.points import microseconds
from gateway.store import Store
from gateway.voice import Voice

ENTRIES_MAX: Final = 20_000
"""Entries that one checkpoint waits for at most; so many are hashed again after a power cut."""
PAGE: Final = 1_000
"""Entries that are hashed between two breaths."""
RETRY_S: Final = 5.0
T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


class Notary:
    """The journal's tree, and the newest checkpoint of it."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        outlet: Outlet,
        *,
        voice: Voice,
        clock: Clock,
        every_s: float,
    ) -> None:
        self.origin: Final = checkpoint.origin_of(voice.source, journal.id)
        self.newest: Kept | None = None
        """None before the first one of this journal."""
        self._store: Final = store
        self._journal: Final = journal
        self._outlet: Final = outlet
        self._voice: Final = voice
        self._clock: Final = clock
        self._every_s: Final = every_s
        self._edge = Edge()
        self._unkept: list[Tile] = []
        self._made = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled; gives up, and the gateway goes on, if the journal is harmed."""
        try:
            self._edge = await self._patiently(lambda: self._store.read(tree.edge))
            last = await self._patiently(lambda: self._store.read(tree.latest))
            self.newest = last if last is not None and last.origin == self.origin else None
            while True:
                await self._gather()
                await self._catch_up()
                await self._sign()
        except Rejected as error:
            _log.critical("NOTHING IS SIGNED ANY MORE: %s; look at: greenlane journal check", error)

    async def past(self, size: int) -> Kept:
        """The newest checkpoint, as soon as it covers more than ``size`` entries."""
        while self.newest is None or self.newest.size <= size:
            await self._made.wait()
        return self.newest

    async def proof(self, old: int, size: int) -> list[bytes]:
        """That the tree of ``old`` entries is how that of ``size`` begins."""
        return await self._store.read(lambda at: tree.grown(at, old, size))

    async def cosigned(self, made: Kept, lines: list[note.Line]) -> None:
        """A witness saw this checkpoint; raises `Unavailable` (disk full)."""
        grown = await self._store.write(lambda at: tree.cosign(at, made, lines))
        if self.newest is not None and self.newest.size == grown.size:
            self.newest = grown
            self._tell(grown.note)

    async def _gather(self) -> None:
        """Wait for entries: for any at all, then for many or for the time to be up."""
        await self._journal.past(self._edge.size)
        try:
            async with asyncio.timeout(self._every_s):
                await self._journal.past(self._edge.size + ENTRIES_MAX - 1)
        except TimeoutError:
            return

    async def _catch_up(self) -> None:
        """Hash what came, at most `ENTRIES_MAX`."""
        upto = min(self._journal.position, self._edge.size + ENTRIES_MAX)
        while (after := self._edge.size) < upto:
            page = partial(tree.hashes, after=after, limit=min(PAGE, upto - after))
            hashes = await self._patiently(partial(self._store.read, page))
            self._unkept += self._edge.append(hashes)
            await asyncio.sleep(0)

    async def _sign(self) -> None:
        """Make tree and checkpoint durable, then tell it."""
        found = checkpoint.Checkpoint(self.origin, self._edge.size, self._edge.root())
        made = str(checkpoint.made(found, self._voice.key))
        kept = Kept(found.size, found.origin, microseconds(self._clock.utc_now()), made, 0)
        tiles = [*self._unkept, *self._edge.partial()]
        await self._patiently(lambda: self._store.write(lambda at: tree.keep(at, tiles, kept)))
        self._unkept.clear()
        self.newest = kept
        self._made.set()
        self._made = asyncio.Event()
        _log.debug("checkpoint over %d entries", kept.size)
        self._tell(made)

    def _tell(self, made: str) -> None:
        message = CheckpointMade(checkpoint=made)
        self._outlet.say([self._voice.packet(message, self._voice.source)])

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await work()
            except Unavailable as error:
                _log.warning("no checkpoint for now: %s", error)
                await self._clock.sleep(RETRY_S)
