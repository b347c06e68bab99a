"""No word from an agent for too long; clears when it is heard again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import AgentAlive, AgentBorn
from gateway.entry import Tick
from gateway.judge.rule import Fact, Finding, Rule
from gateway.judge.twins import Agent
from gateway.judge.wording import age, clock_time


class Memory(msgspec.Struct):
    """Who is silent, and since when."""

    silent: dict[str, datetime] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding when an agent falls silent, and one when it is back."""
    if not isinstance(fact.message, Tick):
        yield from _back(fact, memory, fact.entry.source)
        return
    for source in list(memory.silent):
        yield from _back(fact, memory, source)
    for source, agent in fact.agents.items():
        if agent.state == "silent" and source not in memory.silent and agent.heard_at:
            memory.silent[source] = agent.heard_at
            yield _raises(fact, agent, agent.heard_at)


def _back(fact: Fact, memory: Memory, source: str) -> Iterator[Finding]:
    agent = fact.agents.get(source)
    if source not in memory.silent or agent is None or agent.state != "alive":
        return
    since = memory.silent.pop(source)
    heard_at = agent.heard_at or fact.now
    name = Source(source).name
    yield Finding(
        effect="clears",
        subject=source,
        source=source,
        device=name,
        detail=f"{name} is heard again since {clock_time(heard_at, fact.now)}, "
        f"after {age((heard_at - since).total_seconds())} of silence.",
        observed_at=heard_at,
        says="heard again",
    )


def _raises(fact: Fact, agent: Agent, heard_at: datetime) -> Finding:
    name = Source(agent.source).name
    behind = len(agent.devices)
    devices = f" Its {behind} devices are unseen meanwhile." if behind > 1 else ""
    devices = " Its device is unseen meanwhile." if behind == 1 else devices
    return Finding(
        subject=agent.source,
        source=agent.source,
        device=name,
        severity="medium",
        title="Agent silent",
        detail=f"No word from {name} since {clock_time(heard_at, fact.now)}.{devices} "
        "What it sees now it keeps, and tells when it is back.",
        observed_at=heard_at,
        opened_by=agent.heard_hash,
    )


AGENT_SILENT: Final = Rule(
    name="agent_silent", hears=(Tick, AgentBorn, AgentAlive), memory=Memory, find=find
)
