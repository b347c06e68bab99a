"""A server of somebody else's, over a real socket, and whatever it may answer to a request."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from hypothesis import strategies as st

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]

LEAVE_S: Final = 60.0
HEADERS: Final = (
    *(b"Retry-After: " + b"9" * 400, b"Retry-After: -1", b"Retry-After: nan", b"Retry-After:"),
    *(b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: x"),
    *(b"Content-Length: 2\r\nContent-Length: 3", b"Transfer-Encoding: gzip, chunked"),
    *(b"Content-Encoding: gzip", b"Connection: upgrade\r\nUpgrade: websocket", b"X: \xff\xfe"),
    *(b": nameless", b"no colon", b"X: \x00", b" folded", b"X" * 200_000 + b": y"),
)


@asynccontextmanager
async def answering(answer: Answer, heard: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server that hears a request and then does this; its URL. Bodies go to ``heard``."""
    talks: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            if heard is not None:
                heard.append(body)
            await answer(writer)
        writer.close()
        talks.discard(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for writer in list(talks):
            writer.transport.abort()
        async with asyncio.timeout(LEAVE_S):
            while talks:
                await asyncio.sleep(0.01)


def saying(body: bytes) -> Answer:
    """A server that says just this."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(body)
        await writer.drain()

    return say


def endless(head: bytes, piece: bytes, wait_s: float = 0.0) -> Answer:
    """A server that never stops."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(wait_s)

    return say


@st.composite
def odd(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """A good answer with a wrong status, odd headers, bytes flipped, cut; or no answer at all."""
    body = draw(st.one_of(st.sampled_from(good), st.binary(max_size=60)))
    if draw(st.booleans()):
        status = draw(st.one_of(st.integers(-1, 1_000), st.integers(0, 10**12)))
        body = re.sub(rb"^HTTP/1\.\d \d+", b"HTTP/1.1 %d" % status, body)
    for header in draw(st.lists(st.sampled_from(HEADERS), max_size=2)):
        body = body.replace(b"\r\n", b"\r\n" + header + b"\r\n", 1)
    if draw(st.booleans()):
        harmed = bytearray(body)
        at = draw(st.integers(0, len(harmed)))
        harmed[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
        body = bytes(harmed[: draw(st.integers(0, len(harmed)))])
    return body
