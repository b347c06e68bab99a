"""The parts of pictures as they lie on a gateway's disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

from contract.messages import BlobPart, read


def parts_in(state: Path) -> list[Path]:
    """The folders of pictures that are not whole."""
    return sorted((state / "blobs" / "parts").glob("*/*"))


def is_unjoined(state: Path) -> bool:
    """Whether all parts of a picture are there and in the journal, and the whole is not."""
    for folder in parts_in(state):
        lie = sum(path.stat().st_size for path in folder.iterdir() if path.name.isdigit())
        if not (folder / "about").exists() or lie != _size_of(folder):
            continue
        whole = state / "blobs" / folder.name[:2] / folder.name
        if not whole.exists() and _is_kept(state / "journal.sqlite", folder.name, lie):
            return True
    return False


def _size_of(folder: Path) -> int:
    return int((folder / "about").read_text().partition("\n")[0])


def _is_kept(journal: Path, sha256: str, size: int) -> bool:
    with closing(sqlite3.connect(journal)) as at:
        rows = at.execute("SELECT body FROM entry WHERE kind = 'kept' AND stream = 'bulk'")
        parts = [read(body).message() for (body,) in rows]
    mine = {p.offset_bytes: p for p in parts if isinstance(p, BlobPart) and p.sha256 == sha256}
    return sum(part.part_bytes for part in mine.values()) == size
