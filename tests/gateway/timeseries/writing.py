"""A process that writes batches into an embedded store until it is killed, telling each number.

``python -m tests.gateway.timeseries.writing FOLDER``: prints a batch's number once it is kept.
"""

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Final

from contract.clock import SystemClock
from gateway.timeseries.sink import Place
from gateway.timeseries.sinks import EmbeddedConfig, open_sink
from tests.gateway.timeseries.said import reading, said

POINTS: Final = 200
"""Points of one batch."""


async def main(folder: Path) -> None:
    """Write for ever."""
    async with open_sink(EmbeddedConfig(), Place(state_dir=folder, clock=SystemClock())) as store:
        for number in itertools.count(1):
            await store.write(
                said(number, *(reading(float(number), after_s=number) for _ in range(POINTS)))
            )
            print(number, flush=True)  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
