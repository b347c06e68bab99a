"""A checkpoint (C2SP tlog-checkpoint): how large a log is and its root, in a signed note. Pure.

    greenlane/KEMBA/gateway/3f2a5c7d90e1b842
    90114
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

The first line is the log's origin: the gateway's source and its journal's id. A gateway restored
from a backup has a new journal, and so a new log: what its old one said later cannot be denied.
"""

import base64
import binascii
import re
from typing import Final, NamedTuple

from contract.identifiers import Source
from contract.proof import note
from contract.proof.merkle import HASH_BYTES
from contract.signing import Key

LINES: Final = 3
SIZE_MAX: Final = 2**53
"""Leaves: what every reader of numbers reads alike."""
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


class BadCheckpoint(ValueError):
    """The text of this note is no checkpoint."""


class Checkpoint(NamedTuple):
    """How the log with this origin was."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin_of(gateway: Source, journal: str) -> str:
    """The origin of the log over this journal of this gateway."""
    return f"greenlane{gateway}/{journal}"


def made(checkpoint: Checkpoint, key: Key) -> note.Note:
    """The checkpoint signed by the log; its key's name is the origin."""
    return note.signed(checkpoint.text, checkpoint.origin, key)


def read(text: str) -> Checkpoint:
    """Read the text of a note; raise `BadCheckpoint`."""
    lines = text.split("\n")
    if len(lines) != LINES + 1 or lines[-1] or not lines[0]:
        raise BadCheckpoint(f"a checkpoint has {LINES} lines")
    origin, size, coded = lines[:LINES]
    try:
        root = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCheckpoint("its root is not base64") from error
    if not _SIZE.fullmatch(size) or int(size) > SIZE_MAX or len(root) != HASH_BYTES:
        raise BadCheckpoint("its size or its root is none")
    found = Checkpoint(origin, int(size), root)
    if found.text != text:
        raise BadCheckpoint("it is not written as checkpoints are")
    return found
