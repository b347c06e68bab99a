"""All of trust, joined: by whose keys one gateway goes, and what changes that."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from contract.clock import Clock
from contract.messages import KeyEnrolled, KeyRevoked
from gateway.journal.journal import Journal
from gateway.trust.codes import Codes
from gateway.trust.dismissing import Dismissing
from gateway.trust.enrolling import Enrolling
from gateway.trust.issuing import authority_in
from gateway.trust.keys import Keys
from gateway.trust.register import Register
from gateway.trust.revocations import Revocations
from gateway.trust.revoking import Revoking
from gateway.voice import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is drawn in `gateway.trust`."""

    keys: Keys
    enrolling: Enrolling
    revoking: Revoking
    revocations: Revocations
    dismissing: Dismissing


async def trust_of(
    journal: Journal, state_dir: Path, authority_dir: Path, *, voice: Voice, clock: Clock
) -> Trust:
    """Trust as the journal has it; raises `Rejected` if the authority's files are no authority."""
    keys = await _kept(journal)
    authority = await asyncio.to_thread(authority_in, authority_dir)
    register = await asyncio.to_thread(Register, authority_dir)
    dismissing = Dismissing(clock)
    revocations = Revocations(
        authority, register, keys=keys, dismiss=dismissing.dismiss, clock=clock
    )
    return Trust(
        keys=keys,
        enrolling=Enrolling(
            journal,
            codes=Codes(state_dir, clock),
            keys=keys,
            voice=voice,
            clock=clock,
            authority=authority,
            register=register,
        ),
        revoking=Revoking(
            journal, state_dir, keys=keys, voice=voice, clock=clock, revocations=revocations
        ),
        revocations=revocations,
        dismissing=dismissing,
    )


async def _kept(journal: Journal) -> Keys:
    keys = Keys()
    said = [*await journal.own(KeyEnrolled.type), *await journal.own(KeyRevoked.type)]
    for entry in sorted(said, key=lambda one: one.position):
        keys.fold(entry.message)
    return keys
