"""The export: from a running gateway's files, from a backup, of a journal that somebody edited."""

import asyncio
import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from contract.clock import SystemClock
from contract.identifiers import Source
from contract.link import Rejected
from contract.messages import AlertChanged, ModelUsed, ScanCompleted, Stamp, compose
from contract.signing import Key
from contract.wire import hash_of
from gateway.entry import Draft
from gateway.journal.journal import Journal
from gateway.journal.store import open_store
from gateway.judge.rule import evidence
from gateway.judging.changes import ChangeLog
from gateway.judging.renewal import renew
from gateway.notary import thinning, tree
from greenlane import backup
from greenlane.evidence import form, passports
from greenlane.evidence.export import Order, export
from greenlane.evidence.form import Manifest
from greenlane.evidence.gathering import gathered
from greenlane.evidence.verify import verify
from models.passport import WILDLIFE_MODEL
from tests.evidence.cases import ACT, PASSPORT, PASSPORT_SHA256, SHA256, WEIGHTS, Post, scan
from tests.evidence.forging import judged, signed_again, taken_apart
from tests.support.virtual import START, VirtualClock, run_virtually


class At(SystemClock):
    """Always the same moment."""

    def utc_now(self) -> datetime:
        """That moment."""
        return datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def copy(post: Post, tmp_path: Path) -> Post:
    """A copy of the state that a test may spoil."""
    state = tmp_path / "state"
    shutil.copytree(post.config.folder, state)
    config = msgspec.structs.replace(post.config, state_dir=str(state))
    return replace(post, folder=tmp_path, config=config)


def changed(post: Post, query: str, *values: object) -> None:
    """Edit the journal's file behind everybody's back."""
    with closing(sqlite3.connect(post.config.folder / "journal.sqlite")) as at:
        at.execute(query, values)
        at.commit()


def manifest(files: dict[str, bytes]) -> Manifest:
    """What the gateway vouches for."""
    return form.read(form.opened(files[form.MANIFEST], form.MANIFEST_TYPE).body, Manifest)


def test_it_holds_the_messages_the_picture_the_acts_and_the_reasons(archive: Path) -> None:
    """One file a thing, by names that say what it is."""
    files = taken_apart(archive)
    leaves = b"".join(body for name, body in files.items() if name.endswith(".leaf"))
    for kind in ("scan.completed", "officer.acted", "key.enrolled", "judge.changed", "blob.kept"):
        assert f"type {kind}\n".encode() in leaves
    assert f"pictures/{SHA256}.png" in files
    assert sum(name.startswith("changes/") for name in files) == 5
    assert manifest(files).absent == ()


def test_it_holds_the_passport_of_an_adapted_model_that_only_the_agent_has(archive: Path) -> None:
    """It came as a blob, and the signed scan names it; the report shows its figures."""
    files = taken_apart(archive)
    passports = {name: body for name, body in files.items() if name.startswith("passports/")}
    assert passports == {f"passports/{WEIGHTS}.json": PASSPORT}
    assert "Measured on:" in files[form.REPORT].decode()


def test_a_passport_that_has_not_arrived_is_said(copy: Post) -> None:
    """And the rest verifies."""
    (copy.config.folder / "blobs" / PASSPORT_SHA256[:2] / PASSPORT_SHA256).unlink()
    archive = copy.archive()
    assert [(one.what, one.why) for one in manifest(taken_apart(archive)).absent] == [
        ("passport of wildlife-1", "it has not arrived")
    ]
    assert verify(archive, copy.trusted).wrong is None


def test_a_scan_of_an_agent_of_before_has_the_passport_of_the_catalogue(post: Post) -> None:
    """It names weights alone: what is shipped with us is as good."""
    shipped = WILDLIFE_MODEL.with_suffix(".json")
    sha256 = json.loads(shipped.read_text())["sha256"]
    former = msgspec.structs.replace(scan(), model=ModelUsed(name="wildlife-1", sha256=sha256))
    stamp = Stamp(observed_at=START, boot_id="b", monotonic_ns=1)
    with closing(sqlite3.connect(post.config.folder / "journal.sqlite")) as at:
        case = gathered(at, post.alert)
    for position, one in case.entries.items():
        if isinstance(one.message, ScanCompleted):
            body = compose(former, source=Source(one.leaf.source), stamp=stamp)
            case.entries[position] = one._replace(body=body)
    assert passports.found(case, (), post.config.folder) == {sha256: shipped}


def test_the_same_evidence_is_the_same_file(post: Post, tmp_path: Path) -> None:
    """Byte by byte, if it is written at the same moment."""
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    for out in (one, other):
        order = Order(alert=post.alert, out=out, config=post.config, state=post.config.folder)
        export(order, At())
    assert one.read_bytes() == other.read_bytes()


def test_a_backup_gives_the_same_evidence(post: Post, tmp_path: Path) -> None:
    """From the tar file itself, without restoring it."""
    tar = tmp_path / "gateway.tar"
    subject = backup.Subject(
        kind="gateway", source=str(post.config.source), state=post.config.folder
    )
    backup.back_up(subject, tar, version="0", made_at=START)
    out = tmp_path / "evidence.zip"
    order = Order(alert=post.alert, out=out, config=post.config, state=tar)
    export(order, At())
    assert verify(out, post.trusted).wrong is None
    assert not list(tmp_path.glob(".evidence-*"))


def test_an_alert_that_is_not_there_is_said(post: Post, tmp_path: Path) -> None:
    """And nothing is written."""
    out = tmp_path / "evidence.zip"
    order = Order(alert="0" * 20, out=out, config=post.config, state=post.config.folder)
    with pytest.raises(Rejected, match="nothing about an alert"):
        export(order, At())
    assert not out.exists()


@pytest.mark.parametrize(
    "column", ["received_us = received_us - 1", "sig = zeroblob(64)", "source = '/KEMBA/gate-9'"]
)
def test_an_entry_that_was_edited_or_dated_back_gives_no_evidence(copy: Post, column: str) -> None:
    """Whoever edits the journal's file cannot edit what was signed of it."""
    changed(copy, f"UPDATE entry SET {column} WHERE type = 'officer.acted'")  # noqa: S608
    with pytest.raises(Rejected, match="not what the log holds"):
        copy.archive()


def test_a_picture_that_was_exchanged_is_named(copy: Post) -> None:
    """By its hash, which the scanner's agent signed."""
    path = copy.config.folder / "blobs" / SHA256[:2] / SHA256
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Rejected, match="another hash"):
        copy.archive()


async def _strangers_speak(post: Post) -> None:
    """The alert is fed by what a device said that signs nothing, as the gateway keeps it."""
    key = Key.load_or_make(post.config.folder / "key")
    body = b"not JSON, and signed by nobody\x00\xff"
    async with open_store(post.config.folder / "journal.sqlite") as store:
        journal = await Journal.of(store, SystemClock())
        draft = Draft(
            kind="foreign",
            source="/KEMBA/foreign-scales",
            stream="readings",
            epoch="0" * 16,
            sequence=1,
            hash=hash_of(body),
            type="foreign.heard",
            body=body,
        )
        ((_, entry),) = await journal.append([draft])
        assert entry is not None
        log = await ChangeLog.of(store, source=str(post.config.source), journal=journal.id, key=key)
        with closing(sqlite3.connect(post.config.folder / "journal.sqlite")) as at:
            alert = gathered(at, post.alert).alert
        fed = msgspec.structs.replace(alert, evidence=(*alert.evidence, evidence(entry, "9 kg")))
        log.seal(log.chain.write([AlertChanged(alert=fed)], entry), entry.position)
        await log.keep()


@pytest.mark.anyio
async def test_what_nobody_signed_is_there_and_said_to_be_so(copy: Post) -> None:
    """Its bytes as they came, in their place in the log; who changes them is found."""
    await _strangers_speak(copy)
    out = await asyncio.to_thread(copy.archive)
    assert verify(out, copy.trusted).wrong is None
    files = taken_apart(out)
    (name,) = (one for one in files if one.endswith(".body"))
    assert "signed by nobody" in files[form.REPORT].decode()
    files[name] += b"x"
    key = Key.load_or_make(copy.config.folder / "key")
    wrong = judged(signed_again(files, key), copy.folder, copy.trusted).wrong
    assert wrong is not None
    assert wrong.where == name


def test_what_retention_erased_is_said_and_the_rest_still_verifies(copy: Post) -> None:
    """The text and the picture go; hash, signature and place in the log stay proved."""
    changed(copy, "UPDATE entry SET body = x'' WHERE type = 'scan.completed'")
    shutil.rmtree(copy.config.folder / "blobs" / SHA256[:2])
    out = copy.archive()
    verdict = verify(out, copy.trusted)
    assert verdict.wrong is None
    said = "\n".join(verdict.notes)
    assert "its text was erased" in said
    assert f"picture {SHA256}" in said


def test_fewer_checkpoints_prove_the_same(copy: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an hour one is left, and of it the archive is made: it verifies, its witness as well."""
    hourly = thinning.Pace(older_than=timedelta(minutes=1), one_in=timedelta(hours=1))
    monkeypatch.setattr(thinning, "PACES", (hourly,))  # the post was open for minutes, not years
    journal = copy.config.folder / "journal.sqlite"
    with closing(sqlite3.connect(journal)) as at:
        before = {size for (size,) in at.execute("SELECT size FROM checkpoint")}
    run_virtually(_go_through(journal))
    with closing(sqlite3.connect(journal)) as at:
        left = {size for (size,) in at.execute("SELECT size FROM checkpoint")}
    assert left < before
    assert max(before) in left
    verdict = verify(copy.archive(), copy.trusted)
    assert verdict.wrong is None
    assert "excluded from 2026-11-22" in verdict.back_dating


async def _go_through(journal: Path) -> None:
    async with open_store(journal) as store:
        await thinning.go_through(store, VirtualClock())


def test_evidence_after_a_restore_keeps_the_witnesses_of_before(copy: Post) -> None:
    """The old log's checkpoints are how the new log begins."""
    state = copy.config.folder
    renew(state / "journal.sqlite", key=Key.load_or_make(state / "key"))
    verdict = verify(copy.archive(), copy.trusted)
    assert verdict.wrong is None
    assert "excluded from 2026-11-22" in verdict.back_dating


def test_the_report_says_what_is_not_proved_and_runs_nothing(archive: Path) -> None:
    """No script, nothing from elsewhere, and what people wrote is text."""
    page = taken_apart(archive)[form.REPORT].decode()
    tags: set[str] = set()

    class Reading(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            for name, value in attrs:
                assert not name.startswith("on")
                if name in ("src", "href"):
                    assert (value or "").startswith("data:image/png;base64,")

    Reading().feed(page)
    assert not tags & {"script", "iframe", "object", "link", "carved"}
    assert "two &lt;carved&gt; pieces" in page
    assert "signs for its officers" in page
    assert re.search(r"\d+ of \d+ \(", page)
    assert "refused: It cannot be resolved" in page
    assert f"{ACT}" not in page


def test_without_a_witness_it_says_that_back_dating_is_not_excluded(copy: Post) -> None:
    """Nothing is claimed that nobody else has seen."""
    with closing(sqlite3.connect(copy.config.folder / "journal.sqlite")) as at:
        made = tree.latest(at)
    assert made is not None
    changed(copy, "DELETE FROM checkpoint WHERE witnesses > 0")
    verdict = verify(copy.archive(), copy.trusted)
    assert verdict.wrong is None
    assert "not excluded" in verdict.back_dating
