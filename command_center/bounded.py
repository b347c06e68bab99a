"""A connection on which at most so much is heard in answer to what was said: no answer is endless.

Below HTTP, so that it bounds whatever an answer is made of: interim answers, headers, trailers, the
lengths of chunks. Heard in small pieces: who answers much keeps nobody else from his turn.
"""

import ssl
from typing import Any, Final

import httpcore

PIECE_BYTES_MAX: Final = 4 * 1024


class Bounded(httpcore.AsyncNetworkStream):
    """Another connection, less what is too much."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, heard_bytes_max: int) -> None:
        self._inner: Final = inner
        self._max: Final = heard_bytes_max
        self._heard = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109, D102 - httpcore's own
        if self._heard >= self._max:
            raise httpcore.ReadError(f"the answer has more than {self._max} bytes")
        piece = await self._inner.read(min(max_bytes, PIECE_BYTES_MAX), timeout)
        self._heard += len(piece)
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109, D102 - httpcore's own
        self._heard = 0
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:  # noqa: D102 - httpcore's own
        await self._inner.aclose()

    async def start_tls(  # noqa: D102 - httpcore's own
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
    ) -> httpcore.AsyncNetworkStream:
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return Bounded(inner, self._max)

    def get_extra_info(self, info: str) -> Any:  # noqa: D102 - httpcore's own
        return self._inner.get_extra_info(info)
