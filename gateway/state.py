"""Everything that the judge knows: a fold over the journal, changed by nothing but `judge`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.episodes import Episodes
from gateway.ledger import Ledger
from gateway.order import Order
from gateway.rules import RULES
from gateway.scans import Scans
from gateway.settings import JudgeSettings
from gateway.twins import Agent
from gateway.wholeness import Wholeness


def _memories() -> dict[str, Any]:
    return {rule.name: rule.memory() for rule in RULES}


@dataclass
class State:
    """What the entries up to `position` have made of the world."""

    position: int = 0
    now: datetime | None = None
    version: str = ""
    rules: tuple[str, ...] = ()
    """The rules that are in force, by the last `judge.changed`."""
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    heard_since: datetime | None = None
    """Since when the gateway hears its broker: silence before it is its own."""
    is_deaf: bool = True
    """The gateway has no link: nobody's silence means anything."""
    ledger: Ledger = field(default_factory=Ledger)
    order: Order = field(default_factory=Order)
    agents: dict[str, Agent] = field(default_factory=dict)
    wholeness: Wholeness = field(default_factory=Wholeness)
    scans: Scans = field(default_factory=Scans)
    episodes: Episodes = field(default_factory=Episodes)
    memories: dict[str, Any] = field(default_factory=_memories)
