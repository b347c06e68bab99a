"""What the command center knows: a fold of the gateway's changes with two verbs. Pure.

The feed applies, the live hub and the API take snapshots; `board.js` does the same in the browser.
"""

from collections import Counter, OrderedDict
from typing import Any, Final, NamedTuple

import msgspec

from contract.messages import (
    AgentChanged,
    Alert,
    AlertChanged,
    CompletenessChanged,
    JudgeChanged,
    Message,
    Scan,
    ScanChanged,
)

OPEN_ALERTS_MAX: Final = 10_000
"""Alerts that are not closed; the one that changed longest ago gives way and is counted."""
CLOSED_ALERTS_MAX: Final = 1_000
"""Closed alerts, those that changed last."""
SCANS_MAX: Final = 500
"""Scans, those that changed last."""
SOURCES_MAX: Final = 5_000
"""Agents, and completeness of as many sources."""


class Thing(NamedTuple):
    """What a change is about: of one thing only the latest change counts."""

    kind: str
    id: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All of it at one moment; each list is in the order of the last change."""

    epoch: str
    number: int
    alerts: tuple[Alert, ...]
    agents: tuple[AgentChanged, ...]
    completeness: tuple[CompletenessChanged, ...]
    scans: tuple[Scan, ...]
    judge: JudgeChanged | None
    left_out: int
    """Open alerts that found no room here; the gateway has them."""


def thing_of(message: Message | None) -> Thing | None:
    """What the change is about; none for what leaves no mark on the board."""
    match message:
        case AlertChanged():
            return Thing("alert", message.alert.id)
        case AgentChanged():
            return Thing("agent", message.source)
        case CompletenessChanged():
            return Thing("completeness", message.source)
        case ScanChanged():
            return Thing("scan", message.scan.id)
        case JudgeChanged():
            return Thing("judge", "")
        case _:
            return None


class Board:
    """Alerts, agents, completeness and scans as the gateway last told them."""

    def __init__(self, epoch: str = "", number: int = 0) -> None:
        self.epoch = epoch
        self.number = number
        self.judge: JudgeChanged | None = None
        self.left_out_by_post: Counter[str] = Counter()
        self._changed: dict[str, int] = {}
        self._open: OrderedDict[str, Alert] = OrderedDict()
        self._closed: OrderedDict[str, Alert] = OrderedDict()
        self._agents: OrderedDict[str, AgentChanged] = OrderedDict()
        self._completeness: OrderedDict[str, CompletenessChanged] = OrderedDict()
        self._scans: OrderedDict[str, Scan] = OrderedDict()

    @property
    def left_out(self) -> int:
        """Open alerts that found no room here."""
        return self.left_out_by_post.total()

    def apply(self, epoch: str, number: int, message: Message | None) -> tuple[Thing, ...]:
        """Take one change; the things that gave way to it.

        Whether it is the next one is `contiguity`'s question, not ours.
        """
        self.epoch, self.number = epoch, number
        match message:
            case AlertChanged():
                return self._take_alert(number, message.alert)
            case AgentChanged():
                return _keep("agent", self._agents, message.source, message, SOURCES_MAX)
            case CompletenessChanged():
                place = self._completeness
                return _keep("completeness", place, message.source, message, SOURCES_MAX)
            case ScanChanged():
                return _keep("scan", self._scans, message.scan.id, message.scan, SCANS_MAX)
            case JudgeChanged():
                self.judge = message
        return ()

    def forget(self) -> None:
        """Know nothing: what follows is all there is."""
        self.judge = None
        self.left_out_by_post.clear()
        self._changed.clear()
        for place in (self._open, self._closed, self._agents, self._completeness, self._scans):
            place.clear()

    def snapshot(self) -> Snapshot:
        """Everything, now."""
        return Snapshot(
            epoch=self.epoch,
            number=self.number,
            alerts=(*self._closed.values(), *self._open.values()),
            agents=tuple(self._agents.values()),
            completeness=tuple(self._completeness.values()),
            scans=tuple(self._scans.values()),
            judge=self.judge,
            left_out=self.left_out,
        )

    def alert(self, id_: str) -> Alert | None:
        """The alert of that id, if it is here."""
        return self._open.get(id_) or self._closed.get(id_)

    def changed_after(self, number: int) -> list[tuple[int, Alert]]:
        """Alerts whose last change has a later number than this, in its order."""
        later = ((n, self.alert(id_)) for id_, n in self._changed.items() if n > number)
        return sorted(((n, one) for n, one in later if one), key=lambda pair: pair[0])

    def agent(self, source: str) -> AgentChanged | None:
        """The agent of that source, if it is known."""
        return self._agents.get(source)

    def source_of(self, device: str) -> str | None:
        """Behind which agent a device stands; the one that changed last, should two name it."""
        for agent in reversed(self._agents.values()):
            if any(twin.device == device for twin in agent.devices):
                return agent.source
        return None

    def sources_of(self, device: str) -> list[str]:
        """Every agent that names this device."""
        return [
            agent.source
            for agent in self._agents.values()
            if any(twin.device == device for twin in agent.devices)
        ]

    def _take_alert(self, number: int, alert: Alert) -> tuple[Thing, ...]:
        self._changed[alert.id] = number
        is_closed = alert.state == "closed"
        (self._open if is_closed else self._closed).pop(alert.id, None)
        if is_closed:
            gone = _keep("alert", self._closed, alert.id, alert, CLOSED_ALERTS_MAX)
        else:
            oldest = next(iter(self._open.values()), alert)
            gone = _keep("alert", self._open, alert.id, alert, OPEN_ALERTS_MAX)
            self.left_out_by_post.update({oldest.post: len(gone)} if gone else {})
        for thing in gone:
            self._changed.pop(thing.id, None)
        return gone


def _keep(
    kind: str, place: OrderedDict[str, Any], id_: str, what: object, most: int
) -> tuple[Thing, ...]:
    place[id_] = what
    place.move_to_end(id_)
    if len(place) <= most:
        return ()
    return (Thing(kind, place.popitem(last=False)[0]),)
