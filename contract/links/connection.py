"""A connection to a broker as asyncio sees it: what every client of ours has in common.

bytes ─▶ Framer ─▶ `take`, all that arrived at once     nobody there for half a keep-alive ─▶ broken
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, Generic, TypeVar, cast

from contract.link import Rejected, Unavailable
from contract.links import subscriber
from contract.links.subscriber import Ended, Framer, Garbled

REFUSED: Final = 0x80
"""Reason codes from here on say no."""
NOT_AUTHORISED: Final = frozenset({0x86, 0x87, 0x8C})
"""Reason codes by which a broker refuses who we are."""
CLOSE_S_MAX: Final = 1.0
P = TypeVar("P")
T = TypeVar("T")


class Connection(asyncio.Protocol, Generic[P]):
    """Reads packets of a kind, keeps itself alive; once broken it stays so, and says why."""

    def __init__(
        self, where: str, framer: Framer[P], *, keepalive_s: int, timeout_s: float
    ) -> None:
        self._where: Final = where
        self._framer: Final = framer
        self._keepalive_s: Final = keepalive_s
        self._timeout_s: Final = timeout_s
        self._closed: Final = asyncio.Event()
        self._is_heard = False
        self._broken = ""
        self._transport: asyncio.Transport | None = None
        self._beat: asyncio.TimerHandle | None = None

    async def leave(self) -> None:
        """Say goodbye, so that no will is said; nothing happens on a broken connection."""
        if self._transport is None:
            return
        self._write(subscriber.GOODBYE)
        self._break("closed")
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await self._closed.wait()
        except TimeoutError:
            self._transport.abort()

    # --- what differs between them ---

    def take(self, arrived: list[P]) -> None:
        """Packets arrived."""
        raise NotImplementedError

    def tell(self, error: Unavailable) -> None:
        """It is broken: everybody who waits is told."""
        raise NotImplementedError

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has no such parent

    def data_received(self, data: bytes) -> None:
        """Something arrived; what a broken connection still brings comes too late to be heard."""
        if self._broken:
            return
        self._is_heard = True
        try:
            arrived = self._framer.feed(data)
        except Garbled as error:
            self._break(f"does not speak MQTT 5: {error}")
            return
        self.take(arrived)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._break(str(exc) if exc else "closed the connection")
        self._closed.set()

    # --- answers ---

    def _admitted(self, reason: int) -> None:
        """The broker's answer to CONNECT: raise `Rejected` or `Unavailable` if it is a no."""
        if reason in NOT_AUTHORISED:
            raise Rejected(f"the broker at {self._where} refuses us (reason {reason:#x})")
        if reason >= REFUSED:
            raise Unavailable(f"the broker at {self._where} takes nobody (reason {reason:#x})")
        self._keep_alive()

    async def _answer(self, future: "asyncio.Future[T]") -> T:
        """The broker's answer; a broker that gives none is away."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(future)
        except TimeoutError:
            self._break("does not answer")
            self._check()
            raise

    def _ended(self, packet: Ended) -> None:
        self._break(f"ended the connection (reason {packet.reason:#x})")

    # --- the connection ---

    def _keep_alive(self) -> None:
        self._is_heard = False
        self._write(subscriber.PING)
        loop = asyncio.get_running_loop()
        self._beat = loop.call_later(self._keepalive_s / 2, self._look)

    def _look(self) -> None:
        if self._is_heard:
            self._keep_alive()
        else:
            self._break("is silent")

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._broken:
            self._transport.write(data)

    def _check(self) -> None:
        if self._broken:
            raise Unavailable(f"the broker at {self._where}: {self._broken}")

    def _break(self, why: str) -> None:
        if self._broken:
            return
        self._broken = why
        if self._beat is not None:
            self._beat.cancel()
        if self._transport is not None:
            self._transport.close()
        self.tell(Unavailable(f"the broker at {self._where}: {why}"))


def fail(futures: Iterable["asyncio.Future[Any]"], error: Unavailable) -> None:
    """Give those who still wait an error instead of an answer."""
    for future in futures:
        if not future.done():
            future.set_exception(error)
            future.exception()  # nobody may be waiting for it
