"""By whose key a message counts: a fold over the `key.…` entries of the gateway's own. Pure.

enrolled ─▶ counts ─┬─▶ rotated: counts up to the numbers that were named, whenever they arrive
└─▶ revoked: counts no more, from that entry of the journal on
"""

from dataclasses import dataclass
from typing import Final

from contract.messages import Identity, KeyEnrolled, KeyRevoked, SignedUpTo

KEYS_MAX: Final = 8
"""Keys of one source; the one enrolled first gives way, and counts no more."""


@dataclass(slots=True)
class _Held:
    """One key of a source."""

    public: bytes
    upto: dict[tuple[str, str], int] | None = None
    """After a rotation: the last number that it signs, by epoch and stream."""
    is_revoked: bool = False


class Keys:
    """Public keys by source and key id.

    A source that enrolled anew may still send what it signed with its former key, so that stays.
    """

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, _Held]] = {}

    def fold(self, message: object) -> None:
        """Take one of the gateway's own entries."""
        if isinstance(message, KeyEnrolled):
            self.enrolled(message)
        elif isinstance(message, KeyRevoked):
            self.revoked(message)

    def enrolled(self, enrolled: KeyEnrolled) -> None:
        """From here on messages of the source that are signed with this key count."""
        mine = self._keys.setdefault(enrolled.source, {})
        if enrolled.replaces in mine:
            mine[enrolled.replaces].upto = _limits(enrolled.upto)
        held = mine.pop(enrolled.keyid, None)
        mine[enrolled.keyid] = held if held and held.is_revoked else _Held(enrolled.public_key)
        if len(mine) > KEYS_MAX:
            del mine[next(iter(mine))]

    def revoked(self, revoked: KeyRevoked) -> None:
        """From here on nothing that is signed with this key counts."""
        held = self._keys.get(revoked.source, {}).get(revoked.keyid)
        if held is not None:
            held.is_revoked = True

    def find(self, source: str, keyid: str) -> bytes | None:
        """The public key, whether it counts or not; none if this source did not enrol it."""
        held = self._keys.get(source, {}).get(keyid)
        return held.public if held else None

    def refusal(self, source: str, keyid: str, identity: Identity | None = None) -> str:
        """Why a message of this number does not count although the key signed it; or nothing."""
        held = self._keys.get(source, {}).get(keyid)
        if held is None:
            return "signed with a key that this source has not enrolled"
        if held.is_revoked:
            return "signed with a key that was revoked"
        if held.upto is None:
            return ""
        last = held.upto.get((identity.epoch, identity.stream), 0) if identity else 0
        is_early = identity is not None and identity.sequence <= last
        return "" if is_early else "signed with a key that this source has replaced"

    def is_revoked(self, source: str, keyid: str) -> bool:
        """Whether this key of the source was revoked."""
        held = self._keys.get(source, {}).get(keyid)
        return held is not None and held.is_revoked

    def counting(self, source: str) -> tuple[str, ...]:
        """The key ids of a source that may be revoked."""
        return tuple(k for k, held in self._keys.get(source, {}).items() if not held.is_revoked)


def _limits(upto: tuple[SignedUpTo, ...]) -> dict[tuple[str, str], int]:
    return {(one.epoch, one.stream): one.last for one in upto}
