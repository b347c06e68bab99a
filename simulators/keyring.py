"""The keys of simulated agents: made here, entered at the gateway by codes, kept in a file.

The file holds private keys of agents that the gateway believes: it is readable by its owner only.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from contract.clock import Clock
from contract.config import BadConfig
from contract.delivery.enrolment import enrol
from contract.identifiers import Source
from contract.link import Dial
from contract.signing import KEY_BYTES, Key

AT_ONCE: Final = 4
"""Agents that enrol at the same time."""

CodeFor = Callable[[Source], str | None]
"""A one-time code for a source; none if there is none."""


class Keyring(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the file holds."""

    gateway_key: str = ""
    """The gateway's public key, in hex."""
    seeds: dict[str, str] = {}
    """The private keys of the sources that are enrolled, in hex."""

    @classmethod
    def load(cls, path: Path | None) -> "Keyring":
        """Read the file; an empty one if there is none. Raises `BadConfig` for another file."""
        if path is None or not path.exists():
            return cls()
        try:
            ring = msgspec.json.decode(path.read_bytes(), type=cls)
            for source, seed in ring.seeds.items():
                Source.parse(source)
                Key(bytes.fromhex(seed))
        except (msgspec.MsgspecError, ValueError) as error:
            raise BadConfig(f"{path} is no file of keys: {error}") from error
        return ring

    def save(self, path: Path) -> None:
        """Write the file anew."""
        draft = path.with_name(f"{path.name}.new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self)))
        draft.rename(path)

    def key(self, source: Source) -> Key:
        """The key of a source that is enrolled."""
        return Key(bytes.fromhex(self.seeds[source]))

    @property
    def gateway(self) -> bytes:
        """The public key of the gateway."""
        return bytes.fromhex(self.gateway_key)

    async def enrol(
        self, sources: Iterable[Source], dial: Dial, *, code_for: CodeFor, clock: Clock
    ) -> int:
        """Enter the keys of those that are not yet; returns how many.

        Raises `Rejected` if the gateway refuses one, `Unavailable` if none answers, and `BadConfig`
        if a code is missing.
        """
        new = [source for source in sources if source not in self.seeds]
        codes = {source: code_for(source) for source in new}
        if missing := [source for source, code in codes.items() if not code]:
            raise BadConfig(
                f"{len(missing)} agents are not enrolled, the first is {missing[0]}: name the "
                "gateway's configuration, a file of codes, or a file of keys of an earlier run"
            )
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(source: Source, code: str) -> None:
            seed = os.urandom(KEY_BYTES)
            async with turn:
                public = await enrol(dial, source=source, key=Key(seed), code=code, clock=clock)
            self.gateway_key = public.hex()
            self.seeds[str(source)] = seed.hex()

        async with asyncio.TaskGroup() as tasks:
            for source, code in codes.items():
                tasks.create_task(one(source, code or ""), name=f"{source} enrols")
        return len(new)


def codes_in(path: Path, post: str) -> CodeFor:
    """The codes in a file, a line each: name of the agent, then its code."""
    codes: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        words = line.split("#")[0].split()
        if len(words) not in (0, 2):
            raise BadConfig(f"{path}, line {number}: not a name and a code")
        if words:
            codes[f"/{post}/{words[0]}"] = words[1]
    return lambda source: codes.get(str(source))
