"""By whose key a message counted when it came: a fold over the key entries of an archive. Pure."""

from dataclasses import dataclass
from typing import Final

from contract.messages import KeyEnrolled, KeyRevoked
from contract.proof.leaf import Leaf
from contract.signing import keyid_of
from greenlane.evidence.form import BadForm


@dataclass(slots=True)
class _Held:
    public: bytes
    upto: dict[tuple[str, str], int] | None = None
    """After a rotation: the last number that it signs, by epoch and stream."""
    revoked_at: int = 0
    """The position of the entry that says so."""


class Keyring:
    """The keys of the sources, as far as the entries so far tell."""

    def __init__(self) -> None:
        self._held: Final[dict[tuple[str, str], _Held]] = {}

    @property
    def public_keys(self) -> dict[str, bytes]:
        """All of them by key id."""
        return {keyid: held.public for (_, keyid), held in self._held.items()}

    def fold(self, message: object, position: int) -> None:
        """Take one of the gateway's own entries; raises `BadForm` for a key under another's id."""
        if isinstance(message, KeyEnrolled):
            if keyid_of(message.public_key) != message.keyid:
                raise BadForm("it enrols a key under another key's id")
            replaced = self._held.get((message.source, message.replaces))
            if replaced is not None:
                replaced.upto = {(one.epoch, one.stream): one.last for one in message.upto}
            self._held.setdefault((message.source, message.keyid), _Held(message.public_key))
        elif isinstance(message, KeyRevoked):
            held = self._held.get((message.source, message.keyid))
            if held is not None:
                held.revoked_at = position

    def key_of(self, leaf: Leaf) -> bytes:
        """By which key this entry must be signed; raises `BadForm` if that did not count then."""
        held = self._held.get((leaf.source, leaf.keyid))
        if held is None:
            raise BadForm(f"{leaf.source} had not enrolled the key {leaf.keyid} by then")
        if held.revoked_at:
            raise BadForm(f"its key had been revoked, by entry {held.revoked_at}")
        if held.upto is not None and leaf.sequence > held.upto.get((leaf.epoch, leaf.stream), 0):
            raise BadForm("its key had been replaced, and was not to sign this number")
        return held.public
