"""Somebody speaks in the name of a source without its key, or sends what nobody can read."""

from collections.abc import Iterator
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import SuspectsHeld
from gateway.judge.rule import Fact, Finding, Rule, remember
from gateway.judge.wording import clock_time


class Memory(msgspec.Struct):
    """How many were held, by source."""

    held: dict[str, int] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding for each burst; the intake tells of one at most every minute."""
    suspects = fact.message
    assert isinstance(suspects, SuspectsHeld)  # noqa: S101 - the rule hears nothing else
    if suspects.revoked_key:
        return  # that is no stranger: `revoked_key_speaks`
    held = memory.held.get(suspects.source, 0) + suspects.count
    remember(memory.held, suspects.source, held)
    name = Source(suspects.source).name
    yield Finding(
        subject=suspects.source,
        source=suspects.source,
        device=name,
        severity="medium",
        title="Messages that were not let in",
        detail=f"{held:,} messages in the name of {name} are in quarantine at "
        f"{clock_time(fact.now, fact.now)}, the last because of: {suspects.reason[:500]}. They "
        "count for nothing. A box that is not enrolled, or somebody who is not who they say.",
        observed_at=fact.now,
        says=f"{suspects.count} held",
    )


STRANGERS_KNOCK: Final = Rule(
    name="strangers_knock", hears=(SuspectsHeld,), memory=Memory, find=find
)
