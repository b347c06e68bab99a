"""Archives for command centers: made one after the other, told in pieces, forgotten in time."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contract.link import Rejected, Unavailable
from contract.messages import EvidenceAsked, EvidenceTold
from gateway.answers.exports import (
    EXPORTS_MAX,
    KEPT_S,
    MAKING_S_MAX,
    PIECE_BYTES_MAX,
    TIDY_S,
    Exports,
)
from tests.support.virtual import VirtualClock, run_virtually

ARCHIVE = bytes(range(256)) * (PIECE_BYTES_MAX // 256 + 1)
ALERT = "6f0c1d2e3a4b5c6d7e8f"


class Writer:
    """An archivist that writes the same bytes about any alert, after a while."""

    def __init__(self, *, takes_s: float = 5.0) -> None:
        self.takes_s = takes_s
        self.at_once = 0
        self.made: list[str] = []

    async def __call__(self, alert: str, out: Path, *, bytes_max: int) -> tuple[str, ...]:
        """See `gateway.answers.exports.Archivist`."""
        assert bytes_max > len(ARCHIVE)
        self.at_once += 1
        assert self.at_once == 1
        try:
            await asyncio.sleep(self.takes_s)
        finally:
            self.at_once -= 1
        if alert != ALERT:
            raise Rejected(f"the journal says nothing about an alert {alert!r}")
        await asyncio.to_thread(out.write_bytes, ARCHIVE)
        self.made.append(out.name)
        return ("Nothing is missing.",)


def asked(number: int, *, alert: str = ALERT, offset: int = 0) -> EvidenceAsked:
    """A question."""
    return EvidenceAsked(export=f"{number:032x}", alert=alert, offset_bytes=offset)


def files(folder: Path) -> list[str]:
    """What lies there."""
    return sorted(path.name for path in folder.iterdir())


def keep(folder: Path, writer: Writer | None, live: Callable[[Exports], Awaitable[None]]) -> int:
    """Let it run; returns how often a checkpoint was hurried."""
    hurried = []

    async def main() -> None:
        exports = Exports(
            folder, archivist=writer, hurry=lambda: hurried.append(1), clock=VirtualClock()
        )
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(exports.run(), name="exports")
            await asyncio.sleep(0.1)
            await live(exports)
            running.cancel()

    run_virtually(main())
    return len(hurried)


async def whole(exports: Exports, number: int) -> tuple[bytes, EvidenceTold]:
    """As a command center does it."""
    body = b""
    while True:
        told = await exports.told(asked(number, offset=len(body)))
        body += told.piece
        if told.sha256 and len(body) == told.size_bytes:
            return body, told
        if not told.sha256:
            await asyncio.sleep(1)


async def asked_on(exports: Exports) -> None:
    """Again and again, without end."""
    while True:
        await exports.told(asked(1))
        await asyncio.sleep(30)


def test_it_is_told_in_pieces_and_by_its_hash(tmp_path: Path) -> None:
    """Asked again with the same id it is the same; a checkpoint was hurried for it."""

    async def live(exports: Exports) -> None:
        assert await exports.told(asked(1)) == EvidenceTold()
        body, told = await whole(exports, 1)
        assert body == ARCHIVE
        assert told.sha256 == hashlib.sha256(ARCHIVE).hexdigest()
        assert told.notes == ("Nothing is missing.",)
        assert (await whole(exports, 1))[0] == ARCHIVE

    writer = Writer()
    assert keep(tmp_path, writer, live) == 1
    assert len(writer.made) == 1


def test_one_is_made_at_a_time_and_no_more_wait_than_may(tmp_path: Path) -> None:
    """The next has its turn; one too many is told to come later."""

    async def live(exports: Exports) -> None:
        for number in range(EXPORTS_MAX):
            await exports.told(asked(number))
        with pytest.raises(Unavailable, match="try again later"):
            await exports.told(asked(99))
        for number in range(EXPORTS_MAX):
            assert (await whole(exports, number))[0] == ARCHIVE

    keep(tmp_path, Writer(takes_s=1), live)


def test_why_there_is_none_is_said_to_who_asks(tmp_path: Path) -> None:
    """An alert that nobody knows, an id of another alert, a gateway without an archivist."""

    async def live(exports: Exports) -> None:
        await exports.told(asked(1, alert="unknown"))
        await asyncio.sleep(6)
        for _ in range(2):
            with pytest.raises(Rejected, match="nothing about an alert"):
                await exports.told(asked(1, alert="unknown"))
        with pytest.raises(Rejected, match="another alert"):
            await exports.told(asked(1))
        with pytest.raises(Rejected, match="export it again"):
            await exports.told(asked(2, offset=7))

    async def without(exports: Exports) -> None:
        with pytest.raises(Rejected, match="without the program"):
            await exports.told(asked(1))

    keep(tmp_path, Writer(), live)
    keep(tmp_path, None, without)


def test_what_nobody_asks_for_any_more_is_deleted_or_not_made(tmp_path: Path) -> None:
    """The file goes after a minute; what waited for nobody is never begun."""

    async def live(exports: Exports) -> None:
        await whole(exports, 1)
        assert len(files(tmp_path)) == 1
        await asyncio.sleep(KEPT_S + 2 * TIDY_S)
        assert files(tmp_path) == []
        with pytest.raises(Rejected, match="export it again"):
            await exports.told(asked(1, offset=1))
        writer.takes_s = MAKING_S_MAX - 1
        await exports.told(asked(2))
        await exports.told(asked(3))
        await asyncio.sleep(MAKING_S_MAX + 60)

    writer = Writer()
    keep(tmp_path, writer, live)
    assert writer.made == [f"{number:032x}.zip" for number in (1, 2)]


def test_one_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """The next one has its turn."""

    async def live(exports: Exports) -> None:
        with pytest.raises(Unavailable, match="not made in"):
            await asked_on(exports)
        writer.takes_s = 1
        assert (await whole(exports, 2))[0] == ARCHIVE

    writer = Writer(takes_s=2 * MAKING_S_MAX)
    keep(tmp_path, writer, live)


def test_a_new_life_begins_with_an_empty_folder(tmp_path: Path) -> None:
    """What a crash left is nobody's."""
    (tmp_path / "old.zip").write_bytes(b"PK")

    async def live(exports: Exports) -> None:
        assert files(tmp_path) == []
        await whole(exports, 1)

    keep(tmp_path, Writer(), live)
