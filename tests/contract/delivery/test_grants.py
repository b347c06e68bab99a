"""Windows: their sum never passes half the broker's queue, and everybody gets a turn."""

from hypothesis import given
from hypothesis import strategies as st

from contract.delivery.grants import LAPSE_S, WINDOW_FIRST, WINDOW_MAX, Grants


@given(
    st.integers(4, 5_000),
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 20)), min_size=1, max_size=200),
)
def test_the_sum_of_windows_stays_below_half_the_queue(
    queue: int, asks: list[tuple[int, float]]
) -> None:
    """Whoever asks whenever: the broker's queue never fills."""
    grants, now, windows = Grants(queue), 0.0, dict[int, tuple[int, float]]()
    for source, later in asks:
        now += later
        window = grants.grant(f"/KEMBA/a{source}", now)
        windows[source] = (window, now + LAPSE_S)
        in_force = sum(w for w, until in windows.values() if until > now)
        assert in_force <= max(1, queue // 2 - 1)
        assert 0 <= window <= WINDOW_MAX


def test_one_alone_soon_gets_all_that_is_allowed() -> None:
    """Its window grows from the first to the largest and never shrinks."""
    grants = Grants(100_000)
    windows = [grants.grant("/KEMBA/a", float(second)) for second in range(8)]
    assert windows[0] == WINDOW_FIRST
    assert windows[-1] == WINDOW_MAX
    assert windows == sorted(windows)


def test_where_places_are_few_everybody_gets_a_turn() -> None:
    """Twelve sources in a queue of ten: none waits for ever."""
    grants, sources = Grants(10), [f"/KEMBA/a{n}" for n in range(12)]
    turns = dict.fromkeys(sources, 0)
    for second in range(60):
        for source in sources:
            turns[source] += grants.grant(source, float(second)) > 0
    assert min(turns.values()) >= 5


def test_a_post_that_wakes_up_lets_everybody_speak_at_once() -> None:
    """A thousand sources born in one second: each has a window from its first receipt on."""
    grants = Grants(100_000)
    windows = [grants.grant(f"/KEMBA/a{n}", n / 1_000) for n in range(1_000)]
    assert min(windows) >= 1
    assert sum(windows) < 50_000
