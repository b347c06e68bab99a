"""So many tries in so many seconds."""

from command_center import limiter
from command_center.limiter import Limiter


def test_the_sixth_try_waits_until_the_first_is_old() -> None:
    """Five in a window; then the oldest has to leave it."""
    limit = Limiter(tries_max=5, window_s=300)
    for second in range(5):
        assert limit.wait_s("key", second) == 0
        limit.tried("key", second)
    assert limit.wait_s("key", 10) == 290
    assert limit.wait_s("another", 10) == 0
    assert limit.wait_s("key", 299) == 1
    assert limit.wait_s("key", 300) == 0


def test_success_forgets_the_failures() -> None:
    """Who got it right begins anew."""
    limit = Limiter(tries_max=1, window_s=300)
    limit.tried("key", 0)
    limit.forget("key")
    assert limit.wait_s("key", 1) == 0


def test_guessing_under_many_names_takes_no_endless_memory() -> None:
    """Keys are bounded; the one seen longest ago gives way."""
    limit = Limiter(tries_max=1, window_s=300)
    for number in range(limiter.KEYS_MAX + 1):
        limit.tried(str(number), 0)
    assert limit.wait_s("0", 1) == 0
    assert limit.wait_s("1", 1) > 0


def test_a_key_that_is_tried_on_is_not_the_one_that_gives_way() -> None:
    """Who guesses at one name does not make it forgotten by guessing at ten thousand others."""
    limit = Limiter(tries_max=2, window_s=300)
    limit.tried("guessed", 0)
    for number in range(limiter.KEYS_MAX - 1):
        limit.tried(str(number), 0)
    limit.tried("guessed", 1)
    limit.tried("one more", 1)
    assert limit.wait_s("guessed", 2) > 0
