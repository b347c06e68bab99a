"""Whether the journal is signed and cosigned."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from contract.proof import note
from greenlane.doctor.finding import Finding, advice, well

if TYPE_CHECKING:
    from contract.proof.note import Verifier
    from gateway.config import GatewayConfig

LOOKED_AT_MAX: Final = 1_000
"""Cosigned checkpoints that are looked through for one of a witness."""
_OLDEST: Final = (
    "SELECT received_us FROM entry WHERE position > ? AND kind != 'tick' ORDER BY position LIMIT 1"
)
_COSIGNED: Final = (
    "SELECT size, made_us, note FROM checkpoint WHERE witnesses > 0 ORDER BY size DESC LIMIT ?"
)


def signatures(config: "GatewayConfig", now: datetime) -> list[Finding]:
    """The gateway's own, and each witness's; reads the file, whether a gateway runs or not."""
    path = config.folder / "journal.sqlite"
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as at:
            return [_own(at, config, now), *_witnesses(at, config)]
    except sqlite3.DatabaseError as error:
        return [advice("checkpoint", f"the journal cannot be read: {error}")]


def _own(at: sqlite3.Connection, config: "GatewayConfig", now: datetime) -> Finding:
    from gateway.notary import tree

    last = tree.latest(at)
    size = last.size if last else 0
    (upto,) = at.execute("SELECT coalesce(max(position), 0) FROM entry").fetchone()
    oldest = at.execute(_OLDEST, (size,)).fetchone()
    late = timedelta(seconds=config.unsigned_s + config.checkpoint_s)
    if oldest is not None and now - _instant(oldest[0]) > late:
        return advice(
            "checkpoint",
            f"{upto - size:,} entries are under none, the oldest since {_instant(oldest[0]):%F %T} "
            "UTC: is the gateway running? Its log says why, and `greenlane evidence check` "
            "whether entries were changed",
        )
    if last is None:
        return well("checkpoint", "nothing to sign yet")
    at_ = _instant(last.made_us)
    return well("checkpoint", f"over {size:,} entries, of {at_:%F %T} UTC; {upto - size:,} since")


def _witnesses(at: sqlite3.Connection, config: "GatewayConfig") -> Iterator[Finding]:
    from gateway.notary import tree

    if not config.witness:
        yield well("witness", "none is configured: that nothing was dated back cannot be shown")
    newest = tree.latest(at)
    late_us = (config.unsigned_s + config.checkpoint_s) * 1_000_000
    for one in config.witness:
        about = f"witness {one.verifier.name}"
        seen = _seen(at, one.verifier)
        if seen is None:
            yield advice(about, f"has cosigned nothing: does {one.url} answer, is its key right?")
        elif newest is not None and newest.made_us - seen[1] > late_us:
            yield advice(
                about,
                f"its last cosignature is of {_instant(seen[1]):%F %T} UTC, over {seen[0]:,} of "
                f"{newest.size:,} entries: does {one.url} answer? The gateway's log says why",
            )
        else:
            yield well(about, f"cosigned {seen[0]:,} entries, of {_instant(seen[1]):%F %T} UTC")


def _seen(at: sqlite3.Connection, verifier: "Verifier") -> tuple[int, int] | None:
    """Size and time of the newest checkpoint that this witness has cosigned."""
    for size, made_us, text in at.execute(_COSIGNED, (LOOKED_AT_MAX,)):
        if note.verified(note.read(text.encode()), verifier) is not None:
            return size, made_us
    return None


def _instant(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1_000_000, UTC)
