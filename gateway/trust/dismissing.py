"""Has the broker end the links of a name whose certificate counts no more.

Revocations ─▶ Dismissing ─▶ the gateway's link ─▶ mosquitto's plugin ─▶ all links of that name

Its list of such certificates the broker reads only when somebody connects: who is connected already
would stay. What the plugin is asked is mosquitto's own; no other broker understands it.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from contract.clock import Clock
from contract.link import Link, Packet
from contract.topics import BROKER, BROKER_TOLD

DISMISS_AFTER_S: Final = (3.0, 15.0, 60.0)
"""Seconds after a certificate was listed. Who is in good hands has left by the first, since a
receipt says so; the others meet who came back before the broker had read its list."""
NAMES_MAX: Final = 100
"""Names in one request; the rest follows in the next."""
ANSWER_S: Final = 10.0
_log: Final = logging.getLogger(__name__)


class Dismissing:
    """Names that wait to be dismissed; they outlive a link."""

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self._due: Final[dict[str, list[float]]] = {}
        self._news: Final = asyncio.Event()
        self._answered: Final = asyncio.Event()

    def dismiss(self, names: Iterable[str]) -> None:
        """A certificate of each of these names is on the list since now."""
        now = self._now
        self._due.update({name: [now + after for after in DISMISS_AFTER_S] for name in names})
        self._news.set()

    def answered(self) -> None:
        """The broker said that it did what it was asked."""
        self._answered.set()

    async def run(self, link: Link) -> None:
        """Ask the broker until the link breaks; whom it was not asked about waits for the next."""
        is_listening = False
        while True:
            self._news.clear()
            if names := self._ready():
                if not is_listening:
                    await link.subscribe(BROKER_TOLD)
                    is_listening = True
                await self._ask(link, names)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s()):
                    await self._news.wait()

    def _ready(self) -> list[str]:
        now = self._now
        return [name for name, due in self._due.items() if due[0] <= now][:NAMES_MAX]

    def _wait_s(self) -> float | None:
        first = min((due[0] for due in self._due.values()), default=None)
        return None if first is None else max(0.0, first - self._now)

    async def _ask(self, link: Link, names: Sequence[str]) -> None:
        self._answered.clear()
        await link.publish([request(names)])
        now = self._now
        for name in names:
            later = [at for at in self._due.pop(name) if at > now]
            if later:
                self._due[name] = later
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._answered.wait()
        except TimeoutError:
            _log.error(
                "the broker does not say that it ended the links of %s: restart it, for their "
                "certificates were revoked; with the plugin of greenlane.conf it would answer",
                ", ".join(names),
            )
        else:
            _log.warning("the broker ended all links of %s", ", ".join(names))

    @property
    def _now(self) -> float:
        return self._clock.monotonic_ns() / 1e9


def request(names: Sequence[str]) -> Packet:
    """Have all links of these names ended.

    The plugin ends the links of a name that it forgets, so it must have known it: nothing stays.
    A name is the common name of a certificate. Which client id somebody chose does not matter.
    """
    commands = [
        {"command": command, "username": name}
        for name in names
        for command in ("createClient", "deleteClient")
    ]
    return Packet(topic=BROKER, body=msgspec.json.encode({"commands": commands}))
