"""Answers short HTTP requests, one a connection, for what has no web server of its own.

head ─▶ `Answers` ─▶ an answer ─▶ said whole, and closed; what takes too long is cut off
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, NamedTuple

from contract.link import Rejected

TEXT: Final = "text/plain; charset=utf-8"
_log: Final = logging.getLogger(__name__)


class Request(NamedTuple):
    """What somebody asks."""

    method: str
    path: str
    """Without what stands behind a question mark."""
    headers: list[bytes]
    """Line by line."""
    body: asyncio.StreamReader


class Answer(NamedTuple):
    """An HTTP status and body."""

    status: int
    body: str
    kind: str = TEXT


class Limits(NamedTuple):
    """What one who asks may take."""

    head_bytes_max: int
    request_s_max: float
    """To ask, and to hear the whole answer."""
    callers_max: int
    """Requests at once; a further one is told to come later."""


Answers = Callable[[Request], Awaitable[Answer]]


async def serve(
    host: str, port: int, answers: Answers, limits: Limits, *, ready: Callable[[int], None]
) -> None:
    """Answer until cancelled; 0 takes any free port. Raises `Rejected` if the port is taken."""
    answering = _Answering(answers, limits)
    try:
        server = await asyncio.start_server(
            answering.answer, host, port, limit=limits.head_bytes_max
        )
    except OSError as error:
        raise Rejected(f"cannot listen on {host}:{port}: is the port in use?") from error
    async with server:
        ready(server.sockets[0].getsockname()[1])
        await server.serve_forever()


class _Answering:
    """Those who ask at this moment."""

    def __init__(self, answers: Answers, limits: Limits) -> None:
        self._answers: Final = answers
        self._limits: Final = limits
        self._callers = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a request, answer it, close; in time, whether or not the other one reads."""
        self._callers += 1
        try:
            async with asyncio.timeout(self._limits.request_s_max):
                writer.write(_bytes(await self._answer(reader)))
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            _log.debug("a request did not come to its end")
        finally:
            self._callers -= 1
            _cut(writer.transport)

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = await reader.readuntil(b"\r\n\r\n")
        if self._callers > self._limits.callers_max:
            return Answer(503, "too many at once\n")
        first, *headers = head.split(b"\r\n")
        method, _, rest = first.decode("latin-1").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        return await self._answers(Request(method, path, headers, reader))


def _cut(transport: asyncio.WriteTransport) -> None:
    """End what is not closed yet, or waits for somebody to read."""
    if not transport.is_closing() or transport.get_write_buffer_size():
        transport.abort()


def _bytes(answer: Answer) -> bytes:
    body = answer.body.encode()
    head = (
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        f"Content-Type: {answer.kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
