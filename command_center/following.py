"""One subscriber that follows the alerts live, from a cursor on; SSE and websocket show it.

    alert log ─▶ following (its own position, one page at a time) ─▶ SSE or websocket

It pulls: a subscriber that is slow holds one page and delays nobody.
"""

import asyncio
from typing import Final, Literal, NamedTuple

import msgspec

from command_center.alert_log import AlertLog
from command_center.alert_rows import Entry, Pruned
from command_center.cursor import Cursor
from command_center.reader import Who

PAGE_MAX: Final = 100
"""Changes that one subscriber holds at a time."""
HEARTBEAT_S: Final = 15.0
FOLLOWERS_MAX: Final = 500
"""Streams at once, and of one reader `EACH_MAX`; more are refused."""
EACH_MAX: Final = 50

Kind = Literal["alert.changed", "gap", "reset", "heartbeat"]


class Over(Exception):
    """The subscriber may read no more: its session or token is over."""


class Ended(Exception):
    """The server ends; come back with the cursor."""


class Item(NamedTuple):
    """What is told; `cursor` is where to go on after it, empty where the one before still holds."""

    kind: Kind
    cursor: str
    data: bytes
    """JSON on one line; a CloudEvent for `alert.changed`."""


class Following:
    """`begin` once, then `more` for ever."""

    def __init__(self, log: AlertLog, who: Who) -> None:
        self._log: Final = log
        self._who: Final = who
        self._position = 0

    async def begin(self, since: Cursor | None) -> list[Item]:
        """Go on after this cursor, or from now; tells where that is."""
        if since is None:
            return [self._from_now()]
        try:
            self._position = await self._log.find(since)
        except Pruned:
            return [self._reset()]
        return [Item("heartbeat", str(since), _cursor(str(since)))]

    async def more(self) -> list[Item]:
        """What comes next, at least a heartbeat; raises `Over` or `Ended`."""
        items: list[Item] = []
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                while not items:
                    await self._log.moved(self._position)
                    if self._log.is_ended:
                        raise Ended
                    items = await self._page()
        except TimeoutError:
            if self._who() is None:
                raise Over from None
            # Cut short while it read, it knows of nothing new that it is up to date with.
            cursor = str(self._log.cursor) if self._position >= self._log.last else ""
            items = [Item("heartbeat", cursor, _cursor(cursor))]
        return items

    async def _page(self) -> list[Item]:
        reader = self._who()
        if reader is None:
            raise Over
        try:
            found, position = await self._log.after(self._position, reader.posts, PAGE_MAX)
        except Pruned:
            return [self._reset()]
        # Asked once more: the posts may have been taken away while the disk was read.
        if self._who() != reader:
            return []
        self._position = position
        return [_item(entry) for entry in found]

    def _from_now(self) -> Item:
        self._position = self._log.last
        cursor = str(self._log.cursor)
        return Item("heartbeat", cursor, _cursor(cursor))

    def _reset(self) -> Item:
        cursor = self._from_now().cursor
        reason = "What follows your cursor is kept no longer. Read GET /api/alerts, then go on."
        return Item("reset", cursor, msgspec.json.encode({"cursor": cursor, "reason": reason}))


def _item(entry: Entry) -> Item:
    # A signed event may have been written with line ends between its fields.
    data = msgspec.json.format(entry.body, indent=-1) if b"\n" in entry.body else entry.body
    if entry.kind == "gap":
        return Item("gap", "", data)
    return Item("alert.changed", entry.cursor, data)


def _cursor(cursor: str) -> bytes:
    return msgspec.json.encode({"cursor": cursor})
