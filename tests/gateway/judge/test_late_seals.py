"""Seals of which something is heard late."""

from itertools import permutations

from tests.gateway.judge.court import FAR, GATE, Court, at, seal


def test_a_seal_that_was_missing_once_is_told_late() -> None:
    """It is there again; that it was not is said once, by its own time."""
    court = Court()
    court.say(seal("intact"), 0)
    court.say(seal("intact"), 600)
    court.say(seal("missing"), 601, seen=300)
    court.say(seal("missing"), 602, seen=310)
    [told] = court.alerts("seal_missing")
    assert (told.is_active, told.is_late, told.times) == (False, True, 1)
    assert (told.opened_at, told.state) == (at(300), "open")
    assert "heard after later reads" in told.detail
    court.say(seal("intact"), 603, seen=305)
    court.say(seal("missing"), 604, seen=310)
    assert court.alerts("seal_missing")[0].times == 2


def test_a_seal_that_is_missing_now_was_told_already() -> None:
    """What comes late of the same time adds nothing, and takes nothing back."""
    court = Court()
    court.say(seal("intact"), 0)
    court.say(seal("missing"), 60)
    court.say(seal("missing"), 100)
    court.say(seal("missing"), 101, seen=80)
    court.say(seal("intact"), 102, seen=30)
    [told] = court.alerts("seal_missing")
    assert (told.is_active, told.times) == (True, 1)


def test_a_seal_that_is_there_clears_in_its_turn() -> None:
    """A number that came late turns no state back, and the next one still does."""
    court = Court()
    court.say(seal("missing"), 10)
    court.numbers[GATE] = 2
    court.say(seal("missing"), 11)
    court.tick(20)
    court.numbers[GATE] = 1
    court.say(seal("intact"), 21)
    assert court.alerts("seal_missing")[0].is_active
    court.numbers[GATE] = 3
    court.say(seal("intact"), 22)
    assert not court.alerts("seal_missing")[0].is_active


def test_a_seal_that_was_open_is_told_once_however_much_comes_late() -> None:
    """A reader that repeated it for a minute, heard after the seal was changed."""
    court = Court()
    court.say(seal("intact"), 600)
    for second in range(100, 160, 10):
        court.say(seal("opened"), 601, seen=second)
    [told] = court.alerts("seal_opened")
    assert told.times == 1


def test_one_seal_in_two_places_is_told_in_whatever_order_its_reads_come() -> None:
    """Neither the newest nor the last heard decides, but what lies near in time."""
    reads = ((0, GATE), (100, FAR), (50_000, GATE))
    for order in permutations(reads):
        court = Court()
        for seconds, source in order:
            court.say(seal("intact", subject="HLXU4172204"), 60_000, source, seen=seconds)
        [told] = court.alerts("seal_cloned")
        assert "at two posts within 1 min" in told.detail
