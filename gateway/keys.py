"""By whose key a message counts: a fold over the `key.enrolled` entries of the journal. Pure."""

from typing import Final

from contract.messages import KeyEnrolled

KEYS_MAX: Final = 8
"""Keys of one source; the one enrolled first gives way."""


class Keys:
    """Public keys by source and key id.

    A source that enrolled anew may still send what it signed with its former key, so that stays.
    """

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, bytes]] = {}

    def enrolled(self, enrolled: KeyEnrolled) -> None:
        """From here on messages of the source that are signed with this key count."""
        mine = self._keys.setdefault(enrolled.source, {})
        mine.pop(enrolled.keyid, None)
        mine[enrolled.keyid] = enrolled.public_key
        if len(mine) > KEYS_MAX:
            del mine[next(iter(mine))]

    def find(self, source: str, keyid: str) -> bytes | None:
        """The public key; none if this source did not enrol it."""
        return self._keys.get(source, {}).get(keyid)
