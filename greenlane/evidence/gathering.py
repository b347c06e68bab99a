"""Finds in a journal what one alert rests on, and what was done about it."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contract.link import Rejected
from contract.messages import (
    ActRefused,
    Alert,
    AlertChanged,
    Evidence,
    Message,
    ModelUsed,
    OfficerActed,
    Picture,
    Refused,
    ScanCompleted,
    SignedBytes,
    Unreadable,
    read,
)
from contract.proof.leaf import Leaf
from greenlane.evidence.form import ENTRIES_MAX

_ENTRY: Final = (
    "SELECT position, received_us, kind, source, stream, epoch, sequence, type, hash, keyid, sig, "
    "body FROM entry"
)
_OWN: Final = "SELECT position FROM entry WHERE kind = 'own' AND type = ?"
_KEYS: Final = "SELECT position, body FROM entry WHERE kind = 'own' AND type = ?"
KEY_TYPES: Final = ("key.enrolled", "key.revoked")
_CHANGES: Final = (
    "SELECT number, position, body, keyid, sig FROM change WHERE instr(body, ?) ORDER BY number"
)


class Found(NamedTuple):
    """An entry, its body (empty if it has none, or none any more), and what it is here for."""

    leaf: Leaf
    body: bytes
    why: str

    @property
    def is_erased(self) -> bool:
        """Whether there was a body once."""
        return not self.body and bool(self.leaf.sha256)

    @property
    def message(self) -> Message | None:
        """What it says, if that can be read."""
        try:
            return None if self.leaf.kind in ("foreign", "refused") else read(self.body).message()
        except (Unreadable, Refused):
            return None


class Change(NamedTuple):
    """What the judge said, and the entry that made it say so."""

    number: int
    position: int
    signed: SignedBytes
    message: Message


@dataclass
class Case:
    """Everything about one alert."""

    alert: Alert
    changes: list[Change]
    entries: dict[int, Found] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    """What belongs to it and is not here, and why."""

    @property
    def in_order(self) -> list[Found]:
        """The entries as they came."""
        return [self.entries[position] for position in sorted(self.entries)]

    @property
    def pictures(self) -> dict[str, Picture]:
        """By hash, those that its scans name."""
        named = [self.alert.picture]
        for found in self.in_order:
            if isinstance(scan := found.message, ScanCompleted):
                named += [scan.picture, scan.original]
        return {picture.sha256: picture for picture in named if picture is not None}

    @property
    def models(self) -> list[ModelUsed]:
        """The networks that its scans name, each with every passport that it is named with."""
        scans = (found.message for found in self.in_order)
        named = {scan.model: None for scan in scans if isinstance(scan, ScanCompleted)}
        return sorted(named, key=lambda model: (model.sha256, model.passport or ""))


def gathered(at: sqlite3.Connection, alert: str) -> Case:
    """All about this alert; raises `Rejected` if the journal knows none."""
    changes = _changes(at, alert)
    told = [one.message.alert for one in changes if isinstance(one.message, AlertChanged)]
    if not told:
        raise Rejected(f"the journal says nothing about an alert {alert!r}")
    case = Case(told[-1], changes)
    for one in changes:
        _add(case, at, one.position, "made the judge decide")
    for evidence in {one.hash: one for alert_ in told for one in alert_.evidence}.values():
        _add_evidence(case, at, evidence)
    _add_acts(case, at)
    _add_context(case, at)
    if len(case.entries) > ENTRIES_MAX:
        raise Rejected(f"it rests on {len(case.entries)} entries; the most is {ENTRIES_MAX}")
    return case


def _changes(at: sqlite3.Connection, alert: str) -> list[Change]:
    found = []
    for number, position, body, keyid, sig in at.execute(_CHANGES, (alert.encode(),)):
        message = read(body).message()
        match message:
            case AlertChanged(alert=Alert(id=id_)) | ActRefused(alert=str(id_)) if id_ == alert:
                signed = SignedBytes(body=body, keyid=keyid, sig=sig)
                found.append(Change(number, position, signed, message))
    return found


def _add(case: Case, at: sqlite3.Connection, position: int, why: str) -> Found | None:
    """Take an entry in, once; none if the journal has none there."""
    if position not in case.entries:
        row = at.execute(f"{_ENTRY} WHERE position = ?", (position,)).fetchone()
        if row is None:
            case.absent[f"entry {position}"] = "the journal has no such entry"
            return None
        case.entries[position] = Found(Leaf._make(row[:-1]), bytes(row[-1] or b""), why)
    return case.entries[position]


def _add_evidence(case: Case, at: sqlite3.Connection, evidence: Evidence) -> None:
    """The message that the alert names: under its number, as a fork, or among the causes."""
    numbered = (evidence.source, evidence.stream, evidence.epoch, evidence.sequence)
    rows = at.execute(
        "SELECT position FROM entry WHERE source = ? AND stream = ? AND epoch = ? "
        "AND sequence = ? AND sequence > 0 AND kind != 'fork' AND hash = ?",
        (*numbered, evidence.hash),
    ).fetchall() or at.execute(
        "SELECT position FROM entry WHERE hash = ? AND kind = 'fork'", (evidence.hash,)
    )
    for (position,) in rows:
        _add(case, at, position, "the alert rests on it")
    if all(found.leaf.sha256 != evidence.hash for found in case.entries.values()):
        what = f"message {evidence.source} {evidence.stream} {evidence.sequence}"
        case.absent[what] = "it is not in this journal"


def _add_acts(case: Case, at: sqlite3.Connection) -> None:
    """Officers' acts that no change of now leads to: after a restore, by their time."""
    here = {found.message.act for found in case.in_order if isinstance(found.message, OfficerActed)}
    for act in case.alert.acts:
        if act.act not in here:
            us = round(act.at.timestamp() * 1_000_000)
            for position in _received(at, us):
                row = at.execute(f"{_ENTRY} WHERE position = ?", (position,)).fetchone()
                if row[7] == OfficerActed.type and act.act.encode() in (row[-1] or b""):
                    _add(case, at, position, "an officer's act")
                    here.add(act.act)
        if act.act not in here:
            case.absent[f"act {act.act}"] = "its entry was not found in this journal"


def _received(at: sqlite3.Connection, us: int) -> Iterator[int]:
    """Positions that were received just then: times never decrease, so they are found by halves."""
    low, (high,) = 1, at.execute("SELECT coalesce(max(position), 0) FROM entry").fetchone()
    while low < high:
        middle = (low + high) // 2
        (found,) = at.execute(
            "SELECT received_us FROM entry WHERE position >= ? ORDER BY position LIMIT 1", (middle,)
        ).fetchone()
        low, high = (low, middle) if found >= us else (middle + 1, high)
    rows = at.execute(
        "SELECT position, received_us FROM entry WHERE position >= ? ORDER BY position LIMIT ?",
        (low, ENTRIES_MAX),
    )
    yield from (position for position, found in rows.fetchall() if found == us)


def _add_context(case: Case, at: sqlite3.Connection) -> None:
    """Whose keys, what agents they were, which rules held, and when pictures were whole."""
    first = min(case.entries)
    sources = {found.leaf.source for found in case.entries.values() if found.leaf.source}
    _add_keys(case, at, sources)
    for source in sorted(sources):
        born = (
            "SELECT position FROM entry WHERE source = ? AND sequence = 0 AND kind = 'kept' "
            "AND type = 'agent.born' AND position <= ? ORDER BY received_us DESC LIMIT 1"
        )
        for position in _positions(at, born, source, first):
            _add(case, at, position, "what the agent was")
    law = f"{_OWN} AND position <= ? ORDER BY position DESC LIMIT 1"
    for position in _positions(at, law, "judge.changed", first):
        _add(case, at, position, "the rules that held")
    passports = [model.passport for model in case.models if model.passport]
    for sha256 in (*case.pictures, *passports):
        kept = f"{_OWN} AND instr(body, ?) ORDER BY position LIMIT 1"
        for position in _positions(at, kept, "blob.kept", sha256.encode()):
            _add(case, at, position, "when the picture or passport was whole")


def _add_keys(case: Case, at: sqlite3.Connection, sources: set[str]) -> None:
    for kind in KEY_TYPES:
        for position, body in at.execute(_KEYS, (kind,)).fetchall():
            if _whose(body) in sources:
                _add(case, at, position, "whose key it is")


def _positions(at: sqlite3.Connection, query: str, *values: object) -> Iterable[int]:
    return [int(position) for (position,) in at.execute(query, values).fetchall()]


def _whose(body: bytes) -> str:
    """Of which source a key's entry speaks."""
    try:
        message = read(body).message()
    except (Unreadable, Refused):
        return ""
    return str(getattr(message, "source", ""))
