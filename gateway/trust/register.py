"""The certificates that the authority has issued and that still count: whose, and by which key.

One line of JSON each in ``authority/issued.jsonl``, durable before the certificate is handed out:
what is not in here can never be revoked.
"""

import contextlib
import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from contract.link import Unavailable
from contract.messages import SourceText
from contract.pattern import whole
from contract.whole_file import write_whole

EACH_MAX: Final = 32
"""Certificates of one source that count at once; it asks for one in two months."""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate."""

    serial: Annotated[str, Meta(pattern=whole("[0-9a-f]{1,40}"))]
    source: SourceText
    keyid: str
    """The enrolled key by which it was asked for; empty for a client without one."""
    ends_at: Annotated[datetime, Meta(tz=True)]


class Register:
    """All of them, in the order in which they were issued. Its methods touch the disk."""

    def __init__(self, folder: Path) -> None:
        self._path: Final = folder / "issued.jsonl"
        self._papers: list[Paper] = []
        with contextlib.suppress(FileNotFoundError):
            for line in self._path.read_bytes().splitlines():
                # A line that a power cut left torn: its certificate was never handed out.
                with contextlib.suppress(ValueError, RecursionError):
                    self._papers.append(msgspec.json.decode(line, type=Paper))

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Those that were issued and not forgotten."""
        return tuple(self._papers)

    def count(self, source: str, now: datetime) -> int:
        """How many of a source still count."""
        return sum(one.source == source and one.ends_at > now for one in self._papers)

    def enter(self, paper: Paper) -> None:
        """Make it durable; raises `Unavailable`, and then it must not be handed out."""
        line = b"\n" + msgspec.json.encode(paper) + b"\n"  # first: never behind a torn one
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(line)
                file.flush()
                os.fsync(handle)
        except OSError as error:
            raise Unavailable(f"the certificate cannot be entered: {error}") from error
        self._papers.append(paper)

    def forget(self, now: datetime) -> None:
        """Leave out what has ended; raises `OSError`."""
        counting = [one for one in self._papers if one.ends_at > now]
        if len(counting) < len(self._papers):
            lines = b"".join(msgspec.json.encode(one) + b"\n" for one in counting)
            write_whole(self._path, lines)
            self._papers = counting


def revoked(papers: Collection[Paper], counting: Collection[tuple[str, str]]) -> frozenset[str]:
    """The serials of those whose key counts no more; ``counting``: (source, key id) that do."""
    return frozenset(one.serial for one in papers if (one.source, one.keyid) not in counting)
