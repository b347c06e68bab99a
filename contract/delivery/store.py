"""What an outbox holds, in its SQLite file: epochs, their heads, messages. No policy."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple

from contract.delivery.gone import GoneNumbers, Reason
from contract.delivery.ranges import Range
from contract.delivery.schema import connect
from contract.delivery.sender import LaneKey
from contract.messages import GENESIS, STREAMS, Stream


class Row(NamedTuple):
    """One message that the outbox holds."""

    number: int
    envelope: bytes
    raw: bytes
    hash: str
    sig: bytes


class Head(NamedTuple):
    """The last number of a stream and its hash; `agreed` and `upto` are what receipts last said."""

    last: int = 0
    head: str = GENESIS
    agreed: int = 0
    upto: int = 0


class Store:
    """One outbox file. Not thread-safe: one thread owns it."""

    def __init__(self, path: Path | Literal[":memory:"]) -> None:
        self._db: Final = connect(path)
        self._ids: dict[str, int] = {}
        self._keyid = ""
        self.gone: Final = GoneNumbers(self._db, self._key)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and on the disk when it ends. Nests into the outer one."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._ids.clear()  # some may have been made in what is undone
            with suppress(sqlite3.Error):  # SQLite has done it already when the disk is full
                self._db.execute("ROLLBACK")
            raise

    # --- epochs and heads

    def sign_with(self, keyid: str) -> None:
        """From now on new epochs are signed with this key, as is what no key was noted for."""
        self._keyid = keyid
        self._db.execute("UPDATE epochs SET keyid = ? WHERE keyid = ''", (keyid,))

    def keyids(self) -> dict[str, str]:
        """Which key signs each epoch."""
        return dict(self._db.execute("SELECT epoch, keyid FROM epochs"))

    def epochs(self) -> list[str]:
        """All epochs, oldest first."""
        return [row[0] for row in self._db.execute("SELECT epoch FROM epochs ORDER BY id")]

    def heads(self) -> dict[LaneKey, Head]:
        """The head of every stream."""
        rows = self._db.execute(
            "SELECT e.epoch, s.stream, s.last, s.head, s.agreed, s.upto"
            " FROM streams s JOIN epochs e ON e.id = s.epoch ORDER BY e.id, s.stream"
        )
        return {LaneKey(e, STREAMS[s]): Head(*head) for e, s, *head in rows}

    def put_head(self, lane: LaneKey, head: Head) -> None:
        """Write the head of a stream."""
        self._db.execute(
            "INSERT OR REPLACE INTO streams (epoch, stream, last, head, agreed, upto)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*self._key(lane), *head),
        )

    def forget_epoch(self, epoch: str) -> None:
        """Forget an epoch of which nothing is held."""
        key = self._id(epoch)
        for table in ("streams", "gone"):
            self._db.execute(f"DELETE FROM {table} WHERE epoch = ?", (key,))  # noqa: S608 - literals
        self._db.execute("DELETE FROM epochs WHERE id = ?", (key,))
        del self._ids[epoch]

    # --- messages

    def held(self) -> Iterator[tuple[LaneKey, Range]]:
        """Which numbers are held, as ranges."""
        rows = self._db.execute(
            "SELECT e.epoch, m.stream, MIN(m.number), MAX(m.number) FROM (SELECT epoch, stream,"
            " number, number - ROW_NUMBER() OVER (PARTITION BY epoch, stream ORDER BY number)"
            " AS island FROM messages) m JOIN epochs e ON e.id = m.epoch"
            " GROUP BY m.epoch, m.stream, m.island ORDER BY m.epoch, m.stream, m.island"
        )
        for epoch, stream, first, last in rows:
            yield LaneKey(epoch, STREAMS[stream]), Range(first, last)

    def bytes_by_stream(self) -> dict[Stream, tuple[int, int]]:
        """Messages and bytes held, by stream."""
        # Grouped as the index is: to sort them SQLite would read every body, twice.
        rows = self._db.execute(
            "SELECT stream, COUNT(*), SUM(LENGTH(envelope) + LENGTH(raw)) FROM messages"
            " GROUP BY epoch, stream"
        )
        held: dict[Stream, tuple[int, int]] = {}
        for stream, count, size in rows:
            messages, so_far = held.get(STREAMS[stream], (0, 0))
            held[STREAMS[stream]] = messages + count, so_far + size
        return held

    def put(self, lane: LaneKey, row: Row, *, is_lost: bool, said_s: int) -> None:
        """Hold a message; ``is_lost`` marks a `StreamLost`, which is never shed."""
        self._db.execute(
            "INSERT INTO messages"
            " (epoch, stream, number, is_lost, envelope, raw, hash, sig, said_s)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *self._key(lane),
                row.number,
                is_lost,
                row.envelope,
                row.raw,
                row.hash,
                row.sig,
                said_s,
            ),
        )

    def rows(self, lane: LaneKey, first: int, last: int) -> list[Row]:
        """The held messages between two numbers."""
        rows = self._db.execute(
            "SELECT number, envelope, raw, hash, sig FROM messages"
            " WHERE epoch = ? AND stream = ? AND number BETWEEN ? AND ? ORDER BY number",
            (*self._key(lane), first, last),
        )
        return [Row(*row) for row in rows]

    def of_type(self, stream: Stream, type_: str, limit: int) -> list[tuple[LaneKey, int]]:
        """The numbers of the newest held messages of a CloudEvents type, newest first."""
        rows = self._db.execute(
            "SELECT e.epoch, m.number FROM messages m JOIN epochs e ON e.id = m.epoch WHERE"
            " m.stream = ? AND INSTR(m.envelope, CAST(? AS BLOB)) > 0 ORDER BY m.id DESC LIMIT ?",
            (STREAMS.index(stream), f'"type":"{type_}"', limit),
        )
        return [(LaneKey(epoch, stream), number) for epoch, number in rows]

    def recent(self, stream: Stream, limit: int) -> list[bytes]:
        """Envelopes of the messages of a stream that were put last, newest first, any epoch."""
        rows = self._db.execute(
            "SELECT envelope FROM messages WHERE stream = ? ORDER BY id DESC LIMIT ?",
            (STREAMS.index(stream), limit),
        )
        return [row[0] for row in rows]

    def shed_candidates(
        self, lane: LaneKey, first: int, last: int, limit: int
    ) -> list[tuple[int, int]]:
        """(number, bytes) of the oldest messages between two numbers that may be shed."""
        return self._db.execute(
            "SELECT number, LENGTH(envelope) + LENGTH(raw) FROM messages WHERE epoch = ? AND"
            " stream = ? AND number BETWEEN ? AND ? AND NOT is_lost ORDER BY number LIMIT ?",
            (*self._key(lane), first, last, limit),
        ).fetchall()

    def size_of(self, lane: LaneKey, first: int, last: int) -> tuple[int, int]:
        """Messages and bytes held between two numbers."""
        row = self._db.execute(
            "SELECT COUNT(*), IFNULL(SUM(LENGTH(envelope) + LENGTH(raw)), 0) FROM messages"
            " WHERE epoch = ? AND stream = ? AND number BETWEEN ? AND ?",
            (*self._key(lane), first, last),
        ).fetchone()
        return row[0], row[1]

    def hash_of(self, lane: LaneKey, number: int) -> str | None:
        """The hash of a number of ours, as far as it is still known."""
        if number == 0:
            return GENESIS
        key = self._key(lane)
        for query in (
            "SELECT hash FROM messages WHERE epoch = ? AND stream = ? AND number = ?",
            "SELECT head FROM streams WHERE epoch = ? AND stream = ? AND last = ?",
            "SELECT head FROM gone WHERE epoch = ? AND stream = ? AND last = ?",
        ):
            found = self._db.execute(query, (*key, number)).fetchone()
            if found and found[0]:
                return str(found[0])
        return None

    def last_said_before(self, lane: LaneKey, held: Range, said_s: int) -> int:
        """The last of these numbers, all held, that was said before that second; one less if none.

        Asks a few of them: the time lies behind the body, and all bodies may be a gigabyte.
        """
        numbers = range(held.first, held.last + 1)
        younger = bisect_left(numbers, said_s, key=lambda number: self._said_s(lane, number))
        return held.first - 1 + younger

    def _said_s(self, lane: LaneKey, number: int) -> int:
        row = self._db.execute(
            "SELECT said_s FROM messages WHERE epoch = ? AND stream = ? AND number = ?",
            (*self._key(lane), number),
        ).fetchone()
        return int(row[0])

    def remove(
        self,
        lane: LaneKey,
        gone: Range,
        reason: Reason,
        *,
        is_due: bool,
        receipt: int | None = None,
    ) -> None:
        """Hold these numbers no more, and remember why."""
        key = self._key(lane)
        before = self.hash_of(lane, gone.first - 1)
        head = self.hash_of(lane, gone.last)
        self._db.execute(
            "DELETE FROM messages WHERE epoch = ? AND stream = ? AND number BETWEEN ? AND ?",
            (*key, *gone),
        )
        self.gone.note(lane, gone, reason, before=before, head=head, is_due=is_due, receipt=receipt)

    # --- copies of the card, for tests and backups

    def dump(self) -> bytes:
        """The whole file."""
        return self._db.serialize()

    def restore(self, dump: bytes) -> None:
        """Become an earlier copy of the file."""
        self._db.deserialize(dump)
        self._ids.clear()

    def _key(self, lane: LaneKey) -> tuple[int, int]:
        return self._id(lane.epoch), STREAMS.index(lane.stream)

    def _id(self, epoch: str) -> int:
        if epoch not in self._ids:
            self._db.execute(
                "INSERT OR IGNORE INTO epochs (epoch, keyid) VALUES (?, ?)", (epoch, self._keyid)
            )
            row = self._db.execute("SELECT id FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
            self._ids[epoch] = row[0]
        return self._ids[epoch]
