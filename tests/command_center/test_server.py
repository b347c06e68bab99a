"""The web server's patience: with who asks, not with who never comes to it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from command_center import server
from command_center.guard import Receive, Scope, Send
from command_center.server import listen, serve
from tests.command_center.desk import WAIT_S

PATIENCE_S = 1
HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Takes longer to answer than one may take to ask."""
    await asyncio.sleep(2 * PATIENCE_S)
    length = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def talking(count: int) -> AsyncIterator[list[Talk]]:
    """So many connections to a server."""
    listener = listen("127.0.0.1", 0)
    serving = asyncio.ensure_future(serve(app, listener, keep_alive_s=PATIENCE_S))
    host, port = listener.getsockname()
    talks = [await asyncio.open_connection(host, port) for _ in range(count)]
    try:
        async with asyncio.timeout(WAIT_S):
            yield talks
    finally:
        for _, writer in talks:
            writer.close()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


@pytest.mark.anyio
async def test_who_never_comes_to_his_request_is_hung_up_on() -> None:
    """Who says nothing, and who says a byte now and then; who asked is waited for and answered."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(HEAD + b"X: ")
            while True:
                writer.write(b"y")
                await writer.drain()
                await asyncio.sleep(PATIENCE_S / 10)

    began = time.monotonic()
    async with talking(3) as (silent, dripping, asking), asyncio.TaskGroup() as tasks:
        tasks.create_task(drip(dripping[1]), name="drip")
        asking[1].write(HEAD + b"\r\n")
        assert await silent[0].read() == b""
        with suppress(ConnectionError):
            assert await dripping[0].read() == b""
        assert time.monotonic() - began >= PATIENCE_S
        assert (await asking[0].readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200")


@pytest.mark.anyio
async def test_a_connection_is_used_again_in_time() -> None:
    """Each answer begins the wait for the next request; and then it ends."""
    async with talking(1) as [(reader, writer)]:
        for _ in range(2):
            writer.write(HEAD + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200")
        assert await reader.read() == b""


@pytest.mark.anyio
async def test_who_is_not_through_when_it_ends_is_cut_off_and_no_failure_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose answer has not begun, one in the middle of it, one who does not read all of it."""
    monkeypatch.setattr(server, "GOODBYE_S", 0.1)
    begun = asyncio.Semaphore(0)

    async def hangs(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] != "/unanswered":
            length = [(b"content-length", b"100000000")]
            await send({"type": "http.response.start", "status": 200, "headers": length})
            much = b"x" * (50_000_000 if scope["path"] == "/unread" else 5)
            await send({"type": "http.response.body", "body": much, "more_body": True})
        begun.release()
        await asyncio.Future()

    async with asyncio.timeout(WAIT_S):
        listener = listen("127.0.0.1", 0)
        serving = asyncio.ensure_future(serve(hangs, listener))
        host, port = listener.getsockname()
        writers = []
        for path in (b"/unanswered", b"/half", b"/unread"):
            _, writer = await asyncio.open_connection(host, port)
            writers.append(writer)
            writer.write(HEAD.replace(b"/ ", path + b" ", 1) + b"\r\n")
            await begun.acquire()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        for writer in writers:
            writer.close()
    assert [one.message for one in caplog.records if one.levelname in ("WARNING", "ERROR")] == []
