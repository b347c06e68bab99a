"""Files that become durable together: a disk does ten in little more time than one.

    write… ─▶ sync the bytes ─▶ give them their names ─▶ sync the names

Whoever waits for one file after the other waits for the disk each time; side by side, the file
system takes them into one commit of its own.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from contract.folder import sync

SYNCS_MAX: Final = 8
"""Files that are synced side by side."""


class Writes:
    """Some files, each all or nothing. Every method blocks, and may raise `OSError`."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._drafts: dict[Path, Path] = {}
        self._moves: dict[Path, Path] = {}
        self.folders: set[Path] = set()
        """Whose names are to be durable as well, beside those of the files."""

    def write(self, path: Path, raw: bytes) -> None:
        """Write a file; it has its name after `finish`."""
        draft = path.with_suffix(".new")
        draft.write_bytes(raw)
        self._drafts[path] = draft

    def move(self, path: Path, to: Path) -> None:
        """Give a durable file another name, behind all that is written."""
        self._moves[to] = path

    def finish(self) -> None:
        """Sync the bytes, give them their names, sync the names: in this order."""
        _side_by_side(sync, self._drafts.values())
        names = self._drafts | self._moves
        for path, draft in names.items():
            draft.rename(path)
        _side_by_side(sync, self.folders | {path.parent for path in names})


def _side_by_side(act: Callable[[Path], None], paths: Iterable[Path]) -> None:
    """Do it to all; the first error is raised when all are done."""
    wanted = list(paths)
    if len(wanted) < 2:  # noqa: PLR2004 - one needs no thread
        for path in wanted:
            act(path)
        return
    with ThreadPoolExecutor(min(len(wanted), SYNCS_MAX), thread_name_prefix="sync") as threads:
        list(threads.map(act, wanted))
