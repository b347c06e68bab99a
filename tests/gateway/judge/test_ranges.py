"""Readings out of their range: when they are an alert, and when it ends."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import (
    Alert,
    AlertChanged,
    Message,
    OfficerActed,
    Reading,
    ReadingsTaken,
)
from gateway.adapters.heard import ForeignHeard
from gateway.adapters.row import Label, Row
from gateway.instant import microseconds
from gateway.judge.judge import next_due
from gateway.judge.rule import Finding
from gateway.judge.rules.reading_out_of_range import Memory, _heard
from gateway.judge.rules.reading_out_of_range import find as find_out_of_range
from gateway.judge.series import bounds_of
from gateway.judge.settings import JudgeSettings, Limit
from tests.gateway.judge.court import COLD, GATE, Court, at, fact_of, reading


def test_a_short_peak_is_no_alert_and_a_long_one_is() -> None:
    """The minimum duration is counted between readings."""
    court = Court(COLD)
    court.say(reading(9, 0), 0)
    court.say(reading(5, 5), 5)
    court.tick(30)
    assert not court.alerts("reading_out_of_range")
    court.say(reading(1, 31), 31)
    court.say(reading(0.5, 42), 42)
    [alert] = court.alerts("reading_out_of_range")
    assert alert.title == "Temperature too low"
    assert "0.500 °C at cold, the least allowed is 2 °C" in alert.detail
    court.say(reading(5, 50), 50)
    assert court.alerts("reading_out_of_range")[0].is_active
    court.say(reading(5, 61), 61)
    assert not court.alerts("reading_out_of_range")[0].is_active


def test_a_series_that_stops_while_out_of_range_is_told_by_the_tick() -> None:
    """The judge says when it wants to be told the time."""
    court = Court(COLD)
    court.say(reading(9, 0), 0)
    due = next_due(court.state)
    assert due is not None
    assert due <= at(10)
    court.tick(9)
    assert not court.alerts("reading_out_of_range")
    court.tick(10)
    [alert] = court.alerts("reading_out_of_range")
    assert [one.says for one in alert.evidence] == ["temperature 9 °C"]


def test_time_that_passes_without_readings_clears_nothing() -> None:
    """One reading in range and then silence: the range is kept again once a reading shows it."""
    court = Court(COLD)
    court.say(reading(9, 0), 0)
    court.say(reading(9, 11), 11)
    court.say(reading(5, 20), 20)
    court.tick(500)
    [alert] = court.alerts("reading_out_of_range")
    assert alert.is_active
    court.say(reading(5, 29), 501)
    assert court.alerts("reading_out_of_range")[0].is_active
    court.say(reading(5, 30), 502)
    [alert] = court.alerts("reading_out_of_range")
    assert not alert.is_active
    assert [one.says for one in alert.evidence] == ["temperature 9 °C", "temperature 5 °C"]


def test_a_range_kept_again_is_noted_in_an_alert_that_was_closed() -> None:
    """Whether an officer was quicker than the link changes nothing of what is known."""
    court = Court(COLD)
    court.say(reading(9, 0), 0)
    court.say(reading(9, 11), 11)
    [alert] = court.alerts("reading_out_of_range")
    for second, verb in enumerate(("resolve", "close")):
        act = OfficerActed(
            act=f"a{second}",
            alert=alert.id,
            verb=verb,  # type: ignore[arg-type]  # one of the two
            officer="Njeri",
            role="admin",
        )
        court.say(act, 12 + second, "/KEMBA/command-center")
    assert court.alerts("reading_out_of_range")[0].is_active
    court.say(reading(5, 20), 30)
    court.say(reading(5, 30), 31)
    [alert] = court.alerts("reading_out_of_range")
    assert (alert.state, alert.is_active, len(alert.evidence)) == ("closed", False, 2)
    court.say(reading(9, 40), 40)
    court.say(reading(9, 50), 50)
    assert [a.state for a in court.alerts("reading_out_of_range")] == ["closed", "open"]


def batch(**said: float) -> ReadingsTaken:
    """Several readings in one message, by the second: ``s0=9.0``."""
    singles = [reading(value, float(second[1:])).readings[0] for second, value in said.items()]
    return ReadingsTaken(readings=tuple(singles))


def alerts_in(changes: list[Message]) -> list[Alert]:
    every = [one.alert for one in changes if isinstance(one, AlertChanged)]
    return [alert for alert in every if alert.rule == "reading_out_of_range"]


def test_peaks_within_one_batch_are_one_change_that_says_how_often() -> None:
    """What an alert was for a moment nobody has to verify, keep and show."""
    court = Court(JudgeSettings(readings=(Limit(metric="temperature", high=8.0, for_s=0),)))
    [told] = alerts_in(court.say(batch(s0=5, s1=9, s2=5, s3=11, s4=5), 5))
    assert [told] == court.alerts("reading_out_of_range")
    assert (told.times, told.is_active, len(told.evidence)) == (2, False, 4)


def test_what_an_alert_was_for_a_moment_is_told_if_it_rests_on_another_message() -> None:
    """So that retention hears of every message that an alert ever rested on."""
    court = Court(COLD)
    assert not alerts_in(court.say(batch(s0=9, s1=9), 1))
    raised, cleared = alerts_in(court.say(batch(s20=9, s21=5, s32=5), 32))
    assert (raised.is_active, cleared.is_active) == (True, False)
    assert raised.evidence[-1].hash != cleared.evidence[-1].hash


readings_of_a_day = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(("cold", "deep")),
            st.sampled_from((1.0, 5.0, 9.0, 11.0)),
            st.integers(-6, 12),
        ),
        min_size=1,
        max_size=6,
    ),
    max_size=12,
)


@given(readings_of_a_day)
def test_a_quiet_series_is_judged_as_every_other(day: list[list[tuple[str, float, int]]]) -> None:
    """The short way for readings in range gives what the long one gives, for strangers too."""
    short, rows, long = Memory(), Memory(), Memory()
    quick: list[Finding] = []
    strange: list[Finding] = []
    slow: list[Finding] = []
    seen = 0
    for number, batch in enumerate(day, 1):
        taken = []
        for device, value, passed in batch:
            seen += passed
            taken.append(
                Reading(
                    device=device,
                    metric="temperature",
                    value=value,
                    unit="Cel",
                    observed_at=at(seen),
                )
            )
        fact = fact_of(ReadingsTaken(readings=tuple(taken)), number, COLD)
        quick += find_out_of_range(fact, short)
        heard = msgspec.structs.replace(fact, message=as_rows(taken))
        strange += find_out_of_range(heard, rows)
        for one in taken:
            key = f"{GATE}\n{one.device}\n{one.metric}"
            slow += _heard(key, fact, long, one, bounds_of(COLD.readings[0]))
    assert quick == strange == slow
    assert short == rows == long


def as_rows(readings: list[Reading]) -> ForeignHeard:
    """The same from strangers, beside something that has no limit."""
    columns = (("humidity", "%RH"), ("temperature", "Cel"))
    rows = [
        Row(item, one.device, microseconds(one.observed_at), columns, (None, one.value))
        for item, one in enumerate(readings)
    ]
    return ForeignHeard(label=Label(), count=len(rows), rows=rows, presences=[])


def test_a_device_with_its_own_limit_follows_that_alone() -> None:
    """The general limit is for all others."""
    settings = JudgeSettings(
        readings=(
            Limit(metric="temperature", high=8.0, for_s=0),
            Limit(metric="temperature", high=20.0, for_s=0, device="cold"),
        )
    )
    court = Court(settings)
    court.say(reading(15, 0), 0)
    assert not court.alerts("reading_out_of_range")
