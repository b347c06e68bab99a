"""The idea of a rule: a pure function from one fact, and what the rule remembers, to findings.

A rule sees no clock: time is `Fact.now`, the journal's, and it arrives with every entry; where
nothing else is said, a `Tick` brings it. `find` may change its own memory and nothing else. What
came late (`Fact.is_late`) may raise an alert, but never turns back what the rule remembers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from contract.messages import (
    Completeness,
    Detection,
    Evidence,
    Message,
    ModelUsed,
    Picture,
    Severity,
)
from gateway.entry import Entry
from gateway.judge.settings import JudgeSettings
from gateway.judge.twins import Agent

REMEMBERED_MAX: Final = 20_000
"""Things (seals, series, sources) that one rule remembers; the one heard longest ago gives way."""

AHEAD_S_MAX: Final = 60
"""Nobody sees what is to come: a stamp that is farther ahead of the journal's time is of a clock
that is wrong, and what is stamped earlier once it was set right is not late for that."""

M = TypeVar("M")
V = TypeVar("V")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says about a subject: a condition holds, or holds no more, or once held."""

    effect: Literal["raises", "clears", "passed"] = "raises"
    """``passed``: it held for a while before what is known of now, and was heard late."""
    subject: str
    source: str
    device: str
    severity: Severity = "medium"
    title: str = ""
    detail: str = ""
    observed_at: datetime
    """When it happened, by the device's clock where it has one."""
    says: str = ""
    """What the message says, in a few words: the text of the evidence."""
    opened_by: str = ""
    """Names what opened the episode where no message did (as with silence)."""
    rests_on: Evidence | None = None
    """The message that began it, where that is not the entry at hand."""
    picture: Picture | None = None
    detections: tuple[Detection, ...] = ()
    model: ModelUsed | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One entry in its order, and what is known beside it (read only)."""

    entry: Entry
    message: Message
    """What the entry says; `Tick`, `Forked` or `ChainBroken` for what no message says."""
    now: datetime
    is_late: bool
    settings: JudgeSettings
    agents: Mapping[str, Agent]
    completeness: Mapping[str, Completeness]

    @property
    def observed_at(self) -> datetime:
        """By the source's clock; the journal's where it has none."""
        return self.entry.observed_at or self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[M]):
    """A rule by its name, what it wants to hear, and how its memory begins."""

    name: str
    hears: tuple[type[Message], ...]
    memory: type[M]
    find: Callable[[Fact, M], Iterable[Finding]]
    due: Callable[[M, JudgeSettings], datetime | None] | None = None
    """When the rule wants a `Tick` at the latest; none: it waits for nothing."""


AnyRule = Rule[Any]


def remember(memory: dict[str, V], key: str, value: V) -> None:
    """Put a value in, as the newest; the oldest gives way."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > REMEMBERED_MAX:
        del memory[next(iter(memory))]


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether a device's stamp cannot be right, by the journal's time."""
    return at - now > timedelta(seconds=AHEAD_S_MAX)


def evidence(entry: Entry, says: str) -> Evidence:
    """The message behind a finding."""
    return Evidence(
        source=entry.source,
        epoch=entry.epoch,
        stream=entry.stream or "life",
        sequence=entry.sequence,
        hash=entry.hash,
        type=entry.type,
        observed_at=entry.observed_at or entry.received_at,
        says=says,
    )
