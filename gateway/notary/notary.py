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
from contract.proof.leaf import Leaf, encode
from contract.proof.merkle import leaf_hash
from contract.proof.tiles import Edge, Tile
from gateway.entry import Entry
from gateway.instant import instant, microseconds
from gateway.journal.journal import Journal
from gateway.journal.store import Store
from gateway.notary import thinning, tree
from gateway.notary.standing import Standing
from gateway.notary.tree import Kept
from gateway.outlet import Outlet
from gateway.voice import Voice

ENTRIES_MAX: Final = 20_000
"""Entries that one checkpoint waits for at most; so many are hashed again after a power cut."""
STEP: Final = 1_000
"""Entries that are waited for before they are hashed, while the time is not up."""
PAGE: Final = 250
"""Entries that are hashed between two breaths: a millisecond."""
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
        self.standing: Final = Standing("", clock)
        self._edge = Edge()
        self._unkept: list[Tile] = []
        self._made = asyncio.Event()
        self._turn: asyncio.Timeout | None = None
        self._is_hurried = False

    async def run(self) -> None:
        """Follow until cancelled; gives up, and the gateway goes on, if the journal is harmed."""
        try:
            self._edge = await self._patiently(lambda: self._store.read(tree.edge))
            last = await self._patiently(lambda: self._store.read(tree.latest))
            self.newest = last if last is not None and last.origin == self.origin else None
            if self.newest is not None:
                self.standing.size = self.newest.size
                self.standing.at = instant(self.newest.made_us)
            while True:
                await self._follow()
                await self._sign()
        except Rejected as error:
            self.standing.waits()
            self.standing.failed(str(error), is_refusal=True)
            self.standing.has_given_up = True
            _log.critical("NOTHING IS SIGNED ANY MORE: %s; see: greenlane evidence check", error)

    async def thin(self) -> None:
        """Let go of what old checkpoints there are too many of, until cancelled."""
        await thinning.thin(self._store, self._clock)

    async def past(self, size: int) -> Kept:
        """The newest checkpoint, as soon as it covers more than ``size`` entries."""
        while self.newest is None or self.newest.size <= size:
            await self._made.wait()
        return self.newest

    def hurry(self) -> None:
        """Sign what there is as soon as may be: somebody waits for a checkpoint over it."""
        self._is_hurried = True
        if self._turn is not None and not self._turn.expired():
            self._turn.reschedule(asyncio.get_running_loop().time())

    async def proof(self, old: int, size: int) -> list[bytes]:
        """That the tree of ``old`` entries is how that of ``size`` begins."""
        return await self._store.read(lambda at: tree.grown(at, old, size))

    async def cosigned(self, made: Kept, lines: list[note.Line]) -> None:
        """A witness saw this checkpoint; raises `Unavailable` (disk full), or `LookupError`."""
        grown = await self._store.write(lambda at: tree.cosign(at, made, lines))
        if self.newest is not None and self.newest.size == grown.size:
            self.newest = grown
            self._tell(grown.note)

    async def _follow(self) -> None:
        """Hash what comes, as soon as it comes, until there is something to be signed."""
        await self._journal.past(self._edge.size)
        self.standing.waits()
        upto = self._edge.size + ENTRIES_MAX
        try:
            async with asyncio.timeout(0 if self._is_hurried else self._every_s) as turn:
                self._turn = turn
                while self._edge.size < upto:
                    await self._journal.past(min(self._edge.size + STEP, upto) - 1)
                    await self._take(upto)
        except TimeoutError:
            await self._take(upto)
        finally:
            self._turn = None
        self._is_hurried = False

    async def _take(self, upto: int) -> None:
        """Hash what is there, at most up to this position."""
        upto = min(upto, self._journal.position)
        while (after := self._edge.size) < upto:
            hashes = await self._hashes(after, min(PAGE, upto - after))
            self._unkept += self._edge.append(hashes)
            await asyncio.sleep(0)

    async def _hashes(self, after: int, limit: int) -> list[bytes]:
        """From memory while they are there: reading them again costs more than hashing them."""
        if entries := self._journal.recent(after, limit):
            return [leaf_hash(encode(leaf_of(entry))) for entry in entries]
        page = partial(tree.hashes, after=after, limit=limit)
        return await self._patiently(partial(self._store.read, page))

    async def _sign(self) -> None:
        """Make tree and checkpoint durable, then tell it."""
        now = self._clock.utc_now()
        kept = tree.signed(self._edge, origin=self.origin, key=self._voice.key, now=now)
        tiles = [*self._unkept, *self._edge.partial()]
        await self._patiently(lambda: self._store.write(lambda at: tree.keep(at, tiles, kept)))
        self._unkept.clear()
        self.newest = kept
        self.standing.was_signed(kept.size)
        self._made.set()
        self._made = asyncio.Event()
        _log.debug("checkpoint over %d entries", kept.size)
        self._tell(kept.note)

    def _tell(self, made: str) -> None:
        message = CheckpointMade(checkpoint=made)
        self._outlet.say([self._voice.packet(message, self._voice.source)])

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await work()
            except Unavailable as error:
                # A full disk may last for a day: said once, until something is signed again.
                level = logging.DEBUG if self.standing.reason else logging.WARNING
                _log.log(level, "no checkpoint for now: %s", error)
                self.standing.failed(str(error), is_refusal=False)
                await self._clock.sleep(RETRY_S)


def leaf_of(entry: Entry) -> Leaf:
    """The leaf of an entry; `tree.leaves` makes the same of its row."""
    return Leaf(
        entry.position,
        microseconds(entry.received_at),
        entry.kind,
        entry.source,
        entry.stream,
        entry.epoch,
        entry.sequence,
        entry.type,
        entry.hash,
        entry.keyid,
        entry.sig,
    )
