"""Keeps the list of certificates that count no more, for the broker: renewed in time, and at once.

    key.revoked ─▶ Revocations ─┬─▶ authority/ca.crl ─▶ the broker's crlfile (read at SIGHUP)
                                └─▶ Dismissing: who is connected already

A broker whose list has ended lets nobody in. So a list lasts a year and is written anew every week:
a broker that reads it at all, now and then, never meets its end.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from contract.clock import Clock
from contract.identifiers import Source
from gateway.trust.keys import Keys
from gateway.trust.register import Register, revoked

if TYPE_CHECKING:
    from gateway.trust.authority import Authority

LOOK_EVERY_S: Final = 3_600.0
RETRY_S: Final = 10.0
"""While the disk takes nothing."""
_log: Final = logging.getLogger(__name__)


class Revocations:
    """The list of one authority."""

    def __init__(
        self,
        authority: "Authority | None",
        register: Register,
        *,
        keys: Keys,
        dismiss: Callable[[Iterable[str]], None],
        clock: Clock,
    ) -> None:
        self._authority: Final = authority
        self._register: Final = register
        self._keys: Final = keys
        self._dismiss: Final = dismiss
        self._clock: Final = clock
        self._news: Final = asyncio.Event()
        self._listed: frozenset[str] = frozenset()
        """Serials whose owners were dismissed since the start."""

    def look(self) -> None:
        """A key was revoked: look at once."""
        self._news.set()

    async def run(self) -> None:
        """Keep the list until cancelled; nothing without an authority."""
        while self._authority is not None:
            self._news.clear()
            wait_s = LOOK_EVERY_S
            try:
                await self._keep(self._authority, self._clock.utc_now())
            except OSError as error:
                _log.error("the broker's list of revoked certificates is not renewed: %s", error)
                wait_s = RETRY_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _keep(self, authority: "Authority", now: datetime) -> None:
        self._register.forget(now)
        papers = self._register.papers
        sources = {paper.source for paper in papers}
        counting = {(one, keyid) for one in sources for keyid in self._keys.counting(one)}
        serials = revoked(papers, counting)
        if await asyncio.to_thread(authority.keep_list, serials, now):
            _log.info("revoked certificates: %d; the broker is to read ca.crl again", len(serials))
        new, self._listed = serials - self._listed, serials
        self._dismiss({Source.parse(p.source).name for p in papers if p.serial in new})
