"""What cannot be trusted or read: kept by hash with the reason, bounded, far from the ledger."""

import logging
import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from contract.clock import Clock
from contract.link import Packet
from gateway.instant import microseconds
from gateway.journal.store import Store

HELD_MAX: Final = 5_000
"""Packets; the oldest gives way, and is counted."""
BODY_BYTES_MAX: Final = 64 * 1024
"""Bytes of a body that are kept; its hash is that of all of it."""
LOG_EVERY: Final = 100
_log: Final = logging.getLogger(__name__)


class Suspect(NamedTuple):
    """A packet that is not let in."""

    packet: Packet
    hash: str
    reason: str
    revoked_key: str = ""
    """The key that truly signed it, if that was revoked."""


class Quarantine:
    """Where suspects stay."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store: Final = store
        self._clock: Final = clock
        self.reasons: Final[dict[str, int]] = {}
        """How often each reason was heard since the start."""

    async def keep(self, suspects: Sequence[Suspect]) -> None:
        """Put these away; raises `Unavailable` when the disk is full."""
        for suspect in suspects:
            times = self.reasons.get(suspect.reason, 0) + 1
            self.reasons[suspect.reason] = times
            if times == 1 or times % LOG_EVERY == 0:
                topic = suspect.packet.topic
                _log.warning("quarantined from %s (%d times): %s", topic, times, suspect.reason)
        if len(self.reasons) > HELD_MAX:
            self.reasons.clear()
        now_us = microseconds(self._clock.utc_now())
        await self._store.write(lambda at: _keep(at, suspects, now_us))


def _keep(at: sqlite3.Connection, suspects: Sequence[Suspect], now_us: int) -> None:
    for packet, hash_, reason, _ in suspects:
        at.execute(
            "INSERT INTO quarantine (received_us, hash, topic, reason, body, keyid, sig) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET times = times + 1",
            (
                *(now_us, hash_, packet.topic[:500], reason[:500], packet.body[:BODY_BYTES_MAX]),
                *(packet.keyid[:80], packet.sig[:128]),
            ),
        )
    dropped = at.execute(
        "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?", (HELD_MAX,)
    ).rowcount
    if dropped > 0:
        at.execute(
            "INSERT INTO meta VALUES ('quarantine dropped', ?) "
            "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (dropped,),
        )
