"""What a log sends to a witness (C2SP tlog-witness, ``add-checkpoint``). Pure.

old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=      the proof that the log grew from there

…                                                  the checkpoint, a signed note
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from contract.proof.merkle import HASH_BYTES, PROOF_MAX
from contract.proof.note import NOTE_BYTES_MAX

PATH: Final = "add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of the answer 409: the body is the size that the witness remembers."""
BYTES_MAX: Final = NOTE_BYTES_MAX + 8 * 1024
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,15})", re.ASCII)


class BadSubmission(ValueError):
    """These bytes ask a witness for nothing."""


class Submission(NamedTuple):
    """A checkpoint and the proof that the log grew to it from ``old`` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


def written(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of the request."""
    lines = [f"old {old}", *(base64.b64encode(hash_).decode() for hash_ in proof), "", note]
    return "\n".join(lines).encode()


def read(body: bytes) -> Submission:
    """Read a request; raise `BadSubmission`."""
    if len(body) > BYTES_MAX:
        raise BadSubmission(f"{len(body)} bytes, the most is {BYTES_MAX}")
    head, gap, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        proof = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise BadSubmission("the proof cannot be read") from error
    old = _OLD.fullmatch(first)
    if old is None or not gap:
        raise BadSubmission("it does not begin with 'old SIZE'")
    if len(proof) > PROOF_MAX or any(len(hash_) != HASH_BYTES for hash_ in proof):
        raise BadSubmission("a proof that is none")
    return Submission(int(old[1]), proof, note)
