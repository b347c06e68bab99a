"""Receipts: what the gateway has kept of each source, said at once, and again every ten seconds."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from contract.clock import Clock
from contract.delivery.grants import LAPSE_S, Grants
from contract.messages import Receipt
from gateway.journal.journal import Journal
from gateway.judge.state import State
from gateway.outlet import Outlet
from gateway.voice import Voice

GATHER_S: Final = 0.1
"""New messages are receipted together after so long."""
RECEIPTS_PER_S: Final = 250
"""With more agents than speak in `GATHER_S` at this rate, each waits longer for its receipt, which
then settles more: a receipt for nearly every message would cost as much as the message."""
GATHER_S_MAX: Final = 3.0
"""No agent waits longer: after `RESEND_S_FIRST` it would say its messages again."""
BREATH: Final = 10
"""After so many receipts (0.7 ms) whoever else waits for the loop gets his turn: an alert."""
AGAIN_S: Final = 10.0
FORGET_S: Final = 60.0
"""A source that says nothing for so long gets no further receipts until it does."""


class Receipts:
    """Who is owed a receipt, and when. Only what is durable is ever receipted."""

    def __init__(
        self,
        journal: Journal,
        outlet: Outlet,
        *,
        voice: Voice,
        grants: Grants,
        clock: Clock,
        state: Callable[[], State],
    ) -> None:
        self._journal: Final = journal
        self._outlet: Final = outlet
        self._voice: Final = voice
        self._grants: Final = grants
        self._clock: Final = clock
        self._state: Final = state
        self._owed: dict[str, None] = {}
        self._heard: dict[str, float] = {}
        self._said: dict[str, float] = {}
        self._urgent: Final = asyncio.Event()
        self.said = 0
        """Receipts since the start."""

    def owe(self, source: str, *, is_urgent: bool = False) -> None:
        """This source said something that is durable now."""
        self._owed[source] = None
        self._heard[source] = self._now
        if is_urgent:
            self._urgent.set()

    async def run(self) -> None:
        """Say receipts until cancelled."""
        gather_s = GATHER_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(gather_s):
                    await self._urgent.wait()
            self._urgent.clear()
            now = self._now
            for source, said in self._said.items():
                if said + AGAIN_S <= now and self._heard[source] + FORGET_S > now:
                    self._owed[source] = None
            owed, self._owed = list(self._owed), {}
            self.said += len(owed)
            gather_s = min(GATHER_S_MAX, max(GATHER_S, len(owed) / RECEIPTS_PER_S))
            self._said.update(dict.fromkeys(owed, now))
            for start in range(0, len(owed), BREATH):
                some = owed[start : start + BREATH]
                self._outlet.say([self._voice.packet(self._receipt(s, now), s) for s in some])
                await asyncio.sleep(0)

    def _receipt(self, source: str, now: float) -> Receipt:
        # All of it as of the same entry. Keys: what came before the revocation is receipted with
        # it, or the source would say it a second time. Position: the journal is ahead of the judge,
        # and of two receipts with its position, the source could take the older one for the newer.
        state = self._state()
        agent = state.agents.get(source)
        revoked = agent.revoked_keys if agent else ()
        return Receipt(
            journal=self._journal.id,
            position=state.position,
            agent=source,
            window=self._grants.grant(source, now),
            window_s=LAPSE_S,
            streams=state.ledger.receipt_streams(source),
            is_revoked=bool(revoked and agent and not agent.keyid),
            revoked=revoked,
            keys=agent.keys if agent else (),
        )

    @property
    def _now(self) -> float:
        return self._clock.monotonic_ns() / 1e9
