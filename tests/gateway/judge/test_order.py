"""Each stream in its own sequence, with a little patience."""

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from contract.messages import StreamLost
from gateway.entry import Entry
from gateway.judge.order import HELD_MAX, WAIT_S, Order
from tests.support.virtual import START


def entry(number: int, at_s: float = 0) -> Entry:
    """Number so and so of one stream."""
    return Entry(
        position=number,
        received_at=START + timedelta(seconds=at_s),
        kind="kept",
        source="/KEMBA/gate-2",
        stream="events",
        epoch="a" * 16,
        sequence=number,
    )


def numbers(turns: list[tuple[Entry, bool]]) -> list[tuple[int, bool]]:
    return [(turn[0].sequence, turn[1]) for turn in turns]


@given(st.permutations(range(1, 30)))
def test_any_order_becomes_the_right_one(shuffled: list[int]) -> None:
    """Without a loss every message has its turn once, in sequence, and none is late."""
    order = Order()
    turns = [turn for number in shuffled for turn in order.put(entry(number))]
    assert numbers(turns) == [(number, False) for number in range(1, 30)]  # type: ignore[arg-type]
    assert order.due() is None


def test_a_hole_is_waited_for_two_seconds_and_what_fills_it_then_is_late() -> None:
    """Nothing waits for ever, and nothing is left out."""
    order = Order()
    order.put(entry(1))
    assert not order.put(entry(3, 1))
    assert order.due() == START + timedelta(seconds=1 + WAIT_S)
    assert not order.passed(START + timedelta(seconds=2))
    assert numbers(order.passed(START + timedelta(seconds=3))) == [(3, False)]  # type: ignore[arg-type]
    assert numbers(order.put(entry(2, 9))) == [(2, True)]  # type: ignore[arg-type]


def test_a_declared_loss_is_not_waited_for() -> None:
    """The source says that the numbers will never come."""
    order = Order()
    order.put(entry(1))
    order.put(entry(5))
    lost = StreamLost(
        stream="events", epoch="a" * 16, first=2, to=4, before=None, last=None, reason="dropped"
    )
    turns = order.lost("/KEMBA/gate-2", lost)
    assert numbers(turns) == [(5, False)]  # type: ignore[arg-type]


def test_too_much_behind_a_hole_is_let_go() -> None:
    """Memory has a limit, and the judge goes on."""
    order = Order()
    turns = [turn for number in range(2, HELD_MAX + 4) for turn in order.put(entry(number))]
    assert len(turns) == HELD_MAX + 2


def test_every_message_has_one_turn_whatever_is_missing() -> None:
    """Random losses, repeats by lateness, random times: each that came has its turn once."""
    for seed in range(50):
        chance = random.Random(seed)  # noqa: S311 - a seed, no secret
        came = [number for number in range(1, 200) if chance.random() < 0.8]
        mixed = sorted(came, key=lambda number: number + chance.uniform(0, 12))
        order, turns, at_s = Order(), [], 0.0
        for number in mixed:
            at_s += chance.uniform(0, 1)
            turns += order.put(entry(number, at_s))
            turns += order.passed(START + timedelta(seconds=at_s))
        turns += order.passed(START + timedelta(seconds=at_s + 999))
        assert not order.waiting
        assert sorted(turn.entry.sequence for turn in turns) == came
        on_time = [turn.entry.sequence for turn in turns if not turn.is_late]
        assert on_time == sorted(on_time)
