"""What an outbox holds no more: why, who was told, and the receipts that allowed it. No policy."""

import sqlite3
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from contract.delivery.ranges import Range
from contract.delivery.sender import LaneKey
from contract.messages import STREAMS, SignedBytes

Reason = Literal["dropped", "unsendable", "pruned", "forgotten", "said again"]


class Gone(NamedTuple):
    """Numbers that are held no more, and why."""

    id: int
    lane: LaneKey
    first: int
    last: int
    before: str | None
    head: str | None
    reason: Reason
    receipt: int | None
    said_epoch: str | None
    said_number: int | None


class GoneNumbers:
    """What is gone, in the outbox's file; written in the transactions of its `Store`."""

    def __init__(self, db: sqlite3.Connection, key: Callable[[LaneKey], tuple[int, int]]) -> None:
        self._db: Final = db
        self._key: Final = key

    def note(
        self,
        lane: LaneKey,
        gone: Range,
        reason: Reason,
        *,
        before: str | None,
        head: str | None,
        is_due: bool,
        receipt: int | None,
    ) -> None:
        """Remember why these are held no more, merged with what went just before them."""
        key = self._key(lane)
        merged = self._db.execute(
            "UPDATE gone SET last = ?, head = ?, receipt = ? WHERE epoch = ? AND stream = ? AND"
            " last = ? AND reason = ? AND is_due = ? AND said_number IS NULL",
            (gone.last, head, receipt, *key, gone.first - 1, reason, is_due),
        ).rowcount
        if not merged:
            self._db.execute(
                "INSERT INTO gone"
                " (epoch, stream, first, last, before, head, reason, receipt, is_due)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, *gone, before, head, reason, receipt, is_due),
            )

    def of(self, lane: LaneKey, first: int, last: int) -> list[Gone]:
        """What is known of numbers that are held no more."""
        where = "g.epoch = ? AND g.stream = ? AND g.last >= ? AND g.first <= ?"
        return self._select(where, (*self._key(lane), first, last))

    def due(self, limit: int) -> list[Gone]:
        """Losses that must be declared."""
        return self._select("g.is_due LIMIT ?", (limit,))

    def set_due(self, gone: Gone) -> None:
        """A loss must be declared (again)."""
        self._db.execute("UPDATE gone SET is_due = 1 WHERE id = ?", (gone.id,))

    def set_declared(self, gone: Gone, epoch: str, number: int) -> None:
        """A loss was declared by that event of ours."""
        self._db.execute(
            "UPDATE gone SET is_due = 0, said_epoch = ?, said_number = ? WHERE id = ?",
            (epoch, number, gone.id),
        )

    def _select(self, where: str, arguments: tuple[object, ...]) -> list[Gone]:
        query = (
            "SELECT g.id, e.epoch, g.stream, g.first, g.last, g.before, g.head, g.reason,"
            " g.receipt, g.said_epoch, g.said_number"
            " FROM gone g JOIN epochs e ON e.id = g.epoch WHERE "
        )
        rows = self._db.execute(query + where, arguments)
        return [Gone(i, LaneKey(e, STREAMS[s]), *rest) for i, e, s, *rest in rows]

    # --- receipts that allowed something

    def put_receipt(self, receipt: SignedBytes) -> int:
        """Keep a receipt for those who will ask what allowed the pruning."""
        cursor = self._db.execute(
            "INSERT INTO receipts (envelope, keyid, sig) VALUES (?, ?, ?)",
            (receipt.body, receipt.keyid, receipt.sig),
        )
        self._db.execute(
            "DELETE FROM receipts WHERE id <> ? AND id NOT IN"
            " (SELECT receipt FROM gone WHERE receipt IS NOT NULL)",
            (cursor.lastrowid,),
        )
        return int(cursor.lastrowid or 0)

    def receipt(self, number: int) -> SignedBytes | None:
        """A receipt that was kept."""
        row = self._db.execute(
            "SELECT envelope, keyid, sig FROM receipts WHERE id = ?", (number,)
        ).fetchone()
        return SignedBytes(body=row[0], keyid=row[1], sig=row[2]) if row else None
