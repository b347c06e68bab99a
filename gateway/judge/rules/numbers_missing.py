"""Numbers of an agent are missing, and nobody says why; clears when they come or are declared."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.identifiers import Source
from gateway.entry import Tick
from gateway.judge.rule import Fact, Finding, Rule
from gateway.judge.settings import JudgeSettings
from gateway.judge.wording import age, clock_time


class Memory(msgspec.Struct):
    """Since when numbers of a source are missing, and of whom it was told."""

    since: dict[str, datetime] = {}
    told: dict[str, datetime] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding for a hole that stays, and one when it is filled or declared."""
    for source, status in fact.completeness.items():
        if status == "missing":
            memory.since.setdefault(source, fact.now)
        else:
            memory.since.pop(source, None)
            if source in memory.told:
                memory.told.pop(source)
                yield _clears(fact, source, status)
    lasting = timedelta(seconds=fact.settings.hole_s)
    for source, since in memory.since.items():
        if source not in memory.told and since + lasting <= fact.now:
            memory.told[source] = since
            yield _raises(fact, source, since)


def _raises(fact: Fact, source: str, since: datetime) -> Finding:
    name = Source(source).name
    return Finding(
        subject=source,
        source=source,
        device=name,
        severity="medium",
        title="Numbers missing",
        detail=f"{name} numbered messages that are not here, and says nothing of them since "
        f"{clock_time(since, fact.now)} ({age((fact.now - since).total_seconds())}). What its "
        "devices saw cannot be called complete.",
        observed_at=since,
        opened_by=f"{source} {since.isoformat()}",
    )


def _clears(fact: Fact, source: str, status: str) -> Finding:
    name = Source(source).name
    return Finding(
        effect="clears",
        subject=source,
        source=source,
        device=name,
        detail=f"Every number of {name} is accounted for since {clock_time(fact.now, fact.now)}: "
        f"{status}.",
        observed_at=fact.now,
    )


def due(memory: Memory, settings: JudgeSettings) -> datetime | None:
    """When the first hole has stayed for long enough."""
    lasting = timedelta(seconds=settings.hole_s)
    waits = [since + lasting for source, since in memory.since.items() if source not in memory.told]
    return min(waits, default=None)


NUMBERS_MISSING: Final = Rule(
    name="numbers_missing", hears=(Tick,), memory=Memory, find=find, due=due
)
