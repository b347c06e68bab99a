"""Whatever is said to a gateway: it is kept, refused or quarantined, and nobody else notices."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.link import Packet
from contract.messages import (
    GENESIS,
    MESSAGES,
    AgentBorn,
    BlobPart,
    Identity,
    KeyEnrolled,
    Message,
    Stamp,
    compose,
)
from contract.signing import Key
from contract.topics import leaf_of, stream_of, topic
from contract.wire import BLOB, JSON, join
from gateway.entry import Draft, Entry
from gateway.intake.inspection import UNNUMBERED, Heard, inspect
from gateway.intake.quarantine import Suspect
from gateway.journal.blobs import Blobs
from gateway.journal.journal import stats_of
from gateway.judge.judge import judge, next_due
from gateway.judge.law import law
from gateway.judge.settings import JudgeSettings, Limit
from gateway.judge.state import State
from gateway.judging.changes import Chain
from gateway.timeseries.influx.line_protocol import Unwritable, line
from gateway.timeseries.points import points_of
from gateway.trust.keys import Keys
from tests.contract.samples import SAMPLES
from tests.fuzz.mutations import mutated
from tests.gateway.intake.sent import gateway
from tests.support.virtual import START, run_virtually

SOURCE: Final = "/KEMBA/gate-2"
KEY: Final = Key(bytes(range(32)))
TYPES: Final = sorted(SAMPLES)
LIMITS: Final = JudgeSettings(
    readings=tuple(
        Limit(metric=metric, low=-10, high=1, for_s=1) for metric in ("temperature", "humidity")
    )
)


def keys() -> Keys:
    """Those of a gateway that knows us."""
    known = Keys()
    known.enrolled(KeyEnrolled(source=SOURCE, keyid=KEY.keyid, public_key=KEY.public, by="a test"))
    return known


def composed(name: str, number: int) -> tuple[bytes, str]:
    """A good message of that type, and its leaf."""
    message = SAMPLES[name]
    at = Stamp(observed_at=START, boot_id="b", monotonic_ns=number)
    if isinstance(message, UNNUMBERED):
        return compose(message, source=SOURCE, stamp=at), leaf_of(type(message))
    identity = Identity(SOURCE, stream_of(message), "a" * 16, number)
    body = compose(message, source=SOURCE, stamp=at, identity=identity, previous=GENESIS)
    return body, leaf_of(type(message))


@st.composite
def said(draw: st.DrawFn) -> list[Packet]:
    """Some messages, signed with a key that counts, with anything in them."""
    packets = []
    for number in range(1, draw(st.integers(2, 6))):
        name = draw(st.sampled_from(TYPES))
        body, leaf = composed(name, number)
        if draw(st.booleans()) or number > 1:
            body = draw(mutated(body))
        raw = draw(st.binary(max_size=40)) if MESSAGES[name] is BlobPart else None
        packets.append(
            Packet(
                topic=topic(SOURCE, draw(st.sampled_from((leaf, leaf, "events", "readings")))),
                body=body if raw is None else join(body, raw),
                content_type=JSON if raw is None else BLOB,
                keyid=KEY.keyid,
                sig=KEY.sign(body),
            )
        )
    return packets


@settings(max_examples=400, deadline=None)
@given(said())
def test_what_a_source_signed_breaks_nothing_behind_the_intake(packets: list[Packet]) -> None:
    """Judged, told and written to a database: a hostile box with a good key stops nobody."""
    assert all(count == told for count, told in judged(packets)), "a change could not be told"


@pytest.mark.parametrize("name", ["x" * 120, "io.greenlane."])
def test_a_forged_number_is_told_whatever_its_message_is_called(name: str) -> None:
    """What nobody can read rests in an alert under the name that it came with."""
    packets = []
    for number in (1, 2):
        body, leaf = composed("seal.read", number)
        body = body.replace(b"io.greenlane.seal.read", name.encode())
        at = topic(SOURCE, leaf)
        packets.append(
            Packet(topic=at, body=body, content_type=JSON, keyid=KEY.keyid, sig=KEY.sign(body))
        )
    changes = judged(packets)
    assert all(count == told for count, told in changes)
    assert sum(count for count, _ in changes)


def judged(packets: list[Packet]) -> list[tuple[int, int]]:
    """For each entry that comes of it: how many changes, and how many of them can be told."""
    found = []
    state, chain = State(), Chain("/KEMBA/gateway", "0" * 16)
    entries = [own(law(LIMITS)), own(AgentBorn(keyid="k", version="1", epochs=()))]
    with tempfile.TemporaryDirectory() as folder:
        looked = inspect(packets, keys(), Blobs(Path(folder)))
    entries += [one.draft for one in looked if isinstance(one, Heard)]
    entries += [Draft(kind="tick")] * 3
    for position, draft in enumerate(entries, 1):
        now = START + timedelta(seconds=position)
        fields = {name: getattr(draft, name) for name in draft.__struct_fields__}
        entry = Entry(**fields, position=position, received_at=now)
        changes = judge(state, entry)
        found.append((len(changes), len(chain.write(changes, entry))))
        state.ledger.receipt_streams(SOURCE)
        next_due(state)
        if draft.identity is None or draft.message is None or draft.kind != "kept":
            continue
        for point in points_of(draft.identity, draft.observed_at or now, draft.message):
            try:
                line(point)
            except Unwritable:
                continue
    return found


def own(message: Message) -> Draft:
    """An entry of the gateway's own."""
    body = compose(
        message,
        source="/KEMBA/gateway",
        stamp=Stamp(observed_at=START, boot_id="g", monotonic_ns=1),
    )
    return Draft(kind="own", source="/KEMBA/gateway", type=message.type, body=body, message=message)


@st.composite
def strange(draw: st.DrawFn) -> Packet:
    """A packet of nobody that we know."""
    name = draw(st.sampled_from(TYPES))
    body, leaf = composed(name, 1)
    return Packet(
        topic=draw(
            st.sampled_from((topic(SOURCE, leaf), f"greenlane/1/KEMBA//{leaf}", "x", "", "/" * 50))
        ),
        body=draw(st.one_of(st.binary(max_size=200), mutated(body), st.just(body))),
        content_type=draw(st.sampled_from((JSON, BLOB, "", "text/plain"))),
        keyid=draw(st.sampled_from((KEY.keyid, "", "é" * 500))),
        sig=draw(st.sampled_from((b"", b"x" * 64, b"x" * 5_000, KEY.sign(b"another")))),
        reply_to=draw(st.sampled_from(("", "greenlane/1/KEMBA/x/told/1", "#", "+/é"))),
        correlation=draw(st.binary(max_size=20)),
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(strange(), max_size=4))
def test_what_nobody_signed_is_a_suspect_each(packets: list[Packet]) -> None:
    """Whatever it is, it comes no further."""
    with tempfile.TemporaryDirectory() as folder:
        looked = inspect(packets, keys(), Blobs(Path(folder)))
    assert all(isinstance(one, Suspect) for one in looked)
    assert len(looked) == len(packets)


@pytest.mark.timeout(300)
@settings(max_examples=25, deadline=None)
@given(st.lists(strange(), min_size=1, max_size=40), st.data())
def test_a_gateway_hears_anything_on_any_leaf(packets: list[Packet], data: st.DataObject) -> None:
    """Quarantined once each, or answered, or ignored: it goes on."""

    async def main(folder: Path) -> int:
        async with gateway(folder) as parts:
            await parts.intake.take(packets)
            for packet in packets:
                parts.answers.take(packet)
                await parts.trust.enrolling.take(packet)
                end = Packet(topic=topic(SOURCE, "gone"), body=data.draw(st.binary(max_size=40)))
                await parts.intake.gone(end)
                await parts.intake.gone(packet)
        return stats_of(folder / "journal.sqlite").quarantined

    with tempfile.TemporaryDirectory() as folder:
        quarantined = run_virtually(main(Path(folder)))
    assert quarantined == len({packet.body for packet in packets})
