"""Two messages under one number, or a chain of hashes that does not join: who signed both?"""

from collections.abc import Iterator
from typing import Final

import msgspec

from contract.identifiers import Source
from gateway.entry import ChainBroken, Forked
from gateway.judge.rule import Fact, Finding, Rule
from gateway.judge.wording import clock_time


class Memory(msgspec.Struct):
    """How many were told, by source: the first tells, then every doubling."""

    times: dict[str, int] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding for the first, the second, the fourth and so on: a flood is one thing."""
    entry = fact.entry
    times = memory.times.get(entry.source, 0) + 1
    memory.times[entry.source] = times
    if times & (times - 1):
        return
    name = Source(entry.source).name
    is_fork = isinstance(fact.message, Forked)
    what = (
        f"Another message came under number {entry.sequence:,} of {entry.stream}, which is held"
        if is_fork
        else f"Number {entry.sequence:,} of {entry.stream} names another one before it"
    )
    yield Finding(
        subject=entry.source,
        source=entry.source,
        device=name,
        severity="high",
        title="Two histories of one agent",
        detail=f"{what}; told us at {clock_time(fact.now, fact.now)}, {times} so far. The first is "
        "what counts, the other is kept as evidence. A card was copied or restored, or the key "
        "of this agent is in other hands.",
        observed_at=fact.observed_at,
        says="fork" if is_fork else "chain does not join",
    )


NUMBERS_FORGED: Final = Rule(
    name="numbers_forged", hears=(Forked, ChainBroken), memory=Memory, find=find
)
