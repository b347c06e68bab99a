"""Which run of an agent speaks: clones, overtaken signs of life, devices that went."""

import msgspec
import pytest

from contract.messages import (
    AgentAlive,
    AgentBorn,
    Device,
    DeviceAlive,
    DeviceLost,
    EpochHeads,
    Message,
)
from gateway.entry import Draft
from tests.gateway.judge.court import GATE, Court, alive
from tests.gateway.sample_journal import said


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


def test_the_birth_of_a_run_that_held_nothing_may_come_behind_the_next_one() -> None:
    """No birth names it; but its box says that it was before."""
    court = Court()
    court.live(born("a"), 0)
    court.live(born("c", "a"), 20)
    court.hear(said(born("b", "a"), GATE, 15), 26)
    court.live(alive("c"), 30)
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
