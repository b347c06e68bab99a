"""Who this box is: its key, and the public key of the gateway that it was enrolled with.

Everything lies in the state directory: ``key`` (made here, never leaves), ``gateway.pub`` (hex,
from the enrolment), ``tls`` (a certificate for the broker, where it wants one) and
``outbox.sqlite``.
"""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

from contract.clock import Clock, stamp
from contract.delivery.certificate import Papers
from contract.delivery.enrolment import enrol_certified
from contract.delivery.outbox import Outbox
from contract.delivery.room import OutboxLimits
from contract.identifiers import Source
from contract.link import Dial, Rejected
from contract.signing import Key, key_in
from contract.whole_file import write_whole

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StateDir:
    """Where the files of an agent are."""

    path: Path

    @property
    def key(self) -> Path:
        """The private key, hex."""
        return self.path / "key"

    @property
    def next_key(self) -> Path:
        """The key that follows at the next start, if one does."""
        return self.path / "key.next"

    @property
    def gateway(self) -> Path:
        """The gateway's public key, hex; there once the agent is enrolled."""
        return self.path / "gateway.pub"

    @property
    def papers(self) -> Papers:
        """The certificate for the broker, if the enrolment brought one."""
        return Papers(self.path / "tls")

    @property
    def outbox(self) -> Path:
        """What was said."""
        return self.path / "outbox.sqlite"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an agent needs to be believed, and to believe its gateway."""

    key: Key
    gateway_key: bytes

    @classmethod
    def load(cls, state: StateDir, source: Source) -> Self:
        """Read both keys; `Rejected` if the agent is not enrolled."""
        try:
            gateway_key = key_in(state.gateway)
        except FileNotFoundError as error:
            raise Rejected(
                f"{source} is not enrolled (there is no {state.gateway}): make a code on the "
                "gateway's machine with `greenlane gateway code`, then enter it here with "
                "`greenlane edge enroll`"
            ) from error
        except OSError as error:
            raise Rejected(f"{state.gateway} cannot be read: {error}") from error
        return cls(Key.load_or_make(state.key), gateway_key)


async def enrol(
    source: Source,
    state: StateDir,
    dial: Dial,
    *,
    code: str,
    clock: Clock,
    is_certified: bool = False,
    is_new_key: bool = False,
) -> None:
    """Enter this box's key at the gateway with a one-time code, and remember the gateway's key.

    ``is_certified``: and get a certificate for the broker with it. ``is_new_key``: with another key
    than until now, as after a revocation; it takes the former's place when it is enrolled.
    """
    place = state.next_key if is_new_key else state.key
    if is_new_key:
        await asyncio.to_thread(place.unlink, missing_ok=True)
    key = await asyncio.to_thread(Key.load_or_make, place)
    tls = Key.make() if is_certified else None
    enrolled = await enrol_certified(dial, source=source, key=key, tls=tls, code=code, clock=clock)
    if tls is not None:
        keeping = partial(state.papers.keep, tls, enrolled.answer, keyid=key.keyid)
        await asyncio.to_thread(keeping)
    theirs = enrolled.gateway_key.hex() + "\n"
    await asyncio.to_thread(write_whole, state.gateway, theirs, is_secret=False)
    if is_new_key:
        await asyncio.to_thread(place.rename, state.key)


async def rotate(
    source: Source, state: StateDir, *, clock: Clock, limits: OutboxLimits | None = None
) -> None:
    """If a key is to follow: say so with the present one, in the outbox, and put it in its place.

    Before anything else is said. A power cut in between changes nothing: it is said once.
    """
    if not await asyncio.to_thread(state.next_key.exists):
        return
    old, new = [
        await asyncio.to_thread(Key.load_or_make, path) for path in (state.key, state.next_key)
    ]
    async with Outbox.open(
        state.outbox, source=source, key=old, clock=clock, limits=limits, is_patient=True
    ) as outbox:
        await outbox.call(outbox.end.rotate, new, stamp(clock))
    await asyncio.to_thread(state.next_key.rename, state.key)
    log.info("%s goes on with the key %s", source, new.keyid)
