"""Hears devices that are not ours, and hands what they say to the journal, a batch at a time.

    ear ─▶ Waiting ─▶ Taking ─▶ journal (one fsync a batch), quarantine ─▶ settle ─▶ ear

One connection of its own, so that a stranger's flood delays nobody who signs. What is published at
QoS 1 is acknowledged when it is on the disk; the broker keeps it while the gateway is away.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from typing import Final

from contract.clock import Clock
from contract.link import Rejected, Unavailable
from contract.links.ear import Ear, Listen
from contract.links.subscriber import Said
from gateway.adapters.config import Adapter
from gateway.instant import microseconds
from gateway.intake.foreign.filters import subscriptions
from gateway.intake.foreign.taking import Batch, Taking
from gateway.intake.foreign.tally import Tally
from gateway.intake.foreign.waiting import Waiting
from gateway.intake.quarantine import Quarantine
from gateway.journal.journal import Journal

REDIAL_S_FIRST: Final = 0.25
REDIAL_S_MAX: Final = 10.0
RETRY_S: Final = 1.0
EPOCH_BYTES: Final = 8
READ_MAX: Final = 1
"""Batches that are read and wait for the disk."""
_log: Final = logging.getLogger(__name__)


async def run(
    adapters: Sequence[Adapter],
    listen: Listen,
    *,
    name: str,
    journal: Journal,
    quarantine: Quarantine,
    clock: Clock,
    tally: Tally,
) -> None:
    """Hear until cancelled. `name` is the MQTT client id: the broker keeps its session."""
    hearing = _Hearing(adapters, journal=journal, quarantine=quarantine, clock=clock, tally=tally)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hearing.stay_linked(listen, name), name="foreign link")
        tasks.create_task(hearing.take(), name="foreign intake")
        tasks.create_task(hearing.keep(), name="foreign journal")


_Read = tuple[Batch, Ear | None, list[int]]
"""A batch, who heard it, and the packet ids in it."""


class _Hearing:
    """What is between the connection and the journal."""

    def __init__(
        self,
        adapters: Sequence[Adapter],
        *,
        journal: Journal,
        quarantine: Quarantine,
        clock: Clock,
        tally: Tally,
    ) -> None:
        self._subscribed: Final = subscriptions([one for it in adapters for one in it.filters])
        self._taking: Final = Taking(adapters, secrets.token_hex(EPOCH_BYTES), self._subscribed)
        self._waiting: Final = Waiting()
        self._arrived: Final = asyncio.Event()
        self._read: Final[asyncio.Queue[_Read]] = asyncio.Queue(READ_MAX)
        self._journal: Final = journal
        self._quarantine: Final = quarantine
        self._clock: Final = clock
        self._tally: Final = tally
        self._ear: Ear | None = None
        self._dropped_told = 0

    async def stay_linked(self, listen: Listen, name: str) -> None:
        """One connection after another."""
        filters = self._subscribed
        wait = REDIAL_S_FIRST
        while True:
            self._waiting.forget_numbered()
            try:
                async with listen(name, filters, self._hear) as ear:
                    wait = REDIAL_S_FIRST
                    _log.info("foreign devices are heard on %s", ", ".join(filters))
                    await ear.listen()
            except (Unavailable, Rejected) as error:
                level = logging.ERROR if isinstance(error, Rejected) else logging.WARNING
                _log.log(level, "foreign devices are not heard: %s", error)
            finally:
                self._ear = None
            await self._clock.sleep(wait)
            wait = min(wait * 2, REDIAL_S_MAX)

    async def take(self) -> None:
        """Read what waits, one batch while the one before it goes to the disk."""
        while True:
            await self._arrived.wait()
            ear, taken = self._ear, self._waiting.take()
            if not self._waiting.count:
                self._arrived.clear()
            if taken:
                batch = self._taking.take(taken, microseconds(self._journal.now()))
                numbered = [one[2] for queue in taken.values() for one in queue if one[2]]
                await self._read.put((batch, ear, numbered))

    async def keep(self) -> None:
        """Bring what was read to the journal, in its order; then the broker may forget it."""
        while True:
            batch, ear, numbered = await self._read.get()
            await self._keep(batch)
            if ear is not None and numbered:
                ear.settle(numbered)

    def _hear(self, ear: Ear, said: list[Said]) -> None:
        self._ear = ear
        gone = self._waiting.put(said)
        self._arrived.set()
        if gone:
            ear.settle(gone)
        self._tally.dropped = self._waiting.dropped
        if self._waiting.dropped > self._dropped_told * 2:
            self._dropped_told = self._waiting.dropped
            _log.warning("a foreign topic floods: %d of its messages dropped", self._dropped_told)

    async def _keep(self, batch: Batch) -> None:
        """Keep what can be read, however long it takes: nobody would say it again."""
        self._note_unfit(batch)
        is_full = False
        while True:
            try:
                await self._journal.append(batch.drafts)
                if batch.suspects:
                    await self._quarantine.keep(batch.suspects)
            except Unavailable as error:
                if not is_full:
                    _log.critical("foreign messages wait: %s", error)
                is_full = True
                await self._clock.sleep(RETRY_S)
            else:
                self._tally.kept += batch.kept
                return

    def _note_unfit(self, batch: Batch) -> None:
        before, now = self._tally.unfit, self._tally.unfit + batch.unfit
        self._tally.unfit = now
        if now.bit_length() > before.bit_length():
            _log.warning("%d foreign payloads could not be read so far", now)
