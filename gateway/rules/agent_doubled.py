"""An agent's former run speaks although a newer one was born: its key runs on two boxes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import AgentAlive, AgentBorn
from gateway.rule import Fact, Finding, Rule, remember
from gateway.wording import clock_time


class Born(msgspec.Struct, kw_only=True):
    """The newest run of an agent, and those before it."""

    epoch: str
    at: datetime
    former: dict[str, str] = {}


class Memory(msgspec.Struct):
    """Runs by source."""

    agents: dict[str, Born] = {}


EPOCHS_MAX: Final = 50
"""Former runs that are remembered of one agent."""


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """One finding for each time that the speaker changes back to a former run."""
    said = fact.message
    assert isinstance(said, AgentBorn | AgentAlive)  # noqa: S101 - the rule hears nothing else
    if not said.epochs:
        return
    epoch, source = said.epochs[0].epoch, fact.entry.source
    known = memory.agents.get(source)
    if known is None:
        remember(memory.agents, source, Born(epoch=epoch, at=fact.observed_at))
        return
    if epoch == known.epoch:
        return
    is_former = epoch in known.former
    if is_former and fact.observed_at <= known.at:
        return  # an old word that came late
    if is_former:
        yield _finding(fact, source, known.at)
    remember(known.former, known.epoch, "")
    known.former.pop(epoch, None)
    while len(known.former) > EPOCHS_MAX:
        del known.former[next(iter(known.former))]
    known.epoch, known.at = epoch, fact.observed_at


def _finding(fact: Fact, source: str, newer_at: datetime) -> Finding:
    name = Source(source).name
    return Finding(
        subject=source,
        source=source,
        device=name,
        severity="critical",
        title="One agent on two boxes",
        detail=f"A former run of {name} speaks at {clock_time(fact.observed_at, fact.now)}, "
        f"although a newer one was born at {clock_time(newer_at, fact.now)}. A card was copied, or "
        "two boxes use one key. Nothing it said is lost; enrol one of them anew.",
        observed_at=fact.observed_at,
        says="a former run speaks",
    )


AGENT_DOUBLED: Final = Rule(
    name="agent_doubled", hears=(AgentBorn, AgentAlive), memory=Memory, find=find
)
