"""Whatever a server says that a gateway takes for InfluxDB: nothing is lost, nobody waits long."""

import asyncio
import re
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings

from contract.clock import SystemClock
from contract.link import Rejected, Unavailable
from gateway.timeseries.influx import client
from gateway.timeseries.influx.client import ANSWER_BYTES_MAX, Client
from gateway.timeseries.influx.v1 import Influx1
from gateway.timeseries.pump import pump
from gateway.timeseries.sink import PointsRejected
from tests.fuzz.answers import answering, endless, odd, saying
from tests.gateway.timeseries.said import NOON, reading, said
from tests.gateway.timeseries.test_pump import journal_in, say

TIMEOUT_S: Final = 30.0
MEMORY_BYTES_MAX: Final = 4 * ANSWER_BYTES_MAX
NO_CONTENT: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
GOOD: Final = (
    NO_CONTENT,
    b'HTTP/1.1 400 Bad\r\nContent-Length: 15\r\n\r\n{"error":"bad"}',
    b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"results":[]}',
    b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
)
LONG: Final = b"x" * 0x30000
STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d\d\d)\b")


def stored(http: Client) -> Influx1:
    """A sink there, which says nothing before it is written to."""
    return Influx1(http, database="d", retention="", is_created=False)


@pytest.mark.anyio
@pytest.mark.timeout(300)
async def test_any_answer_keeps_a_point_refuses_it_or_has_it_written_again() -> None:
    """Kept only where a status says so, refused only where one blames it; and so with questions."""
    loop, told = asyncio.get_running_loop(), [b""]

    async def answer(writer: asyncio.StreamWriter) -> None:
        await saying(told[0])(writer)

    async def written(store: Influx1) -> str:
        try:
            await store.write(said(1, reading(20.5)))
        except Unavailable:
            return "again"
        except PointsRejected:
            return "refused"
        return "kept"

    async def asked(store: Influx1) -> None:
        with pytest.raises((Unavailable, Rejected)):  # nothing that is told here is a history
            await store.points("d", "m", NOON, NOON + timedelta(hours=1), 10)

    async with answering(answer) as url, client.client(url, ca_file="", timeout_s=TIMEOUT_S) as it:
        store = stored(it)

        @settings(max_examples=100)
        @given(odd(GOOD))
        def is_judged(body: bytes) -> None:
            told[0] = body
            how = asyncio.run_coroutine_threadsafe(written(store), loop).result(2 * TIMEOUT_S)
            statuses = {int(status) for status in STATUS.findall(body)}
            assert how != "kept" or any(200 <= status < 300 for status in statuses)
            assert how != "refused" or statuses & {400, 413, 422}
            asyncio.run_coroutine_threadsafe(asked(store), loop).result(2 * TIMEOUT_S)

        await asyncio.to_thread(is_judged)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 250_000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"30000\r\n%b\r\n" % LONG),
        (b"HTTP/1.1 400 Bad\r\nContent-Length: 99999999999999\r\n\r\n", b"x" * 250_000),
        (b"HTTP/1.1 200 ", b"x" * 250_000),
    ],
    ids=["body", "chunks", "length", "status"],
)
@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_an_answer_without_an_end_is_none(head: bytes, piece: bytes) -> None:
    """Its points are written again later, whatever status it began with."""
    tracemalloc.start()
    try:
        async with (
            answering(endless(head, piece)) as url,
            client.client(url, ca_file="", timeout_s=TIMEOUT_S) as http,
        ):
            with pytest.raises(Unavailable):
                await stored(http).write(said(1, reading(20.5)))
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_BYTES_MAX


@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_an_answer_that_drips_ends_in_time() -> None:
    """Each byte is in time, and all of them are not."""
    dripping = endless(b"HTTP/1.1 200 OK\r\n\r\n", b" ", 0.05)
    async with (
        answering(dripping) as url,
        client.client(url, ca_file="", timeout_s=0.5) as http,
    ):
        with pytest.raises(Unavailable):
            await stored(http).write(said(1, reading(20.5)))


@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_what_was_not_answered_rightly_is_written_again(tmp_path: Path) -> None:
    """Too much, nothing, half of it, and then InfluxDB again: it has every point of the journal."""
    answers = [
        endless(b"HTTP/1.1 204 No Content\r\nX: ", LONG),
        saying(b""),
        saying(b"HTTP/1.1 20"),
    ]
    taken, heard = asyncio.Event(), list[bytes]()

    async def answer(writer: asyncio.StreamWriter) -> None:
        if answers:
            await answers.pop(0)(writer)
        else:
            await saying(NO_CONTENT)(writer)
            taken.set()

    async with (
        journal_in(tmp_path / "j") as journal,
        answering(answer, heard) as url,
        client.client(url, ca_file="", timeout_s=TIMEOUT_S) as http,
        asyncio.TaskGroup() as tasks,
    ):
        pumping = tasks.create_task(
            pump("influx", stored(http), journal, SystemClock()), name="pump"
        )
        await say(journal, 1, 3)
        await taken.wait()
        assert len(heard) == 4
        assert len(set(heard)) == 1
        assert len(heard[0].splitlines()) == 6
        while await journal.cursor("sink influx") < journal.position:
            await asyncio.sleep(0.01)
        pumping.cancel()
