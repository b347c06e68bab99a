"""What a command center tells a monitor: its board, its screens, and what waits to be said."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from command_center.acts import Acts
from command_center.alert_topics import AlertTopics
from command_center.board import Board
from command_center.feed import Feed
from command_center.live import Live
from command_center.subscribers import Subscribers
from contract.delivery import metrics as outbox_metrics
from contract.delivery.outbox import Outbox
from contract.metrics import Family, counter, gauge, labelled

Collect = Callable[[], Awaitable[Iterable[Family]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What is counted."""

    board: Board
    live: Live
    acts: Acts
    feed: Feed
    outbox: Outbox
    subscribers: Subscribers
    topics: AlertTopics | None = None

    async def collect(self) -> Iterable[Family]:
        """All families, as of now."""
        alerts = self.board.snapshot().alerts
        opened = Counter(alert.rule for alert in alerts if alert.state != "closed")
        acts = Counter[str](act.state for act in self.acts.shown())
        hooks = Counter[str](one.state for one in self.subscribers.all())
        return [
            gauge("websocket_clients", "Screens that follow the board.", self.live.screens),
            gauge("board_number", "The last change on the board.", self.board.number),
            gauge("gateway_live", "1 while the gateway is heard.", self.feed.state.state == "live"),
            labelled("open_alerts", "gauge", "Alerts that are not closed.", "rule", opened),
            labelled("acts", "gauge", "Acts that are remembered, by state.", "state", acts),
            labelled("webhooks", "gauge", "Subscribers of alerts.", "state", hooks),
            *await outbox_metrics.collect(self.outbox),
            *self._topics(),
        ]

    def _topics(self) -> Iterable[Family]:
        if self.topics is None:
            return []
        is_live = self.topics.state == "live"
        said = self.topics.standing.published
        return [
            gauge("alert_topics_live", "1 while the broker passes alerts on.", is_live),
            counter("alert_topics_said", "Changes of alerts that were passed on.", said),
        ]
