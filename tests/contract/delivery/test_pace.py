"""How much an agent has on its way: enough to use any line, never so much that a seal waits."""

from collections import deque

import pytest

from contract.delivery.pace import BYTES_FIRST, BYTES_MAX, BYTES_MIN, QUEUE_S, Pace

MESSAGE = 30_000
RECEIPT_EVERY_S = 0.1


def drained(bytes_a_second: float, way_s: float, seconds: float) -> tuple[float, list[float]]:
    """Send through a pipe of this width and length; the share of it used, and waits in it."""
    pace, now, free_at, settled = Pace(), 0.0, 0.0, 0
    flying: deque[tuple[float, float]] = deque()  # when it was sent, and when it is through
    waits: list[float] = []
    while now < seconds:
        while (len(flying) + 1) * MESSAGE <= pace.bytes_max:
            free_at = max(free_at, now) + MESSAGE / bytes_a_second
            waits.append(free_at - now)
            flying.append((now, free_at + way_s))
        now += RECEIPT_EVERY_S
        before, sent = len(flying) * MESSAGE, -1.0
        while flying and flying[0][1] <= now:
            sent, _ = flying.popleft()
            settled += 1
        if sent >= 0:
            pace.settled(sent, now, in_flight_bytes=before)
    return settled * MESSAGE / (bytes_a_second * seconds), waits[len(waits) // 2 :]


@pytest.mark.parametrize("bytes_a_second", [500_000.0, 2_000_000.0, 8_000_000.0])
@pytest.mark.parametrize("way_s", [0.01, 0.1])
def test_a_line_of_any_width_is_used_and_nothing_waits_long(
    bytes_a_second: float, way_s: float
) -> None:
    """Four fifths of the line are used, and what is sent next waits for less than a second."""
    used, waits = drained(bytes_a_second, way_s, 60.0)
    assert used > 0.8
    assert max(waits) < 3 * QUEUE_S


def test_a_long_line_is_used_as_well() -> None:
    """Over a satellite a receipt takes its time, and that is no queue."""
    used, waits = drained(2_000_000.0, 0.6, 60.0)
    assert used > 0.8
    assert max(waits) < 3 * QUEUE_S


def steps(
    pace: Pace, took_s: float, in_flight_bytes: int, *, first: int = 0, count: int = 100
) -> None:
    """So many receipts, one after the other."""
    for number in range(first, first + count):
        at = 10.0 * number
        pace.settled(at, at + took_s, in_flight_bytes=in_flight_bytes)


def test_a_pace_that_is_not_used_does_not_grow() -> None:
    """A lane that says little says nothing about what the line could carry."""
    pace = Pace()
    steps(pace, 0.05, MESSAGE)
    assert pace.bytes_max == BYTES_FIRST


def test_a_line_that_became_longer_is_used_again_in_the_end() -> None:
    """At first it looks like a queue; what it took at best is forgotten slowly."""
    pace = Pace()
    steps(pace, 0.05, BYTES_MAX)
    steps(pace, 1.0, BYTES_MAX, first=100)
    assert pace.bytes_max == BYTES_MIN
    steps(pace, 1.0, BYTES_MAX, first=200, count=3_000)
    assert pace.bytes_max == BYTES_MAX


def test_a_pace_has_bounds() -> None:
    """However quick or slow everything is."""
    pace = Pace()
    steps(pace, 0.05, BYTES_MAX)
    assert pace.bytes_max == BYTES_MAX
    pace = Pace()
    pace.settled(0.0, 0.05, in_flight_bytes=MESSAGE)
    steps(pace, 3.0, BYTES_MAX)
    assert pace.bytes_max == BYTES_MIN
