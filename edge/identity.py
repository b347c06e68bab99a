"""Who this box is: its key, and the public key of the gateway that it was enrolled with.

Everything lies in the state directory: ``key`` (made here, never leaves), ``gateway.pub`` (hex,
from the enrolment), ``tls`` (a certificate for the broker, where it wants one) and
``outbox.sqlite``.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from contract.clock import Clock
from contract.delivery.certificate import Papers
from contract.delivery.enrolment import enrol_certified
from contract.identifiers import Source
from contract.link import Dial, Rejected
from contract.signing import KEY_BYTES, Key


@dataclass(frozen=True, slots=True)
class StateDir:
    """Where the files of an agent are."""

    path: Path

    @property
    def key(self) -> Path:
        """The private key, hex."""
        return self.path / "key"

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
            gateway_key = bytes.fromhex(state.gateway.read_text().strip())
        except FileNotFoundError as error:
            raise Rejected(f"{source} is not enrolled: there is no {state.gateway}") from error
        except (OSError, ValueError) as error:
            raise Rejected(f"{state.gateway} cannot be read: {error}") from error
        if len(gateway_key) != KEY_BYTES:
            raise Rejected(f"{state.gateway} does not hold a public key of {KEY_BYTES} bytes")
        return cls(Key.load_or_make(state.key), gateway_key)


async def enrol(
    source: Source,
    state: StateDir,
    dial: Dial,
    *,
    code: str,
    clock: Clock,
    is_certified: bool = False,
) -> None:
    """Enter this box's key at the gateway with a one-time code, and remember the gateway's key.

    ``is_certified``: and get a certificate for the broker with it.
    """
    key = await asyncio.to_thread(Key.load_or_make, state.key)
    tls = Key.make() if is_certified else None
    enrolled = await enrol_certified(dial, source=source, key=key, tls=tls, code=code, clock=clock)
    if tls is not None:
        await asyncio.to_thread(state.papers.keep, tls, enrolled.answer)
    await asyncio.to_thread(_write_durably, state.gateway, enrolled.gateway_key.hex() + "\n")


def _write_durably(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
