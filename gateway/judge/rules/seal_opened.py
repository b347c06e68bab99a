"""A seal says that it was opened, or is damaged."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from contract.messages import SealRead
from gateway.judge.rule import Fact, Finding, Rule, remember
from gateway.judge.wording import clock_time, quantity, two_times

CLOCK_OFF_S: Final = 2
"""Told when the seal's clock differs from ours by at least so much."""


class Last(msgspec.Struct, kw_only=True):
    """How a seal was when it was read last."""

    state: str
    opened_at: datetime | None
    read_at: datetime
    subject: str = ""
    """What it was on, as far as anybody said."""


class Memory(msgspec.Struct):
    """Seals by their id: what was read of them last, and what was heard late last.

    A seal that is also on another container has one more name there: one of the two is a copy.
    """

    seals: dict[str, Last] = {}
    late: dict[str, Last] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """One finding for each opening, however often the seal repeats it."""
    read = fact.message
    assert isinstance(read, SealRead)  # noqa: S101 - the rule hears nothing else
    name = _name(read, memory)
    known = [memory.seals.get(name)]
    last = Last(
        state=read.state,
        opened_at=read.opened_at,
        read_at=fact.observed_at,
        subject=read.subject or (known[0].subject if known[0] else ""),
    )
    if known[0] is not None and last.read_at < known[0].read_at:
        known.append(memory.late.get(name))
        remember(memory.late, name, last)
    else:
        remember(memory.seals, name, last)
    is_news = all(one is None or not _is_same(one, last) for one in known)
    if read.state in ("opened", "damaged") and is_news:
        yield _finding(fact, read)


def _name(read: SealRead, memory: Memory) -> str:
    known = memory.seals.get(read.seal)
    is_elsewhere = known and known.subject and read.subject not in ("", known.subject)
    return f"{read.seal} on {read.subject}" if is_elsewhere else read.seal


def _is_same(one: Last, other: Last) -> bool:
    return (one.state, one.opened_at) == (other.state, other.opened_at)


def _finding(fact: Fact, read: SealRead) -> Finding:
    is_damaged = read.state == "damaged"
    return Finding(
        subject=read.subject or read.seal,
        source=fact.entry.source,
        device=read.device,
        severity="high" if is_damaged else "critical",
        title="Seal damaged" if is_damaged else "Seal opened",
        detail=f"{_happened(fact, read)} Read by {read.device}.{_clock(fact, read)}{_more(read)}",
        observed_at=read.opened_at or fact.observed_at,
        says=f"seal {read.seal}: {read.state}",
    )


def _happened(fact: Fact, read: SealRead) -> str:
    on = f" on {read.subject}" if read.subject else ""
    if read.state == "damaged":
        return (
            f"Seal {read.seal}{on} was found damaged at {clock_time(fact.observed_at, fact.now)}."
        )
    if read.opened_at is None:
        when = clock_time(fact.observed_at, fact.now)
        return f"Seal {read.seal}{on} was found open at {when}; it does not say since when."
    when = two_times(read.opened_at, "the seal's clock", fact.now)
    return f"Seal {read.seal}{on} was opened at {when}."


def _clock(fact: Fact, read: SealRead) -> str:
    if read.seal_clock_at is None:
        return ""
    off = (read.seal_clock_at - fact.observed_at).total_seconds()
    if abs(off) < CLOCK_OFF_S:
        return ""
    return f" The seal's clock is {abs(off):,.0f} s {'fast' if off > 0 else 'slow'}."


def _more(read: SealRead) -> str:
    sealed = f" Sealed {clock_time(read.sealed_at)}." if read.sealed_at else ""
    if read.battery_percent is None:
        return sealed
    return f"{sealed} Battery {quantity(read.battery_percent, '%EL')}."


SEAL_OPENED: Final = Rule(name="seal_opened", hears=(SealRead,), memory=Memory, find=find)
