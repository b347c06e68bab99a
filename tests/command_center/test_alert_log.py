"""What subscribers are told is durable, in order, bounded, and nothing of it is lost unsaid."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_center import alert_log as logs
from command_center.alert_log import AlertLog
from command_center.alert_rows import Pruned
from command_center.cursor import Cursor, NotACursor
from tests.command_center.logged import OTHER, change, numbers, other, play
from tests.support.scripted_gateway import EPOCH
from tests.support.virtual import run_virtually


def test_a_cursor_is_epoch_and_number() -> None:
    """Anything else is none."""
    assert str(Cursor.parse(f"{EPOCH}:17")) == f"{EPOCH}:17"
    for wrong in ("", "17", f"{EPOCH}:", f"{EPOCH}:1x", f"{EPOCH}:-1", f"{EPOCH}:12345678901"):
        with pytest.raises(NotACursor):
            Cursor.parse(wrong)


def test_what_was_flushed_is_read_in_order_after_a_restart(tmp_path: Path) -> None:
    """By cursor, and by post."""

    async def one(log: AlertLog) -> None:
        for number in range(1, 21):
            log.took(change(number, post="KEMBA" if number % 2 else "GBLHR"))
        assert log.cursor == Cursor(EPOCH, 0)
        await log.flush()
        log.took(other(21))
        await log.flush()
        assert log.cursor == Cursor(EPOCH, 21)
        assert await numbers(log) == list(range(1, 21))

    async def two(log: AlertLog) -> None:
        assert log.cursor == Cursor(EPOCH, 20)
        assert await numbers(log, await log.find(Cursor(EPOCH, 5))) == list(range(6, 21))
        assert await numbers(log, 0, ("GBLHR",)) == list(range(2, 21, 2))
        assert await numbers(log, 0, ()) == []
        assert await log.waiting(10, ("KEMBA",)) == (5, b'{"n":11}')

    play(tmp_path, one, two)


def test_a_repeat_after_a_crash_is_told_once(tmp_path: Path) -> None:
    """The head moves on disk after the log: the gateway tells again what is here already."""

    async def one(log: AlertLog) -> None:
        for number in range(1, 6):
            log.took(change(number))
        await log.flush()

    async def two(log: AlertLog) -> None:
        for number in range(3, 8):
            log.took(change(number))
        await log.flush()
        assert await numbers(log) == [1, 2, 3, 4, 5, 6, 7]

    play(tmp_path, one, two)


def test_an_interrupted_flush_is_told_by_the_next(tmp_path: Path) -> None:
    """Cancelled while the disk writes: it is written, so it is told, once."""

    async def act(log: AlertLog) -> None:
        log.took(change(1))
        task = asyncio.ensure_future(log.flush())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        log.took(change(2))
        await log.flush()
        assert await numbers(log) == [1, 2]

    play(tmp_path, act)


def test_who_waits_is_told_at_once_and_otherwise_changes_gather(tmp_path: Path) -> None:
    """One wait for the disk for all of them; nobody waits longer for it than without."""

    async def act(log: AlertLog) -> None:
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(log.run())
        for number in (1, 2):
            log.took(change(number))
            await asyncio.sleep(logs.GATHER_S / 4)
            assert log.last == 0
        await asyncio.sleep(logs.GATHER_S)
        assert (log.last, log.cursor) == (2, Cursor(EPOCH, 2))
        began = loop.time()
        waiting = asyncio.ensure_future(log.moved(2))
        await asyncio.sleep(0)
        log.took(change(3))
        await waiting
        assert (log.last, loop.time()) == (3, began)
        log.took(change(4))
        waiting = asyncio.ensure_future(log.moved(3))
        await waiting
        assert (log.last, loop.time()) == (4, began)
        running.cancel()

    play(tmp_path, act)


def test_old_changes_go_and_a_cursor_before_them_is_told_so(tmp_path: Path) -> None:
    """Bounded: nobody is led to believe that nothing was missed."""

    async def act(log: AlertLog) -> None:
        for number in range(1, 500):
            log.took(change(number))
            if number % 50 == 0:
                await log.flush()
        await log.flush()
        assert log.last - log.first < 200
        with pytest.raises(Pruned):
            await log.find(Cursor(EPOCH, 10))
        with pytest.raises(Pruned):
            await log.find(Cursor(OTHER, 499))
        with pytest.raises(Pruned):
            await log.after(10, ("*",), 10)
        assert await numbers(log, await log.find(Cursor(EPOCH, 490))) == list(range(491, 500))

    play(tmp_path, act)


def test_a_snapshot_leaves_a_gap_that_is_said_and_the_latest_states(tmp_path: Path) -> None:
    """What the gateway had pruned is not told; what it tells again is not told twice."""

    async def act(log: AlertLog) -> None:
        for number in (1, 2, 3):
            log.took(change(number))
        await log.flush()
        log.renewing(Cursor(EPOCH, 50))
        for number in (2, 3, 40, 48):
            log.took(change(number))
        await log.flush()
        log.took(change(51))
        await log.flush()
        entries, _ = await log.after(0, ("GBLHR", "KEMBA"), 100)
        assert [(e.kind, e.number) for e in entries] == [
            *(("alert", 1), ("alert", 2), ("alert", 3), ("gap", 3)),
            *(("alert", 40), ("alert", 48), ("alert", 51)),
        ]
        assert [e.kind for e in (await log.after(0, ("GBLHR",), 9))[0]] == ["gap"]
        # Who stood before the gap hears of it.
        (gap, *_), _ = await log.after(await log.find(Cursor(EPOCH, 3)), ("*",), 100)
        assert gap.kind == "gap"
        assert log.cursor == Cursor(EPOCH, 51)

    play(tmp_path, act)


def test_a_snapshot_that_says_nothing_new_is_no_gap(tmp_path: Path) -> None:
    """As after a fork that was none."""

    async def act(log: AlertLog) -> None:
        log.took(change(1))
        await log.flush()
        log.renewing(Cursor(EPOCH, 1))
        log.took(change(1))
        await log.flush()
        assert log.last == 1

    play(tmp_path, act)


def test_a_new_journal_goes_on_after_a_gap(tmp_path: Path) -> None:
    """A gateway restored from a copy: cursors of before still lead to what came since."""

    async def act(log: AlertLog) -> None:
        log.took(change(7))
        await log.flush()
        log.renewing(Cursor(OTHER, 3))
        log.took(change(2, epoch=OTHER))
        await log.flush()
        after, _ = await log.after(await log.find(Cursor(EPOCH, 7)), ("*",), 100)
        assert [(e.kind, e.epoch, e.number) for e in after] == [
            ("gap", OTHER, 0),
            ("alert", OTHER, 2),
        ]
        assert log.cursor == Cursor(OTHER, 3)

    play(tmp_path, act)


def test_what_the_gateway_took_back_is_replaced(tmp_path: Path) -> None:
    """The same number with another hash: the new one is told, and what followed is gone."""

    async def act(log: AlertLog) -> None:
        for number in (1, 2, 3):
            log.took(change(number))
        await log.flush()
        log.took(change(2, hash_="another"))
        await log.flush()
        log.renewing(Cursor(EPOCH, 1))
        log.took(change(1))
        await log.flush()
        entries, _ = await log.after(log.first - 1, ("*",), 100)
        assert [(e.kind, e.number) for e in entries] == [("gap", 0), ("alert", 1)]

    play(tmp_path, act)


@given(steps=st.lists(st.integers(0, 9), max_size=40), kept_max=st.integers(5, 30))
@settings(max_examples=40, deadline=None)
def test_a_subscriber_that_comes_and_goes_misses_nothing(steps: list[int], kept_max: int) -> None:
    """Restarts, repeats, pruning: every number in order, or it is told that it is too late."""

    async def main(path: Path) -> None:
        number, heard, cursor = 0, list[int](), Cursor(EPOCH, 0)
        for start in range(0, len(steps), 7):
            opened = AlertLog.open(
                path / "alerts.sqlite", head=Cursor(EPOCH, number), kept_max=kept_max
            )
            async with opened as log:
                for step in steps[start : start + 7]:
                    first = max(1, number - step // 3)
                    number += step
                    for n in range(first, number + 1):
                        log.took(change(n))
                    await log.flush()
                    try:
                        position = await log.find(cursor) if cursor.number else log.first - 1
                    except Pruned:
                        heard, position = [], log.first - 1
                    new = await numbers(log, position)
                    heard += new
                    cursor = Cursor(EPOCH, new[-1]) if new else cursor
                    if heard:
                        assert heard == list(range(heard[0], number + 1))

    with TemporaryDirectory() as folder:
        run_virtually(main(Path(folder)))
