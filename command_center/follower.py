"""Follows the gateway's changes without a hole: from (epoch, number) to the next, or a snapshot.

The feed hands it what arrives and asks what it wants to know; it moves board, head and projection.
No link here: every decision is made in one step, so the board is never seen half changed.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

from command_center.board import Board, thing_of
from command_center.change import Change
from command_center.contiguity import Head, head_of
from command_center.cursor import Cursor
from command_center.projection import Latest, Projection
from contract.link import Unavailable
from contract.messages import GENESIS, ChangesAsked, ChangesTold

AHEAD_MAX: Final = 10_000
"""Live changes that wait behind a hole; more are asked for again."""
STREAMED_MAX: Final = 200
"""Changes of one page that go to the screens one by one; a longer page is a new snapshot there."""
UNSTORED_MAX: Final = 50_000
"""Things that wait for the disk; with more the file stays as it is, until the next snapshot."""

_log: Final = logging.getLogger(__name__)


class Audience(Protocol):
    """Who is told, in the same step in which the board changes."""

    def changed(self, change: Change, *, is_streamed: bool) -> None:
        """The board took this change; not ``is_streamed``: `renewed` follows."""

    def renewing(self, upto: Cursor) -> None:
        """The gateway tells everything anew, up to this: its changes follow."""

    def renewed(self) -> None:
        """The board is to be read anew."""

    async def settle(self) -> None:
        """Make durable what follows from the changes; raises `Unavailable`."""


class Follower:
    """Owns the board's head; `question` is what it would like to ask the gateway now."""

    def __init__(
        self, *, board: Board, head: Head, projection: Projection, audience: Audience
    ) -> None:
        self.board: Final = board
        self.head = head
        self._projection: Final = projection
        self._audience: Final = audience
        self._ahead: dict[int, Change] = {}
        self._storing: Final = asyncio.Lock()
        self._unstored: Latest = {}
        self._stored = head
        self._is_fresh = False
        self._is_stored = True
        self._is_in_snapshot = False
        self._wants_snapshot = not head.epoch

    def question(self) -> ChangesAsked:
        """What comes after the head; everything, where there is no head to go on from."""
        if self._wants_snapshot:
            return ChangesAsked()
        return ChangesAsked(epoch=self.head.epoch, after=self.head.number)

    def live(self, changes: Iterable[Change]) -> bool:
        """Take changes as they arrive; true if something before them is missing."""
        for change in changes:
            self._take(change)
        return bool(self._ahead) or self._wants_snapshot

    def told(self, page: ChangesTold, changes: Sequence[Change]) -> bool:
        """Take a page of the catch-up; true if more has to be asked."""
        former = self.head
        if page.is_snapshot:
            self._take_snapshot(page, changes)
        else:
            self._take_page(page, changes)
        self._is_in_snapshot = page.is_snapshot and not page.is_last
        self._drain()
        if page.is_last:
            # What still waits lies behind a hole that this answer did not fill, and live changes
            # that a snapshot overtook have to come again: ask on.
            is_overtaken = self.head.epoch == former.epoch and self.head.number < former.number
            return self._wants_snapshot or bool(self._ahead) or is_overtaken
        return True

    async def persist(self, heard_at: datetime | None) -> None:
        """Make durable what was taken; raises `Unavailable`.

        Cut short, it does the rest the next time.
        """
        # One at a time: live changes and a catch-up both end here.
        async with self._storing:
            await self._persist(heard_at)

    async def _persist(self, heard_at: datetime | None) -> None:
        # Of this moment: what comes while the audience settles is not settled by it.
        latest, head, is_fresh = self._unstored, self.head, self._is_fresh
        self._unstored, self._is_fresh = {}, False
        try:
            await self._audience.settle()
            await self._store(latest, head, heard_at, is_fresh=is_fresh)
        except (Unavailable, asyncio.CancelledError):
            if not self._is_fresh:
                self._unstored, self._is_fresh = latest | self._unstored, is_fresh
            raise

    async def _store(
        self, latest: Latest, head: Head, heard_at: datetime | None, *, is_fresh: bool
    ) -> None:
        self._is_stored = is_fresh or (self._is_stored and len(latest) <= UNSTORED_MAX)
        if not self._is_stored or (head == self._stored and not is_fresh):
            return
        try:
            await self._projection.store(head, latest, heard_at=heard_at, is_fresh=is_fresh)
        except Unavailable as error:
            # The head on disk stays where it was: a restart asks from there. Screens go on.
            self._is_stored = False
            _log.warning("board is not stored: %s", error)
        self._stored = head

    def _take(self, change: Change, *, is_streamed: bool = True) -> None:
        match self.head.judge(change):
            case "next":
                self._apply(change, head_of(change), is_streamed=is_streamed)
                if self._ahead:
                    self._drain()
            case "hole":
                if len(self._ahead) < AHEAD_MAX:
                    self._ahead[change.number] = change
            case "fork":
                _log.warning("changes: number %d does not chain", change.number)
                self._wants_snapshot = True
            case "repeat":
                pass

    def _take_page(self, page: ChangesTold, changes: Sequence[Change]) -> None:
        is_streamed = len(changes) <= STREAMED_MAX
        for change in changes:
            if self.head.judge(change) == "hole":
                self._wants_snapshot = True
                break
            self._take(change, is_streamed=is_streamed)
        if not is_streamed:
            self._audience.renewed()
        if page.epoch != self.head.epoch or (page.is_last and page.upto != self.head.number):
            # It knows less than we do, or more without saying what: only all of it helps. A live
            # change may have overtaken the answer, which is no reason.
            is_overtaken = page.epoch == self.head.epoch and page.upto < self.head.number
            self._wants_snapshot = self._wants_snapshot or not is_overtaken

    def _take_snapshot(self, page: ChangesTold, changes: Sequence[Change]) -> None:
        if not self._is_in_snapshot:
            self.board.forget()
            self._audience.renewing(Cursor(page.epoch, page.upto))
            self._unstored.clear()
            self._is_fresh = True
        self._wants_snapshot = False
        for change in changes:
            self._apply(change, self.head, is_streamed=False)
        last = changes[-1] if changes else None
        is_known = last is not None and last.number == page.upto
        first = None if page.upto else GENESIS
        self.head = Head(page.epoch, page.upto, last.hash if last and is_known else first)
        self.board.epoch, self.board.number = page.epoch, page.upto
        self._ahead = {n: c for n, c in self._ahead.items() if c.epoch == page.epoch}
        self._audience.renewed()
        _log.info("changes: snapshot up to %d", page.upto)

    def _drain(self) -> None:
        self._ahead = {n: c for n, c in self._ahead.items() if n > self.head.number}
        while change := self._ahead.pop(self.head.number + 1, None):
            if self.head.judge(change) != "next":
                self._wants_snapshot = True
                return
            self._apply(change, head_of(change), is_streamed=True)

    def _apply(self, change: Change, head: Head, *, is_streamed: bool) -> None:
        self.head = head
        gone = self.board.apply(change.epoch, change.number, change.message)
        if thing := thing_of(change.message):
            self._unstored[thing] = change
        self._unstored.update(dict.fromkeys(gone))
        self._audience.changed(change, is_streamed=is_streamed)
