"""A feed that listens to a scripted gateway, and what its screens were told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from command_center.board import Board
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.feed import Feed
from command_center.follower import Follower
from command_center.projection import Projection
from command_center.silence import GatewayState, Silence
from contract.links.memory import Hub
from contract.messages import (
    AlertChanged,
    Reading,
)
from tests.command_center.scripted import ME, Gateway, alert
from tests.support.scripted_gateway import GATEWAY
from tests.support.virtual import VirtualClock, run_virtually


@dataclass
class Screens:
    """Writes down what it is told."""

    board: Board
    numbers: list[int] = field(default_factory=list)
    shown: int = 0
    """What a browser's board has."""
    is_whole: bool = True
    """Whether a browser never saw a hole."""
    renewals: int = 0
    states: list[str] = field(default_factory=list)
    values: list[tuple[str, float]] = field(default_factory=list)

    def changed(self, change: Change, *, is_streamed: bool) -> None:
        """A change."""
        if is_streamed:
            self.numbers.append(change.number)
            self.is_whole = self.is_whole and change.number == self.shown + 1
            self.shown = change.number

    def renewing(self, upto: Cursor) -> None:
        """A snapshot comes."""
        assert upto.epoch

    def renewed(self) -> None:
        """A snapshot."""
        self.renewals += 1
        self.shown = self.board.number

    async def settle(self) -> None:
        """Nothing is to be settled here."""

    def gateway(self, state: GatewayState) -> None:
        """The gateway's state."""
        self.states.append(state.state)

    def readings(self, source: str, readings: Sequence[Reading]) -> None:
        """Readings."""
        self.values += [(source, one.value) for one in readings]


@dataclass
class Scene:
    """A gateway, a hub, and a command center's ear."""

    hub: Hub
    gateway: Gateway
    feed: Feed
    board: Board
    screens: Screens
    follower: Follower


@asynccontextmanager
async def listening(path: Path, hub: Hub, gateway: Gateway) -> AsyncIterator[Scene]:
    """A feed that runs on the projection at ``path``."""
    clock = VirtualClock()
    async with Projection.open(path / "board.sqlite") as projection:
        board, head, heard_at = await projection.load(
            gateway=GATEWAY, gateway_key=gateway.key.public
        )
        screens = Screens(board, shown=board.number)
        follower = Follower(board=board, head=head, projection=projection, audience=screens)
        feed = Feed(
            me=ME,
            gateway=GATEWAY,
            gateway_key=gateway.key.public,
            follower=follower,
            silence=Silence(now_ns=clock.monotonic_ns(), heard_at=heard_at),
            screens=screens,
            clock=clock,
        )
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(feed.run(hub.dial), name="feed")
            yield Scene(hub, gateway, feed, board, screens, follower)
            running.cancel()


def scene(path: Path, play: Callable[[Scene], Awaitable[None]]) -> None:
    """Play on a virtual clock: one alert is known, and the feed has caught up."""

    async def main() -> None:
        hub = Hub()
        gateway = Gateway(hub, VirtualClock())
        async with gateway.running():
            await gateway.tell(AlertChanged(alert=alert("a1")))
            async with listening(path, hub, gateway) as playing:
                await asyncio.sleep(1)
                await play(playing)

    run_virtually(main())
