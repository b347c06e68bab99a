"""Somebody has the key of an agent: says other things under its numbers, also when it is off.

What counts of it is a fork, kept as evidence; once the key was replaced or revoked, nothing more.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from contract.link import Packet
from contract.messages import Identity, KeyEnrolled, KeyRevoked, SealRead, read
from contract.signing import Key
from contract.wire import hash_of
from tests.faults.agent import Agent
from tests.faults.forger import SEAL, Forger

EPOCH: Final = "e" * 16
"""In which it says what nobody said."""
Standing = Literal["unknown", "counts", "replaced", "revoked"]


@dataclass(eq=False)
class Thief:
    """One theft: the key that the agent had then."""

    agent: Agent
    forger: Forger
    key: Key = field(init=False)
    fork: Packet | None = None
    """What it said under a number that was held."""
    is_refused: bool = False
    """It spoke although its key counted no more."""

    def __post_init__(self) -> None:
        """Take the key."""
        self.key = self.forger.key = self.agent.key

    @property
    def fork_hash(self) -> str:
        """Of what it said under a number that was held; empty if it said nothing so."""
        return hash_of(self.fork.body) if self.fork else ""

    def packets(self, journal: Path) -> Iterator[Packet]:
        """What it says now; ``journal`` is the gateway's."""
        held = _held(journal, self.agent.source, self.key.keyid)
        if self.fork is None and held is not None:
            self.fork = self._said(held)
        if self.fork is not None:
            yield self.fork
        if standing(journal, self.key.keyid) in ("replaced", "revoked"):
            self.is_refused = True
            yield self._said(Identity(self.agent.source, "events", EPOCH, 1))

    def _said(self, identity: Identity) -> Packet:
        seal = SealRead(device="reader-0", seal=SEAL, state="opened", subject=SEAL)
        return self.forger.packet(seal, self.agent.source, identity, self.key.keyid)


def standing(journal: Path, keyid: str) -> Standing:
    """What a gateway's journal says of a key, read without the product's own fold."""
    word: Standing = "unknown"
    with closing(sqlite3.connect(journal)) as at:
        rows = at.execute("SELECT body FROM entry WHERE kind = 'own' AND type GLOB '*key.*'")
        for (body,) in rows:
            said = read(body).message()
            if isinstance(said, KeyRevoked) and said.keyid == keyid:
                return "revoked"
            if isinstance(said, KeyEnrolled) and said.replaces == keyid:
                word = "replaced"
            elif isinstance(said, KeyEnrolled) and said.keyid == keyid and word == "unknown":
                word = "counts"
    return word


def _held(journal: Path, source: str, keyid: str) -> Identity | None:
    """The last event that is kept of a source and was signed with this key."""
    with closing(sqlite3.connect(journal)) as at:
        row = at.execute(
            "SELECT epoch, sequence FROM entry WHERE kind = 'kept' AND stream = 'events'"
            " AND source = ? AND keyid = ? ORDER BY position DESC LIMIT 1",
            (source, keyid),
        ).fetchone()
    return Identity(source, "events", *row) if row else None
