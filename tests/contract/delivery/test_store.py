"""The outbox's file when the disk is full in the worst moment, and when it is an old one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.delivery import schema
from contract.delivery.ranges import Range
from contract.delivery.sender import LaneKey
from contract.delivery.store import Row, Store
from tests.support.full_disk import nothing_can_be_written

KEY = LaneKey("a" * 16, "events")


def put(store: Store, number: int, *, raw: bytes = b"", said_s: int = 1) -> None:
    with store.transaction():
        row = Row(number, b"said", raw, "hash", b"sig")
        store.put(KEY, row, is_lost=False, said_s=said_s)


def bytes_read() -> int:
    """By this process since it began, from files and caches alike."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_an_epoch_whose_first_commit_failed_is_not_forgotten(tmp_path: Path) -> None:
    """What is said once there is room again is there after a restart."""
    path = tmp_path / "outbox"
    with closing(Store(path)) as store:
        with nothing_can_be_written(), pytest.raises(sqlite3.OperationalError):
            put(store, 1)
        put(store, 1)
    with closing(Store(path)) as store:
        assert list(store.held()) == [(KEY, Range(1, 1))]


def test_an_outbox_of_before_knows_which_key_signed_it(tmp_path: Path) -> None:
    """The first schema noted no keys: what it holds was signed with the key that there is."""
    path = tmp_path / "outbox.sqlite"
    with closing(sqlite3.connect(path)) as former:
        first = schema._SCHEMA.replace(", keyid TEXT NOT NULL DEFAULT ''", "")
        former.executescript(f"{first} PRAGMA user_version = 1;")
        former.execute("INSERT INTO epochs (epoch) VALUES (?)", ("1" * 16,))
        former.commit()
    with closing(Store(path)) as store:
        store.sign_with("a" * 32)
        assert store.keyids() == {"1" * 16: "a" * 32}
    with closing(Store(path)) as store:
        store.sign_with("b" * 32)
        assert store.keyids() == {"1" * 16: "a" * 32}


def test_ages_and_sizes_are_known_without_reading_what_is_held(tmp_path: Path) -> None:
    """A box that holds a day of pictures would say nothing for a minute: tidying up, starting."""
    path, number_of = tmp_path / "outbox", 400
    with closing(Store(path)) as store, store.transaction():
        for number in range(1, number_of + 1):
            put(store, number, raw=bytes(30_000), said_s=1_000 + number // 2)
    with closing(Store(path)) as store:
        began = bytes_read()
        held = Range(11, number_of)
        assert store.last_said_before(KEY, held, 1_100) == 199
        assert store.last_said_before(KEY, held, 1) == 10
        assert store.last_said_before(KEY, held, 9_999) == number_of
        assert store.bytes_by_stream() == {"events": (number_of, number_of * 30_004)}
        assert bytes_read() - began < number_of * 30_000 / 5
