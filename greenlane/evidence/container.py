"""The archive's outer form: a zip file that can be written in one way only.

Members are stored, not compressed, in a fixed order and with fixed times, so the same evidence is
the same file byte by byte; and a reader checks every byte: nothing hides between members, nothing
unfolds to more than it is. Any tool that opens zip files opens it.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import IO, Final, NamedTuple

BYTES_MAX: Final = 2 * 1024 * 1024 * 1024
"""Of the whole file."""
MEMBERS_MAX: Final = 10_000
NAME_BYTES_MAX: Final = 200
_COPY_BYTES: Final = 1024 * 1024
_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<4sHHHHIIH")
_VERSION: Final = 20
_UTF8: Final = 0x800
_DATE: Final = 0x5C21
"""The first of January 2026: when a file was written is no part of the evidence."""


class BadContainer(ValueError):
    """This file is not written as ours are; the message says where."""


class Member(NamedTuple):
    """A file in the archive, where it begins there, and its CRC-32."""

    name: str
    size: int
    crc: int
    begin: int


class Source(NamedTuple):
    """A file to be put in: bytes, or a path to be copied."""

    name: str
    content: bytes | Path

    def pieces(self) -> Iterator[bytes]:
        """Its bytes."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        with self.content.open("rb") as file:
            while piece := file.read(_COPY_BYTES):
                yield piece


def write(file: IO[bytes], sources: Sequence[Source], *, bytes_max: int = BYTES_MAX) -> None:
    """Write the archive; raises `BadContainer` if it would be too large."""
    members: list[Member] = []
    for source in sources:
        size, crc = 0, 0
        for piece in source.pieces():
            size, crc = size + len(piece), zlib.crc32(piece, crc)
        begin = file.tell() + _LOCAL.size + len(source.name.encode())
        if begin + size > bytes_max or len(members) >= MEMBERS_MAX:
            raise BadContainer(f"more than {bytes_max} bytes or {MEMBERS_MAX} files")
        member = Member(source.name, size, crc, begin)
        members.append(member)
        file.write(_local(member))
        for piece in source.pieces():
            file.write(piece)
    file.write(_directory(members, file.tell()))


def read(file: IO[bytes]) -> list[Member]:
    """The members, every byte between them checked, but not their own hashes."""
    size = file.seek(0, 2)
    if size > BYTES_MAX:
        raise BadContainer(f"{size} bytes, the most is {BYTES_MAX}")
    members: list[Member] = []
    at = 0
    while (member := _next(file, at)) is not None:
        if len(members) >= MEMBERS_MAX:
            raise BadContainer(f"more than {MEMBERS_MAX} files")
        if member.begin + member.size > size:
            raise BadContainer(f"it is cut off in {member.name}")
        _check_crc(file, member)
        members.append(member)
        at = member.begin + member.size
    file.seek(at)
    expected = _directory(members, at)
    found = file.read(len(expected) + 1)
    if found != expected:
        pairs = enumerate(zip_longest(found, expected))
        where = at + next(place for place, (one, other) in pairs if one != other)
        raise BadContainer(f"byte {where}: its list of files is not the one of its files")
    return members


def pieces(file: IO[bytes], member: Member) -> Iterator[bytes]:
    """The bytes of a member."""
    file.seek(member.begin)
    left = member.size
    while left:
        piece = file.read(min(left, _COPY_BYTES))
        if not piece:
            raise BadContainer(f"it is cut off in {member.name}")
        left -= len(piece)
        yield piece


def _next(file: IO[bytes], at: int) -> Member | None:
    """The member whose header begins here; none where the list of files begins."""
    file.seek(at)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        return None
    crc, size, name_bytes = _LOCAL.unpack(head)[6], _LOCAL.unpack(head)[8], _LOCAL.unpack(head)[9]
    raw = file.read(min(name_bytes, NAME_BYTES_MAX))
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise BadContainer(f"byte {at}: a name that is none") from error
    member = Member(name, size, crc, at + _LOCAL.size + len(raw))
    if head + raw != _local(member) or not is_name(name):
        raise BadContainer(f"byte {at}: the head of {name!r} is not as we write it")
    return member


def is_name(name: str) -> bool:
    """Whether a file of ours may be called so: no way out of the folder it is unpacked in."""
    parts = name.split("/")
    plain = all(letter.isalnum() or letter in "-._/" for letter in name)
    return plain and name.isascii() and all(part.strip(".") for part in parts)


def _check_crc(file: IO[bytes], member: Member) -> None:
    crc = 0
    for piece in pieces(file, member):
        crc = zlib.crc32(piece, crc)
    if crc != member.crc:
        raise BadContainer(f"{member.name} was changed: its bytes have another checksum")


def _local(member: Member) -> bytes:
    name = member.name.encode()
    fixed = (b"PK\x03\x04", _VERSION, _UTF8, 0, 0, _DATE)
    return _LOCAL.pack(*fixed, member.crc, member.size, member.size, len(name), 0) + name


def _directory(members: Sequence[Member], begin: int) -> bytes:
    lines = []
    for member in members:
        name = member.name.encode()
        fixed = (b"PK\x01\x02", _VERSION, _VERSION, _UTF8, 0, 0, _DATE)
        at = member.begin - _LOCAL.size - len(name)
        sizes = (member.crc, member.size, member.size)
        lines.append(_CENTRAL.pack(*fixed, *sizes, len(name), 0, 0, 0, 0, 0, at) + name)
    body = b"".join(lines)
    count = len(members)
    return body + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(body), begin, 0)
