"""The idea of a link: one connection to a broker, in batches both ways.

A link that breaks stays broken: its methods raise `Unavailable`, and whoever dialled dials again.
Nothing may be deduced from a publish that returned: only a receipt says that a message is kept.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Literal, Protocol

import msgspec

from contract.wire import JSON

BATCH_MAX: Final = 500
"""Packets in one batch of `Link.receive`."""
UNREAD_PACKETS_MAX: Final = 100_000
"""Packets that wait in a link for `receive`; the oldest gives way, and its sender says it again."""


class Unavailable(Exception):
    """The other side is away; try again later."""


class Rejected(Exception):
    """The other side is there and says no; the message says why and what to do."""


class Packet(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an MQTT 5 PUBLISH carries, as far as we use it."""

    topic: str
    body: bytes
    content_type: str = JSON
    keyid: str = ""
    sig: bytes = b""
    reply_to: str = ""
    """MQTT 5 response topic."""
    correlation: bytes = b""
    qos: Literal[0, 1] = 1
    """0 for what is said again or asked for: whether it went on, nobody is told."""


class Link(Protocol):
    """One connection; nothing retained."""

    async def publish(self, packets: Sequence[Packet]) -> None:
        """Hand packets to the broker, in their order; raise `Unavailable` or `Rejected`."""

    async def subscribe(self, *filters: str) -> None:
        """Hear these topic filters from now on."""

    async def unsubscribe(self, *filters: str) -> None:
        """Hear them no more."""

    def receive(self) -> AsyncIterator[list[Packet]]:
        """What arrives, in batches of 1 to `BATCH_MAX`; `Unavailable` when the link breaks."""


class Dial(Protocol):
    """How to get a link: ``async with dial("client-id", will=...) as link``."""

    def __call__(
        self, client_id: str, *, will: Packet | None = None
    ) -> AbstractAsyncContextManager[Link]:
        """Connect with a clean session; raise `Unavailable` or `Rejected` on entering."""
