"""The feed misses nothing, believes nobody else, and says when the gateway is silent."""

import asyncio
import logging
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_center import follower as followers
from command_center.board import Board
from command_center.projection import Projection
from command_center.silence import SILENCE_S_MAX
from contract.link import Packet
from contract.links.memory import Hub, faultless
from contract.messages import (
    AlertChanged,
    AlertState,
    ChangesAsked,
    JudgeChanged,
    SignedBytes,
)
from tests.command_center.listening import Scene, listening, scene
from tests.command_center.scripted import Gateway, alert
from tests.support.scripted_gateway import EPOCH, GATEWAY
from tests.support.virtual import VirtualClock, run_virtually


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


def test_a_gateway_that_does_not_answer_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And once that it does again; it was said every ten seconds, for as long as it lasted."""
    caplog.set_level(logging.INFO)

    async def play(s: Scene) -> None:
        for times in (1, 2):
            s.gateway.is_mute = True
            await asyncio.sleep(600)
            assert caplog.text.count("cannot catch up") == times
            assert caplog.text.count("caught up") == times - 1
            s.gateway.is_mute = False
            await asyncio.sleep(60)
            assert caplog.text.count("caught up") == times

    scene(tmp_path, play)


def test_a_broker_that_is_away_is_said_once_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """First that the link broke, then that there is none; a day of that is not a thousand lines."""

    async def play(s: Scene) -> None:
        await asyncio.sleep(30)
        for times in (1, 2):
            s.hub.is_up = False
            s.hub.cut(next(name for name in s.hub._links if "feed" in name))
            await asyncio.sleep(3_600)
            assert caplog.text.count("feed: the link was cut") == times
            assert caplog.text.count("feed: the hub is down") == times
            s.hub.start()
            await asyncio.sleep(60)

    scene(tmp_path, play)


def test_a_broker_that_restarts_costs_nothing(tmp_path: Path) -> None:
    """What was said while the link was down is asked for when it is back."""

    async def play(s: Scene) -> None:
        s.hub.cut(next(name for name in s.hub._links if "feed" in name))
        await s.gateway.tell(AlertChanged(alert=alert("a2")))
        await asyncio.sleep(5)
        assert s.screens.numbers == [2]

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
