"""What a link says and hears in MQTT 5 (OASIS, 2019), as bytes in and bytes out: pure.

Beside `contract.links.subscriber`, whose frames it shares: that one reads topics and payloads only,
this one the properties that carry signatures and questions, too.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from contract.link import Packet
from contract.links.subscriber import Ended, Garbled, length_of, read_length, text_of
from contract.wire import JSON

PACKET_BYTES_MAX: Final = 8 * 1024 * 1024
"""A page of changes is the largest packet."""
RECEIVE_MAX: Final = 2_000
"""QoS 1 messages that the broker may have in flight to us (MQTT 5 Receive Maximum)."""
UNBOUNDED: Final = 65_535
"""Of a broker that names no Receive Maximum of its own."""

_CONNACK: Final = 2
_PUBLISH: Final = 3
_DISCONNECT: Final = 14
_ANSWERS: Final = frozenset({4, 9, 11})
"""PUBACK, SUBACK, UNSUBACK."""
_CONTENT_TYPE: Final = 0x03
_RESPONSE_TOPIC: Final = 0x08
_CORRELATION: Final = 0x09
_NUMBER: Final = 0x0B
_RECEIVE_MAX: Final = 0x21
_USER: Final = 0x26
_SIZES: Final = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, _RECEIVE_MAX, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
}
"""Bytes of the properties that have always as many; the others are texts but for `_NUMBER`."""
_JSON: Final = JSON.encode()
_KEYID: Final = b"keyid"
_SIG: Final = b"sig"
_SIGNED: Final = b"\x26" + text_of("keyid"), b"\x26" + text_of("sig")


class Welcomed(NamedTuple):
    """The broker's answer to CONNECT."""

    reason: int
    receive_max: int
    """Packets that it takes before it has acknowledged the first."""


class Answered(NamedTuple):
    """The broker acknowledged what had this packet id; the worst of its reasons."""

    packet_id: int
    reason: int


class Heard(NamedTuple):
    """A PUBLISH. `packet_id` is 0 for QoS 0; everything else wants an acknowledgement."""

    packet: Packet
    packet_id: int


class Will(NamedTuple):
    """What the broker says for us when we are cut off."""

    topic: str
    body: bytes


Incoming = Welcomed | Answered | Heard | Ended


def connect(
    client_id: str, *, keepalive_s: int, username: str, password: str | None, will: Will | None
) -> bytes:
    """CONNECT with a clean session that ends with the connection."""
    flags = 0x02 | (0x80 if username else 0) | (0x40 if password is not None else 0)
    flags |= 0x04 | 0x08 if will else 0
    properties = struct.pack(">BHBI", _RECEIVE_MAX, RECEIVE_MAX, 0x27, PACKET_BYTES_MAX)
    parts = [text_of("MQTT"), struct.pack(">BBH", 5, flags, keepalive_s)]
    parts += [length_of(len(properties)), properties, text_of(client_id)]
    if will:
        parts += [b"\x00", text_of(will.topic), len(will.body).to_bytes(2), will.body]
    if username:
        parts.append(text_of(username))
    if password is not None:
        parts.append(text_of(password))
    return _framed(0x10, b"".join(parts))


def publish(packet: Packet, packet_id: int) -> bytes:
    """PUBLISH, not retained; at QoS 0 its packet id is not said."""
    properties = b"\x03" + text_of(packet.content_type)
    if packet.keyid:
        keyid, sig = _SIGNED
        properties += keyid + text_of(packet.keyid) + sig + text_of(packet.sig.hex())
    if packet.reply_to:
        properties += b"\x08" + text_of(packet.reply_to)
    if packet.correlation:
        properties += b"\x09" + len(packet.correlation).to_bytes(2) + packet.correlation
    number = packet_id.to_bytes(2) if packet.qos else b""
    head = text_of(packet.topic) + number + length_of(len(properties))
    return _framed(0x30 | packet.qos << 1, head + properties + packet.body)


def unsubscribe(packet_id: int, filter_: str) -> bytes:
    """UNSUBSCRIBE from one filter."""
    return _framed(0xA2, packet_id.to_bytes(2) + b"\x00" + text_of(filter_))


def _framed(first: int, body: bytes) -> bytes:
    return bytes((first,)) + length_of(len(body)) + body


def incoming(first: int, buffer: bytes, head: int, stop: int) -> Incoming | None:
    """Reads one packet, for `contract.links.subscriber.Framer`; none for an answer to a PING."""
    kind = first >> 4
    if kind == _PUBLISH:
        return _heard(first, buffer, head, stop)
    if kind in _ANSWERS:
        packet_id = int.from_bytes(buffer[head : head + 2])
        # A PUBACK of two bytes is a yes; the others end with a reason for each filter.
        last = head + 2 if kind == 4 else stop - 1  # noqa: PLR2004 - PUBACK
        return Answered(packet_id, buffer[last] if stop > head + 2 else 0)
    if kind == _CONNACK:
        return _welcomed(buffer, head, stop)
    if kind == _DISCONNECT:
        return Ended(buffer[head] if stop > head else 0)
    return None


def _welcomed(buffer: bytes, head: int, stop: int) -> Welcomed:
    receive_max = UNBOUNDED
    for kind, value, _ in _properties(buffer, *_block(buffer, head + 2, stop)):
        if kind == _RECEIVE_MAX:
            receive_max = int.from_bytes(value)
    return Welcomed(buffer[head + 1], receive_max)


def _heard(first: int, buffer: bytes, head: int, stop: int) -> Heard:
    at = head + 2 + (buffer[head] << 8 | buffer[head + 1])
    topic, packet_id = buffer[head + 2 : at], 0
    if first & 0x06:
        packet_id = buffer[at] << 8 | buffer[at + 1]
        at += 2
    begin, end = _block(buffer, at, stop)
    found = {name or kind: value for kind, value, name in _properties(buffer, begin, end)}
    packet = Packet(
        topic=_text(topic),
        body=buffer[end:stop],
        content_type=_text(found.get(_CONTENT_TYPE, _JSON)),
        keyid=_text(found.get(_KEYID, b"")),
        sig=_hex(found.get(_SIG, b"")),
        reply_to=_text(found.get(_RESPONSE_TOPIC, b"")),
        correlation=found.get(_CORRELATION, b""),
        qos=1 if packet_id else 0,
    )
    return Heard(packet, packet_id)


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _hex(text: bytes) -> bytes:
    """What is no hexadecimal is no signature, and will not verify."""
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return b""


def _block(buffer: bytes, at: int, stop: int) -> tuple[int, int]:
    """Where the properties begin and end."""
    length, begin = read_length(buffer, at)
    if not begin or begin + length > stop:
        raise Garbled("a packet that is shorter than it says")
    return begin, begin + length


def _properties(buffer: bytes, at: int, end: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Each property: its kind, its value, and its name where the sender gave it one."""
    while at < end:
        kind = buffer[at]
        size, name = _SIZES.get(kind), b""
        at += 1
        if kind == _NUMBER:
            _, begin = read_length(buffer, at)
            size = begin - at
        elif size is None:
            size, at = buffer[at] << 8 | buffer[at + 1], at + 2
            if kind == _USER:
                name, at = buffer[at : at + size], at + size
                size, at = buffer[at] << 8 | buffer[at + 1], at + 2
        if at + size > end or size < 0:
            raise Garbled("a property that is longer than its packet")
        yield kind, buffer[at : at + size], name
        at += size
