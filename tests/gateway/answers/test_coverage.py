"""Is everything here between two moments? Never yes when it is not, and yes when it is."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import (
    EPOCHS_NAMED_MAX,
    GENESIS,
    AgentAlive,
    DeviceAlive,
    DeviceTwin,
    EpochHeads,
    Identity,
    StreamHead,
    StreamLost,
)
from gateway.answers import coverage
from gateway.answers.coverage import Found, Sign
from gateway.judge.ledger import Ledger
from gateway.judge.twins import Agent
from tests.support.virtual import START

SOURCE = "/KEMBA/gate-2"
DEVICE = "scanner-2"


def at(second: float) -> datetime:
    """An instant of the agent's clock."""
    return START + timedelta(seconds=second)


def hash_of(epoch: str, number: int) -> str:
    """The hash of a number."""
    return hashlib.sha256(f"{epoch}{number}".encode()).hexdigest() if number else GENESIS


@dataclass
class Told:
    """A message: when its device saw it, and what became of it."""

    epoch: str
    number: int
    seen: float
    fate: str


@dataclass
class World:
    """One agent: what it says, and what of it arrives."""

    ledger: Ledger = field(default_factory=Ledger)
    signs: list[Sign] = field(default_factory=list)
    said: list[Told] = field(default_factory=list)
    position: int = 0
    epochs: int = 1

    @property
    def epoch(self) -> str:
        """The one that is running."""
        return f"{self.epochs:016x}"

    def say(self, seen: float, fate: str) -> None:
        """Number a message; it is kept, declared lost, or gone without a word."""
        epoch = self.epoch
        number = sum(one.epoch == epoch for one in self.said) + 1
        self.said.append(Told(epoch, number, seen, fate))
        self.position += 1
        before, head = hash_of(epoch, number - 1), hash_of(epoch, number)
        if fate == "kept":
            identity = Identity(SOURCE, "events", epoch, number)
            self.ledger.hear(identity, head, before, self.position)
        elif fate == "lost":
            self.ledger.lose(SOURCE, loss(epoch, number), self.position)

    def named(self) -> list[str]:
        """As `SourceEnd.named`: its own epoch, and those of which something waits."""
        waiting = (one.epoch for one in reversed(self.said) if one.fate == "missing")
        return list(dict.fromkeys([self.epoch, *waiting]))

    def live(self, now: float, said_up_to: float, *, is_heard: bool) -> None:
        """A sign of life, which the gateway hears or not."""
        self.position += 1
        if not is_heard:
            return
        heads = tuple(
            EpochHeads(
                epoch=epoch,
                streams=(StreamHead(stream="events", last=last, head=hash_of(epoch, last)),),
            )
            for epoch in self.named()[:EPOCHS_NAMED_MAX]
            if (last := sum(one.epoch == epoch for one in self.said))
        )
        alive = AgentAlive(
            epochs=heads,
            devices=(DeviceAlive(device=DEVICE, is_found=True, said_up_to=at(said_up_to)),),
        )
        self.ledger.claim(SOURCE, heads, (), self.position)
        self.signs.append(
            coverage.sign_of(alive, position=self.position, at=at(now), clock_error_ms=5)
        )

    def found(self, start: float, end: float) -> Found:
        """The answer about a stretch."""
        before = [one for one in self.signs if one.at <= at(start)]
        after = [one for one in self.signs if one.has_said(DEVICE, at(end))]
        return coverage.found(
            self.ledger.source(SOURCE),
            at(start),
            at(end),
            before=before[-1] if before else None,
            after=after[0] if after else None,
        )


def loss(epoch: str, number: int) -> StreamLost:
    """The declaration of one number."""
    return StreamLost(
        stream="events",
        epoch=epoch,
        first=number,
        to=number,
        before=hash_of(epoch, number - 1),
        last=hash_of(epoch, number),
        reason="dropped",
    )


@st.composite
def worlds(draw: st.DrawFn, fates: tuple[str, ...] = ("kept", "lost", "missing")) -> World:
    """Minutes of an agent: it sees, says somewhat later, restarts, and is not always heard."""
    world, unsaid, now = World(), list[float](), 0.0
    for _ in range(draw(st.integers(1, 40))):
        now += draw(st.floats(0.5, 5))
        step = draw(st.sampled_from(("see", "see", "say", "live", "restart")))
        if step == "see":
            unsaid.append(now)
        elif step == "say":
            draw(st.randoms(use_true_random=False)).shuffle(unsaid)
            while unsaid:
                world.say(unsaid.pop(), draw(st.sampled_from(fates)))
        elif step == "live":
            world.live(now, min(unsaid, default=now), is_heard=draw(st.booleans()))
        elif not unsaid:
            world.epochs += 1
    while unsaid:
        world.say(unsaid.pop(), draw(st.sampled_from(fates)))
    world.live(now + 1, now + 1, is_heard=draw(st.booleans()))
    return world


@given(worlds(), st.floats(0, 150), st.floats(0.5, 150))
def test_what_is_called_complete_is_complete(world: World, start: float, length: float) -> None:
    """In whatever order things were said, with restarts and signs of life that nobody heard."""
    found = world.found(start, start + length)
    inside = [one for one in world.said if start <= one.seen < start + length]
    fates = {one.fate for one in inside}
    if found.status == "complete":
        assert fates <= {"kept"}
        assert found.kept >= len(inside)
    elif found.status == "declared lost":
        assert "missing" not in fates


@given(worlds(("kept",)), st.floats(0, 150), st.floats(0.5, 150))
def test_where_all_is_kept_and_promised_it_says_so(
    world: World, start: float, length: float
) -> None:
    """The answer is not careful out of habit: only a missing promise makes it `cannot tell`."""
    end = start + length
    is_promised = any(one.has_said(DEVICE, at(end)) for one in world.signs)
    status = world.found(start, end).status
    assert status == ("complete" if is_promised else "cannot tell")


def test_a_hole_is_told_near_where_it_is_and_nowhere_else() -> None:
    """The hour before the hole and the hour after it stay complete."""
    world = World()
    for ten_seconds in range(360):
        now = ten_seconds * 10.0
        world.say(now + 1, "missing" if 1_800 <= now < 1_820 else "kept")
        world.live(now + 5, now + 5, is_heard=True)
    assert world.found(0, 1_790).status == "complete"
    assert world.found(1_795, 1_830).status == "missing"
    assert world.found(1_795, 1_830).missing == {"events": 2}
    assert world.found(1_840, 3_590).status == "complete"
    assert world.found(1_840, 3_700).status == "cannot tell"


@pytest.mark.parametrize(("epochs", "status"), [(199, "missing"), (200, "cannot tell")])
def test_a_sign_of_life_that_could_not_name_all_promises_nothing(epochs: int, status: str) -> None:
    """So often was an agent restarted, and each time said something that did not come."""
    world = World()
    for second in range(epochs):
        world.say(second, "missing")
        world.epochs += second < epochs - 1
    world.live(epochs, epochs, is_heard=True)
    assert world.found(0, epochs).status == status


def test_what_still_waits_in_the_outbox_is_late_and_not_missing() -> None:
    """The agent says how much waits; a hole that is no larger is only not here yet."""
    world = World()
    world.live(0, 0, is_heard=True)
    world.say(1, "missing")
    world.live(5, 5, is_heard=True)
    mine = world.ledger.source(SOURCE)
    assert world.found(0, 5).status == "missing"
    mine.waiting = {"events": 1}
    assert world.found(0, 5).status == "late"


def test_reasons_are_sentences() -> None:
    """Who, how many, of which stream, and why."""
    world = World()
    world.live(0, 0, is_heard=True)
    world.say(1, "missing")
    world.say(2, "lost")
    world.live(60, 50, is_heard=True)
    twin = DeviceTwin(device=DEVICE, family="scan_folder", said_up_to=at(50))
    agent = Agent(source=SOURCE, devices={DEVICE: twin})
    whole = world.found(0, 40)
    reasons = coverage.reasons(
        agent,
        DEVICE,
        whole,
        after=world.signs[-1],
        losses=[loss(world.epoch, 2), loss("f" * 16, 2)],
    )
    assert reasons == (
        "1 message (events) of gate-2 is not here.",
        "1 message (events) of gate-2 will never come: its outbox was full.",
    )
    open_end = world.found(0, 90)
    assert open_end.status == "cannot tell"
    [reason, *_] = coverage.reasons(agent, DEVICE, open_end, after=None, losses=())
    assert reason == "scanner-2 has said everything only up to 12:00:50 UTC."
    foreign = Agent(source=SOURCE, is_foreign=True)
    [reason] = coverage.reasons(foreign, DEVICE, open_end, after=None, losses=())
    assert "not numbered" in reason
