"""Which key of a source signs which epoch, and what follows when keys change.

rotate ─▶ key.rotated, signed with the old key ─▶ next start: a new epoch, signed with the heir
revoked, or unknown ─▶ what nobody kept of its epochs is said again, in one of a key that counts
"""

from collections.abc import Iterable, Mapping
from typing import Final

from contract.delivery.sender import LaneKey
from contract.delivery.store import Store
from contract.messages import KEY_STREAMS_MAX, KeyRotated, Message, Receipt, SignedUpTo, type_prefix
from contract.signing import Key, rotation

SUCCESSIONS_MAX: Final = 8
"""Changes of keys that go before a birth; a gateway remembers no more keys of a source."""


class Succession:
    """The keys of one source, as its outbox and the receipts know them."""

    def __init__(self, store: Store, source: str, key: Key) -> None:
        store.sign_with(key.keyid)
        self.is_revoked = False
        """The gateway says that our key counts no more: nothing goes out until we enrol anew."""
        self.said: Final = tuple(
            reversed(store.of_type("events", type_prefix + KeyRotated.type, SUCCESSIONS_MAX))
        )
        """The numbers of the changes of keys that are held, oldest first.

        They stay, whatever gives way: a gateway restored from before them knows none of our keys.
        """
        self._source: Final = source
        self._key: Final = key
        self._keyids: Final = store.keyids()
        self._is_known = False

    def begin(self, epoch: str) -> None:
        """An epoch begins, which our key signs."""
        self._keyids[epoch] = self._key.keyid

    def keyid_of(self, epoch: str) -> str:
        """The key that signed an epoch."""
        return self._keyids.get(epoch, self._key.keyid)

    def hear(self, receipt: Receipt) -> bool:
        """Take what a receipt says of keys; true if ours, an heir, is known from now on."""
        self.is_revoked = self._key.keyid in receipt.revoked
        was_known, self._is_known = self._is_known, self._key.keyid in receipt.keys
        return bool(self.said) and self._is_known and not was_known

    def is_uncounted(self, epoch: str, receipt: Receipt) -> bool:
        """Whether what was said in an epoch must be said again to be kept.

        Its key was revoked; or it is unknown, as the heir of one that was revoked before.
        """
        return self._is_known and self.keyid_of(epoch) not in receipt.keys

    def rotated(
        self, new: Key, lasts: Mapping[LaneKey, int], *, recent: Iterable[Message]
    ) -> KeyRotated | None:
        """What says that ``new`` follows our key; none if that is among the recent messages.

        ``lasts``: the last number of each lane, with that of this very message.
        """
        if any(isinstance(one, KeyRotated) and one.keyid == new.keyid for one in recent):
            return None
        mine = [lane for lane in lasts if self.keyid_of(lane.epoch) == self._key.keyid]
        return KeyRotated(
            keyid=new.keyid,
            public_key=new.public,
            sig=new.sign(rotation(self._source, self._key.keyid, new.public)),
            upto=tuple(
                SignedUpTo(epoch=lane.epoch, stream=lane.stream, last=lasts[lane])
                for lane in mine[-KEY_STREAMS_MAX:]
            ),
        )
