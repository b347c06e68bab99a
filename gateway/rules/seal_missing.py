"""A seal that should be there is not; clears when it is read again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from contract.messages import SealRead
from gateway.rule import Fact, Finding, Rule, is_ahead, remember
from gateway.wording import clock_time


class Last(msgspec.Struct, kw_only=True):
    """When a seal was there last, and whether it is missed now."""

    there_at: datetime | None
    there: str
    """Which device read it."""
    heard_at: datetime
    is_missing: bool


class Memory(msgspec.Struct):
    """Seals by their id."""

    seals: dict[str, Last] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding when a seal goes missing, and one when it is back."""
    read = fact.message
    assert isinstance(read, SealRead)  # noqa: S101 - the rule hears nothing else
    before = memory.seals.get(read.seal)
    is_missing = read.state == "missing"
    is_older = before is not None and fact.observed_at < before.heard_at
    if before is not None and is_older and not is_ahead(before.heard_at, fact.now):
        return  # what came late says nothing about now
    there_at, there = (before.there_at, before.there) if before else (None, "")
    if not is_missing:
        there_at, there = fact.observed_at, read.device
    now = Last(there_at=there_at, there=there, heard_at=fact.observed_at, is_missing=is_missing)
    remember(memory.seals, read.seal, now)
    if is_missing and (before is None or not before.is_missing):
        yield _raises(fact, read, now)
    elif not is_missing and before is not None and before.is_missing:
        yield _clears(fact, read)


def _raises(fact: Fact, read: SealRead, last: Last) -> Finding:
    on = f" on {read.subject}" if read.subject else ""
    when = clock_time(fact.observed_at, fact.now)
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
        detail=f"{read.device} found no seal {read.seal}{on} at {when}. {seen}",
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
