"""What seals raise: opened, missing, damaged, cloned."""

from contract.messages import (
    GENESIS,
    AgentBorn,
    Device,
    EpochHeads,
    StreamHead,
)
from tests.gateway.judge.court import COLD, FAR, Court, at, reading, seal


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


def test_a_copied_seal_that_is_open_is_told_for_each_box_once() -> None:
    """The one that was heard first does not hide the other; who names no box repeats the first."""
    court = Court()
    for second in range(0, 9, 3):
        court.say(seal("opened", subject="HLXU4172204"), second)
        court.say(seal("opened", subject="CSQU3054383"), second + 1)
        court.say(seal("opened"), second + 2)
    told = [(alert.subject, alert.times) for alert in court.alerts("seal_opened")]
    assert sorted(told) == [("CSQU3054383", 1), ("HLXU4172204", 1)]


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
