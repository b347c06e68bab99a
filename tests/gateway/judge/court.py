"""A judge, and entries one after another."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from contract.messages import (
    DRIFT_METRIC,
    DRIFT_PICTURES_METRIC,
    AgentAlive,
    AgentBorn,
    Alert,
    EpochHeads,
    Message,
    Reading,
    ReadingsTaken,
    SealRead,
    StreamHead,
)
from gateway.entry import Draft, Entry
from gateway.journal.journal import _entered
from gateway.judge.judge import judge
from gateway.judge.law import law
from gateway.judge.rule import Fact
from gateway.judge.settings import JudgeSettings, Limit
from gateway.judge.state import State
from tests.gateway.sample_journal import own, said
from tests.support.virtual import START

GATE = "/KEMBA/gate-2"
FAR = "/BEANR/gate-7"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Court:
    """A judge, and entries one after another."""

    def __init__(self, settings: JudgeSettings | None = None) -> None:
        self.state = State()
        self.numbers: dict[str, int] = {}
        self.hear(own(law(settings or JudgeSettings()), 0), 0)
        self.hear(own(AgentBorn(keyid="k", version="1", epochs=()), 0), 0)

    def hear(self, draft: Draft, seconds: float) -> list[Message]:
        """One entry."""
        position = self.state.position + 1
        when = (at(seconds) - datetime.fromtimestamp(0, START.tzinfo)) // timedelta(microseconds=1)
        entry: Entry = _entered(draft, position, when)
        return judge(self.state, entry)

    def say(
        self, message: Message, seconds: float, source: str = GATE, seen: float | None = None
    ) -> list[Message]:
        """A numbered message that arrives at once, or was seen earlier."""
        number = self.numbers[source] = self.numbers.get(source, 0) + 1
        seen = seconds if seen is None else seen
        epoch = "e" * 16
        draft = said(message, source, seen, number, epoch=epoch, before="0" * 64)
        return self.hear(draft, seconds)

    def live(self, message: Message, seconds: float, source: str = GATE) -> list[Message]:
        """A birth, or a sign of life."""
        return self.hear(said(message, source, seconds), seconds)

    def tick(self, seconds: float) -> list[Message]:
        """Time passes."""
        return self.hear(Draft(kind="tick"), seconds)

    def alerts(self, rule: str) -> list[Alert]:
        """What this rule raised."""
        every: Iterable[Alert] = self.state.episodes.alerts.values()
        return [alert for alert in every if alert.rule == rule]


def seal(state: str, device: str = "reader", subject: str = "", **more: datetime) -> SealRead:
    return SealRead(device=device, seal="HLXU417", state=state, subject=subject, **more)  # type: ignore[arg-type]


def fact_of(message: Message, number: int, settings: JudgeSettings) -> Fact:
    """What a rule is told of a message."""
    draft = said(message, GATE, number, number, epoch="e" * 16, before="0" * 64)
    when = (at(number) - datetime.fromtimestamp(0, START.tzinfo)) // timedelta(microseconds=1)
    entry = _entered(draft, number, when)
    return Fact(
        entry=entry,
        message=message,
        now=entry.received_at,
        is_late=False,
        settings=settings,
        agents={},
        completeness={},
    )


def reading(value: float, seconds: float) -> ReadingsTaken:
    one = Reading(
        device="cold", metric="temperature", value=value, unit="Cel", observed_at=at(seconds)
    )
    return ReadingsTaken(readings=(one,))


COLD = JudgeSettings(readings=(Limit(metric="temperature", high=8.0, low=2.0, for_s=10),))


def alive(epoch: str, last: int = 0) -> AgentAlive:
    heads = (StreamHead(stream="events", last=last, head="0" * 64),)
    return AgentAlive(epochs=(EpochHeads(epoch=epoch * 16, streams=heads),))


def report(worst: float, seconds: float, *, of: str = "sharpness") -> ReadingsTaken:
    """As an agent tells it."""
    said = {
        DRIFT_METRIC: worst,
        f"{DRIFT_METRIC}_brightness": 0.02,
        f"{DRIFT_METRIC}_{of}": worst,
        DRIFT_PICTURES_METRIC: 500.0,
    }
    readings = tuple(
        Reading(device="scanner-1", metric=metric, value=value, unit="/", observed_at=at(seconds))
        for metric, value in said.items()
    )
    return ReadingsTaken(readings=readings)
