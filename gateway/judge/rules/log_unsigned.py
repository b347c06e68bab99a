"""Nobody signs how the journal stands, or a witness does not: from then on less can be proved."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import NotaryChanged
from gateway.judge.rule import Fact, Finding, Rule
from gateway.judge.wording import age, clock_time


class Memory(msgspec.Struct):
    """Since when, by witness; the empty name is the gateway's own signature."""

    unsigned: dict[str, datetime] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding when one signs no more, and one when it does again."""
    told = fact.message
    assert isinstance(told, NotaryChanged)  # noqa: S101 - the rule hears nothing else
    if told.is_well:
        yield from _again(fact, memory, told)
    elif told.witness not in memory.unsigned:
        memory.unsigned[told.witness] = told.since
        yield _raises(fact, told)


def _again(fact: Fact, memory: Memory, told: NotaryChanged) -> Iterator[Finding]:
    since = memory.unsigned.pop(told.witness, None)
    if since is None:
        return
    whose = told.witness or "The gateway"
    yield Finding(
        effect="clears",
        subject=told.witness or fact.entry.source,
        source=fact.entry.source,
        device=Source(fact.entry.source).name,
        detail=f"{whose} signs again, after {age((fact.now - since).total_seconds())}. What came "
        "meanwhile is under the new checkpoint.",
        observed_at=fact.now,
        says="signed again",
    )


def _raises(fact: Fact, told: NotaryChanged) -> Finding:
    at = clock_time(told.since, fact.now)
    why = f" The last answer: {told.reason}" if told.reason else ""
    if told.witness:
        title = "Witness does not sign"
        detail = (
            f"{told.witness} has cosigned no checkpoint since {at}; its last one has "
            f"{told.size:,} entries.{why} For what comes meanwhile nobody but this gateway vouches."
        )
    else:
        title = "Journal is not signed"
        detail = (
            f"No checkpoint was made since {at}.{why} What comes meanwhile cannot be proved to "
            "anybody; `greenlane evidence check` says whether entries were changed."
        )
    return Finding(
        subject=told.witness or fact.entry.source,
        source=fact.entry.source,
        device=Source(fact.entry.source).name,
        severity="medium" if told.witness else "critical",
        title=title,
        detail=detail,
        observed_at=told.since,
        says="not signed",
    )


LOG_UNSIGNED: Final = Rule(name="log_unsigned", hears=(NotaryChanged,), memory=Memory, find=find)
