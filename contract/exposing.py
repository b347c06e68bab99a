"""Answers ``GET /metrics`` on 127.0.0.1 for services that have no web server of their own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from contract.link import Rejected, Unavailable
from contract.metrics import CONTENT_TYPE, Family, exposition

HOST: Final = "127.0.0.1"
"""Never another: who wants it elsewhere puts a proxy with rights in front."""
REQUEST_BYTES_MAX: Final = 8 * 1024
REQUEST_S_MAX: Final = 5.0
CALLERS_MAX: Final = 8
"""Requests that are answered at once; a further one is told to come later."""
_log: Final = logging.getLogger(__name__)

Collect = Callable[[], Awaitable[Iterable[Family]]]


async def serve(port: int, collect: Collect, *, ready: Callable[[int], None] | None = None) -> None:
    """Answer until cancelled; 0 takes any free port. Raises `Rejected` if the port is taken."""
    answering = _Answering(collect)
    try:
        server = await asyncio.start_server(answering.answer, HOST, port, limit=REQUEST_BYTES_MAX)
    except OSError as error:
        message = f"metrics cannot be served at {HOST}:{port}: is the port in use? (metrics_port)"
        raise Rejected(message) from error
    async with server:
        port = server.sockets[0].getsockname()[1]
        _log.info("metrics at http://%s:%d/metrics", HOST, port)
        if ready is not None:
            ready(port)
        await server.serve_forever()


class _Answering:
    """One short HTTP answer a connection."""

    def __init__(self, collect: Collect) -> None:
        self._collect: Final = collect
        self._callers = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a request, answer it, close."""
        self._callers += 1
        try:
            async with asyncio.timeout(REQUEST_S_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(head))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            _log.debug("a request for metrics did not come to its end")
        finally:
            self._callers -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if self._callers > CALLERS_MAX:
            return _response(b"503 Service Unavailable", b"Too many at once.\n")
        if path != b"/metrics":
            return _response(b"404 Not Found", b"Only /metrics is here.\n")
        if method != b"GET":
            return _response(b"405 Method Not Allowed", b"Only GET.\n")
        try:
            body = exposition(await self._collect())
        except Unavailable as error:
            return _response(b"503 Service Unavailable", f"{error}\n".encode())
        return _response(b"200 OK", body, CONTENT_TYPE)


def _response(status: bytes, body: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    head = (b"Content-Type: %b" % kind.encode(), b"Content-Length: %d" % len(body))
    return b"\r\n".join((b"HTTP/1.1 " + status, *head, b"Connection: close", b"", body))
