"""A gateway that says what a test tells it to; the command center it speaks to is the real one."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from statistics import fmean

from contract.clock import stamp
from contract.identifiers import Source
from contract.links.memory import Hub
from contract.messages import (
    ActRefused,
    Alert,
    AlertChanged,
    AskRefused,
    BlobAsked,
    BlobTold,
    Completeness,
    CompletenessAsked,
    CompletenessTold,
    EvidenceAsked,
    EvidenceTold,
    HistoryAsked,
    HistoryTold,
    Message,
    OfficerActed,
    Point,
    Reading,
    ReadingsTaken,
    SeriesAsked,
    SeriesTold,
    Stretch,
    compose,
)
from contract.signing import Key
from contract.topics import topic
from gateway.entry import Entry
from gateway.judge import alerts
from gateway.timeseries.history import Window
from tests.support.scripted_gateway import ScriptedGateway


@dataclass
class Gateway(ScriptedGateway):
    """What it knows; `tell` says a change, the rest answers by itself."""

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
    store_is_down: bool = False
    """Whoever asks for the past is refused, as by a gateway whose store does not answer."""
    asked: list[HistoryAsked] = field(default_factory=list)
    asked_whole: list[CompletenessAsked] = field(default_factory=list)
    holds_acts: bool = False
    """Gives receipts for acts, and judges them only when `judge_held` is called."""
    held: list[OfficerActed] = field(default_factory=list)

    async def run(self, hub: Hub, listening: asyncio.Event) -> None:
        """Serve until cancelled."""
        async with hub.dial("gateway") as link:
            await self.listen(link)
            listening.set()
            await self.hear(link)

    async def tell(self, message: Message, *, is_lost: bool = False) -> None:
        """Say a change."""
        if isinstance(message, AlertChanged):
            self.alerts[message.alert.id] = message.alert
        await super().tell(message, is_lost=is_lost)

    async def read_out(self, agent: Source, key: Key, *readings: Reading) -> None:
        """An agent's readings, signed with its own key."""
        body = compose(ReadingsTaken(readings=readings), source=agent, stamp=stamp(self.clock))
        await self.say(key.seal(body), topic(agent, "readings"))

    async def judge_held(self) -> None:
        """Judge the acts that were held."""
        held, self.held = self.held, []
        for acted in held:
            await self._judge(acted)

    async def answered(self, question: Message) -> Message:
        """From what the test has put here."""
        match question:
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
            case HistoryAsked() if not self.store_is_down:
                self.asked.append(question)
                return self._history(question)
            case _:
                is_past = isinstance(question, HistoryAsked)
                return AskRefused(reason="The store does not answer." if is_past else "not here")

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

    async def acted(self, acted: OfficerActed) -> None:
        """Judge it, or hold it."""
        if self.holds_acts:
            self.held.append(acted)
        else:
            await self._judge(acted)

    async def _judge(self, acted: OfficerActed) -> None:
        """As the real one does."""
        entry = Entry(kind="kept", position=len(self.changes), received_at=self.clock.utc_now())
        match alerts.acted(self.alerts[acted.alert], acted, entry):
            case alerts.Refusal(reason):
                await self.tell(ActRefused(act=acted.act, alert=acted.alert, reason=reason))
            case alert:
                await self.tell(AlertChanged(alert=alert, act=acted.act))
