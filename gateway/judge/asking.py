"""Asks the rules what they find in one fact, and hands it to the episodes. Pure."""

from typing import Final

from contract.messages import Message
from gateway.entry import Entry
from gateway.judge.rule import AnyRule, Fact
from gateway.judge.rules import RULES
from gateway.judge.state import State


def _by_message() -> dict[type[Message], list[AnyRule]]:
    hearing: dict[type[Message], list[AnyRule]] = {}
    for rule in RULES:
        for kind in rule.hears:
            hearing.setdefault(kind, []).append(rule)
    return hearing


_HEARING: Final = _by_message()


def ask(
    state: State, entry: Entry, message: Message, changes: list[Message], *, is_late: bool = False
) -> None:
    """Ask the rules that hear this, in their order."""
    rules = _HEARING.get(type(message))
    if not rules or state.now is None:
        return
    fact = Fact(
        entry=entry,
        message=message,
        now=state.now,
        is_late=is_late,
        settings=state.settings,
        agents=state.agents,
        completeness=state.wholeness.status,
    )
    for rule in rules:
        if rule.name not in state.rules:
            continue
        for finding in rule.find(fact, state.memories[rule.name]):
            changes += state.episodes.found(rule.name, finding, entry, is_late=is_late)
