"""A gateway from a script: it speaks the real messages, signed, over a link in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from contract.ask import answer
from contract.clock import Clock, stamp
from contract.identifiers import Source
from contract.link import Link, Packet
from contract.links.memory import Hub
from contract.messages import (
    GENESIS,
    AgentChanged,
    Alert,
    AlertChanged,
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
    Receipt,
    SeriesAsked,
    SeriesTold,
    SignedBytes,
    Stamp,
    StreamReceipt,
    compose,
    read,
)
from contract.signing import Key
from contract.topics import every, source_of, topic
from contract.wire import hash_of
from tests.support.virtual import START

GATEWAY: Final = Source("/KEMBA/gateway")
ME: Final = Source("/KEMBA/command-center")
AGENT: Final = Source("/KEMBA/gate-2")
EPOCH: Final = "0123456789abcdef"
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


class Gateway:
    """Numbers, chains and signs changes; answers questions; takes acts."""

    def __init__(self, hub: Hub, clock: Clock, *, epoch: str = EPOCH) -> None:
        self.hub: Final = hub
        self.clock: Final = clock
        self.key = Key(b"g" * 32)
        self.answer_key: Key | None = None
        """What answers are signed with, if not with the gateway's own key."""
        self.epoch = epoch
        self.changes: list[SignedBytes] = []
        self.messages: list[Message] = []
        self.pruned = 0
        """Changes up to this number are no longer told one by one."""
        self.page_max = 1_000
        self.blobs: dict[str, bytes] = {}
        self.acts: list[OfficerActed] = []
        self.asked: list[Message] = []
        self.on_act: Callable[[OfficerActed], Message | None] = lambda _: None
        self._link: Link | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer until left."""
        async with self.hub.dial("gateway") as link, asyncio.TaskGroup() as tasks:
            self._link = link
            await link.subscribe(
                topic(GATEWAY, "ask"), every("KEMBA", "life"), every("KEMBA", "events")
            )
            hearing = tasks.create_task(self._hear(link), name="scripted gateway")
            try:
                yield
            finally:
                self._link = None
                hearing.cancel()

    async def change(self, message: Message, *, is_lost: bool = False) -> None:
        """Say the next change; ``is_lost``: the broker drops it."""
        previous = hash_of(self.changes[-1].body) if self.changes else GENESIS
        number = len(self.changes) + 1
        body = compose(
            message,
            source=GATEWAY,
            stamp=stamp(self.clock),
            identity=Identity(GATEWAY, "changes", self.epoch, number),  # type: ignore[arg-type]  # the gateway's own stream
            previous=previous,
        )
        signed = self.key.seal(body)
        self.changes.append(signed)
        self.messages.append(message)
        if not is_lost:
            await self.say(signed)

    async def say(self, signed: SignedBytes) -> None:
        """Publish a change, whichever."""
        if self._link is not None:
            packet = Packet(
                topic=topic(GATEWAY, "changes"),
                body=signed.body,
                keyid=signed.keyid,
                sig=signed.sig,
            )
            await self._link.publish([packet])

    async def _hear(self, link: Link) -> None:
        async for batch in link.receive():
            for packet in batch:
                if packet.topic == topic(GATEWAY, "ask"):
                    question = read(packet.body).message()
                    self.asked.append(question)
                    told = self._answer(question)
                    await link.publish(
                        [
                            answer(
                                packet,
                                told,
                                me=GATEWAY,
                                clock=self.clock,
                                key=self.answer_key or self.key,
                            )
                        ]
                    )
                else:
                    await self._take(link, packet)

    async def _take(self, link: Link, packet: Packet) -> None:
        source = source_of(packet.topic)
        event = read(packet.body)
        message = event.message()
        if source != ME:
            return
        streams: tuple[StreamReceipt, ...] = ()
        if identity := event.identity:
            streams = (
                StreamReceipt(
                    epoch=identity.epoch,
                    stream="events",
                    upto=identity.sequence,
                    hash=hash_of(packet.body),
                    seen=identity.sequence,
                ),
            )
        receipt = Receipt(
            journal=self.epoch, position=1, agent=source, window=100, window_s=30, streams=streams
        )
        body = compose(receipt, source=GATEWAY, stamp=stamp(self.clock))
        where = topic(source, "receipts")
        await link.publish(
            [Packet(topic=where, body=body, keyid=self.key.keyid, sig=self.key.sign(body))]
        )
        if isinstance(message, OfficerActed) and message not in self.acts:
            self.acts.append(message)
            if change := self.on_act(message):
                await self.change(change)

    def _answer(self, question: Message) -> Message:
        match question:
            case ChangesAsked():
                return self._tell_changes(question)
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

    def _tell_changes(self, asked: ChangesAsked) -> ChangesTold:
        upto = len(self.changes)
        if asked.epoch != self.epoch or asked.after < self.pruned or asked.after > upto:
            return ChangesTold(
                epoch=self.epoch,
                upto=upto,
                is_snapshot=True,
                is_last=True,
                changes=tuple(self._latest()),
            )
        page = self.changes[asked.after : asked.after + self.page_max]
        end = asked.after + len(page)
        return ChangesTold(
            epoch=self.epoch, upto=end, is_snapshot=False, is_last=end == upto, changes=tuple(page)
        )

    def _latest(self) -> list[SignedBytes]:
        latest: dict[str, int] = {}
        for number, message in enumerate(self.messages):
            match message:
                case AlertChanged():
                    thing = message.alert.id
                case AgentChanged():
                    thing = message.source
                case _:
                    thing = f"{message.type}"
            latest[thing] = number
        return [self.changes[number] for number in sorted(latest.values())]


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
