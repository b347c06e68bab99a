"""`greenlane journal`: what was changed is named with its place, and what was not is sound."""

import base64
import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.link import Rejected
from contract.messages import AlertChanged, KeyEnrolled, read
from contract.signing import verify
from contract.wire import hash_of
from gateway.books.check import Asked, check
from gateway.books.enrolled import enrolled
from gateway.books.export import Wanted, lines
from gateway.books.rejudge import back_test, rejudge
from gateway.books.report import Report
from gateway.journal.journal import entries, stats_of
from gateway.judge.settings import JudgeSettings
from greenlane.__main__ import main
from tests.gateway.retention.erasing import after_days, close_some_alerts
from tests.gateway.sample_journal import GATEWAY, KEYS
from tests.gateway.whole_journal import KEY


def looked_at(path: Path, *, is_deep: bool = False) -> Report:
    """What a check finds. The sample names pictures that never were: those are left out."""
    report = check(Asked(folder=path.parent, public=KEY.public, is_deep=is_deep))
    report.faults[:] = [one for one in report.faults if not one.where.startswith("picture")]
    report.fault_count = len(report.faults)
    return report


def changed(path: Path, statement: str, *values: object) -> Report:
    """What a check finds after this was done to the file."""
    with closing(sqlite3.connect(path)) as at:
        at.execute(statement, values)
        at.commit()
    return looked_at(path)


def test_a_whole_journal_is_sound(whole: Path) -> None:
    """With acts, forks, strangers, losses and a restore in it, every signature verified."""
    report = looked_at(whole, is_deep=True)
    assert report.faults == []
    assert report.counts["entries"] == stats_of(whole).entries
    assert report.counts["changes"] > 100
    assert report.counts["signatures"] > 300
    assert report.counts["snapshots of the judge"] == 2


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        ("DELETE FROM entry WHERE position = 77", "entry 77", "missing"),
        ("UPDATE entry SET body = x'' WHERE position = 10", "entry 10", "no retention says so"),
        ("UPDATE entry SET body = body || ' ' WHERE position = 9", "entry 9", "was changed"),
        ("UPDATE entry SET received_us = received_us - 1 WHERE position = 9", "entry 9", "checks"),
        ("UPDATE entry SET source = '/KEMBA/x' WHERE position = 9", "entry 9", "checksum"),
        ("UPDATE entry SET sig = x'00' WHERE position = 9", "entry 9", "checksum"),
        ("UPDATE entry SET position = 10000 WHERE position = 33", "entry 33", "missing"),
        (
            "UPDATE change SET body = CAST(body || ' ' AS BLOB) WHERE number = 60",
            "change 60",
            "was changed",
        ),
        ("UPDATE change SET sig = x'00' WHERE number = 60", "change 60", "signature"),
        ("DELETE FROM change WHERE number = 61", "changes 61 to 61", "missing"),
        ("UPDATE snapshot SET body = x'7b7d'", "snapshot at entry", "not as this gateway"),
    ],
)
def test_what_was_changed_is_named_with_its_place(
    whole: Path, statement: str, where: str, what: str
) -> None:
    """Whoever changes a row without the keys and the checksum is found out."""
    report = changed(whole, statement)
    assert any(where in f.where and what in f.what for f in report.faults), report.faults


def test_entries_that_were_cut_off_at_the_end_are_missed(whole: Path) -> None:
    """The judge remembers that there were more."""
    last = stats_of(whole).entries
    report = changed(whole, "DELETE FROM entry WHERE position > ?", last - 30)
    assert any("not here any more" in fault.what for fault in report.faults)


@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_byte_is_found_or_changes_nothing(
    whole_once: Path, tmp_path: Path, seed: int
) -> None:
    """Anywhere in the file: in a row, in an index, in the tree of pages, in unused space."""
    path = tmp_path / "journal.sqlite"
    shutil.copy(whole_once, path)
    raw = bytearray(path.read_bytes())
    chance = random.Random(seed)  # noqa: S311 - a seed, no secret
    place = chance.randrange(200, len(raw))
    raw[place] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)
    try:
        faults = looked_at(path).faults
    except Rejected as error:  # not even its tables can be read
        assert "cannot be read as a journal" in str(error)  # noqa: PT017 - either is right
        return
    if not faults:
        assert list(entries(path)) == list(entries(whole_once)), f"byte {place}"


@pytest.mark.parametrize("column", ["body", "hash", "source"])
def test_a_flipped_byte_in_an_entry_is_named_with_the_entry(whole: Path, column: str) -> None:
    """Right in the file, under SQLite: its own checks do not see it, ours do."""
    with closing(sqlite3.connect(whole)) as at:
        at.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT body, hash, source FROM entry WHERE position = 300"
        row = dict(zip(("body", "hash", "source"), at.execute(query).fetchone(), strict=True))
    raw = bytearray(whole.read_bytes())
    place = raw.index(row["body"])
    if column != "body":  # the columns of a row stand before its body
        place = raw.rindex(row[column].encode(), 0, place)
    raw[place + len(row[column]) // 2] ^= 1
    whole.write_bytes(raw)
    assert "entry 300" in [fault.where for fault in looked_at(whole).faults]


def test_a_journal_is_sound_after_retention(whole: Path) -> None:
    """Erased as declared is no harm, and judging again begins at a snapshot."""
    close_some_alerts(whole)
    after_days(whole, 82)
    report = looked_at(whole)
    assert report.faults == []
    assert report.counts["bodies erased by retention"] > 50
    verdict = rejudge(whole.parent, source=GATEWAY, public=KEY.public)
    assert verdict.after > 0
    assert (verdict.difference_count, verdict.differences) == (0, [])


def test_a_restored_journal_is_judged_again_to_the_same_bytes(whole: Path) -> None:
    """Its changes were renumbered at the restore; from there on every byte is the same."""
    verdict = rejudge(whole.parent, source=GATEWAY, public=KEY.public)
    assert verdict.compared > 50
    assert verdict.after > 0
    assert verdict.differences == []
    with closing(sqlite3.connect(whole)) as at:
        (number,) = at.execute("SELECT max(number) FROM change").fetchone()
        at.execute("UPDATE change SET body = body || ' ' WHERE number = ?", (number - 3,))
        at.commit()
    verdict = rejudge(whole.parent, source=GATEWAY, public=KEY.public)
    assert len(verdict.differences) == 1
    assert f"change {number - 3} " in verdict.differences[0]


def test_other_settings_are_tried_on_what_was(whole: Path) -> None:
    """Without limits for readings no reading is out of range; all else stays."""
    trial = back_test(whole.parent, JudgeSettings())
    assert trial.as_it_was["reading_out_of_range"]
    assert not trial.as_it_would_be["reading_out_of_range"]
    assert trial.as_it_was["seal_opened"] == trial.as_it_would_be["seal_opened"]


def test_an_export_can_be_verified_by_others(whole: Path) -> None:
    """Each line is a DSSE envelope with the very bytes and the signature of who said it."""
    exported = [json.loads(line) for line in lines(whole.parent, Wanted())]
    assert [one["position"] for one in exported] == [e.position for e in entries(whole)]
    verified = 0
    for one in exported:
        envelope = one.get("envelope")
        if one["kind"] not in ("kept", "own", "fork"):
            continue
        body = base64.b64decode(envelope["payload"])
        [signature] = envelope["signatures"]
        assert hash_of(body) == one["sha256"]
        sig = base64.b64decode(signature["sig"])
        verify(KEYS[one["source"]].public, body, sig, envelope["payloadType"])
        verified += 1
    assert verified > 300
    some = [json.loads(x) for x in lines(whole.parent, Wanted(10, 400, type="seal.read"))]
    assert {one["type"] for one in some} == {"seal.read"}
    assert all(10 <= one["position"] <= 400 for one in some)


@pytest.fixture
def config(whole: Path) -> str:
    """A gateway's configuration file."""
    (whole.parent / "gateway.pub").write_text(KEY.public.hex())
    file = whole.parent.parent / "gateway.toml"
    file.write_text(f'state_dir = "{whole.parent}"\nposts = ["KEMBA"]\n')
    return str(file)


def test_the_command_says_how_it_is_and_ends_with_the_right_code(
    whole: Path, config: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """0 for sound, 1 for a fault or a difference, 2 for bad usage, 3 for what is not there."""
    for name in ("stats", "replay"):
        assert main(["journal", name, "--config", config]) == 0
    assert "0 differ" in capsys.readouterr().out
    out = tmp_path / "entries.jsonl"
    assert main(["journal", "export", "--config", config, "-o", str(out)]) == 0
    assert len(out.read_bytes().splitlines()) == stats_of(whole).entries
    assert main(["journal", "export", "--config", config, "--first", "9", "--last", "3"]) == 2
    assert main(["journal", "check", "--config", config]) == 1
    assert "FAULT picture" in capsys.readouterr().out
    assert main(["journal", "replay", "--config", config, "--settings", config]) == 0
    assert main(["journal", "stats", "--json", "--config", config]) == 0
    (whole.parent / "gateway.pub").unlink()
    assert main(["journal", "check", "--config", config]) == 3
    whole.unlink()
    assert main(["journal", "stats", "--config", config]) == 3


def test_who_was_ever_enrolled_is_known_by_the_gateways_own_entries(whole: Path) -> None:
    """Whose keys may be revoked; a name that is none of them was mistyped."""
    told = [entry.message for entry in entries(whole) if entry.type == KeyEnrolled.type]
    assert told
    assert enrolled(whole.parent) == {one.source for one in told if isinstance(one, KeyEnrolled)}


def test_the_sample_has_acts_that_were_done(whole: Path) -> None:
    """What is compared here is worth comparing."""
    with closing(sqlite3.connect(whole)) as at:
        bodies = [body for (body,) in at.execute("SELECT body FROM change")]
    messages = [read(body).message() for body in bodies]
    assert any(isinstance(m, AlertChanged) and m.act for m in messages)
    kinds = {entry.kind for entry in entries(whole)}
    assert kinds >= {"kept", "fork", "own", "tick", "foreign"}
    types = {entry.type for entry in entries(whole)}
    assert types >= {"stream.lost", "officer.acted", "agent.gone", "key.enrolled", "scan.failed"}
