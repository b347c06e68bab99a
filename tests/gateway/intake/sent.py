"""What a source sends, and a gateway that takes it in without a link."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from contract.link import Packet
from contract.messages import (
    GENESIS,
    BlobPart,
    Identity,
    KeyEnrolled,
    Message,
    SealRead,
    Stamp,
    compose,
)
from contract.signing import Key
from contract.topics import stream_of, topic
from contract.wire import BLOB, JSON, join
from gateway.assembly import Parts, assembled
from gateway.config import GatewayConfig
from tests.support.virtual import START, VirtualClock

SOURCE = "/KEMBA/gate-2"


KEY = Key.make()


SEAL = SealRead(device="reader", seal="HLXU417", state="intact")


def packet(
    message: Message, number: int = 1, *, key: Key = KEY, raw: bytes | None = None, of: str = SOURCE
) -> Packet:
    """A signed message."""
    stamp = Stamp(observed_at=START, boot_id="b", monotonic_ns=number)
    identity = Identity(SOURCE, stream_of(message), "a" * 16, number)
    body = compose(message, source=SOURCE, stamp=stamp, identity=identity, previous=GENESIS)
    return Packet(
        topic=topic(of, identity.stream),
        body=body if raw is None else join(body, raw),
        content_type=JSON if raw is None else BLOB,
        keyid=key.keyid,
        sig=key.sign(body),
    )


def part(whole: bytes, offset: int, size: int) -> tuple[BlobPart, bytes]:
    """A piece of a blob."""
    raw = whole[offset : offset + size]
    named = BlobPart(
        sha256=hashlib.sha256(whole).hexdigest(),
        size_bytes=len(whole),
        media_type="image/png",
        offset_bytes=offset,
        part_sha256=hashlib.sha256(raw).hexdigest(),
        part_bytes=len(raw),
    )
    return named, raw


@asynccontextmanager
async def gateway(folder: Path) -> AsyncIterator[Parts]:
    """The parts of a gateway that knows our key, without a link."""
    config = GatewayConfig(state_dir=str(folder), posts=("KEMBA",))
    async with assembled(config, VirtualClock()) as parts:
        enrolled = KeyEnrolled(source=SOURCE, keyid=KEY.keyid, public_key=KEY.public, by="test")
        parts.trust.keys.enrolled(enrolled)
        yield parts
