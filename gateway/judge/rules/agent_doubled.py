"""An agent's former run speaks although a newer one was born: its key runs on two boxes.

Which of its runs speaks is known from what they name, and from how their boxes count on
(`gateway.judge.runs`): a clone whose clock lags is found like any other, and a word that comes late
is none. Not seen: a box that says nothing but its birth and is off again within `MARGIN_US`; one
that was never heard before the other was born shows itself with its second word.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import AgentAlive, AgentBorn
from gateway.judge.rule import Fact, Finding, Rule


class Memory(msgspec.Struct):
    """None: the runs of a source belong to its twin."""


def find(fact: Fact, _memory: Memory) -> Iterator[Finding]:
    """One finding for each time that the speaker changes back to a former run."""
    said = fact.message
    assert isinstance(said, AgentBorn | AgentAlive)  # noqa: S101 - the rule hears nothing else
    source = fact.entry.source
    if said.epochs and fact.agents[source].verdict == "again":
        name = Source(source).name
        yield Finding(
            subject=source,
            source=source,
            device=name,
            severity="critical",
            title="One agent on two boxes",
            detail=f"A former run of {name} speaks on, although a newer one was born. A card was "
            "copied, or two boxes use one key. Nothing it said is lost; enrol one of them anew.",
            observed_at=fact.observed_at,
            says="a former run speaks",
        )


AGENT_DOUBLED: Final = Rule(
    name="agent_doubled", hears=(AgentBorn, AgentAlive), memory=Memory, find=find
)
