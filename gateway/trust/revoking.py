"""Revokes keys that somebody asked to revoke: one file each, as with codes, so that a command may.

greenlane gateway revoke ─▶ state_dir/revoke/….json ─▶ the gateway ─▶ key.revoked (its own entry)
─▶ receipts name the key, and the broker's list its certificates
"""

import asyncio
import logging
import secrets
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from contract.clock import Clock
from contract.link import Unavailable
from contract.messages import KeyRevoked, Name, SourceText, Text
from contract.whole_file import write_whole
from gateway.journal.journal import Journal
from gateway.trust.keys import Keys
from gateway.trust.revocations import Revocations
from gateway.voice import Voice

LOOK_EVERY_S: Final = 1.0
NAME_BYTES: Final = 8
_log: Final = logging.getLogger(__name__)


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody wants keys of a source revoked."""

    source: SourceText
    keyid: Annotated[str, Meta(max_length=80)] = ""
    """One of them; empty for all that count."""
    reason: Text
    by: Name


def wish(state_dir: Path, wanted: Wish) -> Path:
    """Leave a wish for the gateway whose state is here; its file goes when it has come true."""
    folder = state_dir / "revoke"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{secrets.token_hex(NAME_BYTES)}.json"
    write_whole(path, msgspec.json.encode(wanted, enc_hook=str))
    return path


class Revoking:
    """The gateway's side."""

    def __init__(
        self,
        journal: Journal,
        state_dir: Path,
        *,
        keys: Keys,
        voice: Voice,
        clock: Clock,
        revocations: Revocations,
    ) -> None:
        self._journal: Final = journal
        self._folder: Final = state_dir / "revoke"
        self._keys: Final = keys
        self._voice: Final = voice
        self._clock: Final = clock
        self._revocations: Final = revocations
        self._unsaid: Final[set[tuple[str, str]]] = set()
        """Keys that count no more, while the disk is too full for the entry that says so."""

    async def run(self) -> None:
        """Make wishes come true until cancelled."""
        while True:
            for path, wanted in await asyncio.to_thread(_wishes, self._folder):
                try:
                    await self._take(wanted)
                    await asyncio.to_thread(path.unlink, missing_ok=True)
                except (Unavailable, OSError) as error:
                    _log.error("nothing is revoked, %s waits: %s", path.name, error)
            await self._clock.sleep(LOOK_EVERY_S)

    async def _take(self, wanted: Wish) -> None:
        known = [k for source, k in sorted(self._unsaid) if source == wanted.source]
        known += self._keys.counting(wanted.source)
        keyids = [k for k in known if wanted.keyid in ("", k)]
        if not keyids:
            _log.warning("%s has no such key that counts: %s", wanted.source, wanted.keyid or "any")
        for keyid in keyids:
            revoked = KeyRevoked(
                source=wanted.source, keyid=keyid, reason=wanted.reason, by=wanted.by
            )
            # Marked before it is asked to be kept, without a wait in between: what the intake asks
            # to be kept later has been looked at by then, and what came earlier stands earlier.
            self._keys.revoked(revoked)
            self._unsaid.add((wanted.source, keyid))
            await self._journal.append([self._voice.say(revoked)])
            self._unsaid.discard((wanted.source, keyid))
            self._revocations.look()
            _log.warning("%s: key %s is revoked: %s", wanted.source, keyid, wanted.reason)


def _wishes(folder: Path) -> list[tuple[Path, Wish]]:
    """The wishes that wait; one that cannot be read is set aside."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append((path, msgspec.json.decode(path.read_bytes(), type=Wish)))
        except (ValueError, RecursionError, OSError) as error:
            _log.error("nothing is revoked, %s cannot be read and is set aside: %s", path, error)
            path.rename(path.with_suffix(".bad"))
    return found
