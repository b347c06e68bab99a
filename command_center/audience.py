"""Who hears what the board takes, in one place: screens, subscribers, officers whose acts wait.

follower ─▶ Listeners ─┬─▶ live ─▶ browsers
                       ├─▶ alert log ─▶ streams, webhooks, topics
                       └─▶ acts: done, refused, or not known
"""

from typing import Final

from command_center.acts import Acts
from command_center.alert_log import AlertLog
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.live import Live
from contract.delivery.outbox import Outbox


class Listeners:
    """Who hears what the board takes: screens, subscribers, and acts that wait for an answer."""

    def __init__(self, live: Live, acts: Acts, alert_log: AlertLog, outbox: Outbox) -> None:
        self._live: Final = live
        self._acts: Final = acts
        self._alert_log: Final = alert_log
        self._outbox: Final = outbox
        self._is_new = False

    def changed(self, change: Change, *, is_streamed: bool) -> None:
        """See `follower.Audience`."""
        if is_streamed:
            self._live.changed(change)
        self._alert_log.took(change)
        self._acts.heard(change.message)

    def renewing(self, upto: Cursor) -> None:
        """See `follower.Audience`."""
        self._alert_log.renewing(upto)
        self._is_new = True

    def renewed(self) -> None:
        """See `follower.Audience`."""
        self._live.renewed()

    async def settle(self) -> None:
        """See `follower.Audience`."""
        await self._alert_log.flush()
        await self._acts.flush()
        if self._is_new:
            self._is_new = False
            waiting = await self._outbox.call(self._outbox.end.queues)
            if not any(queue.messages for queue in waiting):
                self._acts.doubt()
