"""Everything that the judge knows: a fold over the journal, changed by nothing but `judge`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from contract.delivery.ranges import Ranges
from gateway import entry
from gateway.judge.episodes import Episodes
from gateway.judge.ledger import Ledger
from gateway.judge.order import Order
from gateway.judge.rules import RULES
from gateway.judge.scans import Scans
from gateway.judge.settings import JudgeSettings
from gateway.judge.twins import Agent
from gateway.judge.wholeness import Wholeness


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


def written(state: State) -> bytes:
    """The state as JSON: the form in which messages are written, so nothing of it changes."""
    return _ENCODER.encode(state)


def reread(body: bytes) -> State:
    """The state that was written; raises `msgspec.MsgspecError` if this judge cannot read it.

    A field or a rule that is new since then begins as in an empty state; one that is gone is left
    out.
    """
    state = _DECODER.decode(body)
    former = state.memories
    state.memories = {
        rule.name: msgspec.convert(former[rule.name], rule.memory)
        if rule.name in former
        else rule.memory()
        for rule in RULES
    }
    for lane in state.order.lanes.values():
        lane.held = {number: _again(held) for number, held in lane.held.items()}
    return state


def _again(held: entry.Entry) -> entry.Entry:
    """What an entry says is read from its body: its type alone tells how."""
    _, message = entry.reread(held.body, held.kind)
    return msgspec.structs.replace(held, message=message)


def _plain(value: object) -> object:
    if isinstance(value, Ranges):
        return list(value)
    if isinstance(value, str):  # an identifier: what was just heard has them, what was read has not
        return str(value)
    raise NotImplementedError(f"the judge's state cannot hold a {type(value).__name__}")


def _made(kind: type, value: Any) -> object:
    if kind is Ranges:
        return Ranges(value)
    raise NotImplementedError(f"the judge's state cannot hold a {kind.__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
_DECODER = msgspec.json.Decoder(State, dec_hook=_made)
