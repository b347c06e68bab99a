"""The lane of ``scripts/bench outage``: sensors read at a rate, seals open, alerts are heard."""

import asyncio
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Dial, Unavailable
from contract.messages import AlertChanged, Reading, ReadingsTaken, SealRead, read
from contract.topics import topic
from scripts.benches.bench import quantile

BATCH_S: Final = 0.25
"""As `edge.line` batches readings."""
DEVICES: Final = 100
GROUP: Final = 100
"""Messages of one commit while an hour is written at once."""
SEAL_EVERY_S: Final = 0.5
REDIAL_S: Final = 0.2
QUANTILES: Final = {"p50": 0.5, "p99": 0.99, "max": 1.0}


class Lane:
    """What is said into an outbox, and when the alerts about its seals came."""

    def __init__(self, outbox: Outbox, rate: int) -> None:
        self._outbox: Final = outbox
        self._count: Final = int(rate * BATCH_S)
        self.readings = 0
        """Said so far."""
        self.said: Final[dict[str, float]] = {}
        """By seal: when it was said, monotonic."""
        self.took_s: Final[dict[str, float]] = {}
        """By seal: seconds until its alert was heard."""
        self.kept_s: Final[dict[str, float]] = {}
        """By seal: how long before that the gateway's journal took it."""

    async def fill(self, begin: datetime, seconds: float, *, seal_every_s: float) -> None:
        """Say so many seconds at once; each message with the time that it would have had."""
        batches = int(seconds / BATCH_S)
        for start in range(0, batches, GROUP):
            numbers = range(start, min(start + GROUP, batches))
            await self._outbox.say(
                *(self._batch(begin + timedelta(seconds=n * BATCH_S)) for n in numbers)
            )
        for number in range(int(seconds / seal_every_s)):
            at = begin + timedelta(seconds=number * seal_every_s)
            await self._outbox.say(self._seal(at))

    async def go_on(self) -> None:
        """Read at the rate, until cancelled."""
        due = time.monotonic()
        while True:
            due += BATCH_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._say(self._batch(datetime.now(UTC)))

    async def open_seals(self, every_s: float = SEAL_EVERY_S) -> None:
        """A seal opens again and again, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self._say(self._seal(datetime.now(UTC)))

    async def hear(self, dial: Dial, gateway: Source) -> None:
        """Note alerts until cancelled, over one link after another."""
        while True:
            try:
                async with dial("bench-ear") as link:
                    await link.subscribe(topic(gateway, "changes"))
                    async for packets in link.receive():
                        for packet in packets:
                            self._told(packet.body)
            except Unavailable:
                await asyncio.sleep(REDIAL_S)

    def facts(self, seals: set[str], since: float) -> dict[str, object]:
        """How long the alerts about those seals took that were said from a moment on."""
        new = {seal for seal in seals if self.said[seal] >= since}
        parts = {
            "seal to alert": [self.took_s.get(seal, math.inf) for seal in new],
            "of it after the journal": [self.kept_s[seal] for seal in new if seal in self.kept_s],
        }
        return {
            "seals before the first receipt": len(seals) - len(new),
            "seals while it drains": len(new),
        } | {
            f"{part}, {name} ms": _ms(values_s, share)
            for part, values_s in parts.items()
            for name, share in QUANTILES.items()
        }

    async def _say(self, said: Said) -> None:
        """To its end, also if cancelled: it is counted already."""
        await asyncio.shield(self._outbox.say(said))

    def _told(self, body: bytes) -> None:
        message = read(body).message()
        if isinstance(message, AlertChanged):
            seal = message.alert.subject
            if seal in self.said and seal not in self.took_s:
                self.took_s[seal] = time.monotonic() - self.said[seal]
                since = datetime.now(UTC) - message.alert.told_at
                self.kept_s[seal] = since.total_seconds()

    def _seal(self, at: datetime) -> Said:
        seal = f"HLX{len(self.said):06d}"
        self.said[seal] = time.monotonic()
        return Said(SealRead(device="reader", seal=seal, state="opened"), at)

    def _batch(self, begin: datetime) -> Said:
        """The readings of a quarter of a second."""
        step_us = int(BATCH_S * 1e6 / self._count)
        readings = tuple(
            Reading(
                device=f"sensor-{index % DEVICES:03d}",
                metric="temperature",
                value=4.5 + index % 7 / 10,
                unit="Cel",
                observed_at=begin + timedelta(microseconds=index * step_us),
            )
            for index in range(self._count)
        )
        self.readings += self._count
        return Said(ReadingsTaken(readings=readings), begin)


def _ms(values_s: list[float], share: float) -> float | None:
    return round(quantile(values_s, share) * 1e3, 1) if values_s else None
