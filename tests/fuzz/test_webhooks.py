"""Whatever a receiver of webhooks answers: taken or not, in bounded time and memory, said once."""

import asyncio
import logging
import re
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings

from command_center import webhooks
from command_center.webhooks import Patience
from tests.command_center.delivering import Receiver, delivering
from tests.command_center.desk import WAIT_S
from tests.fuzz.answers import Answer, answering, endless, odd, saying

PATIENT: Final = Patience(answer_s=60, first_s=30, most_s=60, limit=timedelta(hours=1))
"""Tries once while a test lasts."""
HASTY: Final = Patience(answer_s=1, first_s=30, most_s=60, limit=timedelta(hours=1))
MEMORY_BYTES_MAX: Final = 8 * 1024 * 1024
REASON_CHARS_MAX: Final = 500
TAKEN: Final = re.compile(rb"HTTP/1\.[01] 2\d\d\b")
WHOLE: Final = (
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 500 Oops\r\n\r\nwhatever",
)


async def tried(path: Path, answer: Answer, patience: Patience = PATIENT) -> webhooks.Tried:
    """What came of a test that went to this receiver."""
    async with delivering(path, patience=patience) as scene, answering(answer) as url:
        one, _ = await scene.subscribers.add(
            name="a", url=url, posts=("*",), officer="admin", position=0
        )
        return await scene.webhooks.try_out(one, "admin")


@pytest.mark.parametrize(("body", "is_taken"), [(body, n < 4) for n, body in enumerate(WHOLE)])
@pytest.mark.anyio
async def test_the_good_ones_are_understood(tmp_path: Path, body: bytes, is_taken: bool) -> None:  # noqa: FBT001 - a case
    """So that what is changed in them is what is wrong."""
    assert (await tried(tmp_path, saying(body))).is_taken is is_taken


@pytest.mark.anyio
@pytest.mark.timeout(300)
async def test_any_answer_is_taken_or_has_a_reason(tmp_path: Path) -> None:
    """Taken only where a status says so; else there is a sentence that a screen can show."""
    loop, said = asyncio.get_running_loop(), [b""]

    async def answer(writer: asyncio.StreamWriter) -> None:
        await saying(said[0])(writer)

    async with delivering(tmp_path, patience=PATIENT) as scene, answering(answer) as url:
        one, _ = await scene.subscribers.add(
            name="a", url=url, posts=("*",), officer="admin", position=0
        )

        @settings(max_examples=100)
        @given(odd(WHOLE))
        def is_understood(body: bytes) -> None:
            said[0] = body
            trying = asyncio.run_coroutine_threadsafe(scene.webhooks.try_out(one, "admin"), loop)
            told = trying.result(WAIT_S)
            assert told.is_taken == (not told.reason)
            assert len(told.reason) <= REASON_CHARS_MAX
            assert not told.is_taken or TAKEN.search(body)

        await asyncio.to_thread(is_understood)


@pytest.mark.parametrize(
    ("head", "piece", "is_taken"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 60_000, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n", b"x" * 60_000, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nok\r\n" * 9_000, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"x" * 60_000, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 9_000, True),
        (b"HTTP/1.1 500 Oops\r\n\r\n", b"x" * 60_000, False),
        (b"HTTP/1.1 200 ", b"x" * 60_000, False),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 9_000, False),
        (b"", b"HTTP/1.1 102 Wait\r\n\r\n" * 3_000, False),
    ],
    ids=[
        "body",
        "length",
        "chunks",
        "extension",
        "trailer",
        "error",
        "status",
        "headers",
        "interim",
    ],
)
@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_an_answer_without_an_end_is_not_read_to_it(
    tmp_path: Path,
    head: bytes,
    piece: bytes,
    is_taken: bool,  # noqa: FBT001 - a case
) -> None:
    """Once its status has come it has said all; and nothing of it takes more than a little."""
    tracemalloc.start()
    try:
        told = await tried(tmp_path, endless(head, piece))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told.is_taken is is_taken, told.reason
    assert peak < MEMORY_BYTES_MAX


@pytest.mark.parametrize(
    ("head", "is_taken"),
    [(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", True), (b"HTTP/1.1 ", False)],
)
@pytest.mark.anyio
async def test_a_slow_answer_is_waited_for_no_longer_than_an_answer(
    tmp_path: Path,
    head: bytes,
    is_taken: bool,  # noqa: FBT001 - a case
) -> None:
    """A digit now and then keeps nobody: a second after the status, before it `answer_s`."""
    told = await tried(tmp_path, endless(head, b"2", 0.05), PATIENT if is_taken else HASTY)
    assert told.is_taken is is_taken, told.reason


@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_who_never_ends_his_answer_delays_nobody_and_is_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another gets all of his meanwhile; of the first, one line and one state say what is wrong."""
    quick = Patience(answer_s=0.2, first_s=0.01, most_s=0.05, limit=timedelta(hours=1))
    good = Receiver()
    async with (
        delivering(tmp_path, patience=quick) as scene,
        answering(endless(b"HTTP/1.1 ", b"2", 0.05)) as url,
        good.running(),
    ):
        bad_one, _ = await scene.add(url)
        await scene.say(1)
        failing = await scene.until(bad_one.id, lambda one: one.tries > 2)
        assert (failing.state, failing.delivered) == ("failing", 0)
        assert failing.reason == "No answer within 0.2 s."
        good_one, _ = await scene.add(good.url)
        await scene.say(*range(2, 11))
        done = await scene.until(good_one.id, lambda one: one.position == 10)
        assert (done.state, done.delivered, done.tries) == ("live", 10, 0)
    said = [one for one in caplog.records if bad_one.id in one.getMessage()]
    assert [one.levelno for one in said] == [logging.WARNING]
