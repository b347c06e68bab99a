"""Alert logs with changes in them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from command_center.alert_log import AlertLog
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.reader import Reader
from contract.messages import Alert, AlertChanged, JudgeChanged, SignedBytes
from tests.command_center.scripted import alert
from tests.support.scripted_gateway import EPOCH
from tests.support.virtual import run_virtually

OTHER = "f" * 16


ALL = Reader("all", ("*",))


def change(number: int, *, post: str = "KEMBA", epoch: str = EPOCH, hash_: str = "") -> Change:
    """A change of an alert."""
    one: Alert = msgspec.structs.replace(alert(f"a{number}"), post=post)
    signed = SignedBytes(body=b'{"n":%d}' % number, keyid="key", sig=b"")
    return Change(epoch, number, "", hash_ or f"h{number}", AlertChanged(alert=one), signed)


def other(number: int) -> Change:
    """A change of something else."""
    nothing = SignedBytes(body=b"", keyid="key", sig=b"")
    return Change(EPOCH, number, "", "", JudgeChanged(version="1", rules=()), nothing)


def play(
    path: Path, *lives: Callable[[AlertLog], Awaitable[None]], head: int = 0, kept_max: int = 100
) -> None:
    """One life after the other over the same file."""

    async def main() -> None:
        for live in lives:
            opened = AlertLog.open(
                path / "alerts.sqlite", head=Cursor(EPOCH, head), kept_max=kept_max
            )
            async with opened as log:
                await live(log)

    run_virtually(main())


async def numbers(log: AlertLog, position: int = 0, posts: tuple[str, ...] = ("*",)) -> list[int]:
    """The numbers of all alert changes after a position, read in pages."""
    found: list[int] = []
    while position < log.last:
        page, position = await log.after(position, posts, 7)
        found += [entry.number for entry in page if entry.kind == "alert"]
    return found
