"""Checks every entry: its place, its checksum, the hash of its body, its chain, its signature."""

import sqlite3
from collections.abc import Iterator
from typing import Any, Final, get_args

from contract.messages import GENESIS, BodiesErased, Identity
from contract.signing import BadSignature, verify
from contract.wire import hash_of
from gateway.books.file import Progress, last_position
from gateway.books.report import Report
from gateway.entry import Kind, reread
from gateway.journal.rows import CHECKED, checksum
from gateway.judge.ledger import Ledger
from gateway.retention.lasting import class_of
from gateway.trust.keys import Keys

PAGE: Final = 1_000
TELL_EVERY: Final = 20_000
STRIDE_MAX: Final = 1 << 24
"""Positions that are stepped over at once, in search of one that can be read again."""
KINDS: Final = get_args(Kind)
_PAGE: Final = (
    f"SELECT {CHECKED}, checksum, body FROM entry WHERE position > ? ORDER BY position LIMIT ?"  # noqa: S608 - constants
)
_NAMES: Final = tuple(CHECKED.split(", "))
_ERASED: Final = """
SELECT body FROM entry WHERE kind = 'own' AND type = 'bodies.erased' ORDER BY position
"""
Row = tuple[Any, ...]


class EntryCheck:
    """Walks the entries in their order."""

    def __init__(
        self, at: sqlite3.Connection, report: Report, *, public: bytes, is_deep: bool
    ) -> None:
        self._at: Final = at
        self._report: Final = report
        self._public: Final = public
        self._is_deep: Final = is_deep
        self._erased_upto: Final = _declared(at)
        self._keys: Final = Keys()
        """Who may sign, as of the entry that is looked at: what the gateway itself went by."""
        self._are_keys_whole = True
        self._ledger: Final = Ledger()
        self._received_us = 0

    def run(self, progress: Progress) -> None:
        """Look at all of them; what cannot be read is stepped over and named."""
        last, after = last_position(self._at), 0
        for row in _rows(self._at, self._report):
            position = int(row[0])
            if position != after + 1:
                self._report.fault(_span(after + 1, position - 1), "missing")
                self._are_keys_whole = False
            after = position
            self._look(position, row)
            if position % TELL_EVERY == 0:
                progress("entries", position, last)
        progress("entries", after, last)
        breaks = sum(
            stream.breaks
            for source in self._ledger.sources.values()
            for streams in source.epochs.values()
            for stream in streams.values()
        )
        if breaks:
            self._report.notes.append(
                f"{breaks} places where a source's chain does not join, as it was received; the "
                "rule numbers_forged tells of them"
            )

    def _look(self, position: int, row: Row) -> None:
        *checked, crc, body = row
        where = f"entry {position}"
        self._report.count("entries")
        if crc is None:
            self._report.count("entries without a checksum")
        elif not _is_whole(checked, crc):
            self._report.fault(where, "its checksum is another one: a column was changed")
            self._are_keys_whole = False
            return
        columns = dict(zip(_NAMES, checked, strict=True))
        if columns["kind"] not in KINDS:
            self._report.fault(where, f"no kind of entry is called {columns['kind']!r}")
            return
        if columns["received_us"] < self._received_us:
            self._report.fault(where, "it was received before the one before it")
        self._received_us = columns["received_us"]
        self._body(where, columns, body)

    def _body(self, where: str, columns: dict[str, Any], body: object) -> None:
        kind = columns["kind"]
        if kind == "tick":
            if body:
                self._report.fault(where, "the time has no body, and this has: it was changed")
            return
        if not isinstance(body, bytes):
            self._report.fault(where, "its body is no bytes: it was changed")
        elif not body:
            self._gone(where, columns)
        elif hash_of(body) != columns["hash"]:
            self._report.fault(where, "its body is not the one that was hashed: it was changed")
            self._are_keys_whole = self._are_keys_whole and kind != "own"
        elif self._is_deep:
            self._signed(where, columns, body)
        self._chain(columns)

    def _gone(self, where: str, columns: dict[str, Any]) -> None:
        """The body is not here: as a declared retention erased it, or not."""
        position = columns["position"]
        rests = self._at.execute("SELECT 1 FROM rests_on WHERE position = ?", (position,))
        is_evidence = rests.fetchone() is not None
        retention = class_of(str(columns["type"]), str(columns["kind"]), is_evidence=is_evidence)
        self._report.count("bodies erased by retention")
        if retention is None or self._erased_upto.get(retention, 0) < position:
            self._report.fault(where, "its body is gone, and no retention says so")

    def _signed(self, where: str, columns: dict[str, Any], body: bytes) -> None:
        """Its key signed it, and counted then: also between a rotation and a revocation."""
        if columns["kind"] == "own":
            self._verified(where, self._public, columns, body)
            if str(columns["type"]).startswith("key."):
                self._keys.fold(reread(body, "own")[1])
        elif columns["kind"] != "foreign":
            source, keyid = str(columns["source"]), str(columns["keyid"])
            public = self._keys.find(source, keyid)
            if public is not None:
                self._verified(where, public, columns, body)
            identity = _identity(columns) if columns["sequence"] else None
            if reason := self._keys.refusal(source, keyid, identity):
                if self._are_keys_whole:
                    self._report.fault(where, reason)
                else:
                    self._report.count("signatures whose key may have been named by a harmed entry")

    def _verified(self, where: str, public: bytes, columns: dict[str, Any], body: bytes) -> None:
        self._report.count("signatures")
        try:
            verify(public, body, bytes(columns["sig"]))
        except BadSignature:
            self._report.fault(where, "its signature does not match its body")

    def _chain(self, columns: dict[str, Any]) -> None:
        if columns["kind"] not in ("kept", "refused") or not columns["sequence"]:
            return
        before = str(columns["previous"]) or GENESIS
        self._ledger.hear(_identity(columns), str(columns["hash"]), before)


def _rows(at: sqlite3.Connection, report: Report) -> Iterator[Row]:
    """All rows in their order; past one that cannot be read it goes on as soon as it can."""
    after, stride = 0, 1
    while stride < STRIDE_MAX:
        before = after
        try:
            for row in at.execute(_PAGE, (after, PAGE)):
                after, stride = row[0], 1
                yield row
        except (sqlite3.DatabaseError, OverflowError) as error:
            if stride == 1:
                report.fault(f"entry {after + 1}", f"it cannot be read: {error}")
            after, stride = after + stride, stride * 2
            continue
        if after == before:
            return


def _is_whole(checked: list[object], crc: object) -> bool:
    try:
        return checksum(checked) == crc
    except (TypeError, ValueError, OverflowError):
        return False


def _declared(at: sqlite3.Connection) -> dict[str, int]:
    """Up to which position bodies of a class may be gone."""
    upto: dict[str, int] = {}
    for message in _messages(at, _ERASED):
        if isinstance(message, BodiesErased):
            upto[message.retention] = max(upto.get(message.retention, 0), message.upto)
    return upto


def _identity(columns: dict[str, Any]) -> Identity:
    return Identity(*(columns[name] for name in ("source", "stream", "epoch", "sequence")))


def _messages(at: sqlite3.Connection, query: str) -> Iterator[object]:
    try:
        for (body,) in at.execute(query):
            yield reread(bytes(body), "own")[1]
    except (sqlite3.DatabaseError, TypeError):
        return  # named when the entries are looked at


def _span(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"
