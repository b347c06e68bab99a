"""Finds the signs of life around a moment in the journal, and answers what they tell of a device.

The reading thread does it; `coverage` decides.
"""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from contract.link import Rejected
from contract.messages import (
    AgentAlive,
    AgentBorn,
    CompletenessAsked,
    CompletenessTold,
    Refused,
    StreamLost,
    Unreadable,
    read,
)
from gateway.answers import coverage
from gateway.answers.coverage import Sign
from gateway.instant import microseconds
from gateway.journal.store import Store
from gateway.judge.ledger import SourceLedger
from gateway.judge.state import State

SPAN_MAX: Final = timedelta(days=366)
"""Time that one question may be about."""
APART_US: Final = 86_400_000_000
"""An agent's clock and the journal's are looked for no farther apart."""
LOOKED_AT_MAX: Final = 400
"""Signs of life after a moment that are read for one that promises enough: more than an hour."""
LOSSES_MAX: Final = 1_000
"""Declared losses of one source, the newest, that are looked through for reasons."""

_BEFORE: Final = """
SELECT position, body FROM entry WHERE source = :source AND sequence = 0 AND kind = 'kept'
  AND received_us BETWEEN :at - :apart AND :at + :apart AND observed_us <= :at AND length(body) > 0
ORDER BY received_us DESC LIMIT :limit
"""
_AFTER: Final = """
SELECT position, body FROM entry WHERE source = :source AND sequence = 0 AND kind = 'kept'
  AND received_us BETWEEN :at - :apart AND :at + :apart AND observed_us >= :at AND length(body) > 0
ORDER BY received_us LIMIT :limit
"""
_LATEST: Final = """
SELECT position, body FROM entry WHERE source = :source AND sequence = 0 AND kind = 'kept'
  AND length(body) > 0
ORDER BY received_us DESC LIMIT :limit
"""
_LOST: Final = """
SELECT body FROM entry WHERE source = ? AND type = 'stream.lost' ORDER BY position DESC LIMIT ?
"""


class _Around(NamedTuple):
    """The signs that bound a stretch."""

    before: Sign | None
    after: Sign | None


class Signs:
    """Answers whether everything is here."""

    def __init__(self, store: Store, state: Callable[[], State]) -> None:
        self._store: Final = store
        self._state: Final = state

    async def told(self, asked: CompletenessAsked) -> CompletenessTold:
        """The answer; raises `Rejected` for a question without one, and `Unavailable`."""
        _check(asked)
        agent = self._state().agents.get(asked.source)
        if agent is None:
            raise Rejected(f"No agent is called {asked.source}.")
        moments = _moments(asked)
        around, losses = await self._store.read(lambda at: _looked(at, asked, moments))
        mine = self._state().ledger.sources.get(asked.source, SourceLedger())
        stretches = [
            coverage.found(mine, start, end, before=one.before, after=one.after)
            for (start, end), one in zip(pairwise(moments), around, strict=True)
        ]
        before, after = around[0].before, around[-1].after
        whole = coverage.found(mine, asked.start, asked.end, before=before, after=after)
        return CompletenessTold(
            status=coverage.worst(stretches),
            reasons=coverage.reasons(agent, asked.device, whole, after=after, losses=losses),
            stretches=tuple(one.stretch for one in stretches),
            whole=whole.stretch,
        )


def _check(asked: CompletenessAsked) -> None:
    if asked.start >= asked.end:
        raise Rejected("The start has to come before the end.")
    if asked.end - asked.start > SPAN_MAX:
        raise Rejected(f"Ask about {SPAN_MAX.days} days at most.")


def _moments(asked: CompletenessAsked) -> list[datetime]:
    step = (asked.end - asked.start) / asked.steps
    return [*(asked.start + step * number for number in range(asked.steps)), asked.end]


def _looked(
    at: sqlite3.Connection, asked: CompletenessAsked, moments: list[datetime]
) -> tuple[list[_Around], list[StreamLost]]:
    around = [
        _Around(_before(at, asked.source, start), _after(at, asked, end))
        for start, end in pairwise(moments)
    ]
    losses = [
        message
        for (body,) in at.execute(_LOST, (asked.source, LOSSES_MAX))
        if isinstance(message := read(body).message(), StreamLost)
    ]
    return around, losses


def _before(at: sqlite3.Connection, source: str, moment: datetime) -> Sign | None:
    return next(_signs(at, _BEFORE, source, moment, 1), None)


def _after(at: sqlite3.Connection, asked: CompletenessAsked, moment: datetime) -> Sign | None:
    """The first that promises all up to a moment; the newest of all, if only that one does."""
    for query, limit in ((_AFTER, LOOKED_AT_MAX), (_LATEST, 1)):
        for sign in _signs(at, query, asked.source, moment, limit):
            if sign.has_said(asked.device, moment):
                return sign
    return None


def _signs(
    at: sqlite3.Connection, query: str, source: str, moment: datetime, limit: int
) -> Iterator[Sign]:
    names = {"source": source, "at": microseconds(moment), "apart": APART_US, "limit": limit}
    for row in at.execute(query, names):
        if (sign := _sign(*row)) is not None:
            yield sign


def _sign(position: int, body: bytes) -> Sign | None:
    try:
        event = read(body)
        message = event.message()
    except (Unreadable, Refused):
        return None
    if not isinstance(message, AgentAlive | AgentBorn):
        return None
    return coverage.sign_of(
        message, position=position, at=event.time, clock_error_ms=event.clockerrorms
    )
