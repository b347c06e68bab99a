"""A seal that should be there is not; clears when it is read again.

That it was missing once is told too if it is heard late (`gateway.judge.past`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.messages import SealRead
from gateway.judge.past import Past
from gateway.judge.rule import Fact, Finding, Rule, is_ahead, remember
from gateway.judge.wording import clock_time

LEAST: Final = timedelta(seconds=60)
"""Between two reads that are closer, what is heard late is told each time."""


class Last(msgspec.Struct, kw_only=True):
    """When a seal was there last, and whether it is missed now."""

    there_at: datetime | None
    there: str
    """Which device read it."""
    heard_at: datetime
    is_missing: bool
    past: Past = msgspec.field(default_factory=Past)


class Memory(msgspec.Struct):
    """Seals by their id."""

    seals: dict[str, Last] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding when a seal goes missing, and one when it is back."""
    read = fact.message
    assert isinstance(read, SealRead)  # noqa: S101 - the rule hears nothing else
    at, before = fact.observed_at, memory.seals.get(read.seal)
    is_missing = read.state == "missing"
    was_missing = before is not None and before.is_missing
    if before is not None and _is_late(fact, before, is_missing=is_missing):
        yield from _heard_late(fact, read, before)
        return
    past = before.past if before is not None and at >= before.heard_at else Past()
    there_at, there = (before.there_at, before.there) if before else (None, "")
    if is_missing:
        past.told_from = past.told_from or at
    else:
        there_at, there = at, read.device
        past.well(at, LEAST)
    now = Last(there_at=there_at, there=there, heard_at=at, is_missing=is_missing, past=past)
    remember(memory.seals, read.seal, now)
    if is_missing and not was_missing:
        yield _raises(fact, read, now)
    elif was_missing and not is_missing:
        yield _clears(fact, read)


def _is_late(fact: Fact, last: Last, *, is_missing: bool) -> bool:
    """Whether it says nothing about now; nor does what is late in its stream turn a state back."""
    if fact.is_late and last.is_missing and not is_missing:
        return True
    return fact.observed_at < last.heard_at and not is_ahead(last.heard_at, fact.now)


def _heard_late(fact: Fact, read: SealRead, last: Last) -> Iterator[Finding]:
    at = fact.observed_at
    if read.state != "missing":
        if last.there_at is None or at > last.there_at:
            last.there_at, last.there = at, read.device
        last.past.was_well(at, LEAST, last.heard_at)
    elif last.past.was_bad(at, timedelta()):
        yield Finding(
            effect="passed",
            subject=read.subject or read.seal,
            source=fact.entry.source,
            device=read.device,
            severity="high",
            title="Seal missing",
            detail=f"{_missed(fact, read)} It was heard after later reads.",
            observed_at=at,
            says=f"seal {read.seal}: missing",
        )


def _missed(fact: Fact, read: SealRead) -> str:
    on = f" on {read.subject}" if read.subject else ""
    when = clock_time(fact.observed_at, fact.now)
    return f"{read.device} found no seal {read.seal}{on} at {when}."


def _raises(fact: Fact, read: SealRead, last: Last) -> Finding:
    if last.there_at is None:
        seen = "It was never read before."
    else:
        seen = f"It was read at {clock_time(last.there_at, fact.now)} by {last.there}, not since."
    return Finding(
        subject=read.subject or read.seal,
        source=fact.entry.source,
        device=read.device,
        severity="high",
        title="Seal missing",
        detail=f"{_missed(fact, read)} {seen}",
        observed_at=fact.observed_at,
        says=f"seal {read.seal}: missing",
    )


def _clears(fact: Fact, read: SealRead) -> Finding:
    when = clock_time(fact.observed_at, fact.now)
    return Finding(
        effect="clears",
        subject=read.subject or read.seal,
        source=fact.entry.source,
        device=read.device,
        detail=f"Seal {read.seal} was read again at {when} by {read.device}: {read.state}.",
        observed_at=fact.observed_at,
        says=f"seal {read.seal}: {read.state}",
    )


SEAL_MISSING: Final = Rule(name="seal_missing", hears=(SealRead,), memory=Memory, find=find)
