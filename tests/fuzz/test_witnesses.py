"""Whatever stands where a note, a checkpoint or a submission should: it is read, or it is none."""

import asyncio
from contextlib import suppress
from typing import Final

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.connecting import Looked
from contract.link import Unavailable
from contract.lookup import Lookups
from contract.proof import checkpoint, note, submission
from contract.proof.checkpoint import BadCheckpoint, Checkpoint
from contract.proof.note import BadNote
from contract.proof.submission import BadSubmission
from contract.signing import Key
from gateway.notary.witnesses import ANSWER_BYTES_MAX, Answer, posted
from tests.fuzz.answers import answering, endless, odd, saying

KEY: Final = Key(bytes(range(32)))
ORIGIN: Final = "greenlane/KEMBA/gateway/" + "a" * 16
GOOD: Final = str(checkpoint.made(Checkpoint(ORIGIN, 7, b"r" * 32), KEY)).encode()
ASKED: Final = submission.written(3, [b"p" * 32, b"q" * 32], GOOD.decode())


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """Bytes flipped, put in, left out; or others altogether."""
    if draw(st.booleans()) and draw(st.booleans()):
        return draw(st.binary(max_size=200))
    harmed = bytearray(body)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(harmed)))
        harmed[at : at + draw(st.integers(0, 6))] = draw(st.binary(max_size=6))
    return bytes(harmed)


def test_the_good_ones_are_read() -> None:
    """So that what is changed in them is what is wrong."""
    assert checkpoint.read(note.read(GOOD).text).size == 7
    assert submission.read(ASKED).old == 3


@given(damaged(GOOD))
def test_a_damaged_checkpoint_is_none_or_another(body: bytes) -> None:
    """And what is read is never vouched for, unless it is the one that was signed."""
    with suppress(BadNote, BadCheckpoint):
        told = note.read(body)
        checkpoint.read(told.text)
        verified = note.verified(told, note.Verifier(ORIGIN, KEY.public))
        assert verified is None or told.text == note.read(GOOD).text


@given(damaged(ASKED))
def test_a_damaged_submission_is_none_or_another(body: bytes) -> None:
    """A witness hears it from anybody."""
    with suppress(BadSubmission):
        submission.read(body)


@given(damaged(GOOD.split(b"\n\n")[1]))
def test_what_a_witness_answers_is_lines_or_none(body: bytes) -> None:
    """Of its cosignature; whatever else, too."""
    with suppress(BadNote):
        note.read_lines(body)


ANSWERS: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xe2\x80\x94",
    b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 2\r\n\r\n7\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
)


async def heard_of(url: str) -> Answer:
    """What is answered there."""
    async with httpcore.AsyncConnectionPool(network_backend=Looked(Lookups())) as pool:
        return await posted(pool, url, ASKED)


@given(odd(ANSWERS))
@settings(deadline=None, max_examples=60)
def test_whatever_a_witness_sends_is_an_answer_or_none(body: bytes) -> None:
    """A redirect is followed nowhere: it is an answer, and a refusal."""

    async def main() -> None:
        async with answering(saying(body)) as url:
            with suppress(Unavailable):
                assert len((await heard_of(url)).body) <= ANSWER_BYTES_MAX

    asyncio.run(main())


@pytest.mark.anyio
async def test_an_endless_answer_of_a_witness_is_not_heard_to_its_end() -> None:
    """Nor one that is somewhat too long."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    async with answering(endless(head, b"x" * 4_096)) as url:
        with pytest.raises(Unavailable, match="answers more than"):
            await heard_of(url)


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "http://[", "nonsense", "http://w\u00fc.example/", "http://a:99999999/"]
)
@pytest.mark.anyio
async def test_a_url_that_is_none_is_a_witness_that_is_away(url: str) -> None:
    """Said with its URL, every time; the gateway goes on."""
    with pytest.raises(Unavailable, match=r"."):
        await heard_of(url)
