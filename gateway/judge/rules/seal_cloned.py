"""One seal was read at two places, or on two containers, within a time that is impossible."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import SealRead
from gateway.judge.rule import Fact, Finding, Rule, is_ahead, remember
from gateway.judge.wording import age, clock_time

STAYS_MAX: Final = 4
"""Stays of one seal; the oldest gives way."""


class Stay(msgspec.Struct, kw_only=True):
    """A seal was read at one place again and again, without a pause that would be long enough."""

    first_at: datetime
    last_at: datetime
    source: str
    device: str
    lane: str
    subject: str

    @property
    def place(self) -> str:
        """Where, and on what."""
        return f"{self.source}/{self.device}/{self.subject}"

    def nearest(self, at: datetime) -> datetime:
        """When it was there, as near to a moment as is known."""
        return min(max(at, self.first_at), self.last_at)


class Memory(msgspec.Struct):
    """Stays of seals by their id, in their order; `told` are the pairs of places that were told."""

    stays: dict[str, list[Stay]] = {}
    told: dict[str, str] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """One finding for each pair of places, in whatever order the reads come."""
    read = fact.message
    assert isinstance(read, SealRead)  # noqa: S101 - the rule hears nothing else
    if read.state == "missing":
        return
    agent = fact.agents.get(fact.entry.source)
    here = Stay(
        first_at=fact.observed_at,
        last_at=fact.observed_at,
        source=fact.entry.source,
        device=read.device,
        lane=agent.lane(read.device) if agent else "",
        subject=read.subject,
    )
    stays = [
        stay for stay in memory.stays.get(read.seal, ()) if not is_ahead(stay.last_at, fact.now)
    ]
    for other in stays:
        reason = _impossible(other, here, fact)
        pair = f"{read.seal}\n{sorted((other.place, here.place))}"
        if reason and pair not in memory.told:
            remember(memory.told, pair, reason)
            yield _finding(fact, read, other, here, reason)
    _enter(stays, here, timedelta(seconds=fact.settings.clones.between_lanes_s))
    remember(memory.stays, read.seal, stays)


def _enter(stays: list[Stay], here: Stay, pause: timedelta) -> None:
    """Into the stay around it, if that is at the same place; else it is one itself."""
    at = here.first_at
    index = sum(stay.first_at <= at for stay in stays)
    for stay in stays[max(0, index - 1) : index + 1]:
        if stay.place == here.place and abs(at - stay.nearest(at)) <= pause:
            stay.first_at, stay.last_at = min(stay.first_at, at), max(stay.last_at, at)
            return
    stays.insert(index, here)
    del stays[: len(stays) - STAYS_MAX]


def _impossible(other: Stay, here: Stay, fact: Fact) -> str:
    """Why both cannot be of one seal; empty if they can."""
    at = here.first_at
    apart = abs((at - other.nearest(at)).total_seconds())
    clones = fact.settings.clones
    if other.subject and here.subject and other.subject != here.subject:
        return "on two containers" if apart < clones.between_containers_s else ""
    if Source(other.source).post != Source(here.source).post:
        return "at two posts" if apart < clones.between_posts_s else ""
    is_elsewhere = other.lane != here.lane and other.lane and here.lane
    return "in two lanes" if is_elsewhere and apart < clones.between_lanes_s else ""


def _finding(fact: Fact, read: SealRead, other: Stay, here: Stay, reason: str) -> Finding:
    at = here.first_at
    there_at = other.nearest(at)
    places = " and ".join(
        f"{stay.device}{f' on {stay.subject}' if stay.subject else ''} "
        f"({Source(stay.source).post}, {clock_time(when, fact.now)})"
        for when, stay in sorted(((there_at, other), (at, here)), key=lambda pair: pair[0])
    )
    return Finding(
        subject=read.seal,
        source=fact.entry.source,
        device=read.device,
        severity="critical",
        title="One seal in two places",
        detail=f"Seal {read.seal} was read {reason} within "
        f"{age(abs((at - there_at).total_seconds()))}: by {places}. "
        "One of them is a copy, or a reader names the wrong seal.",
        observed_at=at,
        says=f"seal {read.seal}: {read.state}",
    )


SEAL_CLONED: Final = Rule(name="seal_cloned", hears=(SealRead,), memory=Memory, find=find)
