"""Journals of a thermometer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from contract.messages import Reading, ReadingsTaken
from gateway.journal.journal import Journal
from gateway.journal.store import open_store
from tests.gateway.sample_journal import said
from tests.support.virtual import START, VirtualClock


@asynccontextmanager
async def journal_in(path: Path) -> AsyncIterator[Journal]:
    """A journal in a file."""
    async with open_store(path) as store:
        yield await Journal.of(store, VirtualClock())


async def say(journal: Journal, first: int, last: int) -> None:
    """Two readings in each message."""
    await journal.append(
        [
            said(
                ReadingsTaken(
                    readings=tuple(
                        Reading(
                            device="cold",
                            metric="temperature",
                            value=number + index / 10,
                            unit="Cel",
                            observed_at=START,
                        )
                        for index in (0, 1)
                    )
                ),
                "/KEMBA/gate-2",
                number,
                number,
                epoch="a" * 16,
                before="0" * 64,
            )
            for number in range(first, last + 1)
        ]
    )
