"""Sample journals on a disk."""

import asyncio
from pathlib import Path

from gateway.journal.journal import Journal
from gateway.journal.store import open_store
from tests.gateway.sample_journal import drafts
from tests.support.virtual import VirtualClock, run_virtually


def write(path: Path, seed: int) -> None:
    """A journal file with a sample in it."""

    async def main() -> None:
        clock = VirtualClock()
        async with open_store(path) as store:
            journal = await Journal.of(store, clock)
            for group in drafts(seed):
                await journal.append(group)
                await asyncio.sleep(0.7)

    run_virtually(main())
