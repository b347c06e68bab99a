"""`greenlane journal check --signatures`: whose key counted, where each entry stands."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from contract.messages import GENESIS, KeyEnrolled, KeyRevoked, Reading, ReadingsTaken, SignedUpTo
from contract.signing import Key
from gateway.books.check import Asked, check
from gateway.entry import Draft
from tests.gateway.sample_journal import KEYS, SOURCES, own, said
from tests.gateway.whole_journal import KEY, grow
from tests.support.virtual import START, run_virtually

SOURCE = SOURCES[0]
FIRST, SECOND = KEYS[SOURCE], Key(b"\x77" * 32)
EPOCH = "ab" * 8


def numbered(number: int, key: Key = FIRST) -> Draft:
    """Something said under this number, signed with this key."""
    at = START + timedelta(seconds=number)
    reading = Reading(device="c", metric="m", value=1, unit="1", observed_at=at)
    draft = said(
        ReadingsTaken(readings=(reading,)), SOURCE, number, number, epoch=EPOCH, before=GENESIS
    )
    return msgspec.structs.replace(draft, keyid=key.keyid, sig=key.sign(draft.body))


def enrolled(key: Key, replaces: str = "", last: int = 0) -> Draft:
    """The entry that enters a key, and says what the one before it still signs."""
    upto = (SignedUpTo(epoch=EPOCH, stream="readings", last=last),) if replaces else ()
    message = KeyEnrolled(
        source=SOURCE,
        keyid=key.keyid,
        public_key=key.public,
        by="a test",
        replaces=replaces,
        upto=upto,
    )
    return own(message, 0)


def revoked(key: Key) -> Draft:
    """The entry from which on a key counts no more."""
    return own(KeyRevoked(source=SOURCE, keyid=key.keyid, reason="stolen", by="a test"), 0)


def faults(path: Path, *drafts: Draft) -> list[str]:
    """What a check of a journal of these says about its entries."""

    def groups(_: object) -> Iterator[list[Draft]]:
        yield from ([draft] for draft in drafts)

    run_virtually(grow(path / "journal.sqlite", groups))
    report = check(Asked(folder=path, public=KEY.public, is_deep=True))
    return [fault.what for fault in report.faults]


def test_a_key_signs_up_to_its_last_number_after_its_successor_was_entered(tmp_path: Path) -> None:
    """What it signed comes late and counts; nothing is wrong with such a journal."""
    rotation = enrolled(SECOND, FIRST.keyid, 2)
    told = faults(
        tmp_path, enrolled(FIRST), numbered(1), rotation, numbered(3, SECOND), numbered(2)
    )
    assert told == []


@pytest.mark.parametrize(
    ("before", "entry", "what"),
    [
        ([enrolled(FIRST), revoked(FIRST)], numbered(1), "revoked"),
        ([enrolled(FIRST), enrolled(SECOND, FIRST.keyid, 2)], numbered(3), "replaced"),
        ([enrolled(FIRST)], numbered(1, SECOND), "not enrolled"),
        ([], numbered(1), "not enrolled"),
    ],
)
def test_an_entry_whose_key_did_not_count_is_named(
    tmp_path: Path, before: list[Draft], entry: Draft, what: str
) -> None:
    """The gateway would not have kept it: somebody else wrote it, who had a signature."""
    [fault] = faults(tmp_path, *before, entry)
    assert what in fault


def test_what_was_signed_before_the_revocation_stays_good(tmp_path: Path) -> None:
    """A revocation counts from its entry on, and undoes nothing."""
    assert faults(tmp_path, enrolled(FIRST), numbered(1), revoked(FIRST)) == []
