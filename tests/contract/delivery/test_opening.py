"""An outbox on a disk that is full when the agent starts."""

import asyncio
import os
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery import opening
from contract.delivery.outbox import RETRY_S, Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Rejected, Unavailable
from contract.messages import SealRead
from contract.signing import Key
from tests.support.full_disk import nothing_can_be_written
from tests.support.virtual import VirtualClock, run_virtually

SEAL = SealRead(device="reader", seal="HLXU417", state="intact", subject="")


def others_rights(folder: Path, name: str) -> list[int]:
    """Of the files that begin so."""
    return [one.stat().st_mode & 0o077 for one in folder.glob(f"{name}*")]


@pytest.mark.anyio
async def test_nobody_else_reads_an_outbox(tmp_path: Path) -> None:
    """Not its side files, and not one that an earlier Greenlane left open."""
    source, key, former = Source("/KEMBA/gate-2"), Key.make(), tmp_path / "former"
    former.touch(mode=0o644)
    for path in (tmp_path / "new", former):
        async with Outbox.open(path, source=source, key=key, clock=SystemClock()) as outbox:
            await outbox.say(Said(SEAL))
            assert others_rights(tmp_path, path.name) == [0, 0, 0]  # its log and index, too


async def speak(path: Path, *, is_patient: bool = True) -> None:
    """Open an outbox, and say something."""
    source, clock = Source("/KEMBA/gate-2"), VirtualClock()
    opened = Outbox.open(path, source=source, key=Key.make(), clock=clock, is_patient=is_patient)
    async with opened as outbox:
        assert await outbox.say(Said(SEAL))


def test_a_patient_outbox_waits_for_room_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It says it once, and goes on by itself."""
    path = tmp_path / "state" / "outbox.sqlite"

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            with nothing_can_be_written():
                speaking = tasks.create_task(speak(path), name="agent")
                await asyncio.sleep(10 * RETRY_S)
                assert not speaking.done()
            await speaking

    caplog.set_level("INFO", logger="contract.delivery.outbox")
    run_virtually(main())
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_who_waits_for_room_can_be_stopped(tmp_path: Path) -> None:
    """A full disk keeps no service from ending in order."""

    async def main() -> None:
        with nothing_can_be_written():
            speaking = asyncio.create_task(speak(tmp_path / "outbox.sqlite"), name="agent")
            await asyncio.sleep(2.5 * RETRY_S)
            speaking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await speaking

    run_virtually(main())


def test_who_is_not_patient_hears_that_the_disk_is_full(tmp_path: Path) -> None:
    """A command that a person waits for does not wait itself; the sentence names the file."""

    async def main() -> None:
        with (
            nothing_can_be_written(),
            pytest.raises(Unavailable, match="cannot be written"),
        ):
            await speak(tmp_path / "outbox.sqlite", is_patient=False)

    run_virtually(main())


def test_what_waiting_does_not_mend_is_refused(tmp_path: Path) -> None:
    """No outbox, or a folder that is a file: only a person can change that."""
    path = tmp_path / "outbox.sqlite"
    path.write_bytes(b"a letter to my mother" * 100)
    for bad in (path, path / "outbox.sqlite"):
        with pytest.raises(Rejected, match="cannot be used as an outbox"):
            run_virtually(speak(bad))


def test_a_store_is_closed_when_nothing_can_be_made_of_it(tmp_path: Path) -> None:
    """Waiting for a day leaves no file open for each second of it."""
    path = tmp_path / "outbox.sqlite"

    def use(_store: object) -> None:
        raise Unavailable("no room")

    for _ in range(3):
        with pytest.raises(Unavailable):
            opening.opened(path, use)
    held = [os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()]
    assert not [one for one in held if one.startswith(str(path))]
