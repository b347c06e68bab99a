"""What raises an alert, and what does not."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import (
    GENESIS,
    AgentAlive,
    AgentBorn,
    Alert,
    AlertChanged,
    Detection,
    Device,
    DeviceAlive,
    DeviceLost,
    EpochHeads,
    Likelihood,
    Message,
    ModelUsed,
    OfficerActed,
    Picture,
    Reading,
    ReadingsTaken,
    ScanCompleted,
    SealRead,
    StreamHead,
    SuspectsHeld,
)
from gateway.entry import Draft, Entry
from gateway.journal.journal import _entered
from gateway.judge.judge import judge, next_due
from gateway.judge.law import law
from gateway.judge.rule import REMEMBERED_MAX, Fact, Finding
from gateway.judge.rules import RULES
from gateway.judge.rules.reading_out_of_range import Memory, _heard
from gateway.judge.rules.reading_out_of_range import find as find_out_of_range
from gateway.judge.rules.strangers_knock import STRANGERS_KNOCK
from gateway.judge.series import bounds_of
from gateway.judge.settings import Contraband, JudgeSettings, Limit
from gateway.judge.state import State
from tests.gateway.sample_journal import own, said
from tests.support.virtual import START

GATE = "/KEMBA/gate-2"
FAR = "/BEANR/gate-7"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Court:
    """A judge, and entries one after another."""

    def __init__(self, settings: JudgeSettings | None = None) -> None:
        self.state = State()
        self.numbers: dict[str, int] = {}
        self.hear(own(law(settings or JudgeSettings()), 0), 0)
        self.hear(own(AgentBorn(keyid="k", version="1", epochs=()), 0), 0)

    def hear(self, draft: Draft, seconds: float) -> list[Message]:
        """One entry."""
        position = self.state.position + 1
        when = (at(seconds) - datetime.fromtimestamp(0, START.tzinfo)) // timedelta(microseconds=1)
        entry: Entry = _entered(draft, position, when)
        return judge(self.state, entry)

    def say(
        self, message: Message, seconds: float, source: str = GATE, seen: float | None = None
    ) -> list[Message]:
        """A numbered message that arrives at once, or was seen earlier."""
        number = self.numbers[source] = self.numbers.get(source, 0) + 1
        seen = seconds if seen is None else seen
        epoch = "e" * 16
        draft = said(message, source, seen, number, epoch=epoch, before="0" * 64)
        return self.hear(draft, seconds)

    def live(self, message: Message, seconds: float, source: str = GATE) -> list[Message]:
        """A birth, or a sign of life."""
        return self.hear(said(message, source, seconds), seconds)

    def tick(self, seconds: float) -> list[Message]:
        """Time passes."""
        return self.hear(Draft(kind="tick"), seconds)

    def alerts(self, rule: str) -> list[Alert]:
        """What this rule raised."""
        every: Iterable[Alert] = self.state.episodes.alerts.values()
        return [alert for alert in every if alert.rule == rule]


def seal(state: str, device: str = "reader", subject: str = "", **more: datetime) -> SealRead:
    return SealRead(device=device, seal="HLXU417", state=state, subject=subject, **more)  # type: ignore[arg-type]


def test_the_folder_and_the_table_of_rules_agree() -> None:
    """A rule that is not in the table would never be asked."""
    assert len({rule.name for rule in RULES}) == len(RULES) == 13
    assert law(JudgeSettings()).rules == tuple(rule.name for rule in RULES)


def test_an_opened_seal_is_told_once_with_both_times() -> None:
    """When it was opened by the seal's clock, and when we were told."""
    court = Court()
    opened = seal("opened", subject="HLXU4172204", opened_at=at(-6_360), seal_clock_at=at(-94))
    for second in range(3):
        court.say(opened, second)
    [alert] = court.alerts("seal_opened")
    assert alert.times == 1
    assert alert.severity == "critical"
    assert alert.opened_at == at(-6_360)
    assert alert.told_at == at(0)
    assert "10:14:00 UTC by the seal's clock, told us at 12:00:00 UTC" in alert.detail
    assert "94 s slow" in alert.detail


def test_a_damaged_seal_is_not_called_opened() -> None:
    """The words say what was seen."""
    court = Court()
    court.say(seal("damaged"), 0)
    [alert] = court.alerts("seal_opened")
    assert (alert.title, alert.severity, alert.subject) == ("Seal damaged", "high", "HLXU417")


def test_a_missing_seal_says_when_it_was_seen_and_clears_when_it_is_back() -> None:
    """A seal that a reader could not find for a while."""
    court = Court()
    court.say(seal("intact"), 0)
    court.say(seal("missing"), 60)
    [alert] = court.alerts("seal_missing")
    assert alert.is_active
    assert "It was read at 12:00:00 UTC by reader, not since" in alert.detail
    court.say(seal("intact"), 90)
    assert not court.alerts("seal_missing")[0].is_active


def test_what_comes_late_never_turns_back_a_state() -> None:
    """An intact read from before the loss does not clear the alert."""
    court = Court()
    court.say(seal("missing"), 60)
    court.say(seal("intact"), 70, seen=10)
    assert court.alerts("seal_missing")[0].is_active


def test_a_clock_that_was_ahead_silences_nothing_once_it_is_right() -> None:
    """A day ahead for a minute: a seal that is missing then, and a range that is left, are told."""
    court = Court(COLD)
    day = 86_400
    court.say(seal("intact"), 0, seen=day)
    court.say(reading(5, day), 0, FAR, seen=day)
    court.say(seal("missing"), 60)
    assert court.alerts("seal_missing")
    court.say(reading(9, 60), 60, FAR)
    court.say(reading(9, 69), 69, FAR)
    assert not court.alerts("reading_out_of_range")
    court.say(reading(9, 70), 70, FAR)
    [alert] = court.alerts("reading_out_of_range")
    assert "out of range since 12:01:00 UTC" in alert.detail


def test_one_seal_on_two_containers_or_at_two_posts_is_a_clone() -> None:
    """And the same seal twice at one reader, or along its way, is none."""
    court = Court()
    court.say(seal("intact", subject="HLXU4172204"), 0)
    court.say(seal("intact", subject="HLXU4172204"), 5)
    court.say(seal("intact", subject="HLXU4172204"), 9_000, source=FAR)
    assert not court.alerts("seal_cloned")
    court.say(seal("intact", subject="HLXU4172204"), 9_060)
    [alert] = court.alerts("seal_cloned")
    assert "at two posts within 1 min" in alert.detail
    court.say(seal("intact", subject="GLZU3182041"), 9_100)
    assert "on two containers" in court.alerts("seal_cloned")[0].detail


def test_one_seal_in_two_lanes_at_once_is_a_clone() -> None:
    """Lanes are known from what the agent said of its devices."""
    court = Court()
    devices = tuple(Device(device=f"r{n}", family="seal_reader", lane=f"{n}") for n in (1, 2))
    heads = (StreamHead(stream="events", last=0, head=GENESIS),)
    epochs = (EpochHeads(epoch="e" * 16, streams=heads),)
    court.live(AgentBorn(keyid="k", version="1", epochs=epochs, devices=devices), 0)
    court.say(seal("intact", device="r1"), 1)
    court.say(seal("intact", device="r2"), 3)
    [alert] = court.alerts("seal_cloned")
    assert "in two lanes within 2 s" in alert.detail


def scan(*scores: tuple[str, float], subject: str = "0125443871") -> ScanCompleted:
    return ScanCompleted(
        device="scanner",
        subject=subject,
        picture=Picture(
            sha256="a" * 64, size_bytes=9, media_type="image/png", width_px=9, height_px=9
        ),
        detections=tuple(Detection(label=one, score=s, box=(0, 0, 1, 1)) for one, s in scores),
        model=ModelUsed(name="bag", sha256="b" * 64),
        milliseconds=20,
    )


def test_contraband_is_told_by_class() -> None:
    """What the detector announced is an alert as grave as its gravest class; all boxes in one."""
    court = Court()
    court.say(scan(subject="0"), 0)
    assert not court.alerts("contraband_seen")
    court.say(scan(("bird", 0.2), ("knife", 0.9), subject="1"), 1)
    court.say(scan(("bird", 0.2), subject="2"), 2)
    one, two = court.alerts("contraband_seen")
    assert one.title == "Knife-like and bird-like shapes in the scan"
    assert (one.severity, two.severity) == ("high", "medium")
    assert len(one.detections) == 2
    assert "a raw score is no probability" in one.detail


def weighed(low: float, high: float | None, *, on: str = "simulated bags") -> Detection:
    likelihood = Likelihood(ratio=7.954, low=low, high=high, measured_on=on)
    return Detection(label="rhino_horn", score=0.4, box=(0, 0, 1, 1), likelihood=likelihood)


def test_what_a_score_weighs_is_said_as_one_factor_among_others() -> None:
    """How often, on which bags, and where the data end; nothing where no passport says it."""
    court = Court()
    plain = scan(("bird", 0.9), subject="1")
    court.say(plain, 0)
    for subject, box in (("2", weighed(5.293, 11.952)), ("3", weighed(14.8, None, on=""))):
        detections = (*plain.detections, box)
        court.say(msgspec.structs.replace(plain, subject=subject, detections=detections), 1)
    silent, told, ended = (alert.detail for alert in court.alerts("contraband_seen"))
    assert "as often" not in silent
    assert "beside declaration, permit and seal" in told
    assert "for rhino horn comes 8 [5.3, 12] times as often from bags that hide one" in told
    assert "as from honest ones, measured on simulated bags. The picture decides." in told
    assert "at least 15 times as often from bags that hide one as from honest ones. The" in ended


def test_a_post_may_raise_the_bar_for_a_class() -> None:
    """A noisy scanner: below its own raw score a class is no alert there."""
    court = Court(JudgeSettings(contraband=(Contraband(label="bird", score_min=0.5),)))
    court.say(scan(("bird", 0.49)), 0)
    assert not court.alerts("contraband_seen")
    court.say(scan(("bird", 0.5), subject="1"), 1)
    assert len(court.alerts("contraband_seen")) == 1


def fact_of(message: Message, number: int, settings: JudgeSettings) -> Fact:
    """What a rule is told of a message."""
    draft = said(message, GATE, number, number, epoch="e" * 16, before="0" * 64)
    when = (at(number) - datetime.fromtimestamp(0, START.tzinfo)) // timedelta(microseconds=1)
    entry = _entered(draft, number, when)
    return Fact(
        entry=entry,
        message=message,
        now=entry.received_at,
        is_late=False,
        settings=settings,
        agents={},
        completeness={},
    )


def test_names_that_strangers_make_up_do_not_fill_the_memory() -> None:
    """The one that was heard longest ago gives way."""
    memory = STRANGERS_KNOCK.memory()
    suspects = SuspectsHeld(source=GATE, count=10, reason="no key")
    fact = fact_of(suspects, 1, JudgeSettings())
    for number in range(REMEMBERED_MAX + 5):
        one = msgspec.structs.replace(suspects, source=f"/KEMBA/s{number}")
        assert [*STRANGERS_KNOCK.find(msgspec.structs.replace(fact, message=one), memory)]
    assert len(memory.held) == REMEMBERED_MAX
    assert "/KEMBA/s4" not in memory.held


def reading(value: float, seconds: float) -> ReadingsTaken:
    one = Reading(
        device="cold", metric="temperature", value=value, unit="Cel", observed_at=at(seconds)
    )
    return ReadingsTaken(readings=(one,))


COLD = JudgeSettings(readings=(Limit(metric="temperature", high=8.0, low=2.0, for_s=10),))


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
    """The short way for readings in range gives what the long one gives."""
    short, long = Memory(), Memory()
    quick: list[Finding] = []
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
        for one in taken:
            key = f"{GATE}\n{one.device}\n{one.metric}"
            slow += _heard(key, fact, long, one, bounds_of(COLD.readings[0]))
    assert quick == slow
    assert short == long


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


def alive(epoch: str, last: int = 0) -> AgentAlive:
    heads = (StreamHead(stream="events", last=last, head="0" * 64),)
    return AgentAlive(epochs=(EpochHeads(epoch=epoch * 16, streams=heads),))


def test_a_former_run_that_speaks_after_a_newer_one_was_born_is_told() -> None:
    """Old words that come late are no reason; two boxes that take turns are."""
    court = Court()
    court.live(alive("a"), 0)
    court.live(alive("b"), 10)
    late = said(alive("a"), GATE, 5)
    court.hear(late, 11)
    assert not court.alerts("agent_doubled")
    court.live(alive("a"), 20)
    [alert] = court.alerts("agent_doubled")
    assert alert.severity == "critical"


@pytest.mark.parametrize("lag_s", [-86_400.0, -30.0, 0.0, 86_400.0])
def test_a_clone_is_found_whatever_its_clock_says(lag_s: float) -> None:
    """By how its box counts on, beside the journal's time."""
    court = Court()
    court.live(alive("a"), 1_000)
    court.hear(spoken(alive("b"), lag_s, 1_012.0), 1_012)
    court.live(alive("a"), 1_013)
    assert not court.alerts("agent_doubled")
    court.live(alive("a"), 1_023)
    assert court.alerts("agent_doubled")
    times = court.alerts("agent_doubled")[0].times
    court.hear(spoken(alive("b"), lag_s, 1_032.0), 1_032)
    assert court.alerts("agent_doubled")[0].times == times + 1


def test_a_second_clone_does_not_hide_the_first() -> None:
    """A run is over when the next one is born: a third one changes nothing of that."""
    court = Court()
    court.live(born("a"), 0)
    court.hear(spoken(born("b", "a"), 0.0, 20.0), 20)
    court.hear(spoken(born("c", "a"), 0.0, 26.0), 26)
    court.hear(said(alive("a"), GATE, 18), 27)
    assert not court.alerts("agent_doubled")
    court.live(alive("a"), 27)
    assert court.alerts("agent_doubled")


def spoken(message: Message, lag_s: float, at_s: float) -> Draft:
    """A word of another box with its own clock, which counts since it was switched on."""
    return said(message, GATE, at_s + lag_s, boot=("clone", 900.0 + lag_s))


def test_an_old_word_that_is_heard_first_behind_the_new_runs_birth_is_no_clone() -> None:
    """The birth names the run before it: that one is older, though nobody had heard of it."""
    court = Court()
    heads = (EpochHeads(epoch="b" * 16, streams=()), EpochHeads(epoch="a" * 16, streams=()))
    born = AgentBorn(keyid="k", version="1", epochs=heads)
    court.hear(said(born, GATE, 60, boot=("again", 50.0)), 60)
    court.hear(said(alive("a"), GATE, 30), 61)
    court.hear(said(alive("b"), GATE, 70, boot=("again", 50.0)), 70)
    assert not court.alerts("agent_doubled")


def found(*, is_found: bool, epoch: str = "a") -> AgentAlive:
    """A sign of life that says whether the reader answers."""
    devices = (DeviceAlive(device="reader", is_found=is_found),)
    return msgspec.structs.replace(alive(epoch), devices=devices)


def born(epoch: str, *former: str) -> AgentBorn:
    """A birth, with the runs before it."""
    heads = tuple(EpochHeads(epoch=one * 16, streams=()) for one in (epoch, *former))
    device = Device(device="reader", family="seal_reader")
    return AgentBorn(keyid="k", version="1", epochs=heads, devices=(device,))


def is_found(court: Court) -> bool:
    """What the board shows of the reader."""
    return court.state.agents[GATE].devices["reader"].is_found


def test_a_sign_of_life_that_was_overtaken_turns_no_device_back() -> None:
    """Of an old link behind the new one's, and of a former run: it is older than what is known."""
    court = Court()
    court.live(born("a"), 0)
    court.live(found(is_found=True), 10)
    court.live(found(is_found=False), 20)
    court.hear(said(found(is_found=True), GATE, 15), 21)
    assert not is_found(court)
    court.live(born("b", "a"), 30)
    court.live(found(is_found=True, epoch="b"), 40)
    court.hear(said(found(is_found=False), GATE, 25), 41)
    court.hear(said(born("a"), GATE, 26), 42)
    assert is_found(court)
    assert not court.alerts("agent_doubled")


def test_that_a_device_went_is_not_undone_by_an_earlier_sign_of_life() -> None:
    """What was said before it and comes behind it is older; nor does a former run take one away."""
    court = Court()
    court.live(born("e"), 0)
    court.say(DeviceLost(device="reader", reason="no answer"), 10)
    court.hear(said(found(is_found=True, epoch="e"), GATE, 9), 11)
    assert not is_found(court)
    court.live(born("b", "e"), 20)
    court.live(found(is_found=True, epoch="b"), 30)
    court.say(DeviceLost(device="reader", reason="no answer"), 31)
    assert is_found(court)


def test_numbers_that_stay_missing_are_told_and_clear_when_they_come() -> None:
    """A silent hole is not silent for long."""
    court = Court()
    court.live(alive("e", last=1), 0)
    court.tick(1)
    court.live(alive("e", last=1), 55)
    court.tick(62)
    [alert] = court.alerts("numbers_missing")
    assert alert.is_active
    court.say(seal("intact"), 63)
    court.tick(75)
    assert not court.alerts("numbers_missing")[0].is_active


def test_a_rule_that_the_law_does_not_name_is_not_asked() -> None:
    """Rules are in force from a `judge.changed` entry on, in a replay as well."""
    court = Court()
    empty = law(JudgeSettings())
    court.hear(own(type(empty)(version="0", rules=(), settings=empty.settings), 0), 0)
    court.say(seal("opened"), 1)
    assert not court.state.episodes.alerts


def test_every_change_of_an_alert_is_told() -> None:
    """What the board shows is what the judge knows."""
    court = Court()
    changes = court.say(seal("opened"), 0)
    told = [change.alert for change in changes if isinstance(change, AlertChanged)]
    assert told == list(court.state.episodes.alerts.values())
