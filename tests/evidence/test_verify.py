"""The verification: what holds is said, and whatever was changed is named."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.signing import Key
from greenlane.__main__ import main
from greenlane.evidence import form
from greenlane.evidence.container import BadContainer, Source, read, write
from greenlane.evidence.verify import verify
from tests.evidence.cases import Post
from tests.evidence.forging import judged, put_together, signed_again, taken_apart

OPEN = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100
)


@pytest.fixture(scope="session")
def key(post: Post) -> Key:
    """The gateway's own private key: the strongest forger has it."""
    return Key.load_or_make(post.config.folder / "key")


def test_what_was_exported_verifies_with_the_keys_that_a_court_has(
    post: Post, archive: Path
) -> None:
    """All checks hold, and it is said from when on back-dating is excluded."""
    verdict = verify(archive, post.trusted)
    assert verdict.wrong is None
    assert verdict.lines()[-1] == "VERIFIED."
    assert "Back-dating is excluded from 2026-11-22 12:" in verdict.back_dating
    assert any("witness.example had seen entries 1 to" in one for one in verdict.times)


def test_without_a_key_it_is_consistent_and_its_signer_unknown(archive: Path) -> None:
    """Anybody could have made it, and no witness counts."""
    verdict = verify(archive, frozenset())
    assert verdict.lines()[-1].startswith("CONSISTENT, SIGNER UNKNOWN")
    assert "not excluded" in verdict.back_dating


def test_a_key_that_is_not_the_gateways_is_not_enough(archive: Path) -> None:
    """Whoever trusts another key hears whose it is not."""
    wrong = verify(archive, frozenset({Key.make().public})).wrong
    assert wrong is not None
    assert "do not trust" in wrong.why


def test_the_witness_alone_cannot_vouch_for_the_gateway(post: Post, archive: Path) -> None:
    """A witness says when, not what."""
    assert verify(archive, frozenset({post.witness})).wrong is not None


def test_an_unpacked_archive_verifies_as_well(post: Post, archive: Path, tmp_path: Path) -> None:
    """By any zip tool; a file beside it, or a link, is named."""
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    assert verify(folder, post.trusted).wrong is None
    (folder / "entries" / "more.txt").write_text("and this")
    wrong = verify(folder, post.trusted).wrong
    assert wrong is not None
    assert wrong.where == "entries/more.txt"
    (folder / "entries" / "more.txt").unlink()
    (folder / "entries" / "link").symlink_to("/etc/passwd")
    assert "no plain file" in str(verify(folder, post.trusted).wrong)


@OPEN
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_no_byte_of_the_archive_can_be_another(
    post: Post, archive: Path, tmp_path: Path, where: float, other: int
) -> None:
    """Heads, names, contents and the list of files: one flipped byte is named."""
    body = bytearray(archive.read_bytes())
    body[int(where * len(body))] ^= other
    spoilt = tmp_path / "spoilt.zip"
    spoilt.write_bytes(body)
    assert verify(spoilt, post.trusted).wrong is not None


@OPEN
@given(st.floats(0, 1, exclude_max=True))
def test_an_archive_that_was_cut_off_is_named(
    post: Post, archive: Path, tmp_path: Path, where: float
) -> None:
    """At any byte."""
    body = archive.read_bytes()
    spoilt = tmp_path / "spoilt.zip"
    spoilt.write_bytes(body[: int(where * len(body))])
    assert verify(spoilt, post.trusted).wrong is not None


@OPEN
@given(st.data())
def test_who_flips_a_byte_of_any_file_is_found_and_the_file_named(
    post: Post, archive: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """The container is put together again, so that only the file is wrong."""
    files = taken_apart(archive)
    name = data.draw(st.sampled_from(sorted(files)))
    files[name] = flipped(files[name], data)
    wrong = judged(files, tmp_path, post.trusted).wrong
    assert wrong is not None
    assert wrong.where == name


WORDS = (form.MANIFEST, form.README, form.REPORT)
"""What the gateway's signature alone vouches for."""


@OPEN
@given(st.data())
def test_even_with_the_gateways_key_no_byte_of_the_evidence_can_be_another(
    post: Post, archive: Path, tmp_path: Path, key: Key, data: st.DataObject
) -> None:
    """The forger signs a manifest that fits; leaf, proof, message, checkpoint still do not."""
    files = taken_apart(archive)
    name = data.draw(st.sampled_from([one for one in sorted(files) if not one.startswith(WORDS)]))
    files[name] = flipped(files[name], data)
    wrong = judged(signed_again(files, key), tmp_path, post.trusted).wrong
    assert wrong is not None
    assert str(wrong)


@OPEN
@given(st.data())
def test_even_with_the_gateways_key_nothing_of_the_evidence_can_be_dropped(
    post: Post, archive: Path, tmp_path: Path, key: Key, data: st.DataObject
) -> None:
    """A whole entry as well: the judge's changes name the entries that caused them."""
    files = taken_apart(archive)
    needed = sorted(name for name in files if not name.startswith((*WORDS, "keys/", "changes/")))
    name = data.draw(st.sampled_from(needed))
    del files[name]
    assert judged(signed_again(files, key), tmp_path, post.trusted).wrong is not None


@pytest.mark.parametrize("position", [15, "acts"])
def test_an_entry_that_was_dropped_whole_is_named(
    post: Post, archive: Path, tmp_path: Path, key: Key, position: int | str
) -> None:
    """With the gateway's key, and all files of it gone: the scan, or an officer's act."""
    files = taken_apart(archive)
    leaves = [name for name in sorted(files) if name.endswith(".leaf")]
    wanted = b"type officer.acted" if position == "acts" else b"type scan.completed"
    stem = next(name for name in leaves if wanted in files[name]).removesuffix("leaf")
    kept = {name: body for name, body in files.items() if not name.startswith(stem)}
    wrong = judged(signed_again(kept, key), tmp_path, post.trusted).wrong
    assert wrong is not None
    assert "was dropped" in wrong.why


@OPEN
@given(st.data())
def test_two_files_that_were_swapped_are_named(
    post: Post, archive: Path, tmp_path: Path, key: Key, data: st.DataObject
) -> None:
    """Proofs, leaves, messages, checkpoints: another one's is no one's, even signed again."""
    files = taken_apart(archive)
    kind = data.draw(st.sampled_from([".leaf", ".dsse.json", ".proof.json", ".checkpoint", ".pem"]))
    names = [one for one in sorted(files) if one.endswith(kind) and one != form.MANIFEST]
    one, other = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    files[one], files[other] = files[other], files[one]
    assert judged(signed_again(files, key), tmp_path, post.trusted).wrong is not None


@OPEN
@given(st.data())
def test_files_in_another_order_are_named(
    post: Post, archive: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """The order is part of the form."""
    files = taken_apart(archive)
    names = data.draw(st.permutations(list(files)))
    verdict = judged({name: files[name] for name in names}, tmp_path, post.trusted)
    assert (verdict.wrong is None) == (names == list(files))


def test_another_key_can_make_an_archive_that_nobody_who_knows_ours_believes(
    post: Post, archive: Path, tmp_path: Path
) -> None:
    """Signed by a stranger: refused with our key, and without one the log is not the signer's."""
    files = signed_again(taken_apart(archive), Key.make())
    wrong = judged(files, tmp_path, post.trusted).wrong
    assert wrong is not None
    assert wrong.where == form.MANIFEST
    assert judged(files, tmp_path, frozenset()).wrong is not None


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_what_is_no_archive_is_refused_in_a_sentence(body: bytes) -> None:
    """Nothing but `BadContainer` comes of any bytes."""
    with pytest.raises(BadContainer):
        read(io.BytesIO(b"PK\x03\x04" + body))


def test_a_bomb_does_not_go_off(post: Post, tmp_path: Path) -> None:
    """Members are stored; what unfolds, or leads out of the folder, is refused before it does."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("entries/0000000001.leaf", b"\0" * 50_000_000)
    assert verify(bomb, post.trusted).wrong is not None
    for name in ("../../etc/passwd", "/etc/passwd", "a//b", "entries/..", "a\\b"):
        file = io.BytesIO()
        write(file, [Source(name, b"x")])
        with pytest.raises(BadContainer):
            read(file)


def test_the_commands_say_what_they_found(
    post: Post, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 0 and VERIFIED, or exit 1 and the first thing that is wrong."""
    pub = str(post.config.folder / "gateway.pub")
    assert main(["evidence", "verify", str(archive), "--trust", pub]) == 0
    assert capsys.readouterr().out.endswith("VERIFIED.\n")
    files = taken_apart(archive)
    name = next(one for one in files if one.endswith(".leaf"))
    files[name] = files[name].replace(b"12:00", b"11:00")
    forged = put_together(files, tmp_path / "forged.zip")
    assert main(["evidence", "verify", str(forged), "--trust", pub]) == 1
    assert f"WRONG  {name}: it was changed" in capsys.readouterr().out


@pytest.mark.skipif(
    not all(map(shutil.which, ("openssl", "jq", "xxd", "sha256sum"))), reason="needs the tools"
)
def test_the_readme_can_be_followed_by_hand(archive: Path, tmp_path: Path) -> None:
    """Its commands, word for word: three good signatures, and the root that was signed."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    text = (tmp_path / form.README).read_text().partition("BY HAND")[2]
    steps = [line for line in text.splitlines() if line.startswith("  ")]
    assert steps
    done = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(steps)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.count("Signature Verified Successfully") == 3
    roots = [one for one in done.stdout.splitlines() if one.endswith("=") and len(one) == 44]
    found, signed = roots
    assert found == signed


def flipped(body: bytes, data: st.DataObject) -> bytes:
    """One byte of it is another."""
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(1, 255))
    return body[:at] + bytes((body[at] ^ other,)) + body[at + 1 :]
