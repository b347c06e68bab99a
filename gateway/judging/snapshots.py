"""The judge's state on disk now and then, so that a restart judges only the tail of the journal.

    state ─▶ JSON, at one moment ─▶ a thread: packed, signed ─▶ the disk

Packed, for many alerts repeat each other: whoever signs, copies and writes has a seventh to do.
Signed with the gateway's key, and believed only if the signature is good: beyond what retention has
erased, a snapshot is the only memory there is. The two newest are held. One that is harmed is set
aside, for a person to look at, and the one before it, or else the whole journal, is judged on from.
"""

import asyncio
import logging
import sqlite3
import zlib
from typing import Final, NamedTuple

import msgspec

from contract.messages import SignedBytes
from contract.signing import BadSignature, Key, verify
from gateway.journal.journal import write_cursor
from gateway.journal.store import Store
from gateway.judge.state import State, reread, written
from gateway.judging.changes import CURSOR

EVERY_ENTRIES: Final = 20_000
EVERY_BYTES: Final = 64 * 1024 * 1024
"""Of bodies: one entry may hold thousands of messages of strangers."""
BYTES_MAX: Final = 256 * 1024 * 1024
"""A state larger than this is not kept."""
KEPT_MAX: Final = 2
"""Snapshots that are held; as many harmed ones beside them."""
PACK_LEVEL: Final = 1
"""The quickest: a hundred megabytes a second, beside the loop."""
FORM: Final = 1
"""Of a snapshot. Raise it where a state that was written before must not be gone on from."""
PAYLOAD: Final = "application/vnd.greenlane.judge-state+json"
_log: Final = logging.getLogger(__name__)


class _Snapshot(msgspec.Struct, frozen=True):
    """What is signed."""

    form: int
    journal: str
    position: int
    state: msgspec.Raw


class Harmed(Exception):
    """A snapshot that is not what the gateway wrote, and why."""


class Taken(NamedTuple):
    """The state as it was at an entry, written down."""

    position: int
    body: bytes


class Kept(NamedTuple):
    """A snapshot as it lies on the disk."""

    position: int
    signed: SignedBytes


async def load(store: Store, upto: int, *, journal: str, key: Key) -> State:
    """The newest state at or before this position; an empty one if there is none."""
    while True:
        kept = await store.read(lambda at: _newest(at, upto))
        if kept is None:
            return State()
        try:
            return opened(kept, journal=journal, public=key.public)
        except Harmed as error:
            position, why = kept.position, str(error)
            _log.error(
                "the snapshot at entry %d is set aside: %s. An earlier one is taken", position, why
            )
            await store.write(lambda at, p=position, w=why: _set_aside(at, p, w))  # type: ignore[misc]  # mypy does not see defaults of a lambda


def opened(kept: Kept, *, journal: str, public: bytes) -> State:
    """The state in a snapshot, once its signature is good; raises `Harmed`."""
    try:
        verify(public, kept.signed.body, kept.signed.sig, PAYLOAD)
        snapshot = _unpacked(kept.signed.body)
        if snapshot.form != FORM:
            raise Harmed(f"it has form {snapshot.form}, this gateway reads {FORM}")
        if (snapshot.journal, snapshot.position) != (journal, kept.position):
            raise Harmed("it is of another journal or another entry")
        return reread(bytes(snapshot.state))
    except BadSignature as error:
        raise Harmed(f"not as this gateway signed it: {error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, zlib.error) as error:
        raise Harmed(f"it cannot be read: {error}") from error


def take(state: State) -> Taken:
    """The state as it is now; what is judged afterwards is not in it."""
    return Taken(state.position, written(state))


async def keep(store: Store, taken: Taken, *, journal: str, key: Key) -> None:
    """Keep this state, all changes of which are durable; raises `Unavailable` (disk full)."""
    if len(taken.body) > BYTES_MAX:
        _log.warning("the judge's state takes %d bytes: no snapshot", len(taken.body))
        return
    # In a thread: a large state takes long to pack, and alerts are told meanwhile.
    snapshot = _Snapshot(FORM, journal, taken.position, msgspec.Raw(taken.body))
    signed = await asyncio.to_thread(_sealed, snapshot, key)
    await store.write(lambda at: _write(at, Kept(taken.position, signed)))


def renamed(at: sqlite3.Connection, former: str, journal: str, key: Key) -> None:
    """The journal has another id now (see `renewal`): sign anew what was good under the former."""
    for kept in everyone(at):
        try:
            opened(kept, journal=former, public=key.public)
        except Harmed:
            continue  # under the new id it is set aside at the next start
        snapshot = msgspec.structs.replace(_unpacked(kept.signed.body), journal=journal)
        signed = _sealed(snapshot, key)
        _write(at, Kept(kept.position, signed))


def everyone(at: sqlite3.Connection) -> list[Kept]:
    """All snapshots that are not set aside, the newest first."""
    rows = at.execute(
        "SELECT position, body, keyid, sig FROM snapshot WHERE harm = '' ORDER BY position DESC"
    )
    return [_kept(row) for row in rows.fetchall()]


def covered(at: sqlite3.Connection) -> int:
    """Up to where no rebuild needs an entry, not even one from the earlier snapshot."""
    count, least = at.execute(
        "SELECT count(*), min(position) FROM snapshot WHERE harm = ''"
    ).fetchone()
    return int(least) if count >= KEPT_MAX else 0


def _sealed(snapshot: _Snapshot, key: Key) -> SignedBytes:
    body = zlib.compress(msgspec.json.encode(snapshot), PACK_LEVEL)
    return SignedBytes(body=body, keyid=key.keyid, sig=key.sign(body, PAYLOAD))


def _unpacked(body: bytes) -> _Snapshot:
    """What was signed; those of before are JSON as it is."""
    text = body if body.startswith(b"{") else zlib.decompress(body)
    return msgspec.json.decode(text, type=_Snapshot)


def _newest(at: sqlite3.Connection, upto: int) -> Kept | None:
    row = at.execute(
        "SELECT position, body, keyid, sig FROM snapshot WHERE harm = '' AND position <= ? "
        "ORDER BY position DESC LIMIT 1",
        (upto,),
    ).fetchone()
    return _kept(row) if row else None


def _kept(row: tuple[int, bytes, str, bytes]) -> Kept:
    position, body, keyid, sig = row
    return Kept(position, SignedBytes(body=body, keyid=keyid, sig=sig))


def _set_aside(at: sqlite3.Connection, position: int, why: str) -> None:
    at.execute("UPDATE snapshot SET harm = ? WHERE position = ?", (why[:500], position))


def _write(at: sqlite3.Connection, kept: Kept) -> None:
    signed = kept.signed
    at.execute(
        "INSERT OR REPLACE INTO snapshot (position, body, keyid, sig) VALUES (?, ?, ?, ?)",
        (kept.position, signed.body, signed.keyid, signed.sig),
    )
    for which in ("harm = ''", "harm != ''"):
        at.execute(
            f"DELETE FROM snapshot WHERE {which} AND position NOT IN (SELECT position FROM "  # noqa: S608 - constants
            f"snapshot WHERE {which} ORDER BY position DESC LIMIT ?)",
            (KEPT_MAX,),
        )
    write_cursor(at, CURSOR, kept.position)
