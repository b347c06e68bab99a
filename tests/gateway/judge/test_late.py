"""What is heard late is told all the same, and told once; what is known of now stays as it is."""

from collections.abc import Iterable, Sequence
from itertools import groupby, permutations, takewhile

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.messages import Alert, OfficerActed, Reading, ReadingsTaken
from gateway.entry import Draft
from gateway.judge.past import GAPS_MAX, NEAR
from gateway.judge.rule import Finding
from gateway.judge.rules.reading_out_of_range import Memory, find
from gateway.judge.settings import JudgeSettings, Limit
from tests.gateway.judge.court import COLD, FAR, GATE, Court, at, fact_of, reading, report, seal
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


def test_pictures_that_had_changed_are_told_late() -> None:
    """Once for the time in which no report said otherwise."""
    court = Court()
    for seconds, worst in ((0, 0.05), (1_800, 0.05), (600, 0.5), (900, 0.6), (1_200, 0.15)):
        court.say(report(worst, seconds), 2_000)
    [told] = court.alerts("pictures_changed")
    assert (told.is_active, told.is_late, told.times) == (False, True, 1)
    assert told.opened_at == at(600)


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


# --- any order ------------------------------------------------------------------------------------

Seen = tuple[int, bool]
"""When, in hundreds of seconds, and whether it was out of range."""
STEP_S = 100
days = st.lists(st.booleans(), min_size=1, max_size=40).flatmap(
    lambda outs: st.permutations(list(enumerate(outs)))
)


def heard(day: Sequence[Seen], for_s: float) -> list[tuple[int, Finding]]:
    """Findings, and after how many readings."""
    limit = Limit(metric="temperature", high=HIGH, for_s=for_s)
    memory, found = Memory(), []
    fact = fact_of(reading(GOOD, 0), 1_000 * STEP_S, JudgeSettings(readings=(limit,)))
    for number, (step, is_out) in enumerate(day, 1):
        one = Reading(
            device="cold",
            metric="temperature",
            value=BAD if is_out else GOOD,
            unit="Cel",
            observed_at=at(step * STEP_S),
        )
        fact = msgspec.structs.replace(fact, message=ReadingsTaken(readings=(one,)))
        found += [(number, finding) for finding in find(fact, memory)]
    return found


def excursions(day: Iterable[Seen], for_s: float) -> list[set[int]]:
    """The times that the range was left for long enough, if all had come in order."""
    runs = [(out, [step for step, _ in run]) for out, run in groupby(sorted(day), lambda s: s[1])]
    ends = [steps[0] for _, steps in runs[1:]] + [runs[-1][1][-1]]
    return [
        set(steps)
        for (is_out, steps), end in zip(runs, ends, strict=True)
        if is_out and (end - steps[0]) * STEP_S >= for_s
    ]


def covered(day: Sequence[Seen], found: Sequence[tuple[int, Finding]]) -> set[int]:
    """Steps out of range that belonged to something told, as far as was known when they came."""
    told: set[int] = set()
    seen: dict[int, bool] = {}
    is_active = False
    for number, (step, is_out) in enumerate(day, 1):
        if is_out and is_active and step > max(seen):
            told.add(step)  # it was told that the range is left, and not yet that it is kept
        seen[step] = is_out
        for finding in (finding for when, finding in found if when == number):
            if finding.effect != "passed":
                is_active = finding.effect == "raises"
            if finding.effect != "clears":
                told.add(int((finding.observed_at - at(0)).total_seconds()) // STEP_S)
        told = {one for begin in told for one in _together(seen, begin)}
    return told


def _together(seen: dict[int, bool], begin: int) -> set[int]:
    """Steps out of range around one, with none in range between."""
    ahead = takewhile(lambda step: seen.get(step, True), range(begin, max(seen) + 1))
    back = takewhile(lambda step: seen.get(step, True), range(begin, -1, -1))
    return {step for step in (*ahead, *back) if seen.get(step)}


@settings(deadline=None)
@given(days, st.sampled_from((0, STEP_S, 3 * STEP_S)))
def test_in_any_order_each_time_that_a_range_was_left_is_told(day: list[Seen], for_s: int) -> None:
    """The order in which readings arrive is the network's, and decides over no alert."""
    found = heard(day, for_s)
    told = covered(day, found)
    for excursion in excursions(day, for_s):
        assert excursion & told, (excursion, told)


@settings(deadline=None)
@given(days, st.sampled_from((0, STEP_S, 3 * STEP_S)))
def test_in_any_order_nothing_is_told_that_was_not_out(day: list[Seen], for_s: int) -> None:
    """What is told begins with a reading out of range; and without one, nothing is."""
    outs = {at(step * STEP_S) for step, is_out in day if is_out}
    for _, finding in heard(day, for_s):
        if finding.effect != "clears":
            assert finding.observed_at in outs


@settings(deadline=None)
@given(days, st.sampled_from((0, STEP_S, 3 * STEP_S)))
def test_in_any_order_the_end_is_in_range_if_the_last_readings_are(
    day: list[Seen], for_s: int
) -> None:
    """Nothing late makes an alert hold for ever."""
    last = len(day)
    quiet = [(last + step, False) for step in range(1, 5)]
    effects = [one.effect for _, one in heard([*day, *quiet], for_s) if one.effect != "passed"]
    assert not effects or effects[-1] == "clears"


@settings(deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=60), st.sampled_from((0, 3 * STEP_S)))
def test_a_gap_is_told_of_once_and_again_if_it_began_much_earlier(
    steps: list[int], for_s: int
) -> None:
    """A backlog of readings out of range, in any order and said again, is no flood."""
    present = [(0, False), *((step, False) for step in range(204, 204 + GAPS_MAX - 2))]
    told: list[int] = []
    for step in steps:
        if not told or (told[-1] - step) * STEP_S > max(for_s, NEAR.total_seconds()):
            told.append(step)
    for order, expected in ((steps, told), (sorted(steps), [min(steps)])):
        found = heard([*present, *((step, True) for step in order)], for_s)
        assert [one.effect for _, one in found] == ["passed"] * len(expected)
        assert [one.observed_at for _, one in found] == [at(step * STEP_S) for step in expected]


def test_ticks_between_change_nothing_of_what_is_late() -> None:
    """A tick looks at what waits now."""
    court = Court(COLD)
    hear(court, 0, 3_600, value=GOOD)
    hear(court, 1_000)
    court.hear(Draft(kind="tick"), 4_500)
    assert alert(court).times == 1
