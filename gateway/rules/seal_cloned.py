"""One seal was read at two places, or on two containers, within a time that is impossible."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import SealRead
from gateway.rule import Fact, Finding, Rule, remember
from gateway.wording import age, clock_time


class Last(msgspec.Struct, kw_only=True):
    """Where a seal was read last."""

    at: datetime
    source: str
    device: str
    lane: str
    subject: str


class Memory(msgspec.Struct):
    """Seals by their id; `told` are the pairs of places that were told already."""

    seals: dict[str, Last] = {}
    told: dict[str, str] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """One finding for each pair of places."""
    read = fact.message
    assert isinstance(read, SealRead)  # noqa: S101 - the rule hears nothing else
    if read.state == "missing":
        return
    agent = fact.agents.get(fact.entry.source)
    here = Last(
        at=fact.observed_at,
        source=fact.entry.source,
        device=read.device,
        lane=agent.lane(read.device) if agent else "",
        subject=read.subject,
    )
    before = memory.seals.get(read.seal)
    if before is None or here.at >= before.at:
        remember(memory.seals, read.seal, here)
    reason = _impossible(before, here, fact) if before else ""
    pair = f"{read.seal}\n{sorted((_place(before), _place(here)))}" if before else ""
    if before and reason and pair not in memory.told:
        remember(memory.told, pair, reason)
        yield _finding(fact, read, before, here, reason)


def _impossible(before: Last, here: Last, fact: Fact) -> str:
    """Why both reads cannot be of one seal; empty if they can."""
    apart = abs((here.at - before.at).total_seconds())
    clones = fact.settings.clones
    if before.subject and here.subject and before.subject != here.subject:
        return "on two containers" if apart < clones.between_containers_s else ""
    if Source(before.source).post != Source(here.source).post:
        return "at two posts" if apart < clones.between_posts_s else ""
    is_elsewhere = before.lane != here.lane and before.lane and here.lane
    return "in two lanes" if is_elsewhere and apart < clones.between_lanes_s else ""


def _place(read: Last) -> str:
    return f"{read.source}/{read.device}/{read.subject}"


def _finding(fact: Fact, read: SealRead, before: Last, here: Last, reason: str) -> Finding:
    apart = age(abs((here.at - before.at).total_seconds()))
    places = " and ".join(
        f"{one.device}{f' on {one.subject}' if one.subject else ''} "
        f"({Source(one.source).post}, {clock_time(one.at, fact.now)})"
        for one in sorted((before, here), key=lambda one: one.at)
    )
    return Finding(
        subject=read.seal,
        source=fact.entry.source,
        device=read.device,
        severity="critical",
        title="One seal in two places",
        detail=f"Seal {read.seal} was read {reason} within {apart}: by {places}. "
        "One of them is a copy, or a reader names the wrong seal.",
        observed_at=here.at,
        says=f"seal {read.seal}: {read.state}",
    )


SEAL_CLONED: Final = Rule(name="seal_cloned", hears=(SealRead,), memory=Memory, find=find)
