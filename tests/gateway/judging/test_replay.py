"""The same journal gives the same changes, byte for byte."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from contract.signing import Key
from gateway.entry import Entry
from gateway.journal.journal import entries, identity_of
from gateway.journal.store import open_store
from gateway.judge.judge import judge
from gateway.judge.state import State
from gateway.judging import snapshots
from gateway.judging.replay import read_base, replay
from tests.gateway.judging.written import write
from tests.gateway.sample_journal import GATEWAY
from tests.support.virtual import run_virtually

DIGEST = """
import hashlib, sys
from pathlib import Path
from gateway.judging.replay import replay
digest = hashlib.sha256()
for body in replay(Path(sys.argv[1]), sys.argv[2]):
    digest.update(body)
print(digest.hexdigest())
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_hash_seeds_give_the_same_bytes(tmp_path: Path, seed: int) -> None:
    """Nothing depends on the order of a set or on an address in memory."""
    path = tmp_path / "journal.sqlite"
    write(path, seed)
    here = hashlib.sha256(b"".join(replay(path, GATEWAY))).hexdigest()
    for hash_seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", DIGEST, str(path), GATEWAY],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        )
        assert told.stdout.strip() == here


def test_a_journal_with_everything_in_it_and_a_restore_gives_the_same_bytes(
    whole_once: Path,
) -> None:
    """Acts, losses, strangers, forks; in two processes with two hash seeds, as it was told."""
    digests = set()
    for hash_seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", DIGEST, str(whole_once), GATEWAY],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        )
        digests.add(told.stdout.strip())
    with closing(sqlite3.connect(whole_once)) as at:
        base = read_base(at)
        rows = at.execute(
            "SELECT body FROM change WHERE number > ? ORDER BY number", (base.number,)
        )
        stored = [body for (body,) in rows]
    assert base.number
    assert len(stored) > 50
    assert digests == {hashlib.sha256(b"".join(stored)).hexdigest()}


def test_the_sample_has_everything_in_it(tmp_path: Path) -> None:
    """A replay test over a dull journal would prove nothing."""
    path = tmp_path / "journal.sqlite"
    write(path, 1)
    kinds = {entry.kind for entry in entries(path)}
    assert kinds >= {"kept", "fork", "own", "tick"}
    state = State()
    said = [message for entry in entries(path) for message in judge(state, entry)]
    rules = {alert.rule for alert in state.episodes.alerts.values()}
    assert rules >= {"seal_opened", "seal_missing", "seal_cloned", "contraband_seen"}
    assert rules >= {"reading_out_of_range", "numbers_forged"}
    assert {message.type for message in said} >= {"act.refused", "alert.changed", "scan.changed"}


def test_how_entries_are_grouped_makes_no_difference(tmp_path: Path) -> None:
    """Judging one by one, and rereading from the file in the middle, is the same."""
    path = tmp_path / "journal.sqlite"
    write(path, 4)
    every: list[Entry] = list(entries(path))
    one, two = State(), State()
    first = [message for entry in every for message in judge(one, entry)]
    half = [message for entry in every[:200] for message in judge(two, entry)]
    rest = [m for entry in list(entries(path))[200:] for m in judge(two, entry)]
    assert half + rest == first


def test_a_snapshot_and_the_tail_give_the_same_as_the_whole(tmp_path: Path) -> None:
    """A restart that judges only the tail tells exactly what it would have told."""
    path = tmp_path / "journal.sqlite"
    write(path, 5)
    every: list[Entry] = list(entries(path))
    state = State()
    first = [message for entry in every for message in judge(state, entry)]

    async def main() -> None:
        for cut in (1, 100, 250, 333):
            async with open_store(path) as store:
                begun = State()
                told = [message for entry in every[:cut] for message in judge(begun, entry)]
                signed = {"journal": identity_of(path), "key": Key(b"k" * 32)}
                await snapshots.keep(store, snapshots.take(begun), **signed)  # type: ignore[arg-type]
                assert (await snapshots.load(store, cut - 1, **signed)).position < cut  # type: ignore[arg-type]
                again = await snapshots.load(store, cut, **signed)  # type: ignore[arg-type]
            assert again.position == cut
            told += [message for entry in every[cut:] for message in judge(again, entry)]
            assert told == first

    run_virtually(main())
