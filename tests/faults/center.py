"""A command center without its web pages: it follows the changes, and its officers act."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from command_center.board import Board
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.feed import Feed
from command_center.follower import Follower
from command_center.projection import Projection
from command_center.silence import GatewayState, Silence
from contract.clock import Clock
from contract.delivery import uplink
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Dial, Unavailable
from contract.messages import Identity, Message, OfficerActed, Reading
from contract.signing import Key
from tests.faults.agent import Recorded

ACT_EVERY_S: Final = 8.0


class _Nobody:
    """Neither screens nor subscribers."""

    def changed(self, change: Change, *, is_streamed: bool) -> None:
        """See `command_center.follower.Audience`."""

    def renewing(self, upto: Cursor) -> None:
        """See `command_center.follower.Audience`."""

    def renewed(self) -> None:
        """See `command_center.follower.Audience`."""

    async def settle(self) -> None:
        """See `command_center.follower.Audience`."""

    def gateway(self, state: GatewayState) -> None:
        """See `command_center.feed.Screens`."""

    def readings(self, source: str, readings: Sequence[Reading]) -> None:
        """See `command_center.feed.Screens`."""


@dataclass(eq=False)
class Center:
    """What stays while lives come and go."""

    source: Source
    gateway: Source
    key: Key
    gateway_key: bytes
    clock: Clock
    rng: random.Random
    board: Board = field(default_factory=Board)
    outbox: Recorded | None = None
    acts: int = 0
    is_acting: bool = True

    async def run(self, folder: Path, dial: Dial, said: dict[Identity, Message]) -> None:
        """Be this command center until cancelled."""
        self.outbox = None  # that of the life before is closed
        async with (
            Projection.open(folder / "board.sqlite") as projection,
            Recorded.open(
                folder / "outbox.sqlite", source=self.source, key=self.key, clock=self.clock
            ) as outbox,
            asyncio.TaskGroup() as tasks,
        ):
            assert isinstance(outbox, Recorded)
            outbox.said = said
            self.outbox = outbox
            board, head, heard_at = await projection.load(
                gateway=self.gateway, gateway_key=self.gateway_key
            )
            self.board = board
            follower = Follower(board=board, head=head, projection=projection, audience=_Nobody())
            feed = Feed(
                me=self.source,
                gateway=self.gateway,
                gateway_key=self.gateway_key,
                follower=follower,
                silence=Silence(now_ns=self.clock.monotonic_ns(), heard_at=heard_at),
                screens=_Nobody(),
                clock=self.clock,
            )
            tasks.create_task(feed.run(dial), name="feed")
            tasks.create_task(self._act(outbox), name="officer")
            tasks.create_task(
                uplink.run(
                    outbox,
                    dial,
                    gateway_key=self.gateway_key,
                    facts=lambda: uplink.Facts(version="1"),
                    alive=tuple,
                    clock=self.clock,
                ),
                name="acts",
            )

    async def _act(self, outbox: Recorded) -> None:
        """Acknowledge something now and then."""
        while True:
            await asyncio.sleep(self.rng.random() * ACT_EVERY_S)
            alerts = self.board.snapshot().alerts
            if not alerts or not self.is_acting:
                continue
            self.acts += 1
            act = OfficerActed(
                act=f"act-{self.acts}",
                verb=self.rng.choice(("acknowledge", "start", "comment", "resolve", "close")),
                alert=self.rng.choice(alerts).id,
                officer="ada",
                role="supervisor",
                note="seen",
            )
            try:
                await outbox.say(Said(act))
            except Unavailable:
                continue
