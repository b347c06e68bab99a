"""A key that was revoked still signs: a thief who goes on, or a box that has not heard of it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import KeyRevoked, SuspectsHeld
from gateway.judge.rule import Fact, Finding, Rule, remember
from gateway.judge.wording import clock_time


class Memory(msgspec.Struct):
    """Why keys were revoked, by source and key id."""

    reasons: dict[str, str] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding for each burst; the intake tells of one at most every minute."""
    said = fact.message
    if isinstance(said, KeyRevoked):
        remember(memory.reasons, f"{said.source} {said.keyid}", said.reason)
        return
    if not isinstance(said, SuspectsHeld) or not said.revoked_key:
        return
    name = Source(said.source).name
    why = memory.reasons.get(f"{said.source} {said.revoked_key}", "")
    yield Finding(
        subject=said.source,
        source=said.source,
        device=name,
        severity="critical",
        title="A revoked key still speaks",
        detail=f"Somebody signs as {name} at {clock_time(fact.now, fact.now)} with a key that was "
        f"revoked ({why[:500] or 'no reason is known'}). What it says is in quarantine and counts "
        "for nothing. If the box is in good hands, enrol it anew; if not, this is where it is.",
        observed_at=fact.now,
        says=f"{said.count} held, signed with {said.revoked_key[:8]}",
    )


REVOKED_KEY_SPEAKS: Final = Rule(
    name="revoked_key_speaks", hears=(SuspectsHeld, KeyRevoked), memory=Memory, find=find
)
