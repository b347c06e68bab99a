"""Connects HTTP clients by looked-up names (see `contract.lookup`): httpcore asks here.

httpcore ─▶ Looked ─▶ addresses, one after the other ─▶ a connection
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

import httpcore

from contract.lookup import Address, Lookups


class Looked(httpcore.AsyncNetworkBackend):
    """Connects to the first address of a name that answers."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups: Final = lookups
        self._inner: Final = httpcore.AnyIOBackend()

    async def addresses(self, host: str) -> Sequence[Address]:
        """Those to try, at least one; raises `OSError` or httpcore's errors."""
        return await self._lookups.addresses(host)

    async def connect_tcp(  # noqa: D102 - httpcore's own
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self.addresses(host):
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:  # noqa: D102 - httpcore's own
        await asyncio.sleep(seconds)
