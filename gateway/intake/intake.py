"""Takes in what sources say: inspect, keep pictures, append, hand repeats on to be receipted.

packets ─▶ inspect (thread) ─▶ blobs (thread, fsync) ─▶ journal (one fsync a batch) ─▶ receipts
              └─▶ quarantine                               └─▶ judge reads it there
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from contract.link import Packet, Unavailable
from contract.messages import AgentGone, BlobKept, BlobPart, KeyEnrolled, KeyRotated
from contract.topics import source_of
from gateway.entry import Draft
from gateway.intake.ahead import Ahead, Looked
from gateway.intake.inspection import Heard, inspect
from gateway.intake.knocks import Knocks
from gateway.intake.quarantine import Quarantine, Suspect
from gateway.intake.remains import Remains
from gateway.journal.blobs import Blobs, Joined
from gateway.journal.journal import Journal
from gateway.journal.parts import Blob
from gateway.judge.ledger import Ledger
from gateway.trust.keys import Keys
from gateway.voice import Voice

GONE_EVERY: Final = timedelta(seconds=1)
"""Wills of one source that are noted; those of sources without a key never are."""
_log: Final = logging.getLogger(__name__)


class Intake:
    """What is said to this gateway goes through here, and nowhere else."""

    def __init__(
        self,
        journal: Journal,
        *,
        blobs: Blobs,
        remains: Remains,
        keys: Keys,
        quarantine: Quarantine,
        voice: Voice,
        knocks: Knocks,
        ledger: Callable[[], Ledger],
        repeated: Callable[[str], None],
    ) -> None:
        self._journal: Final = journal
        self._blobs: Final = blobs
        self._remains: Final = remains
        self._keys: Final = keys
        self._quarantine: Final = quarantine
        self._voice: Final = voice
        self._knocks: Final = knocks
        self._ledger: Final = ledger
        self._repeated: Final = repeated
        self._ready: dict[Blob, bool] = {}
        """Blobs that may be whole now, and whether their last part has just come."""
        self._gone_at: Final[dict[str, datetime]] = {}
        self._ahead: Final = Ahead()
        self.is_full = False
        """The disk takes nothing: nothing is kept, so nothing is receipted."""

    async def begin(self, packets: Sequence[Packet], *, are_events: bool) -> None:
        """Take these in the background, in order, but events before all else; waits for room."""
        await self._ahead.put(lambda: self._look(packets), are_events=are_events)

    async def run(self) -> None:
        """Keep what `begin` took, until cancelled: some, while the next is looked at."""
        while True:
            await self._keep_all(await self._ahead.next())

    async def take(self, packets: Sequence[Packet]) -> None:
        """Take these, and return when they are kept, or left."""
        await self._keep_all(await self._look(packets))

    def _look(self, packets: Sequence[Packet]) -> Looked:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(None, inspect, packets, self._keys, self._blobs)

    async def _keep_all(self, looked: list[Heard | Suspect]) -> None:
        """Keep what may be kept. When the disk is full all of it is left: it will be said again."""
        heard = [one for one in looked if isinstance(one, Heard)]
        suspects = [one for one in looked if isinstance(one, Suspect)]
        try:
            if suspects:
                await self._set_aside(suspects)
            if heard:
                await self._keep(heard)
        except Unavailable as error:
            if not self.is_full:
                self.is_full = True
                _log.critical("NOTHING IS KEPT: %s. Agents keep their messages; free space", error)
            return
        if self.is_full and heard:
            self.is_full = False
            _log.warning("the journal takes messages again")

    async def _set_aside(self, suspects: Sequence[Suspect]) -> None:
        await self._quarantine.keep(suspects)
        for one in suspects:
            if one.revoked_key and (source := source_of(one.packet.topic)) is not None:
                self._repeated(source)  # its receipt says that the key was revoked
        if told := self._knocks.heard(suspects):
            await self._journal.append([self._voice.say(one) for one in told])

    async def gone(self, packet: Packet) -> None:
        """A source's will was heard."""
        source = source_of(packet.topic)
        if source is None or not self._is_gone_news(source):
            return
        try:
            epoch = packet.body.decode("ascii")[:16]
            draft = self._voice.say(AgentGone(source=source, epoch=epoch))
            await self._journal.append([draft])
        except (UnicodeDecodeError, Unavailable) as error:
            _log.warning("a will of %s is not kept: %s", source, error)

    def _is_gone_news(self, source: str) -> bool:
        """Whether to note it: a will is unsigned, so whoever says a thousand is not heard."""
        now = self._journal.now()
        before = self._gone_at.get(source)
        if before is not None and timedelta() <= now - before < GONE_EVERY:
            return False
        if not self._keys.counting(source):
            return False
        self._gone_at[source] = now
        return True

    async def finish_blobs(self) -> None:
        """After a start: pictures whose last part came just before the end."""
        self._ready = dict.fromkeys(await asyncio.to_thread(self._blobs.parts.unfinished), False)
        await self._assemble_all()

    async def _keep(self, heard: Sequence[Heard]) -> None:
        ledger = self._ledger()
        ready = [one for one in heard if _is_wanted(one.draft, ledger)]
        parts = [
            (one.draft.source, one.draft.message, one.raw)
            for one in ready
            if isinstance(one.draft.message, BlobPart)
        ]
        whole = await asyncio.to_thread(self._blobs.keep_all, parts) if parts else []
        # Again, now that nothing waits any more: a key may have been revoked since the look.
        drafts = [one.draft for one in ready if not self._is_refused(one.draft)]
        # What says that a picture is here goes along with its only part: nothing can come between.
        outcomes = await self._journal.append([*drafts, *self._said_of(whole)])
        for outcome, draft in zip(outcomes, drafts, strict=False):
            if outcome.status != "new":
                self._repeated(draft.source)
            if outcome.status != "fork" and isinstance(draft.message, KeyRotated):
                await self._enter(draft, draft.message)
        for source, part, _ in parts:
            is_end = part.offset_bytes + part.part_bytes == part.size_bytes
            blob = Blob(source, part.sha256, part.size_bytes)
            if blob not in whole:
                self._ready[blob] = self._ready.get(blob, False) or is_end
        await self._assemble_all()
        await self._remains.tidy()

    async def _assemble_all(self) -> None:
        """Join what may be whole; what a full disk stops is tried again with the next batch.

        Its parts are kept and receipted: nobody will say them again.
        """
        if not self._ready:
            return
        joined = await asyncio.to_thread(self._blobs.join, tuple(self._ready))
        try:
            await self._tell([one for one in joined if one.is_whole])
            for one in joined:
                if one.why_dropped:
                    await self._remains.give_up(one.blob, "another picture")
        except Unavailable as error:
            _log.warning("pictures are not told yet: %s", error)
            return
        for one in joined:
            if one.why_later:
                _log.warning("a picture is not whole yet: %s", one.why_later)
                continue
            self._ready.pop(one.blob, None)

    async def _tell(self, whole: Sequence[Joined]) -> None:
        """Enter them in the journal, in one go; what was whole before is told again."""
        news = [one.blob for one in whole if one.is_news or self._ready.get(one.blob)]
        if news:
            await self._journal.append(self._said_of(news))
        await asyncio.to_thread(self._blobs.parts.forget, [one.blob for one in whole])

    def _said_of(self, whole: Sequence[Blob]) -> list[Draft]:
        blobs = dict.fromkeys((blob.sha256, blob.size_bytes) for blob in whole)
        return [self._voice.say(BlobKept(sha256=one, size_bytes=size)) for one, size in blobs]

    def _is_refused(self, draft: Draft) -> bool:
        return bool(self._keys.refusal(draft.source, draft.keyid, draft.identity))

    async def _enter(self, draft: Draft, said: KeyRotated) -> None:
        """A source goes on with another key; also when it says so again, if we ended in between."""
        if self._keys.find(draft.source, said.keyid) is not None:
            return
        entered = KeyEnrolled(
            source=draft.source,
            keyid=said.keyid,
            public_key=said.public_key,
            by=f"key {draft.keyid}",
            replaces=draft.keyid,
            upto=said.upto,
        )
        await self._journal.append([self._voice.say(entered)])
        self._keys.enrolled(entered)
        _log.info("%s goes on with the key %s", draft.source, said.keyid)


def _is_wanted(draft: Draft, ledger: Ledger) -> bool:
    """False for a message that the ledger cannot take yet: it will be said again."""
    identity = draft.identity
    return identity is None or ledger.look(identity) != "not yet"
