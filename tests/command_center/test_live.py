"""The live stream: snapshot and stream in one step, bounded queues, everyone checked."""

import asyncio
import json
from typing import Any

import pytest

from command_center import live as lives
from command_center.change import Change
from command_center.live import Screen
from contract.messages import AlertChanged, SignedBytes, encode
from tests.command_center.scripted import alert
from tests.command_center.streaming import AMINA, make
from tests.support.scripted_gateway import EPOCH
from tests.support.virtual import run_virtually


def change(number: int) -> Change:
    """A change as the follower tells it."""
    message = AlertChanged(alert=alert(f"a{number}"))
    nothing = SignedBytes(body=b"", keyid="key", sig=b"")
    return Change(EPOCH, number, "", "", message, nothing, encode(message))


def told(screen: Screen) -> list[dict[str, Any]]:
    """All that waits for a screen."""
    return [json.loads(screen.queue.get_nowait()) for _ in range(screen.queue.qsize())]


def test_nothing_comes_between_snapshot_and_stream() -> None:
    """Whoever joins after change n has n in the snapshot and hears n + 1 next."""

    async def main() -> None:
        board, live = make({"token": AMINA})
        for number in range(1, 6):
            one = change(number)
            board.apply(one.epoch, one.number, one.message)
            live.changed(one)
            screen = live.join("token", AMINA)
            assert screen is not None
        for place, screen in enumerate(live._screens):
            snapshot, *after = told(screen)
            assert snapshot["number"] == place + 1
            assert [one["number"] for one in after] == list(range(place + 2, 6))

    run_virtually(main())


def test_a_full_queue_sends_away_and_takes_no_more() -> None:
    """The snapshot counts; a thousand wait at most; the others hear on."""

    async def main() -> None:
        _, live = make({"token": AMINA})
        slow, good = live.join("token", AMINA), live.join("token", AMINA)
        assert slow is not None
        assert good is not None
        told(good)
        for number in range(1, lives.QUEUE_MESSAGES_MAX + 1):
            live.changed(change(number))
        assert slow.sent_away.result() == lives.TOO_SLOW
        assert slow.queue.qsize() == lives.QUEUE_MESSAGES_MAX
        assert not good.sent_away.done()

    run_virtually(main())


def test_what_waits_together_is_told_together() -> None:
    """One websocket message is a list, in order; a long one is told in pieces."""

    async def main() -> None:
        _, live = make({"token": AMINA})
        screen = live.join("token", AMINA)
        assert screen is not None
        for number in range(1, lives.TOGETHER_MAX + 1):
            live.changed(change(number))
        first, rest = json.loads(await screen.told()), json.loads(await screen.told())
        assert (first[0]["kind"], len(first), len(rest)) == ("snapshot", lives.TOGETHER_MAX, 1)
        assert [one["number"] for one in (*first[1:], *rest)] == list(
            range(1, lives.TOGETHER_MAX + 1)
        )

    run_virtually(main())


def test_a_session_that_ended_is_sent_away_at_the_next_tick() -> None:
    """Even if its screen says nothing."""

    async def main() -> None:
        known = {"token": AMINA}
        _, live = make(known)
        screen = live.join("token", AMINA)
        assert screen is not None
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(live.tick(), name="tick")
            await asyncio.sleep(lives.TICK_S + 1)
            assert [one["kind"] for one in told(screen)] == ["snapshot", "tick"]
            known.clear()
            await asyncio.sleep(lives.TICK_S)
            assert screen.sent_away.result() == lives.SIGNED_OUT
            ticking.cancel()

    run_virtually(main())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"kind":"act","device":"d","metric":"m"}',
        b'{"kind":"watch","device":"d"}',
        b'{"kind":"watch","device":"","metric":"m"}',
        b'{"kind":"watch","device":"d","metric":"m","more":1}',
        b'{"kind":"watch","device":"' + b"d" * 81 + b'","metric":"m"}',
        b"\xff\xfe",
        b'{"kind":"watch","device":"\xff","metric":"m"}',
        b"[" * 3_000,
    ],
)
def test_a_screen_that_says_nonsense_is_ignored(body: bytes) -> None:
    """Nothing is watched, nothing breaks."""

    async def main() -> None:
        _, live = make({"token": AMINA})
        screen = live.join("token", AMINA)
        assert screen is not None
        live.hear(screen, body)
        assert screen.watches == set()
        assert not screen.sent_away.done()

    run_virtually(main())


def test_devices_are_heard_while_any_screen_watches_them() -> None:
    """Watches are bounded, and go with the screen."""

    async def main() -> None:
        _, live = make({"token": AMINA})
        heard: list[set[str]] = []
        live.join_up(
            acts=tuple, gateway=live._state, watch=lambda devices: heard.append(set(devices))
        )
        one, two = live.join("token", AMINA), live.join("token", AMINA)
        assert one is not None
        assert two is not None
        live.hear(one, b'{"kind":"watch","device":"d","metric":"m"}')
        live.hear(two, b'{"kind":"watch","device":"d","metric":"n"}')
        live.hear(one, b'{"kind":"unwatch","device":"d","metric":"m"}')
        live.leave(two)
        assert heard == [{"d"}, {"d"}, {"d"}, set()]
        for number in range(lives.WATCHES_MAX + 5):
            live.hear(one, b'{"kind":"watch","device":"d%d","metric":"m"}' % number)
        assert len(one.watches) == lives.WATCHES_MAX

    run_virtually(main())
