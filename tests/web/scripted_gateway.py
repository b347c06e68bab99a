"""A gateway that says what a test tells it to; the command center it speaks to is the real one.

It numbers, chains and signs its changes, answers questions and gives receipts as the contract
demands, so nothing on the other side of the link can tell the difference.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from statistics import fmean
from typing import Final

import msgspec

from command_center.board import thing_of
from contract.ask import answer
from contract.clock import Clock, stamp
from contract.identifiers import Source
from contract.link import Link, Packet
from contract.links.memory import Hub
from contract.messages import (
    GENESIS,
    ActDone,
    ActRefused,
    AgentAlive,
    AgentBorn,
    Alert,
    AlertChanged,
    AlertState,
    AskRefused,
    BlobAsked,
    BlobTold,
    ChangesAsked,
    ChangesTold,
    Completeness,
    CompletenessAsked,
    CompletenessTold,
    EvidenceAsked,
    EvidenceTold,
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
    Stretch,
    Verb,
    compose,
    read,
)
from contract.signing import Key
from contract.topics import every, topic
from contract.wire import hash_of
from gateway.history import Window
from gateway.ledger import Ledger

SOURCE: Final = Source("/KEMBA/gateway")
JOURNAL: Final = "00000000000000a1"
STATES: Final[dict[Verb, tuple[tuple[AlertState, ...], AlertState | None]]] = {
    "acknowledge": (("open",), "acknowledged"),
    "start": (("open", "acknowledged"), "in progress"),
    "resolve": (("open", "acknowledged", "in progress"), "resolved"),
    "assign": (("open", "acknowledged", "in progress"), None),
    "comment": (("open", "acknowledged", "in progress", "resolved", "closed"), None),
    "close": (("resolved",), "closed"),
    "reopen": (("acknowledged", "in progress", "resolved", "closed"), "open"),
}
"""From which states an act may come, and the state it leads to."""


@dataclass
class Gateway:
    """What it knows; `tell` says a change, the rest answers by itself."""

    key: Key
    clock: Clock
    alerts: dict[str, Alert] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    archives: dict[str, bytes] = field(default_factory=dict)
    """Evidence by alert; each is made while it is asked for once, then told in two pieces."""
    asked_evidence: list[EvidenceAsked] = field(default_factory=list)
    series: tuple[tuple[str, str, str], ...] = ()
    points: tuple[Point, ...] = ()
    """Readings of every series."""
    points_of: dict[tuple[str, str], tuple[Point, ...]] = field(default_factory=dict)
    """Readings of one, by device and metric, where it has its own."""
    asked: list[HistoryAsked] = field(default_factory=list)
    asked_whole: list[CompletenessAsked] = field(default_factory=list)
    is_mute: bool = False
    """Hears, and says nothing any more."""
    holds_acts: bool = False
    """Gives receipts for acts, and judges them only when `judge_held` is called."""
    held: list[OfficerActed] = field(default_factory=list)
    _ledger: Ledger = field(default_factory=Ledger)
    _changes: list[SignedBytes] = field(default_factory=list)
    _things: list[object] = field(default_factory=list)
    _link: Link | None = None

    async def run(self, hub: Hub, listening: asyncio.Event) -> None:
        """Serve until cancelled."""
        async with hub.dial("gateway") as link:
            self._link = link
            await link.subscribe(topic(SOURCE, "ask"), every("+", "life"), every("+", "events"))
            listening.set()
            async for batch in link.receive():
                for packet in batch:
                    await self._take(packet)

    async def tell(self, message: Message) -> None:
        """Say a change."""
        if isinstance(message, AlertChanged):
            self.alerts[message.alert.id] = message.alert
        identity = Identity(SOURCE, "changes", JOURNAL, len(self._changes) + 1)  # type: ignore[arg-type]  # the gateway's own stream
        previous = hash_of(self._changes[-1].body) if self._changes else GENESIS
        body = compose(
            message,
            source=SOURCE,
            stamp=stamp(self.clock),
            identity=identity,
            previous=previous,
        )
        signed = self.key.seal(body)
        self._changes.append(signed)
        self._things.append(thing_of(message))
        await self._say(topic(SOURCE, "changes"), signed)

    async def read_out(self, agent: Source, key: Key, *readings: Reading) -> None:
        """An agent's readings, signed with its own key."""
        body = compose(ReadingsTaken(readings=readings), source=agent, stamp=stamp(self.clock))
        await self._say(topic(agent, "readings"), key.seal(body))

    async def judge_held(self) -> None:
        """Judge the acts that were held."""
        held, self.held = self.held, []
        for acted in held:
            await self._judge(acted)

    async def _say(self, where: str, signed: SignedBytes) -> None:
        if self.is_mute or self._link is None:
            return
        packet = Packet(topic=where, body=signed.body, keyid=signed.keyid, sig=signed.sig)
        await self._link.publish([packet])

    async def _take(self, packet: Packet) -> None:
        if self.is_mute or self._link is None:
            return
        event = read(packet.body)
        message = event.message()
        if packet.reply_to:
            told = self._answer(message)
            await self._link.publish(
                [answer(packet, told, me=SOURCE, clock=self.clock, key=self.key)]
            )
            return
        if isinstance(message, AgentBorn | AgentAlive):
            self._ledger.claim(event.source, message.epochs)
        if event.identity is not None and self._ledger.look(event.identity) == "new":
            self._ledger.hear(event.identity, hash_of(packet.body), event.previous)
            if isinstance(message, OfficerActed):
                await self._acted(message)
        await self._receipt(event.source)

    async def _receipt(self, source: str) -> None:
        receipt = Receipt(
            journal=JOURNAL,
            position=len(self._changes),
            agent=source,
            window=64,
            window_s=30,
            streams=self._ledger.receipt_streams(source),
        )
        body = compose(receipt, source=SOURCE, stamp=stamp(self.clock))
        await self._say(topic(source, "receipts"), self.key.seal(body))

    def _answer(self, question: Message) -> Message:  # noqa: PLR0911 - one answer a question
        match question:
            case ChangesAsked(epoch=epoch, after=after) if epoch == JOURNAL:
                return self._page(self._changes[after:], is_snapshot=False)
            case ChangesAsked():
                latest = dict(self._pairs())
                return self._page(list(latest.values()), is_snapshot=True)
            case BlobAsked() if body := self.blobs.get(question.sha256):
                piece = body[question.offset_bytes : question.offset_bytes + 100_000]
                return BlobTold(size_bytes=len(body), media_type="image/png", piece=piece)
            case EvidenceAsked() if archive := self.archives.get(question.alert):
                return self._piece(archive, question)
            case SeriesAsked():
                return SeriesTold(series=self.series)
            case CompletenessAsked():
                self.asked_whole.append(question)
                return self._whole(question)
            case HistoryAsked():
                self.asked.append(question)
                return self._history(question)
            case _:
                return AskRefused(reason="not here")

    def _piece(self, archive: bytes, asked: EvidenceAsked) -> EvidenceTold:
        self.asked_evidence.append(asked)
        if asked not in self.asked_evidence[:-1] and not asked.offset_bytes:
            return EvidenceTold()
        end = asked.offset_bytes + len(archive) // 2 + 1
        return EvidenceTold(
            sha256=sha256(archive).hexdigest(),
            size_bytes=len(archive),
            piece=archive[asked.offset_bytes : end],
            notes=("Back-dating is excluded from 12:00 on.",),
        )

    def _whole(self, asked: CompletenessAsked) -> CompletenessTold:
        """Some of everything; a question about one stretch is answered with complete."""
        words: tuple[Completeness, ...] = ("complete",) * 6 + ("declared lost", "missing")
        step = (asked.end - asked.start) / asked.steps
        is_long = asked.end - asked.start >= timedelta(hours=1)
        stretches = tuple(
            Stretch(
                start=asked.start + step * number,
                end=asked.start + step * (number + 1),
                status=words[number * len(words) // asked.steps] if is_long else "complete",
                kept=10,
                missing=int(is_long and number == asked.steps - 1),
                lost=0,
            )
            for number in range(asked.steps)
        )
        reasons = ("1 message (events) of gate-2 is not here.",) if is_long else ()
        status: Completeness = "missing" if is_long else "complete"
        whole = Stretch(
            start=asked.start,
            end=asked.end,
            status=status,
            kept=200,
            missing=int(is_long),
            lost=0,
        )
        return CompletenessTold(status=status, reasons=reasons, stretches=stretches, whole=whole)

    def _history(self, asked: HistoryAsked) -> HistoryTold:
        """Thinned out as a store does it: `step_s` is 0 where the points are the readings."""
        points = self.points_of.get((asked.device, asked.metric), self.points)
        inside = [point for point in points if asked.start <= point.at < asked.end]
        if len(inside) <= asked.points:
            return HistoryTold(points=tuple(inside), unit="kg", step_s=0)
        step_ms = Window.of(asked.start, asked.end, asked.points).step_ms()
        steps: dict[int, list[Point]] = {}
        for point in inside:
            steps.setdefault(int(point.at.timestamp() * 1_000) // step_ms, []).append(point)
        told = tuple(
            Point(
                at=datetime.fromtimestamp(number * step_ms / 1_000, UTC),
                mean=fmean(point.mean for point in some),
                low=min(point.low for point in some),
                high=max(point.high for point in some),
                count=len(some),
            )
            for number, some in steps.items()
        )
        return HistoryTold(points=told, unit="kg", step_s=step_ms / 1_000)

    def _pairs(self) -> list[tuple[object, SignedBytes]]:
        return list(zip(self._things, self._changes, strict=True))

    def _page(self, changes: list[SignedBytes], *, is_snapshot: bool) -> ChangesTold:
        return ChangesTold(
            epoch=JOURNAL,
            upto=len(self._changes),
            is_snapshot=is_snapshot,
            is_last=True,
            changes=tuple(changes),
        )

    async def _acted(self, acted: OfficerActed) -> None:
        if self.holds_acts:
            self.held.append(acted)
        else:
            await self._judge(acted)

    async def _judge(self, acted: OfficerActed) -> None:
        alert = self.alerts[acted.alert]
        allowed, state = STATES[acted.verb]
        if alert.state not in allowed:
            reason = f"An alert that is {alert.state} cannot be: {acted.verb}."
            await self.tell(ActRefused(act=acted.act, alert=alert.id, reason=reason))
            return
        at = self.clock.utc_now()
        done = ActDone(
            act=acted.act,
            verb=acted.verb,
            officer=acted.officer,
            role=acted.role,
            at=at,
            note=acted.note,
        )
        changed = msgspec.structs.replace(
            alert,
            state=state or alert.state,
            assigned_to=acted.assignee or alert.assigned_to,
            acts=(*alert.acts, done),
            changed_at=at,
        )
        await self.tell(AlertChanged(alert=changed, act=acted.act))
