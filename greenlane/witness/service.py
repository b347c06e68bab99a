"""Answers ``POST /add-checkpoint`` and ``GET /checkpoints``; TLS belongs to a proxy in front."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from contract.link import Rejected
from contract.proof.submission import BYTES_MAX, PATH
from greenlane.witness.witness import Answer, Witness

HEAD_BYTES_MAX: Final = 8 * 1024
REQUEST_S_MAX: Final = 10.0
CALLERS_MAX: Final = 32
"""Requests at once; a further one is told to come later."""
_PHRASES: Final = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Content",
    503: "Service Unavailable",
}
_log: Final = logging.getLogger(__name__)


async def serve(
    host: str, port: int, witness: Witness, *, ready: Callable[[int], None] | None = None
) -> None:
    """Answer until cancelled; 0 takes any free port. Raises `Rejected` if the port is taken."""
    answering = _Answering(witness)
    try:
        server = await asyncio.start_server(answering.answer, host, port, limit=HEAD_BYTES_MAX)
    except OSError as error:
        raise Rejected(f"cannot listen on {host}:{port}: is the port in use?") from error
    async with server:
        port = server.sockets[0].getsockname()[1]
        _log.info("the witness listens at http://%s:%d/%s", host, port, PATH)
        if ready is not None:
            ready(port)
        await server.serve_forever()


class _Answering:
    """One short HTTP answer a connection, one submission after the other."""

    def __init__(self, witness: Witness) -> None:
        self._witness: Final = witness
        self._callers = 0
        self._turn: Final = asyncio.Lock()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a request, answer it, close."""
        self._callers += 1
        try:
            async with asyncio.timeout(REQUEST_S_MAX):
                writer.write(_bytes(await self._answer(reader)))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            _log.debug("a request did not come to its end")
        finally:
            self._callers -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        method, _, rest = first.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].decode("ascii", "replace")
        if self._callers > CALLERS_MAX:
            return Answer(503, "too many at once\n")
        if (method, path) == (b"GET", "/checkpoints"):
            return Answer(200, await asyncio.to_thread(self._witness.seen))
        if (method, path) != (b"POST", f"/{PATH}"):
            return Answer(404, f"only POST /{PATH} and GET /checkpoints are here\n")
        length = _length(lines)
        if length is None:
            return Answer(400, "a request needs one Content-Length\n")
        if length > BYTES_MAX:
            return Answer(413, f"the most is {BYTES_MAX} bytes\n")
        body = await reader.readexactly(length)
        async with self._turn:
            return await asyncio.to_thread(self._witness.add, body)


def _length(lines: list[bytes]) -> int | None:
    pairs = [line.partition(b":")[::2] for line in lines]
    found = [value.strip() for name, value in pairs if name.lower() == b"content-length"]
    if len(found) != 1 or not found[0].isdigit() or len(found[0]) > 9:  # noqa: PLR2004 - digits
        return None
    return int(found[0])


def _bytes(answer: Answer) -> bytes:
    body = answer.body.encode()
    head = (
        f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}\r\nContent-Type: {answer.kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
