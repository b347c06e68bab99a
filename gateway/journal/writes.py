"""Files that become durable together: a disk does ten in little more time than one.

    write… ─▶ sync the bytes ─▶ give them their names ─▶ sync the names

Whoever waits for one file after the other waits for the disk each time; side by side, the file
system takes them into one commit of its own.
"""

from collections.abc import Iterable
from concurrent.futures import Executor, wait
from pathlib import Path
from typing import Final

from contract.folder import sync


class Writes:
    """Some files, each all or nothing. Every method blocks, and may raise `OSError`."""

    def __init__(self, threads: Executor) -> None:
        """Nothing yet; ``threads`` wait for the disk."""
        self._threads: Final = threads
        self._drafts: dict[Path, Path] = {}
        self._moves: dict[Path, Path] = {}
        self.folders: set[Path] = set()
        """Whose names are to be durable as well, beside those of the files."""

    def write(self, path: Path, raw: bytes) -> None:
        """Write a file; it has its name after `finish`."""
        draft = path.with_name(path.name + ".new")
        draft.write_bytes(raw)
        self._drafts[path] = draft

    def move(self, path: Path, to: Path) -> None:
        """Give a durable file another name, behind all that is written."""
        self._moves[to] = path

    def finish(self) -> None:
        """Sync the bytes, give them their names, sync the names: in this order."""
        self._sync(self._drafts.values())
        names = self._drafts | self._moves
        for path, draft in names.items():
            draft.rename(path)
        self._sync(self.folders | {path.parent for path in names})

    def _sync(self, paths: Iterable[Path]) -> None:
        """All side by side; the first error is raised when all are done."""
        waiting = [self._threads.submit(sync, path) for path in paths]
        wait(waiting)
        for one in waiting:
            one.result()
