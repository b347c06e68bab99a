"""Whatever a server says that a gateway takes for InfluxDB: nothing is lost, nobody waits long."""

import asyncio
import re
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings

from contract.clock import SystemClock
from contract.link import Rejected, Unavailable
from gateway.timeseries.influx import client, v2
from gateway.timeseries.influx.client import ANSWER_BYTES_MAX
from gateway.timeseries.influx.v1 import Influx1
from gateway.timeseries.influx.v2 import FluxReader, Influx2, open_api
from gateway.timeseries.pump import pump
from gateway.timeseries.sink import PointsRejected
from gateway.timeseries.timeseries import TimeSeries
from tests.fuzz.answers import answering, endless, odd, saying
from tests.gateway.timeseries.journals import journal_in, say
from tests.gateway.timeseries.said import NOON, reading, said

TIMEOUT_S: Final = 30.0
MEMORY_BYTES_MAX: Final = 4 * ANSWER_BYTES_MAX
NO_CONTENT: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
GOOD: Final = (
    NO_CONTENT,
    b'HTTP/1.1 400 Bad\r\nContent-Length: 15\r\n\r\n{"error":"bad"}',
    b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"results":[]}',
    b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\n\xff[]\xfe",
)
TABLES: Final = (
    b"#datatype,string,long,dateTime:RFC3339,double,string\r\n"
    b"#group,false,false,false,false,true\r\n"
    b"#default,last,,,,\r\n"
    b",result,table,_time,_value,unit\r\n"
    b",,0,2026-11-22T12:00:00Z,20.5,Cel\r\n"
    b"\r\n"
    b"#datatype,string,long,long,string\r\n"
    b"#group,false,false,false,true\r\n"
    b"#default,count,,,\r\n"
    b",result,table,_value,unit\r\n"
    b",,0,1,Cel\r\n"
)
LONG: Final = b"x" * 0x30000
STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d\d\d)\b")


@asynccontextmanager
async def stored(kind: str, url: str, timeout_s: float = TIMEOUT_S) -> AsyncIterator[TimeSeries]:
    """A sink there, which says nothing before it is written to."""
    async with client.client(url, ca_file="", timeout_s=timeout_s) as http:
        if kind == "v1":
            yield Influx1(http, database="d", retention="", is_created=False)
            return
        with open_api(http, url=url, token="", org="o") as api:
            yield Influx2(api, bucket="b", history=FluxReader(api, "b"))


both = pytest.mark.parametrize("kind", ["v1", "v2"])


@both
@pytest.mark.anyio
@pytest.mark.timeout(300)
async def test_any_answer_keeps_a_point_refuses_it_or_has_it_written_again(kind: str) -> None:
    """Kept only where a status says so, refused only where one blames it; and so with questions."""
    loop, told = asyncio.get_running_loop(), [b""]

    async def answer(writer: asyncio.StreamWriter) -> None:
        await saying(told[0])(writer)

    async def written(store: TimeSeries) -> str:
        try:
            await store.write(said(1, reading(20.5)))
        except Unavailable:
            return "again"
        except PointsRejected:
            return "refused"
        return "kept"

    async def asked(store: TimeSeries) -> None:
        with suppress(Unavailable, Rejected):
            told = await store.points("d", "m", NOON, NOON + timedelta(hours=1), 10)
            assert kind == "v2"  # nothing that is told here is a history of version 1
            assert len(told.points) <= 1

    async with answering(answer) as url, stored(kind, url) as store:

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


@both
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
async def test_an_answer_without_an_end_is_none(kind: str, head: bytes, piece: bytes) -> None:
    """Its points are written again later, whatever status it began with."""
    tracemalloc.start()
    try:
        async with (
            answering(endless(head, piece)) as url,
            stored(kind, url) as store,
        ):
            with pytest.raises(Unavailable):
                await store.write(said(1, reading(20.5)))
            with pytest.raises(Unavailable):
                await store.series()
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_BYTES_MAX


@both
@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_an_answer_that_drips_ends_in_time(kind: str) -> None:
    """Each byte is in time, and all of them are not."""
    dripping = endless(b"HTTP/1.1 200 OK\r\n\r\n", b" ", 0.05)
    async with answering(dripping) as url, stored(kind, url, timeout_s=0.5) as store:
        with pytest.raises(Unavailable):
            await store.write(said(1, reading(20.5)))
        with pytest.raises(Unavailable):
            await store.series()


@pytest.mark.anyio
@pytest.mark.timeout(100)
async def test_tables_are_read_up_to_a_limit_and_what_is_none_is_named() -> None:
    """Rows without an end, a field that is too long, tables that are none, and a good one."""
    raw, _, _ = TABLES.partition(b"\r\n\r\n")
    many = TABLES + b",,0,1,Cel\r\n" * v2.RECORDS_MAX
    bad = (many, TABLES + b"x" * 200_000, TABLES[40:], b"\xff\xfe,,\r\n\x00")
    told = [TABLES, raw, *bad]

    async def answer(writer: asyncio.StreamWriter) -> None:
        length = b"Content-Length: %d\r\n\r\n" % len(told[0])
        await saying(b"HTTP/1.1 200 OK\r\n" + length + told.pop(0))(writer)

    async with answering(answer) as url, stored("v2", url) as store:
        seen = await store.points("d", "m", NOON, NOON + timedelta(hours=1), 10)
        assert (len(seen.points), seen.unit) == (1, "Cel")
        for _ in bad:
            with pytest.raises(Unavailable):
                await store.points("d", "m", NOON, NOON + timedelta(hours=1), 10)


@pytest.mark.anyio
@pytest.mark.timeout(100)
async def test_a_sink_that_is_closed_leaves_nobody_waiting() -> None:
    """Neither the loop for the thread that asks, nor the thread for the loop that answers."""
    heard = asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        heard.set()
        await endless(b"HTTP/1.1 ", b"2", 0.05)(writer)

    async with answering(slow) as url:
        async with stored("v2", url) as store:
            asking = asyncio.ensure_future(store.series())
            await heard.wait()
        with pytest.raises(Unavailable):
            await asking


@both
@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_what_was_not_answered_rightly_is_written_again(tmp_path: Path, kind: str) -> None:
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
        stored(kind, url) as store,
        asyncio.TaskGroup() as tasks,
    ):
        pumping = tasks.create_task(pump("influx", store, journal, SystemClock()), name="pump")
        await say(journal, 1, 3)
        await taken.wait()
        assert len(heard) == 4
        assert len(set(heard)) == 1
        assert len(heard[0].splitlines()) == 6
        while await journal.cursor("sink influx") < journal.position:
            await asyncio.sleep(0.01)
        pumping.cancel()
