"""What is let in, what is kept aside, and what happens when the disk is full."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from contract.link import Packet, Rejected, Unavailable
from contract.messages import (
    GENESIS,
    Identity,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    SealRead,
    Stamp,
    compose,
)
from contract.signing import Key, rotation
from contract.topics import topic
from contract.wire import BLOB
from gateway.entry import Draft, Entry
from gateway.journal.blobs import Blobs, Joined
from gateway.journal.journal import Outcome, entries, stats_of
from gateway.journal.parts import Blob
from gateway.judge.judge import judge
from gateway.judge.state import State
from tests.gateway.intake.sent import KEY, SEAL, SOURCE, gateway, packet, part
from tests.support.virtual import START, run_virtually


def kept(folder: Path) -> list[Entry]:
    """What sources said, as the journal has it."""
    return [entry for entry in entries(folder / "journal.sqlite") if entry.kind != "own"]


def test_a_key_that_is_revoked_while_its_message_waits_counts_no_more(tmp_path: Path) -> None:
    """It was good when it was looked at; what is kept later stands behind the revocation."""

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            looked = await parts.intake._look([packet(SEAL)])
            revoked = KeyRevoked(source=SOURCE, keyid=KEY.keyid, reason="lost", by="test")
            parts.trust.keys.revoked(revoked)
            await parts.intake._keep_all(looked)

    run_virtually(main())
    assert not kept(tmp_path)


def test_a_key_that_was_not_entered_is_when_its_source_says_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full behind the rotation; its repeat is no news to the journal, and counts."""
    heir = Key.make()
    agreed = heir.sign(rotation(SOURCE, KEY.keyid, heir.public))
    rotated = packet(KeyRotated(keyid=heir.keyid, public_key=heir.public, sig=agreed, upto=()))

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            append = parts.journal.append

            async def full(drafts: Sequence[Draft]) -> list[Outcome]:
                if any(isinstance(one.message, KeyEnrolled) for one in drafts):
                    raise Unavailable("the disk is full")
                return await append(drafts)

            with monkeypatch.context() as patch:
                patch.setattr(parts.journal, "append", full)
                await parts.intake.take([rotated])
            assert kept(tmp_path)
            assert parts.trust.keys.find(SOURCE, heir.keyid) is None
            await parts.intake.take([rotated])
            assert parts.trust.keys.find(SOURCE, heir.keyid) is not None

    run_virtually(main())


def test_only_what_a_source_signed_under_its_own_topic_is_let_in(tmp_path: Path) -> None:
    """Everything else is quarantined with a reason, and never touches the ledger."""
    good = packet(SEAL)
    bad = [
        packet(SEAL, 2, key=Key.make()),
        packet(SEAL, 3, of="/KEMBA/gate-9"),
        Packet(topic=good.topic, body=good.body, keyid=good.keyid, sig=b"x" * 64),
        Packet(topic=good.topic, body=good.body + b" ", keyid=good.keyid, sig=good.sig),
        Packet(topic=good.topic, body=b"\xff\x00", keyid=good.keyid, sig=good.sig),
        Packet(topic=good.topic, body=b"[" * 100_000, keyid=good.keyid, sig=good.sig),
        Packet(topic=good.topic, body=b"", content_type=BLOB, keyid=good.keyid),
    ]

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            await parts.intake.take([*bad, good])

    run_virtually(main())
    [only] = kept(tmp_path)
    assert only.message == SEAL
    assert stats_of(tmp_path / "journal.sqlite").quarantined == len(bad)


def test_a_message_that_cannot_be_understood_keeps_its_number(tmp_path: Path) -> None:
    """Kept as refused: of an unknown type, of the wrong stream, with a time that cannot be."""
    future = SealRead(device="r", seal="s", state="opened", opened_at=START.replace(year=9999))
    unknown = packet(SEAL, 2)
    body = unknown.body.replace(b"io.greenlane.seal.read", b"io.greenlane.sea1.read")
    wrong = Identity(SOURCE, "readings", "a" * 16, 1)
    stamp = Stamp(observed_at=START, boot_id="b", monotonic_ns=1)
    odd = compose(SEAL, source=SOURCE, stamp=stamp, identity=wrong, previous=GENESIS)
    packets = [
        packet(future, 1),
        Packet(topic=unknown.topic, body=body, keyid=KEY.keyid, sig=KEY.sign(body)),
        Packet(topic=topic(SOURCE, "readings"), body=odd, keyid=KEY.keyid, sig=KEY.sign(odd)),
    ]

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            await parts.intake.take(packets)

    run_virtually(main())
    assert [(entry.kind, entry.message) for entry in kept(tmp_path)] == [("refused", None)] * 3
    assert stats_of(tmp_path / "journal.sqlite").messages == 3


def test_a_full_disk_is_said_loudly_and_nothing_is_lost_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is kept, so nothing is receipted; the same messages are taken later."""

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            connection = parts.journal._store._writing
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count={pages}")
            many = [packet(SEAL, number) for number in range(1, 300)]
            with caplog.at_level(logging.WARNING):
                await parts.intake.take(many)
                await parts.intake.take(many)
            assert parts.intake.is_full
            assert caplog.text.count("NOTHING IS KEPT") == 1
            connection.execute("PRAGMA max_page_count=100000")
            await parts.intake.take(many)
            assert not parts.intake.is_full

    run_virtually(main())
    assert len(kept(tmp_path)) == 299


def test_a_picture_is_whole_only_with_its_own_hash(tmp_path: Path) -> None:
    """In any order of parts; one that was harmed on its way is held, and may come again."""
    whole = bytes(range(256)) * 1_000
    pieces = [part(whole, offset, 100_000) for offset in (200_000, 0, 100_000)]
    named, raw = pieces[0]

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            await parts.intake.take([packet(named, 1, raw=raw[:-1] + b"!")])
            for number, (piece, bytes_) in enumerate(pieces, 1):
                await parts.intake.take([packet(piece, number, raw=bytes_)])
            got = Blobs(tmp_path).read(named.sha256, 0, 1_000_000)
            assert (got.piece, got.media_type) == (whole, "image/png")

    run_virtually(main())
    kinds = [entry.kind for entry in entries(tmp_path / "journal.sqlite")]
    assert kinds == ["own", "kept", "kept", "kept", "own"]
    assert stats_of(tmp_path / "journal.sqlite").quarantined == 1
    assert not list((tmp_path / "blobs" / "parts").glob("*/*"))


def test_parts_that_make_another_picture_are_dropped(tmp_path: Path) -> None:
    """Each part is what its message says, and all of them together are not: nothing is told."""
    other = hashlib.sha256(b"another").hexdigest()
    pieces = [part(b"x" * 1_000, offset, 500) for offset in (0, 500)]

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            for number, (piece, raw) in enumerate(pieces, 1):
                named = msgspec.structs.replace(piece, sha256=other)
                await parts.intake.take([packet(named, number, raw=raw)])

    run_virtually(main())
    assert "blob.kept" not in [entry.type for entry in entries(tmp_path / "journal.sqlite")]
    assert not Blobs(tmp_path).is_whole(other)
    assert not list((tmp_path / "blobs" / "parts").glob("*/*"))


def test_a_picture_of_one_part_is_told_with_it(tmp_path: Path) -> None:
    """One entry after the other, of one commit: nobody is receipted for a picture nobody tells."""
    body = b"x" * 1_000
    named, raw = part(body, 0, len(body))

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            await parts.intake.take([packet(named, 1, raw=raw)])
            await parts.intake.take([packet(named, 1, raw=raw)])  # its receipt was lost

    run_virtually(main())
    types = [entry.type for entry in entries(tmp_path / "journal.sqlite")]
    assert types == ["judge.changed", "blob.part", "blob.kept", "blob.kept"]
    assert Blobs(tmp_path).read(named.sha256, 0, 2_000).piece == body
    assert not list((tmp_path / "blobs" / "parts").glob("*/*"))


def test_a_picture_that_was_almost_told_is_told_after_a_restart(tmp_path: Path) -> None:
    """Killed between the last part and `blob.kept`: the next start says it; half ones stay."""
    whole, half = b"w" * 1_000, b"h" * 1_000
    blobs = Blobs(tmp_path)
    blobs.keep_all([(SOURCE, *part(whole, 0, 500)), (SOURCE, *part(whole, 500, 500))])
    blobs.keep_all([(SOURCE, *part(half, 0, 500))])

    async def main() -> None:
        async with gateway(tmp_path):
            await asyncio.sleep(0)

    run_virtually(main())
    types = [entry.type for entry in entries(tmp_path / "journal.sqlite")]
    assert types == ["judge.changed", "blob.kept"]
    assert [blob.sha256 for blob in blobs.parts.unfinished()] == [hashlib.sha256(half).hexdigest()]


def test_parts_stay_until_it_is_told_that_the_picture_is_whole(tmp_path: Path) -> None:
    """The disk is full just then: without them, no start would know that it is still to be told."""
    whole = b"w" * 1_000
    pieces = [part(whole, offset, 500) for offset in (0, 500)]
    blob = Blob(SOURCE, pieces[0][0].sha256, len(whole))

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            blobs = Blobs(tmp_path)
            blobs.keep_all([(SOURCE, *piece) for piece in pieces])
            assert blobs.assemble(blob)
            connection = parts.journal._store._writing
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count={pages}")
            with suppress(Unavailable):
                while True:
                    await parts.journal.append([Draft(kind="tick")])
            with pytest.raises(Unavailable):
                await parts.intake._tell([Joined(blob, is_whole=True, is_news=True)])
            assert blobs.parts.are_of(blob)

    run_virtually(main())


def test_a_second_gateway_on_the_same_journal_is_refused(tmp_path: Path) -> None:
    """Each would think the journal its own."""

    async def main() -> None:
        async with gateway(tmp_path):
            with pytest.raises(Rejected, match="another gateway"):
                async with gateway(tmp_path):
                    pass

    run_virtually(main())


def test_a_burst_of_strangers_is_one_alert(tmp_path: Path) -> None:
    """A thousand messages with a foreign key are one thing to judge."""

    async def main() -> None:
        stranger = Key.make()
        async with gateway(tmp_path) as parts:
            for start in range(1, 1_000, 100):
                many = [packet(SEAL, number, key=stranger) for number in range(start, start + 100)]
                await parts.intake.take(many)

    run_virtually(main())
    state = State()
    for entry in entries(tmp_path / "journal.sqlite"):
        judge(state, entry)
    [alert] = state.episodes.alerts.values()
    assert (alert.rule, alert.times) == ("strangers_knock", 1)
    assert "a key that this source has not enrolled" in alert.detail
