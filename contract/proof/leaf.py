r"""What exactly of a journal's entry is hashed into the tree: one leaf, as lines of text. Pure.

    greenlane entry 1
    position 90113
    received 2026-11-22T12:00:00.000123Z
    kind kept
    source /KEMBA/gate-2
    stream events
    epoch 3f2a5c7d90e1b842
    sequence 8412
    type seal.read
    sha256 9f86…            of the message's exact bytes, which may be erased
    keyid 1d2c…
    signature b1ff…         in hex

UTF-8, every line ends in one newline, fields in this order and all of them, an empty value where
there is none. A backslash in a value is written ``\\`` and a newline ``\n``, so no two entries
have the same lines. The body itself is not in it: when retention erases one, its hash and signature
stay and every proof still holds. What else a message says (the number before it, its own time)
stands in the bytes that are hashed.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

VERSION: Final = "greenlane entry 1"
NAMES: Final = (
    *("position", "received", "kind", "source", "stream", "epoch", "sequence", "type"),
    *("sha256", "keyid", "signature"),
)
LEAF_BYTES_MAX: Final = 8 * 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class BadLeaf(ValueError):
    """These bytes are no leaf."""


class Leaf(NamedTuple):
    """An entry of a journal without its body."""

    position: int
    received_us: int
    """Microseconds since 1970, UTC, by the gateway's clock."""
    kind: str
    source: str
    stream: str
    epoch: str
    sequence: int
    type: str
    sha256: str
    keyid: str
    signature: bytes

    @property
    def received_at(self) -> datetime:
        """When the gateway entered it, by its own clock."""
        return _EPOCH + timedelta(microseconds=self.received_us)

    @property
    def place(self) -> int:
        """Its place in the tree: positions count from 1, leaves from 0."""
        return self.position - 1


def encode(leaf: Leaf) -> bytes:
    """The leaf's bytes."""
    position, received_us, *words, sequence, type_, sha256, keyid, signature = leaf
    texts = (*words, type_, sha256, keyid)
    joined = "".join(texts)
    if "\n" in joined or "\\" in joined:
        texts = tuple(map(_escaped, texts))
    kind, source, stream, epoch, type_, sha256, keyid = texts
    return (
        f"{VERSION}\nposition {position}\nreceived {_instant(received_us)}\nkind {kind}\n"
        f"source {source}\nstream {stream}\nepoch {epoch}\nsequence {sequence}\ntype {type_}\n"
        f"sha256 {sha256}\nkeyid {keyid}\nsignature {signature.hex()}\n"
    ).encode()


def decode(body: bytes) -> Leaf:
    """Read a leaf; raise `BadLeaf` for anything that `encode` would not have written so."""
    if len(body) > LEAF_BYTES_MAX:
        raise BadLeaf(f"{len(body)} bytes, the most is {LEAF_BYTES_MAX}")
    try:
        first, *lines, last = body.decode().split("\n")
    except (UnicodeDecodeError, ValueError) as error:
        raise BadLeaf("it is not text of several lines") from error
    if first != VERSION or last or len(lines) != len(NAMES):
        raise BadLeaf(f"it is not a {VERSION!r} of {len(NAMES)} lines")
    values = {name: _value(line, name) for line, name in zip(lines, NAMES, strict=True)}
    try:
        leaf = Leaf(
            position=int(values.pop("position")),
            received_us=_microseconds(values.pop("received")),
            sequence=int(values.pop("sequence")),
            signature=bytes.fromhex(values.pop("signature")),
            **values,
        )
    except ValueError as error:
        raise BadLeaf(f"a value that is none: {error}") from error
    if encode(leaf) != body:
        raise BadLeaf("it is not written as leaves are")
    return leaf


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _value(line: str, name: str) -> str:
    if not line.startswith(f"{name} "):
        raise BadLeaf(f"a line that should begin with {name!r} does not")
    text = line[len(name) + 1 :]
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


@lru_cache(maxsize=64)  # entries that were appended together have one time
def _instant(us: int) -> str:
    return f"{_EPOCH + timedelta(microseconds=us):%Y-%m-%dT%H:%M:%S.%f}Z"


def _microseconds(text: str) -> int:
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no instant")
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
