"""Tells the judge when checkpoints are not signed or cosigned for long, and when they are again."""

import logging
from collections.abc import Sequence
from typing import Final

from contract.clock import Clock
from contract.link import Unavailable
from contract.messages import NotaryChanged
from gateway.journal.journal import Journal
from gateway.notary.standing import Standing
from gateway.voice import Voice

LOOK_EVERY_S: Final = 15.0
DROPPED: Final = "The configuration names it no more."
_log: Final = logging.getLogger(__name__)


async def watch(
    standings: Sequence[Standing], journal: Journal, *, voice: Voice, clock: Clock, late_s: float
) -> None:
    """An entry of the gateway's own each time that one turns, until cancelled; none while all sign.

    ``late_s``: so long a checkpoint may wait.
    """
    said = [entry.message for entry in await journal.own(NotaryChanged.type)]
    told = {one.witness: one.is_well for one in said if isinstance(one, NotaryChanged)}
    named = {one.name for one in standings}
    dropped = [Standing(name, clock) for name in told if name not in named]
    for one in dropped:
        one.reason = DROPPED
    while True:
        for one in (*standings, *dropped):
            is_well = one.is_well(late_s)
            # After a start nothing waits for long yet: that shows nothing until one was signed.
            is_sure = not is_well or one.signed > 0 or one in dropped
            if told.get(one.name, True) == is_well or not is_sure:
                continue
            if await _tell(_said(one, clock, is_well=is_well), journal, voice):
                told[one.name] = is_well
        await clock.sleep(LOOK_EVERY_S)


def _said(one: Standing, clock: Clock, *, is_well: bool) -> NotaryChanged:
    since = one.since or clock.utc_now()
    return NotaryChanged(
        witness=one.name, is_well=is_well, since=since, size=one.size, reason=one.reason
    )


async def _tell(changed: NotaryChanged, journal: Journal, voice: Voice) -> bool:
    """Note it in the journal; whether that was done."""
    try:
        await journal.append([voice.say(changed)])
    except Unavailable as error:
        _log.warning("not noted in the journal, %s: %s", changed.type, error)
        return False
    whose = changed.witness or "the gateway"
    if changed.is_well:
        _log.info("%s signs again", whose)
    else:
        _log.error("%s signs no checkpoints: %s", whose, changed.reason or "no answer yet")
    return True
