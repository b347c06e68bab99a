"""Short answers over real sockets: nobody who asks holds up the service, or another one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from contract import answering, exposing
from contract.answering import Answer, Limits, Request
from contract.link import Rejected
from greenlane.witness import service as witnessing

LONG = "x" * 16_000_000
"""More than the buffers of two sockets take."""
ASKED = b"GET /long HTTP/1.1\r\n\r\n"


async def told(request: Request) -> Answer:
    """Something short, or something long."""
    return Answer(200, LONG if request.path == "/long" else f"{request.method} {request.path}")


@asynccontextmanager
async def answered(limits: Limits) -> AsyncIterator[int]:
    """While it answers: the port."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(
            answering.serve("127.0.0.1", 0, told, limits, ready=port.set_result)
        )
        yield await port
        serving.cancel()


async def ask(port: int, asked: bytes = b"GET /a?b=c HTTP/1.1\r\n\r\n") -> bytes:
    """All that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    said = await reader.read()
    writer.close()
    return said


@pytest.mark.anyio
async def test_who_does_not_read_is_cut_off_and_takes_nobodys_place() -> None:
    """Of a long answer only what buffers held arrives; the one place is free again."""
    async with answered(Limits(8_192, request_s_max=0.3, callers_max=1)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASKED)
        heard = len(await reader.readexactly(1))  # it is being answered, and we stop reading
        while not (said := await ask(port)).startswith(b"HTTP/1.1 200"):
            await asyncio.sleep(0.05)
        assert said.endswith(b"\r\n\r\nGET /a")
        with suppress(ConnectionResetError):
            heard += len(await reader.read())
        assert heard < len(LONG)
        writer.close()


@pytest.mark.anyio
async def test_a_long_answer_is_heard_whole_by_who_reads() -> None:
    """And who asks for nothing is hung up on, without a word."""
    async with answered(Limits(8_192, request_s_max=5.0, callers_max=1)) as port:
        assert (await ask(port, ASKED)).endswith(LONG.encode())
    async with answered(Limits(64, request_s_max=0.2, callers_max=1)) as port:
        assert await ask(port, b"GET") == b""
        assert await ask(port, b"GET /" + b"a" * 100) == b""


@pytest.mark.anyio
async def test_a_port_that_is_taken_is_said() -> None:
    """By the metrics with the name of their setting."""
    async with answered(exposing.LIMITS) as port:
        with pytest.raises(Rejected, match="in use"):
            await answering.serve("127.0.0.1", port, told, witnessing.LIMITS, ready=lambda _: None)
        with pytest.raises(Rejected, match=r"in use.*metrics_port"):
            await exposing.serve(port, lambda: asyncio.sleep(0, ()))
