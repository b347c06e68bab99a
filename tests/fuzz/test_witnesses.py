"""Whatever stands where a note, a checkpoint or a submission should: it is read, or it is none."""

from contextlib import suppress
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from contract.proof import checkpoint, note, submission
from contract.proof.checkpoint import BadCheckpoint, Checkpoint
from contract.proof.note import BadNote
from contract.proof.submission import BadSubmission
from contract.signing import Key

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
