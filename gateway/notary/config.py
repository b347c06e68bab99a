"""What a gateway is told about a witness in its TOML file."""

import msgspec

from contract.link import Rejected
from contract.proof import note
from contract.proof.note import COSIGNATURE, BadNote, Verifier


class WitnessConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second party: where it is, and the key that ``greenlane witness`` prints."""

    url: str
    key: str

    @property
    def verifier(self) -> Verifier:
        """Its key; raises `Rejected` for a mistake."""
        try:
            found = note.verifier(self.key)
        except BadNote as error:
            raise Rejected(f"[[witness]] key: {error}") from error
        if found.kind != COSIGNATURE:
            raise Rejected(f"[[witness]] key: {self.key!r} is no key for cosignatures")
        return found
