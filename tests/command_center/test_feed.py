"""The feed misses nothing, believes nobody else, and says when the gateway is silent."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_center import follower as followers
from command_center.board import Board
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.feed import STORE_S, Feed
from command_center.follower import Follower
from command_center.projection import Projection
from command_center.silence import SILENCE_S_MAX, GatewayState, Silence
from contract.ask import Asker, answer
from contract.link import Packet, Unavailable
from contract.links.memory import Hub, faultless
from contract.messages import (
    AlertChanged,
    AlertState,
    ChangesAsked,
    ChangesTold,
    HistoryAsked,
    JudgeChanged,
    Reading,
    SignedBytes,
)
from contract.signing import Key
from contract.topics import topic
from tests.command_center.scripted import ME, Gateway, agent, alert, readings
from tests.support.scripted_gateway import EPOCH, GATEWAY
from tests.support.virtual import START, VirtualClock, run_virtually


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


def test_a_new_feed_starts_from_a_snapshot_and_goes_on_live(tmp_path: Path) -> None:
    """First all there is, then each change as it comes, asked for only once."""

    async def play(s: Scene) -> None:
        await s.gateway.tell(AlertChanged(alert=alert("a2")))
        await asyncio.sleep(0.1)
        assert [one.id for one in s.board.snapshot().alerts] == ["a1", "a2"]
        assert (s.board.epoch, s.board.number) == (EPOCH, 2)
        assert (s.screens.renewals, s.screens.numbers) == (1, [2])
        assert s.gateway.asked == [ChangesAsked()]

    scene(tmp_path, play)


def test_a_hole_is_asked_for_and_filled_in_order(tmp_path: Path) -> None:
    """What came after the hole waits; the screens see every number once, in order."""

    async def play(s: Scene) -> None:
        await s.gateway.tell(AlertChanged(alert=alert("a2")), is_lost=True)
        await s.gateway.tell(AlertChanged(alert=alert("a3")), is_lost=True)
        await s.gateway.tell(AlertChanged(alert=alert("a4")))
        await s.gateway.tell(AlertChanged(alert=alert("a5")))
        await asyncio.sleep(0.1)
        assert s.screens.numbers == [2, 3, 4, 5]
        assert s.screens.renewals == 1
        assert s.gateway.asked[1:] == [ChangesAsked(epoch=EPOCH, after=1)]

    scene(tmp_path, play)


def test_a_hole_at_the_end_is_found_by_asking(tmp_path: Path) -> None:
    """The last change was lost and none follows: within a poll it is here all the same."""

    async def play(s: Scene) -> None:
        await s.gateway.tell(AlertChanged(alert=alert("a2")), is_lost=True)
        await asyncio.sleep(15)
        assert s.screens.numbers == [2]

    scene(tmp_path, play)


def test_repeats_change_nothing(tmp_path: Path) -> None:
    """QoS 1 may bring a change twice."""

    async def play(s: Scene) -> None:
        await s.gateway.tell(AlertChanged(alert=alert("a2")))
        await s.gateway.say(s.gateway.changes[-1])
        await s.gateway.say(s.gateway.changes[0])
        await asyncio.sleep(0.1)
        assert s.screens.numbers == [2]
        assert len(s.gateway.asked) == 1

    scene(tmp_path, play)


def test_a_pruned_hole_is_answered_by_a_snapshot(tmp_path: Path) -> None:
    """The gateway no longer has the numbers: the board is all there is, stamped with the last."""

    async def play(s: Scene) -> None:
        for state in ("acknowledged", "resolved"):
            await s.gateway.tell(AlertChanged(alert=alert("a1", state=state)), is_lost=True)
        s.gateway.pruned = 2
        await s.gateway.tell(AlertChanged(alert=alert("a2")))
        await asyncio.sleep(0.1)
        assert s.board.number == 4
        assert s.screens.renewals == 2
        await s.gateway.tell(AlertChanged(alert=alert("a3")))
        await asyncio.sleep(0.1)
        assert s.screens.numbers[-1] == 5

    scene(tmp_path, play)


def test_another_epoch_is_answered_by_a_snapshot(tmp_path: Path) -> None:
    """A gateway restored from a copy has a new journal: what it does not know is forgotten."""

    async def play(s: Scene) -> None:
        s.gateway.epoch = "f" * 16
        s.gateway.changes.clear()
        s.gateway.messages.clear()
        await s.gateway.tell(AlertChanged(alert=alert("b1")))
        await asyncio.sleep(0.1)
        assert [one.id for one in s.board.snapshot().alerts] == ["b1"]
        assert (s.board.epoch, s.board.number) == ("f" * 16, 1)

    scene(tmp_path, play)


def test_a_long_catch_up_is_one_snapshot_to_the_screens(tmp_path: Path) -> None:
    """Thousands of changes in pages: no screen is flooded, and the board has them all."""

    async def play(s: Scene) -> None:
        s.gateway.page_max = 300
        for number in range(700):
            await s.gateway.tell(AlertChanged(alert=alert(f"n{number}")), is_lost=True)
        await s.gateway.tell(AlertChanged(alert=alert("last")))
        await asyncio.sleep(1)
        assert len(s.board.snapshot().alerts) == 702
        assert len(s.screens.numbers) <= followers.STREAMED_MAX
        assert s.board.number == 702

    scene(tmp_path, play)


def test_what_the_gateways_key_did_not_sign_is_no_change(tmp_path: Path) -> None:
    """A forger on the broker may neither say a change nor keep the gateway alive."""

    async def play(s: Scene) -> None:
        forger = Gateway(Hub(), VirtualClock())
        forger.key = Key(b"f" * 32)
        for id_ in ("a1", "a2"):
            await forger.tell(AlertChanged(alert=alert(id_, title="Nothing to see")))
        for signed in forger.changes:
            await s.gateway.say(signed)
        await asyncio.sleep(0.1)
        assert [one.title for one in s.board.snapshot().alerts] == ["Seal opened"]
        assert s.screens.numbers == []

    scene(tmp_path, play)


def test_an_answer_that_the_gateway_did_not_sign_is_none(tmp_path: Path) -> None:
    """A forger who answers first, with an empty snapshot, blanks no screen; the truth comes."""

    async def play(s: Scene) -> None:
        s.gateway.answer_key = Key(b"f" * 32)
        other = Gateway(Hub(), VirtualClock())
        for id_ in ("x", "y", "z"):
            await other.tell(AlertChanged(alert=alert(id_)))
        # A hole: the feed has to ask, and only the forger answers.
        await s.gateway.tell(AlertChanged(alert=alert("a2")), is_lost=True)
        await s.gateway.tell(AlertChanged(alert=alert("a3")))
        await asyncio.sleep(30)
        assert s.screens.numbers == []
        assert [one.id for one in s.board.snapshot().alerts] == ["a1"]
        s.gateway.answer_key = None
        await asyncio.sleep(30)
        assert s.screens.numbers == [2, 3]

    scene(tmp_path, play)


def test_an_answer_is_the_answer_to_one_question() -> None:
    """An old snapshot that was recorded cannot be said again to a new question."""

    async def main() -> None:
        hub, clock, key = Hub(), VirtualClock(), Key(b"g" * 32)
        async with hub.dial("one") as link, hub.dial("gateway") as far:
            await far.subscribe(topic(GATEWAY, "ask"))
            answered: list[Packet] = []
            for session in ("s1", "s2"):
                asker = Asker(link, me=ME, session=session, clock=clock, public_key=key.public)
                for number in range(2):
                    asking = asyncio.ensure_future(asker.ask(GATEWAY, ChangesAsked()))
                    (question,) = await anext(far.receive())
                    told = ChangesTold(epoch=EPOCH, upto=number, is_snapshot=True, is_last=True)
                    for old in answered:
                        again = msgspec.structs.replace(
                            old, topic=asker.reply_to, correlation=question.correlation
                        )
                        asker.told(again)
                        assert not asking.done()
                    good = answer(question, told, me=GATEWAY, clock=clock, key=key)
                    asker.told(msgspec.structs.replace(good, sig=b""))
                    asker.told(good)
                    assert await asking == told
                    answered.append(good)

    run_virtually(main())


def test_a_broken_chain_is_answered_by_a_snapshot(tmp_path: Path) -> None:
    """The right number and key, but another past: nothing is built on it."""

    async def play(s: Scene) -> None:
        await s.gateway.tell(JudgeChanged(version="2", rules=()))
        await asyncio.sleep(0.1)
        other = Gateway(Hub(), VirtualClock())
        for id_ in ("x", "y", "z"):
            await other.tell(AlertChanged(alert=alert(id_)))
        await s.gateway.say(other.changes[2])
        await asyncio.sleep(0.1)
        assert [one.id for one in s.board.snapshot().alerts] == ["a1"]
        assert s.gateway.asked[1:] == [ChangesAsked()]

    scene(tmp_path, play)


def test_what_a_newer_gateway_says_makes_no_hole(tmp_path: Path) -> None:
    """A change of a type that this version does not know keeps its number."""

    async def play(s: Scene) -> None:
        await s.gateway.tell(AlertChanged(alert=alert("a2")), is_lost=True)
        known = s.gateway.changes[-1]
        body = known.body.replace(b"io.greenlane.alert.changed", b"io.greenlane.mood.changed")
        s.gateway.changes[-1] = SignedBytes(
            body=body, keyid=known.keyid, sig=s.gateway.key.sign(body)
        )
        await s.gateway.say(s.gateway.changes[-1])
        await s.gateway.tell(AlertChanged(alert=alert("a3")))
        await asyncio.sleep(0.1)
        assert s.screens.numbers == [2, 3]

    scene(tmp_path, play)


def test_the_gateway_is_silent_after_thirty_seconds(tmp_path: Path) -> None:
    """Nothing arrives any more: the command center says so itself, and when it is heard again."""

    async def play(s: Scene) -> None:
        assert s.screens.states == ["live"]
        s.hub.fault = lambda _packet, _client: ()
        await asyncio.sleep(SILENCE_S_MAX - 2)
        assert s.screens.states == ["live"]
        await asyncio.sleep(14)
        assert s.screens.states == ["live", "silent"]
        s.hub.fault = faultless
        await asyncio.sleep(30)
        assert s.screens.states == ["live", "silent", "live"]

    scene(tmp_path, play)


def test_a_broker_that_restarts_costs_nothing(tmp_path: Path) -> None:
    """What was said while the link was down is asked for when it is back."""

    async def play(s: Scene) -> None:
        s.hub.cut(next(name for name in s.hub._links if "feed" in name))
        await s.gateway.tell(AlertChanged(alert=alert("a2")))
        await asyncio.sleep(5)
        assert s.screens.numbers == [2]

    scene(tmp_path, play)


def test_a_restart_shows_the_board_at_once_and_asks_only_for_what_is_new(tmp_path: Path) -> None:
    """The projection outlives the process; the gateway is asked from there on."""

    async def main() -> None:
        hub = Hub()
        gateway = Gateway(hub, VirtualClock())
        async with gateway.running():
            for id_ in ("a1", "a2", "a3"):
                await gateway.tell(AlertChanged(alert=alert(id_)))
            async with listening(tmp_path, hub, gateway):
                await asyncio.sleep(1)
                await gateway.tell(AlertChanged(alert=alert("a1", state="closed")))
                await asyncio.sleep(1)
            await gateway.tell(AlertChanged(alert=alert("a4")))
            gateway.asked.clear()
            hub.is_up = False
            async with listening(tmp_path, hub, gateway) as again:
                assert [one.id for one in again.board.snapshot().alerts] == ["a1", "a2", "a3"]
                assert again.feed.state.state == "never heard"
                assert again.feed.state.heard_at is not None
                hub.is_up = True
                await asyncio.sleep(5)
                assert again.screens.numbers == [5]
            assert gateway.asked == [ChangesAsked(epoch=EPOCH, after=4)]

    run_virtually(main())


def test_a_death_before_the_disk_has_it_loses_nothing(tmp_path: Path) -> None:
    """Screens do not wait for the disk: what it did not have yet, the gateway tells again."""

    async def main() -> None:
        hub = Hub()
        gateway = Gateway(hub, VirtualClock())
        async with gateway.running():
            await gateway.tell(AlertChanged(alert=alert("a1")))
            async with listening(tmp_path, hub, gateway) as scene:
                await asyncio.sleep(2 * STORE_S)
                await gateway.tell(AlertChanged(alert=alert("a2")))
                await asyncio.sleep(0.1)
                assert scene.screens.numbers == [2]
                dead = tmp_path / "dead"
                shutil.copytree(tmp_path, dead)
            gateway.asked.clear()
            async with listening(dead, hub, gateway) as again:
                assert [one.id for one in again.board.snapshot().alerts] == ["a1"]
                await asyncio.sleep(1)
                assert again.screens.numbers == [2]
            assert gateway.asked == [ChangesAsked(epoch=EPOCH, after=1)]

    run_virtually(main())


def test_another_gateways_projection_is_not_shown(tmp_path: Path) -> None:
    """What does not verify with the gateway's key is no board of ours."""

    async def main() -> None:
        hub = Hub()
        gateway = Gateway(hub, VirtualClock())
        async with gateway.running():
            await gateway.tell(AlertChanged(alert=alert("a1")))
            async with listening(tmp_path, hub, gateway):
                await asyncio.sleep(1)
        gateway.key = Key(b"n" * 32)
        async with listening(tmp_path, hub, gateway) as again:
            assert again.board.snapshot().alerts == ()
            assert again.follower.question() == ChangesAsked()

    run_virtually(main())


def test_readings_are_heard_only_while_watched_and_only_if_signed(tmp_path: Path) -> None:
    """The agent's own key, as agent.changed names it, decides; nobody watching, nothing heard."""

    async def play(s: Scene) -> None:
        key = Key(b"a" * 32)
        await s.gateway.tell(agent(key))
        async with s.hub.dial("an agent") as link:
            await link.publish([readings(key)])
            s.feed.watch({"scale-1"})
            await asyncio.sleep(0.1)
            await link.publish([readings(key), readings(Key(b"x" * 32))])
            await link.publish([readings(key, device="other")])
            await asyncio.sleep(0.1)
            s.feed.watch(())
            await asyncio.sleep(0.1)
            await link.publish([readings(key)])
            await asyncio.sleep(0.1)
        assert s.screens.values == [("/KEMBA/gate-2", 12.5)]

    scene(tmp_path, play)


def test_answers_of_nobody_are_answered_by_time(tmp_path: Path) -> None:
    """A question to a gateway that is gone ends, with a sentence."""

    async def play(s: Scene) -> None:
        s.hub.fault = lambda packet, _client: (
            () if packet.topic == topic(GATEWAY, "ask") else (0.0,)
        )
        asked = HistoryAsked(device="d", metric="m", start=START, end=START)
        with pytest.raises(Unavailable, match="does not answer"):
            await s.feed.ask(asked)

    scene(tmp_path, play)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_whatever_the_broker_does_the_board_is_the_gateways(seed: int) -> None:
    """Drops, doubles, delays, cut links, pruning: in the end board and projection say the same."""
    dice = random.Random(seed)  # noqa: S311 - dice

    def fault(_packet: Packet, _client: str) -> Sequence[float]:
        return [dice.choice((0, 0, 0.01, 0.3)) for _ in range(dice.choice((0, 1, 1, 1, 1, 2)))]

    async def main(path: Path) -> None:
        hub = Hub(fault)
        gateway = Gateway(hub, VirtualClock())
        gateway.page_max = dice.choice((1, 3, 1_000))
        fold = Board()
        async with gateway.running():
            async with listening(path, hub, gateway) as one:
                for number in range(1, 60):
                    states: tuple[AlertState, ...] = ("open", "acknowledged", "closed")
                    told = alert(f"a{dice.randrange(9)}", state=dice.choice(states))
                    await gateway.tell(AlertChanged(alert=told))
                    fold.apply(EPOCH, number, AlertChanged(alert=told))
                    if dice.random() < 0.05:
                        gateway.pruned = number
                    if dice.random() < 0.05:
                        for client in [name for name in hub._links if "feed" in name]:
                            hub.cut(client)
                    await asyncio.sleep(dice.choice((0, 0.001, 0.1, 2)))
                hub.fault = faultless
                await asyncio.sleep(60)
                assert one.board.snapshot() == fold.snapshot()
                assert one.screens.is_whole
                assert one.screens.shown == 59
            async with Projection.open(path / "board.sqlite") as projection:
                board, head, _ = await projection.load(
                    gateway=GATEWAY, gateway_key=gateway.key.public
                )
            assert head.number == 59
            assert board.snapshot() == fold.snapshot()

    with TemporaryDirectory() as folder:
        run_virtually(main(Path(folder)))
