"""A gateway from a script: it speaks the real messages, signed, over a link in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from contract.clock import Clock
from contract.identifiers import Source
from contract.link import Packet
from contract.links.memory import Hub
from contract.messages import (
    GENESIS,
    AgentChanged,
    Alert,
    AlertState,
    AskRefused,
    BlobAsked,
    BlobTold,
    ChangesAsked,
    ChangesTold,
    DeviceTwin,
    HistoryAsked,
    HistoryTold,
    Identity,
    Message,
    OfficerActed,
    Point,
    Reading,
    ReadingsTaken,
    SeriesAsked,
    SeriesTold,
    Stamp,
    compose,
)
from contract.signing import Key
from contract.topics import topic
from tests.support.scripted_gateway import EPOCH, ScriptedGateway
from tests.support.virtual import START

ME: Final = Source("/KEMBA/command-center")
AGENT: Final = Source("/KEMBA/gate-2")
PIECE_BYTES: Final = 1_000


def alert(id_: str = "a1", *, state: AlertState = "open", title: str = "Seal opened") -> Alert:
    """An alert about nothing in particular."""
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return Alert(
        id=id_,
        rule="seal_opened",
        subject="HLXU4172204",
        post="KEMBA",
        source=str(AGENT),
        device="reader-1",
        severity="high",
        state=state,
        title=title,
        detail="",
        opened_at=at,
        told_at=at,
        changed_at=at,
    )


def agent(key: Key, *, device: str = "scale-1") -> AgentChanged:
    """An agent with one device."""
    return AgentChanged(
        source=str(AGENT),
        state="alive",
        keyid=key.keyid,
        public_key=key.public,
        devices=(DeviceTwin(device=device, family="modbus"),),
    )


class Gateway(ScriptedGateway):
    """Has blobs, one series and an answer to each act that a test decides on."""

    def __init__(self, hub: Hub, clock: Clock, *, epoch: str = EPOCH) -> None:
        super().__init__(Key(b"g" * 32), clock, epoch)
        self.hub: Final = hub
        self.blobs: dict[str, bytes] = {}
        self.acts: list[OfficerActed] = []
        self.asked: list[Message] = []
        self.on_act: Callable[[OfficerActed], Message | None] = lambda _: None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer until left."""
        async with self.hub.dial("gateway") as link, asyncio.TaskGroup() as tasks:
            await self.listen(link)
            self.link = link
            hearing = tasks.create_task(self.hear(link), name="scripted gateway")
            try:
                yield
            finally:
                self.link = None
                hearing.cancel()

    async def acted(self, acted: OfficerActed) -> None:
        """Do what the test decided."""
        self.acts.append(acted)
        if change := self.on_act(acted):
            await self.tell(change)

    def told(self, asked: ChangesAsked) -> ChangesTold:
        """As ever, and noted."""
        self.asked.append(asked)
        return super().told(asked)

    async def answered(self, question: Message) -> Message:
        """A piece of a blob, or something about the one series."""
        self.asked.append(question)
        match question:
            case BlobAsked():
                blob = self.blobs.get(question.sha256)
                if blob is None:
                    return AskRefused(reason="this blob has not arrived")
                end = question.offset_bytes + PIECE_BYTES
                piece = blob[question.offset_bytes : end]
                return BlobTold(size_bytes=len(blob), media_type="image/x", piece=piece)
            case SeriesAsked():
                return SeriesTold(series=(("scale-1", "mass", "kg"),))
            case HistoryAsked():
                point = Point(at=question.start, mean=2, low=1, high=3, count=4)
                return HistoryTold(points=(point,), unit="kg", step_s=60)
            case _:
                return AskRefused(reason="nobody knows")


def readings(key: Key, *, source: Source = AGENT, device: str = "scale-1") -> Packet:
    """One reading, signed."""
    message = ReadingsTaken(
        readings=(Reading(device=device, metric="mass", value=12.5, unit="kg", observed_at=START),)
    )
    body = compose(
        message,
        source=source,
        stamp=Stamp(observed_at=START, boot_id="boot", monotonic_ns=1),
        identity=Identity(source, "readings", EPOCH, 1),
        previous=GENESIS,
    )
    return Packet(topic=topic(source, "readings"), body=body, keyid=key.keyid, sig=key.sign(body))


def sha256(body: bytes) -> str:
    """The name of a blob."""
    return hashlib.sha256(body).hexdigest()
