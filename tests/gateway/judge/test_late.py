"""What is heard late is told all the same, and told once; what is known of now stays as it is."""

from contract.messages import Alert, OfficerActed
from gateway.entry import Draft
from gateway.judge.settings import JudgeSettings, Limit
from tests.gateway.judge.court import COLD, GATE, Court, at, reading, seal
from tests.gateway.sample_journal import said

HIGH = 8.0
GOOD, BAD = 5.0, 9.0
AT_ONCE = JudgeSettings(readings=(Limit(metric="temperature", high=HIGH, for_s=0),))


def hear(court: Court, *times: float, value: float = BAD, now: float = 4_000) -> None:
    """Readings that were observed then, one message each, in this order."""
    for seconds in times:
        court.say(reading(value, seconds), now)


def alert(court: Court) -> Alert:
    """The one there is."""
    [one] = court.alerts("reading_out_of_range")
    return one


def test_an_alert_from_what_came_behind_its_turn_says_so() -> None:
    """The hole before it was given up; what fills it then opens an alert that is marked late."""
    court = Court()
    for number, one, arrival in ((2, seal("intact"), 0.0), (1, seal("opened"), 10.0)):
        draft = said(one, GATE, 0, number, epoch="e" * 16, before="0" * 64)
        court.hear(draft, arrival)
        court.tick(arrival + 5)
    [told] = court.alerts("seal_opened")
    assert told.is_late


def test_a_peak_that_came_over_a_slower_link_is_told() -> None:
    """Two links, one device: the reading over the limit arrives after the next one."""
    court = Court(AT_ONCE)
    hear(court, 0.0, 0.004, 0.012, value=GOOD)
    hear(court, 0.008)
    hear(court, 0.016, value=GOOD)
    told = alert(court)
    assert (told.opened_at, told.times) == (at(0.008), 1)
    assert (told.is_active, told.is_late, told.state) == (False, True, "open")
    assert told.title == "Temperature too high"
    assert "which was heard after later readings" in told.detail
    assert [one.says for one in told.evidence] == ["temperature 9 °C"]


def test_a_peak_said_again_by_a_broker_is_told_once() -> None:
    """Foreign messages are never dropped as repeats."""
    court = Court(AT_ONCE)
    hear(court, 0.0, 0.02, value=GOOD)
    hear(court, 0.01, 0.01)
    hear(court, 0.03)
    hear(court, 0.04, value=GOOD)
    hear(court, 0.03, 0.01)
    assert alert(court).times == 2


def test_an_hour_that_comes_after_the_present_is_one_alert_of_its_own_time() -> None:
    """In its order it is told once; backwards or in pieces it is the same alert."""
    hour = [(float(s), BAD if 1_000 <= s < 2_000 else GOOD) for s in range(1, 3_600, 5)]
    pieces = [hour[n : n + 50] for n in range(0, len(hour), 50)]
    mixed = [one for n in range(5) for piece in pieces[n::5] for one in piece]
    for backlog, times_max in ((hour, 1), (hour[::-1], 100), (mixed, 4)):
        court = Court(COLD)
        hear(court, 0, 3_600, 3_610, value=GOOD)
        for seconds, value in backlog:
            hear(court, seconds, value=value)
        hear(court, 3_620, value=GOOD)
        told = alert(court)
        assert 1 <= told.times <= times_max
        assert (told.is_active, told.is_late) == (False, True)
        assert at(1_000) <= told.opened_at < at(2_000)


def test_each_time_that_a_range_was_left_is_told() -> None:
    """One late batch with two of them, with readings in range in between."""
    court = Court(COLD)
    hear(court, 0, 3_600, value=GOOD)
    hear(court, 1_000, 1_020)
    hear(court, 1_030, 1_990, value=GOOD)
    hear(court, 2_000, 2_020)
    hear(court, 2_030, value=GOOD)
    assert alert(court).times == 2


def test_a_short_peak_is_no_alert_because_it_came_late() -> None:
    """It was back in range before it had lasted."""
    court = Court(COLD)
    hear(court, 0, 5, value=GOOD)
    hear(court, 2, 3)
    hear(court, 11, value=GOOD)
    assert not court.alerts("reading_out_of_range")


def test_a_peak_between_two_far_readings_is_told_late_as_it_would_have_been_in_time() -> None:
    """Polled once a minute: nothing better is known of that minute."""
    for order in ((60, 0, 120), (0, 60, 120), (0, 120, 60)):
        court = Court(COLD)
        for seconds in order:
            hear(court, seconds, value=BAD if seconds == 60 else GOOD)
        hear(court, 125, 130, value=GOOD)
        assert alert(court).times == 1
        assert not alert(court).is_active


def test_what_is_late_changes_no_word_of_an_alert_that_holds() -> None:
    """It is one finding more in it; it clears when the present does."""
    court = Court(COLD)
    hear(court, 0, 3_600, value=GOOD)
    hear(court, 3_700, 3_710)
    before = alert(court)
    hear(court, 1_000)
    told = alert(court)
    assert (told.times, told.is_active, told.is_late) == (2, True, False)
    assert (told.detail, told.opened_at) == (before.detail, before.opened_at)
    hear(court, 3_720, 3_730, value=GOOD)
    assert not alert(court).is_active


def test_what_was_over_before_makes_no_alert_hold_again() -> None:
    """An officer who was done with it has something new to look at, and that is all."""
    court = Court(COLD)
    hear(court, 0, value=GOOD)
    hear(court, 3_700, 3_710)
    hear(court, 3_720, 3_730, value=GOOD)
    act(court, "resolve")
    hear(court, 1_000)
    told = alert(court)
    assert (told.state, told.is_active, told.times) == ("open", False, 2)


def test_an_alert_closed_while_it_holds_still_hears_of_its_end() -> None:
    """What passed before opens another one, which takes nothing from it."""
    court = Court(COLD)
    hear(court, 0, 3_600, value=GOOD)
    hear(court, 3_700, 3_710)
    act(court, "resolve")
    act(court, "close")
    hear(court, 1_000)
    hear(court, 3_720, 3_730, value=GOOD)
    closed, late = court.alerts("reading_out_of_range")
    assert (closed.state, closed.is_active) == ("closed", False)
    assert (late.state, late.is_active, late.opened_at) == ("open", False, at(1_000))


def test_a_late_reading_that_is_older_begins_what_is_out_now() -> None:
    """It was out for longer than it seemed: told as soon as that is known, from the true begin."""
    court = Court(COLD)
    hear(court, 0, value=GOOD)
    hear(court, 108)
    hear(court, 100)
    assert not court.alerts("reading_out_of_range")
    hear(court, 98)
    told = alert(court)
    assert (told.opened_at, told.is_active) == (at(98), True)


def test_a_range_that_is_kept_is_believed_when_readings_come_in_turn() -> None:
    """A number that came late never clears; the next one does."""
    court = Court(COLD)
    for seconds, value in ((0, BAD), (11, BAD), (20, GOOD)):
        court.say(reading(value, seconds), seconds)
    court.numbers[GATE] = 4
    court.say(reading(GOOD, 19), 21)
    court.tick(30)
    court.numbers[GATE] = 3
    court.say(reading(GOOD, 31), 31)
    assert alert(court).is_active
    court.numbers[GATE] = 5
    court.say(reading(GOOD, 32), 32)
    assert not alert(court).is_active


def act(court: Court, verb: str) -> None:
    """Of an officer, on the first alert."""
    first = court.alerts("reading_out_of_range")[0]
    done = OfficerActed(
        act=f"{verb} it",
        alert=first.id,
        verb=verb,  # type: ignore[arg-type]  # one of them
        officer="Njeri",
        role="admin",
    )
    court.say(done, 4_000, "/KEMBA/command-center")


def test_ticks_between_change_nothing_of_what_is_late() -> None:
    """A tick looks at what waits now."""
    court = Court(COLD)
    hear(court, 0, 3_600, value=GOOD)
    hear(court, 1_000)
    court.hear(Draft(kind="tick"), 4_500)
    assert alert(court).times == 1
