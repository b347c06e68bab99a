"""Finds the addresses of a name, in a thread of its own: nobody waits for another one's resolver.

    asked ─▶ looked up already? wait along ─▶ else a thread ─▶ addresses, or not in time

The system's resolver cannot be interrupted. On a pool that others share (asyncio's, or libuv's of
four threads) a few names whose servers are dead hold up every other name, and all else that runs
there.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

LOOKUP_S_MAX: Final = 5.0
"""So long somebody waits; his thread ends when the resolver gives up, and is not waited for."""
LOOKUPS_MAX: Final = 200
"""Names that are looked up at once; one more is not found."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], list[Address]]
"""Blocks; raises `OSError` or `UnicodeError`."""


def resolved(host: str) -> list[Address]:
    """The addresses of a name, the best first, as this system knows them."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    texts = (str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found)
    return [ip_address(text) for text in dict.fromkeys(texts)]


class Lookups:
    """Those of one loop that are under way, by name."""

    def __init__(self, resolve: Resolve = resolved) -> None:
        self._resolve: Final = resolve
        self._asked: Final[dict[str, asyncio.Future[list[Address]]]] = {}

    async def addresses(self, host: str) -> list[Address]:
        """At least one address, the best first; raises `OSError`: there is none, or not in time."""
        with suppress(ValueError):
            return [ip_address(host)]
        found = self._asked.get(host) or self._begin(host)
        try:
            async with asyncio.timeout(LOOKUP_S_MAX):
                addresses = await asyncio.shield(found)
        except TimeoutError as error:
            raise TimeoutError(f"no answer from the resolver in {LOOKUP_S_MAX:g} s") from error
        if not addresses:
            raise OSError("it has no address")
        return addresses

    def _begin(self, host: str) -> "asyncio.Future[list[Address]]":
        if len(self._asked) >= LOOKUPS_MAX:
            raise OSError(f"{LOOKUPS_MAX} other names wait for the resolver")
        loop = asyncio.get_running_loop()
        found = self._asked[host] = loop.create_future()
        found.add_done_callback(lambda _: self._ended(host))
        # A daemon: the resolver of a name that nobody waits for any more does not hold up our end.
        looking = threading.Thread(
            target=self._look, args=(host, loop, found), name=f"lookup {host[:80]}", daemon=True
        )
        looking.start()
        return found

    def _ended(self, host: str) -> None:
        self._asked.pop(host).exception()  # looked at: whoever asked may have left

    def _look(
        self, host: str, loop: asyncio.AbstractEventLoop, found: "asyncio.Future[list[Address]]"
    ) -> None:
        try:
            tell = partial(found.set_result, self._resolve(host))
        except (OSError, UnicodeError) as error:
            tell = partial(found.set_exception, OSError(str(error)))
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell)
