"""Messages: golden files freeze what travels, and what cannot be read is named rightly."""

import json
from datetime import datetime
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.identifiers import Source
from contract.messages import (
    MESSAGES,
    Event,
    Reading,
    ReadingsTaken,
    Refused,
    Unreadable,
    compose,
    encode,
    read,
)
from tests.contract.composed import STAMP, composed
from tests.contract.samples import SAMPLES

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parents[1] / "vectors" / "cloudevents" / "cloudevents.json"


def test_every_message_has_a_sample() -> None:
    assert set(SAMPLES) == set(MESSAGES)


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_what_travels_is_frozen(kind: str) -> None:
    """Byte for byte. A file that is missing is written, and must be committed."""
    file = GOLDEN / f"{kind}.json"
    body = composed(kind)
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(body + b"\n")
        pytest.fail(f"{file.name} was missing; look at it and commit it")
    assert file.read_bytes() == body + b"\n"
    assert read(body).message() == SAMPLES[kind]


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_every_message_is_a_cloudevent(kind: str) -> None:
    """By the JSON Schema of CloudEvents 1.0, and by its rule for attribute names (3.1)."""
    document = json.loads(composed(kind))
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert all(name.isalnum() and name.islower() and len(name) <= 20 for name in document)


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_a_field_of_the_future_is_ignored(kind: str) -> None:
    """A new edge can talk to an old gateway."""
    document = json.loads(composed(kind))
    document["data"]["added_next_year"] = {"x": 1}
    document["attributeofthefuture"] = "x"
    assert read(json.dumps(document).encode()).message() == SAMPLES[kind]


def test_a_bad_envelope_is_unreadable_and_bad_data_is_refused() -> None:
    """Two failures, two promises: quarantine, or kept as refused under its number."""
    body = composed("seal.read")
    with pytest.raises(Unreadable):
        read(body[:-3])
    with pytest.raises(Unreadable):
        read(body.replace(b'"sequence":"0000000017"', b'"sequence":"0000000000"'))
    with pytest.raises(Unreadable):
        read(body.replace(b',"epoch":"9f2c1a7be0d34455"', b""))
    event = read(body.replace(b'"state":"opened"', b'"state":"ajar"'))
    assert event.identity == ("/KEMBA/gate-2", "events", "9f2c1a7be0d34455", 17)
    with pytest.raises(Refused, match="ajar"):
        event.message()
    with pytest.raises(Refused, match="no message is called"):
        read(body.replace(b"seal.read", b"seal.eaten")).message()


def test_writing_is_strict() -> None:
    """What we would not read we do not write."""
    reading = Reading(
        device="d", metric="m", value=float("nan"), unit="Cel", observed_at=STAMP.observed_at
    )
    naive = msgspec.structs.replace(reading, value=1.0, observed_at=datetime(2026, 1, 1))  # noqa: DTZ001 - on purpose
    for bad in (reading, naive):
        with pytest.raises(Refused):
            compose(ReadingsTaken(readings=(bad,)), source="/KEMBA/gate-2", stamp=STAMP)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_crash(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@settings(max_examples=300)
@given(st.data())
def test_no_mutation_makes_the_reader_crash(data: st.DataObject) -> None:
    """Flip, cut or repeat anything in a good message: it is read, refused or unreadable."""
    body = bytearray(composed(data.draw(st.sampled_from(sorted(MESSAGES)))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        if not body:
            return
    try:
        event = read(bytes(body))
        event.message()
    except (Unreadable, Refused):
        return
    assert isinstance(event, Event)


def test_deep_nesting_is_refused() -> None:
    """A pile of brackets costs nothing but a sentence."""
    body = composed("seal.read")
    deep = body.replace(b'"data":{', b'"data":{"x":' + b"[" * 50_000 + b"]" * 50_000 + b",")
    with pytest.raises((Unreadable, Refused)):
        read(deep).message()


def test_identifiers_are_written_as_strings() -> None:
    """A typed identifier in a message is its text."""
    assert b'"/KEMBA/gate-2"' in encode(
        msgspec.structs.replace(SAMPLES["key.enrolled"], source=Source("/KEMBA/gate-2"))
    )
