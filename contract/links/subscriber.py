"""What a client that only listens needs of MQTT 5 (OASIS, 2019), as bytes in and bytes out: pure.

For topics of devices that are not ours: one of them may say more in a second than a client with an
object and a future per message can take. This reads a 171-byte message in under two microseconds.
"""

import struct
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Generic, NamedTuple, TypeVar

SESSION_EXPIRY_S: Final = 86_400
"""How long the broker keeps QoS 1 messages for us while we are away."""
RECEIVE_MAX: Final = 2_000
"""QoS 1 messages that are in flight to us without our acknowledgement."""
PACKET_BYTES_MAX: Final = 1_048_576
"""A broker drops what is larger, and tells the others."""
QOS: Final = 1
PING: Final = b"\xc0\x00"
GOODBYE: Final = b"\xe0\x00"

_CONNACK: Final = 2
_PUBLISH: Final = 3
_SUBACK: Final = 9
_DISCONNECT: Final = 14
_SHIFTS: Final = (7, 14, 21)
"""Of the bytes of a length behind the first, the lowest first."""
_MORE: Final = 0x80
"""The bit of such a byte that says that another one follows."""
_SUBSCRIPTION: Final = 0x0B
"""The property Subscription Identifier."""


class Said(NamedTuple):
    """One PUBLISH. `packet_id` is 0 for QoS 0; everything else wants an acknowledgement."""

    topic: bytes
    payload: bytes
    packet_id: int
    is_retained: bool
    subscription: int = 0
    """The identifier of the one subscription by which it came; 0 for none or several."""


class Connected(NamedTuple):
    """The broker's answer to CONNECT."""

    reason: int


class Subscribed(NamedTuple):
    """The broker's answer to SUBSCRIBE."""

    packet_id: int
    reason: int


class Ended(NamedTuple):
    """The broker says goodbye, and why."""

    reason: int


class Garbled(ValueError):
    """What arrives is not MQTT 5."""


Packet = Said | Connected | Subscribed | Ended
P = TypeVar("P")
Read = Callable[[int, bytes, int, int], P | None]
"""Reads one packet: its first byte, a buffer, and where in it the packet begins and ends."""


def connect(client_id: str, *, keepalive_s: int, username: str, password: str | None) -> bytes:
    """CONNECT with a session that outlives us for `SESSION_EXPIRY_S`."""
    flags = (0x80 if username else 0) | (0x40 if password is not None else 0)
    properties = struct.pack(
        ">BIBHBI", 0x11, SESSION_EXPIRY_S, 0x21, RECEIVE_MAX, 0x27, PACKET_BYTES_MAX
    )
    body = text_of("MQTT") + struct.pack(">BBH", 5, flags, keepalive_s)
    body += length_of(len(properties)) + properties + text_of(client_id)
    if username:
        body += text_of(username)
    if password is not None:
        body += text_of(password)
    return b"\x10" + length_of(len(body)) + body


def subscribe(packet_id: int, filter_: str, identifier: int = 0) -> bytes:
    """SUBSCRIBE at QoS 1, what is retained included; copies carry the identifier."""
    properties = bytes((_SUBSCRIPTION,)) + length_of(identifier) if identifier else b""
    body = packet_id.to_bytes(2) + length_of(len(properties)) + properties
    body += text_of(filter_) + bytes((QOS,))
    return b"\x82" + length_of(len(body)) + body


def acknowledge(packet_ids: Iterable[int]) -> bytes:
    """PUBACK for each."""
    return b"".join(b"\x40\x02" + packet_id.to_bytes(2) for packet_id in packet_ids)


class Framer(Generic[P]):
    """Bytes in any pieces, whole packets out; what ``read`` gives nothing for is left out."""

    def __init__(self, read: Read[P], packet_bytes_max: int) -> None:
        self._read: Final = read
        self._packet_bytes_max: Final = packet_bytes_max
        self._rest = b""

    def feed(self, data: bytes) -> list[P]:
        """The packets that are whole now; raise `Garbled`."""
        buffer = self._rest + data if self._rest else data
        read, packets = self._read, list[P]()
        at, end = 0, len(buffer)
        try:
            while end - at > 1:
                length, head = buffer[at + 1], at + 2
                if length >= _MORE:
                    length, head = read_length(buffer, at + 1)
                    if not head:
                        break
                if length > self._packet_bytes_max:
                    raise Garbled(f"a packet of {length} bytes")
                stop = head + length
                if stop > end:
                    break
                packet = read(buffer[at], buffer, head, stop)
                if packet is not None:
                    packets.append(packet)
                at = stop
        except IndexError as error:
            raise Garbled("a packet that is shorter than it says") from error
        self._rest = buffer[at:]
        return packets


class Parser(Framer[Packet]):
    """What a subscriber is told."""

    def __init__(self) -> None:
        super().__init__(_packet, PACKET_BYTES_MAX)


def _packet(first: int, buffer: bytes, head: int, stop: int) -> Packet | None:
    if first >> 4 != _PUBLISH:
        return _answer(first >> 4, buffer, head, stop)
    topic = head + 2
    at = topic + (buffer[head] << 8 | buffer[head + 1])
    name, packet_id = buffer[topic:at], 0
    if first & 0x06:
        packet_id = buffer[at] << 8 | buffer[at + 1]
        at += 2
    subscription, length = 0, buffer[at]
    at += 1
    if length:
        length, begin = read_length(buffer, at - 1)
        at = begin + length
        if buffer[begin] == _SUBSCRIPTION:
            subscription, end = read_length(buffer, begin + 1)
            if end != at:
                subscription = 0
    if at > stop:
        raise Garbled("a packet that is shorter than it says")
    return _made((name, buffer[at:stop], packet_id, bool(first & 1), subscription))


def _answer(kind: int, buffer: bytes, head: int, stop: int) -> Packet | None:
    if kind == _CONNACK:
        return Connected(buffer[head + 1])
    if kind == _SUBACK:
        return Subscribed(buffer[head] << 8 | buffer[head + 1], buffer[stop - 1])
    if kind == _DISCONNECT:
        return Ended(buffer[head] if stop > head else 0)
    return None


_made: Final = partial(tuple.__new__, Said)
"""A `Said` of all its fields, in half the time."""


def read_length(buffer: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer and where it ends; 0 where it is not whole yet."""
    try:
        value = buffer[at]
        if value < _MORE:
            return value, at + 1
        value, at = value - _MORE, at + 1
        for shift in _SHIFTS:
            byte = buffer[at]
            at += 1
            if byte < _MORE:
                return value | byte << shift, at
            value |= (byte & 0x7F) << shift
    except IndexError:
        return 0, 0
    raise Garbled("a length of more than four bytes")


def length_of(value: int) -> bytes:
    """A variable byte integer."""
    out = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        out.append(byte | (_MORE if value else 0))
        if not value:
            return bytes(out)


def text_of(text: str) -> bytes:
    """A UTF-8 string with its length before it."""
    raw = text.encode()
    return len(raw).to_bytes(2) + raw
