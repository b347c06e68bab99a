"""A forger who has every key of a post and writes its log anew: what he changed is still named."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery.voice import renumbered
from contract.link import Rejected
from contract.messages import Identity, read
from contract.proof import note
from contract.signing import Key
from contract.wire import hash_of
from gateway.journal.store import connect
from greenlane.evidence import form
from greenlane.evidence.export import Order, export
from tests.evidence.cases import WITNESS, Post
from tests.evidence.forging import judged, signed_again, taken_apart
from tests.support.virtual import START

ANOTHER = "ab" * 32
"""A hash of nothing."""


def with_journal(post: Post, folder: Path, forge: Callable[[sqlite3.Connection], None]) -> None:
    """Export from a journal that was forged, its log made anew and signed by the gateway."""
    state = Path(shutil.copytree(post.config.folder, folder / "gateway"))
    with closing(connect(state / "journal.sqlite")) as at:
        for table in ("tile", "checkpoint"):
            at.execute(f"DELETE FROM {table}")  # noqa: S608 - literals
        forge(at)
        at.commit()
    out = folder / "forged.zip"
    export(Order(alert=post.alert, out=out, config=post.config, state=state), SystemClock())


def test_a_log_that_was_made_anew_over_the_same_journal_holds(post: Post, tmp_path: Path) -> None:
    """So that what is changed in the journal is what is wrong."""
    with_journal(post, tmp_path, lambda _: None)
    assert (tmp_path / "forged.zip").exists()


def test_an_entry_that_is_dated_before_the_one_before_it_is_named(
    post: Post, tmp_path: Path
) -> None:
    """The journal's time never goes back."""

    def forge(at: sqlite3.Connection) -> None:
        at.execute("UPDATE entry SET received_us = 1 WHERE type = 'scan.completed'")

    with pytest.raises(Rejected, match="back-dated: it says it came before entry"):
        with_journal(post, tmp_path, forge)


def test_a_message_that_does_not_follow_on_the_one_before_it_is_named(
    post: Post, tmp_path: Path
) -> None:
    """Its own sender's key signed it; but somebody put it where another had been."""
    key = Key.load_or_make(post.folder / "command-center" / "key")

    def forge(at: sqlite3.Connection) -> None:
        position, body = at.execute(
            "SELECT position, body FROM entry WHERE type = 'officer.acted' AND sequence > 1"
            " ORDER BY position LIMIT 1 OFFSET 1"
        ).fetchone()
        other = body.replace(read(body).previous.encode(), ANOTHER.encode())
        at.execute(
            "UPDATE entry SET body = ?, hash = ?, sig = ?, previous = ? WHERE position = ?",
            (other, hash_of(other), key.sign(other), ANOTHER, position),
        )

    with pytest.raises(Rejected, match="it does not follow on number"):
        with_journal(post, tmp_path, forge)


def test_a_change_that_does_not_name_the_one_before_it_is_named(
    post: Post, archive: Path, tmp_path: Path
) -> None:
    """What the judge said in between was taken out, and what came then put in its place."""
    key, files = Key.load_or_make(post.config.folder / "key"), taken_apart(archive)
    first, second, *_ = sorted(name for name in files if name.startswith("changes/"))
    former, event = (read(form.opened(files[name]).body) for name in (first, second))
    identity = Identity(event.source, "changes", event.epoch, int(former.sequence) + 1)  # type: ignore[arg-type]  # the gateway's own stream
    del files[second]
    name = form.change(identity.sequence)
    files[name] = form.envelope(key.seal(renumbered(event, identity, ANOTHER)))
    wrong = judged(signed_again(files, key), tmp_path, post.trusted).wrong
    assert wrong is not None
    assert (wrong.where, wrong.why) == (name, "it does not name the hash of the change before it")


def test_an_entry_that_is_dated_after_a_witness_had_seen_it_is_named(
    post: Post, archive: Path, tmp_path: Path
) -> None:
    """Somebody else's clock stands against the gateway's."""
    key, files = Key.load_or_make(post.config.folder / "key"), taken_apart(archive)
    witness = Key.load_or_make(post.folder / "witness" / "key")
    for name in [one for one in files if one.endswith(".checkpoint")]:
        told = note.read(files[name])
        seen = note.cosigned(told.text, WITNESS, witness, START - timedelta(minutes=6))
        files[name] = str(note.Note(told.text, (told.lines[0], seen))).encode()
    wrong = judged(signed_again(files, key), tmp_path, post.trusted).wrong
    assert wrong is not None
    assert f"it is dated after {WITNESS} had seen it" in wrong.why
