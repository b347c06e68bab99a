"""Notes, cosignatures and checkpoints: the published example, and what others wrote."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.identifiers import Source
from contract.proof import checkpoint, note
from contract.proof.note import COSIGNATURE, BadNote, Verifier
from contract.signing import Key

VECTORS = Path(__file__).parents[2] / "vectors" / "c2sp-notes"
KEY = Key(bytes(range(32)))
WITNESS = Key(bytes(range(1, 33)))
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORIGIN = checkpoint.origin_of(Source("/KEMBA/gateway"), "3f2a5c7d90e1b842")
CHECKPOINT = checkpoint.Checkpoint(ORIGIN, 90_114, bytes(32))


def test_the_published_note_verifies_with_the_published_key() -> None:
    """The example of C2SP signed-note."""
    example = json.loads((VECTORS / "signed-note-example.json").read_text())
    trusted = note.verifier(example["vkey"])
    found = note.read(example["note"].encode())
    assert str(trusted) == example["vkey"]
    assert str(found) == example["note"]
    assert note.verified(found, trusted) is not None


def test_a_checkpoint_is_signed_cosigned_and_read_again() -> None:
    """The log's line and the witness's line stand under one text; the witness names a time."""
    made = checkpoint.made(CHECKPOINT, KEY)
    seen = note.cosigned(made.text, "witness.example", WITNESS, AT)
    whole = note.read(str(note.with_lines(made, [seen])).encode())
    assert checkpoint.read(whole.text) == CHECKPOINT
    assert note.verified(whole, Verifier(ORIGIN, KEY.public)) == made.lines[0]
    line = note.verified(whole, Verifier("witness.example", WITNESS.public, COSIGNATURE))
    assert line == seen
    assert note.seen_at(seen) == AT
    assert note.verified(whole, Verifier("other.example", WITNESS.public, COSIGNATURE)) is None


@settings(deadline=None)
@given(st.data())
def test_no_byte_of_a_note_can_be_another(data: st.DataObject) -> None:
    """Whatever byte is changed: it cannot be read, or the signature is bad or gone."""
    body = str(checkpoint.made(CHECKPOINT, KEY)).encode()
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(1, 255))
    spoilt = body[:at] + bytes((body[at] ^ other,)) + body[at + 1 :]
    try:
        found = note.verified(note.read(spoilt), Verifier(ORIGIN, KEY.public))
    except BadNote:
        return
    assert found is None


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_what_is_no_note_is_refused_in_a_sentence(body: bytes) -> None:
    """Nothing but `BadNote` comes out of any bytes."""
    with suppress(BadNote):
        note.read(body)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\n" + "A" * 43 + "=\n",
        "o\n1\nAAAA\n",
        "o\n1\n" + "A" * 43 + "=\nextension\n",
        "o\n99999999999999999\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 42 + "B=\n",
        "\n1\n" + "A" * 43 + "=\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    """Leading zeros, short roots, further lines, other spellings of one root."""
    with pytest.raises(checkpoint.BadCheckpoint):
        checkpoint.read(text)


def test_a_key_with_another_id_is_refused() -> None:
    """A name or key that was mistyped does not fit its id."""
    good = str(Verifier("witness.example", WITNESS.public, COSIGNATURE))
    assert note.verifier(good).public_key == WITNESS.public
    for bad in (good.replace("witness", "witnes"), good[:-6] + "AAAA" + good[-2:], "a+b", ""):
        with pytest.raises(BadNote):
            note.verifier(bad)


def test_a_signature_over_a_message_is_none_over_a_note() -> None:
    """The gateway's key signs both; what is signed as the one never passes for the other."""
    with pytest.raises(ValueError, match="message"):
        KEY.sign_text(b"DSSEv1 4 text 2 hi")
