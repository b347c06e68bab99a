"""The line from devices to the outbox: batches readings, hands on seals at once, scans pictures.

Observed ─┬─ readings ─▶ wait at most 250 ms ─▶ readings.taken ─┐
          ├─ seal ────────────────────────────▶ seal.read ──────┼─▶ outbox
          └─ picture ─▶ scans (detector) ─▶ scan.completed, parts ┘
"""

import asyncio
from datetime import datetime
from typing import Final

from contract.clock import Clock
from contract.delivery.source_end import Said
from contract.messages import (
    READINGS_MAX,
    DeviceFound,
    DeviceLost,
    Reading,
    ReadingsTaken,
)
from edge.driver import Observed
from edge.health import Health
from edge.scans import Scans
from edge.speaker import Speaker
from edge.tending import finish

BATCH_S: Final = 0.25
"""The longest that a reading waits for others."""
WAITING_MAX: Final = READINGS_MAX
"""Readings that wait; with so many the batch goes at once, and the devices wait for it."""
REASON_CHARACTERS_MAX: Final = 500


class Line:
    """Takes what the devices observe; everything it returned from is durable, or waits 250 ms."""

    def __init__(self, speaker: Speaker, scans: Scans, health: Health, clock: Clock) -> None:
        self._speaker: Final = speaker
        self._scans: Final = scans
        self._health: Final = health
        self._clock: Final = clock
        self._devices: Final = {device.device: device for device in health.devices}
        self._readings: list[Reading] = []
        self._claims: dict[str, datetime] = {}
        self._has_readings: Final = asyncio.Event()
        self._flushing: Final = asyncio.Lock()

    async def found(self, device: str) -> None:
        """See `edge.tending.Listener`."""
        self._health.found(device)
        await self._speaker.say(Said(DeviceFound(device=self._devices[device])))

    async def lost(self, device: str, reason: str) -> None:
        """See `edge.tending.Listener`."""
        await self.flush()
        self._health.lost(device)
        lost = DeviceLost(device=device, reason=reason[:REASON_CHARACTERS_MAX])
        await self._speaker.say(Said(lost))

    async def take(self, device: str, observed: Observed) -> None:
        """See `edge.tending.Listener`."""
        if observed.seal is not None:
            await self._speaker.say(Said(observed.seal, observed.at))
        if observed.picture is not None:
            await self._scans.take(device, observed.picture, observed.at)
        self._readings.extend(observed.readings)
        if observed.up_to is not None:
            self._claims[device] = observed.up_to
        if len(self._readings) >= WAITING_MAX:
            await self.flush()
        elif self._readings:
            self._has_readings.set()
        else:
            self._claim()

    async def batch(self) -> None:
        """Say the readings that wait, until cancelled."""
        while True:
            await self._has_readings.wait()
            await self._clock.sleep(BATCH_S)
            await finish(self.flush())

    async def flush(self) -> None:
        """Say the readings that wait, now."""
        async with self._flushing:
            readings, self._readings = self._readings, []
            claims, self._claims = self._claims, {}
            self._has_readings.clear()
            if readings:
                await self._speaker.say(*_batches(readings))
            for device, up_to in claims.items():
                self._health.said(device, up_to)

    def _claim(self) -> None:
        """Promise what no waiting reading stands behind."""
        if self._flushing.locked():
            return
        for device, up_to in self._claims.items():
            self._health.said(device, up_to)
        self._claims.clear()


def _batches(readings: list[Reading]) -> list[Said]:
    starts = range(0, len(readings), READINGS_MAX)
    batches = [tuple(readings[start : start + READINGS_MAX]) for start in starts]
    return [Said(ReadingsTaken(readings=batch), batch[-1].observed_at) for batch in batches]
