"""Who follows the alert log hears all of it that is theirs, and no more than fits."""

from pathlib import Path

import pytest

from command_center import following as followings
from command_center.alert_log import AlertLog
from command_center.alert_rows import TAIL_MAX
from command_center.cursor import Cursor
from command_center.following import Ended, Following, Over
from command_center.reader import Reader
from tests.command_center.logged import ALL, OTHER, change, play
from tests.support.scripted_gateway import EPOCH


def test_a_follower_hears_each_change_and_otherwise_a_heartbeat(tmp_path: Path) -> None:
    """From now, or from a cursor on; the heartbeat moves the cursor past what is not theirs."""

    async def act(log: AlertLog) -> None:
        log.took(change(1))
        await log.flush()
        one = Following(log, lambda: Reader("r", ("KEMBA",)))
        assert [item.cursor for item in await one.begin(None)] == [f"{EPOCH}:1"]
        log.took(change(2, post="GBLHR"))
        log.took(change(3))
        await log.flush()
        (item,) = await one.more()
        assert (item.kind, item.cursor, item.data) == ("alert.changed", f"{EPOCH}:3", b'{"n":3}')
        log.took(change(4, post="GBLHR"))
        await log.flush()
        (beat,) = await one.more()
        assert (beat.kind, beat.cursor) == ("heartbeat", f"{EPOCH}:4")
        late = Following(log, lambda: ALL)
        await late.begin(Cursor(EPOCH, 1))
        assert [item.cursor[17:] for item in await late.more()] == ["2", "3", "4"]
        (reset,) = await Following(log, lambda: ALL).begin(Cursor(OTHER, 1))
        assert (reset.kind, reset.cursor) == ("reset", f"{EPOCH}:4")

    play(tmp_path, act)


def test_a_follower_whose_right_ends_hears_nothing_more(tmp_path: Path) -> None:
    """Asked before each page, and at each heartbeat; and the end of the server ends it."""

    async def act(log: AlertLog) -> None:
        known = [ALL]
        one, two = (Following(log, lambda: known[0] if known else None) for _ in range(2))
        await one.begin(None)
        await two.begin(None)
        known.clear()
        with pytest.raises(Over):
            await one.more()
        log.took(change(1))
        await log.flush()
        with pytest.raises(Over):
            await two.more()
        log.end()
        three = Following(log, lambda: ALL)
        await three.begin(None)
        with pytest.raises(Ended):
            await three.more()

    play(tmp_path, act)


def test_a_slow_follower_holds_one_page_and_is_told_when_it_is_too_late(tmp_path: Path) -> None:
    """It delays nobody and nothing grows for it."""

    async def act(log: AlertLog) -> None:
        slow = Following(log, lambda: ALL)
        await slow.begin(None)
        for number in range(1, 1_000):
            log.took(change(number))
            if number % 90 == 0:
                await log.flush()
        await log.flush()
        assert len(log._tail) <= TAIL_MAX
        (reset,) = await slow.more()
        assert (reset.kind, reset.cursor) == ("reset", f"{EPOCH}:999")
        assert followings.PAGE_MAX < TAIL_MAX

    play(tmp_path, act)
