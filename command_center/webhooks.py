"""Delivers alerts to subscribers by webhook, signed; each has its own task, position and patience.

    alert log ─▶ one at a time, in order ─▶ POST ─▶ 2xx: the next
                       ▲                     └────▶ else: wait (doubling, with jitter), same again
                       └── until it was in vain for `Patience.limit`: disabled, with the reason

At least once: a delivery whose answer was lost comes again under the same `webhook-id`.
"""

import asyncio
import logging
import secrets
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

import httpcore
import msgspec
from msgspec.structs import replace

from command_center.addresses import Guarded, Network
from command_center.alert_log import AlertLog
from command_center.alert_rows import Entry, Pruned
from command_center.standard_webhooks import headers
from command_center.subscribers import SUBSCRIBERS_MAX, Subscriber, Subscribers
from contract.clock import Clock
from contract.link import Unavailable
from contract.lookup import Lookups
from contract.messages import AlertChanged, Refused, Severity, Unreadable, read

REST_S_MAX: Final = 1.0
"""Spent on what follows a status, so that the connection can be used again; else it is closed."""
CONNECT_S_MAX: Final = 5.0
IDLE_MAX: Final = 20
"""Connections that are kept open for the next delivery."""
SIFTED_MAX: Final = 100
"""Changes that are looked at in one step for who wants the severe ones only."""
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low")
STORE_RETRY_S: Final = 10.0
DOUBLINGS_MAX: Final = 20
TYPE: Final = b"application/cloudevents+json; charset=utf-8"

TEST_TYPE: Final = "io.greenlane.subscriber.test"

_log: Final = logging.getLogger(__name__)
_dice: Final = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, for an answer and between tries, and when to give up."""

    answer_s: float = 15.0
    first_s: float = 5.0
    most_s: float = 3_600.0
    limit: timedelta = timedelta(days=3)

    def wait_s(self, tries: int, asked_s: float) -> float:
        """After so many tries; ``asked_s`` is what the receiver asked for."""
        doubled = min(self.most_s, self.first_s * float(1 << min(tries - 1, DOUBLINGS_MAX)))
        return max(doubled * _dice.uniform(0.5, 1.0), min(asked_s, self.most_s))


class _Outcome(NamedTuple):
    kind: Literal["delivered", "failed", "gone"]
    reason: str = ""
    asked_s: float = 0.0


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a test."""

    is_taken: bool
    reason: str
    took_ms: float


class Webhooks:
    """`run` until cancelled; `restart` after a subscriber was added, changed or removed."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        log: AlertLog,
        clock: Clock,
        allowed: Sequence[Network] = (),
        patience: Patience | None = None,
        me: str = "/command-center",
        lookups: Lookups | None = None,
    ) -> None:
        self.subscribers: Final = subscribers
        self.allowed: Final = allowed
        self._log: Final = log
        self._clock: Final = clock
        self._patience: Final = patience or Patience()
        self._me: Final = me
        self._lookups: Final = lookups or Lookups()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed: Final = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with self._pool(SUBSCRIBERS_MAX) as pool, asyncio.TaskGroup() as tasks:
            while True:
                self._changed.clear()
                for one in self.subscribers.all():
                    if one.state != "disabled" and one.id not in self._tasks:
                        tending = self._tend(one.id, pool)
                        self._tasks[one.id] = tasks.create_task(tending, name=f"webhook {one.id}")
                await self._changed.wait()

    def restart(self, id_: str) -> None:
        """Take up anew what is known of this subscriber."""
        if task := self._tasks.pop(id_, None):
            task.cancel()
        self._changed.set()

    async def _tend(self, id_: str, pool: httpcore.AsyncConnectionPool) -> None:
        while (one := self.subscribers.get(id_)) and one.state != "disabled":
            try:
                await self._step(one, pool)
            except Unavailable as error:
                _log.warning("webhook %s: %s", id_, error)
                await self._clock.sleep(STORE_RETRY_S)

    async def _step(self, one: Subscriber, pool: httpcore.AsyncConnectionPool) -> None:
        if one.next_try_at is not None:
            wait = one.next_try_at - self._clock.utc_now()
            await self._clock.sleep(max(0.0, wait.total_seconds()))
        if one.position > self._log.last:
            # The log is a new one: nothing in it was delivered.
            one = replace(one, position=self._log.first - 1)
        await self._log.moved(one.position)
        if self._log.is_ended:
            await asyncio.Event().wait()
        try:
            limit = 1 if one.at_least == "low" else SIFTED_MAX
            found, position = await self._log.after(one.position, one.posts, limit)
        except Pruned:
            upto = self._log.first - 1
            skipped = one.skipped + upto - one.position
            _log.warning("webhook %s: changes were pruned before it took them", one.id)
            await self.subscribers.put(replace(one, position=upto, skipped=skipped))
            return
        entry = next((entry for entry in found if _is_wanted(one, entry)), None)
        if entry is None:
            await self.subscribers.put(replace(one, position=position))
            return
        # The hash of what the gateway signed: the same message has it for ever.
        outcome = await self._deliver(one, f"msg_{entry.hash[:32]}", entry.body, pool)
        await self.subscribers.put(self._after(one, entry, outcome))

    def _after(self, one: Subscriber, entry: Entry, outcome: _Outcome) -> Subscriber:
        now = self._clock.utc_now()
        match outcome.kind:
            case "delivered":
                if one.state == "failing":
                    _log.info("webhook %s is taken again", one.id)
                return replace(
                    one,
                    state="live",
                    reason="",
                    position=entry.position,
                    cursor=entry.cursor,
                    delivered=one.delivered + 1,
                    delivered_at=now,
                    tries=0,
                    failing_since=None,
                    next_try_at=None,
                )
            case "gone":
                _log.warning("webhook %s is disabled: %s", one.id, outcome.reason)
                return replace(one, state="disabled", reason=outcome.reason, next_try_at=None)
            case "failed":
                return self._failed(one, outcome, now)

    def _failed(self, one: Subscriber, outcome: _Outcome, now: datetime) -> Subscriber:
        since, tries = one.failing_since or now, one.tries + 1
        if now - since >= self._patience.limit:
            reason = f"Given up after {tries} tries since {since:%Y-%m-%d %H:%M} UTC: "
            _log.warning("webhook %s is disabled: %s", one.id, outcome.reason)
            return replace(
                one,
                state="disabled",
                reason=reason + outcome.reason,
                tries=tries,
                failing_since=since,
                next_try_at=None,
            )
        if one.state == "live":
            _log.warning("webhook %s fails: %s", one.id, outcome.reason)
        wait = timedelta(seconds=self._patience.wait_s(tries, outcome.asked_s))
        return replace(
            one,
            state="failing",
            reason=outcome.reason,
            tries=tries,
            failing_since=since,
            next_try_at=min(now + wait, since + self._patience.limit),
        )

    async def try_out(self, one: Subscriber, officer: str) -> Tried:
        """Send a test, once and now; what came of it changes nothing in how the subscriber stands.

        Its type is `TEST_TYPE`, signed and sent as an alert is.
        """
        id_ = secrets.token_hex(16)
        event = {
            "specversion": "1.0",
            "id": id_,
            "source": self._me,
            "type": TEST_TYPE,
            "time": self._clock.utc_now(),
            "datacontenttype": "application/json",
            "data": {"subscriber": one.id, "officer": officer},
        }
        began_ns = self._clock.monotonic_ns()
        async with self._pool(1) as pool:
            outcome = await self._deliver(one, f"msg_{id_}", msgspec.json.encode(event), pool)
        took_ms = (self._clock.monotonic_ns() - began_ns) / 1e6
        return Tried(
            is_taken=outcome.kind == "delivered", reason=outcome.reason, took_ms=round(took_ms, 1)
        )

    def _pool(self, connections_max: int) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=connections_max,
            max_keepalive_connections=min(connections_max, IDLE_MAX),
            keepalive_expiry=30.0,
            network_backend=Guarded(self.allowed, self._lookups),
        )

    async def _deliver(
        self, one: Subscriber, id_: str, body: bytes, pool: httpcore.AsyncConnectionPool
    ) -> _Outcome:
        secret = self.subscribers.secret(one.id)
        signed = headers(secret, id_=id_, at=self._clock.utc_now(), body=body)
        sent = [(name.encode(), value.encode()) for name, value in signed.items()]
        sent += [(b"content-type", TYPE), (b"user-agent", b"greenlane")]
        try:
            async with asyncio.timeout(self._patience.answer_s):
                return await _post(pool, one.url, sent, body)
        except TimeoutError:
            return _Outcome("failed", f"No answer within {self._patience.answer_s:g} s.")
        except (
            *(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError),
            *(httpcore.UnsupportedProtocol, OSError),
        ) as error:
            return _Outcome("failed", f"Cannot be reached: {error or type(error).__name__}"[:500])


def _is_wanted(one: Subscriber, entry: Entry) -> bool:
    if entry.kind == "gap" or one.at_least == "low":
        return entry.kind == "alert"
    try:
        message = read(entry.body).message()
    except (Unreadable, Refused):
        # Of a version that knew more than this one: rather too much than too little.
        return True
    if not isinstance(message, AlertChanged):
        return True
    return SEVERITIES.index(message.alert.severity) <= SEVERITIES.index(one.at_least)


async def _post(
    pool: httpcore.AsyncConnectionPool,
    url: str,
    sent: list[tuple[bytes, bytes]],
    body: bytes,
) -> _Outcome:
    # A redirect is not followed: it would lead where nobody checked.
    timeouts = {"timeout": {"connect": CONNECT_S_MAX}}
    async with pool.stream("POST", url, headers=sent, content=body, extensions=timeouts) as answer:
        await _read_rest(answer)
        return _outcome(answer)


async def _read_rest(answer: httpcore.Response) -> None:
    """The status has said all: whatever is wrong with the rest, nothing is said again for it."""
    with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout(REST_S_MAX):
            async for _ in answer.aiter_stream():
                pass


def _outcome(answer: httpcore.Response) -> _Outcome:
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
        return _Outcome("delivered")
    if status == 410:  # noqa: PLR2004 - HTTP's own
        return _Outcome("gone", "The receiver says that it is gone (410).")
    said = dict(answer.headers).get(b"retry-after", b"").decode("latin-1")
    asked_s = float(said) if said.isdecimal() and said.isascii() else 0.0
    return _Outcome("failed", f"The receiver answered {status}.", asked_s)
