"""A faulty seal reader is heard for what it still says."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from contract.clock import SystemClock
from edge.driver import DeviceLost, Observed
from edge.drivers.seal_reader import SealReader, SealReaderSettings
from tests.edge.benches import SealBench, plugged


async def until_seals(reader: SealReader, bench: SealBench, garbage: bytes) -> list[Observed]:
    """Open, send garbage after the first seal, and go on to the next seal after it."""
    seen: list[Observed] = []
    async with asyncio.timeout(20), reader.open() as device:
        async for observed in device:
            seen.append(observed)
            seals = [one for one in seen if one.seal]
            if len(seals) == 1 and observed.seal:
                bench.server.say(garbage)
            if len(seals) >= 2 and any(one.readings for one in seen):
                break
    return seen


@pytest.mark.anyio
@pytest.mark.parametrize(
    "garbage", [b"\xff\x00 noise\n" * 50, b"$SEAL;id=HLX417*00\n", b"x" * 9_000]
)
async def test_lines_that_cannot_be_read_are_counted_and_said(
    tmp_path: Path, garbage: bytes
) -> None:
    """The driver goes on, says once that they began and once that they ended."""
    bench = SealBench(tmp_path)
    async with plugged(bench):
        assert isinstance(bench.settings, SealReaderSettings)
        reader = SealReader(bench.settings, SystemClock())
        seen = await until_seals(reader, bench, garbage)
    said = [reading for one in seen for reading in one.readings]
    assert reader.refused_lines >= 1
    assert {reading.metric for reading in said} == {"refused_lines"}
    assert 1 <= len(said) <= 2


@pytest.mark.anyio
async def test_a_reader_without_a_readable_word_is_lost(tmp_path: Path) -> None:
    """An open connection proves nothing."""
    bench = SealBench(tmp_path)
    bench.server = type(bench.server)(list, beat_s=60)
    assert isinstance(bench.settings, SealReaderSettings)
    reader = SealReader(msgspec.structs.replace(bench.settings, silence_s=0.2), SystemClock())
    async with plugged(bench):
        with pytest.raises(DeviceLost, match=r"for 0\.2 s"):
            await hear_noise(reader, bench)


async def hear_noise(reader: SealReader, bench: SealBench) -> None:
    """Whatever the reader says is answered with noise, for ever."""
    async with asyncio.timeout(20), reader.open() as device:
        async for _observed in device:
            bench.server.say(b"noise\n")
            await asyncio.sleep(0.01)
