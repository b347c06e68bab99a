"""The command center: everything wired, and three tasks beside each other until cancelled.

feed ◀══ changes, readings ══ gateway
│
board ─▶ live ══ websocket ══▶ browsers ── POST ─▶ acts ─▶ outbox ─▶ uplink ══▶ gateway
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from command_center import api, server
from command_center.acts import Acts
from command_center.addresses import networks
from command_center.alert_log import AlertLog
from command_center.alert_topics import AlertTopics
from command_center.audience import Listeners
from command_center.audit import Audit
from command_center.config import Config
from command_center.cursor import Cursor
from command_center.exports import Exports
from command_center.feed import Feed
from command_center.follower import Follower
from command_center.guard import App
from command_center.live import Live
from command_center.metrics import Metrics
from command_center.officers import Officers
from command_center.pictures import Pictures
from command_center.posts import parse
from command_center.projection import Projection
from command_center.silence import Silence
from command_center.subscribers import Subscribers
from command_center.tokens import SAVE_S, Tokens
from command_center.webhooks import Patience, Webhooks
from contract.clock import Clock
from contract.delivery import uplink
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.folder import held
from contract.link import Dial, Rejected, Unavailable
from contract.messages import OfficeChanged, OfficerActed
from contract.signing import KEY_BYTES, Key

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """It listens: where, and while nobody can sign in the one-time link of the first officer."""

    url: str
    first_link: str | None
    """A secret: for a terminal, never for a log."""


async def run(
    config: Config, dial: Dial, *, clock: Clock, ready: Callable[[Ready], None] | None = None
) -> None:
    """Serve until cancelled.

    Needs `key` and `gateway.pub` in the state directory, as an enrolment leaves them. Raises
    `Rejected` with a sentence for what only a person can change.
    """
    gateway_key = _gateway_key(config.state / "gateway.pub")
    # The port first: a second start of the same command center must touch nothing.
    with server.listen(config.host, config.port) as listener, _alone(config.state):
        async with _opened(config, gateway_key, clock) as parts:
            url = config.public_url.rstrip("/") or server.url_of(listener)
            token = await parts.officers.first_link()
            facts = uplink.Facts(version=_version())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.serve(parts.app, listener), name="command center: web")
                tasks.create_task(parts.live.tick(), name="command center: tick")
                tasks.create_task(parts.feed.run(dial), name="command center: feed")
                tasks.create_task(parts.alert_log.run(), name="command center: alert log")
                tasks.create_task(parts.webhooks.run(), name="command center: webhooks")
                tasks.create_task(parts.exports.run(), name="command center: exports")
                if parts.topics is not None:
                    saying = parts.topics.run(dial, config.me)
                    tasks.create_task(saying, name="command center: alert topics")
                tasks.create_task(_keep(parts, clock), name="command center: alert streams")
                saying = uplink.run(
                    parts.outbox,
                    dial,
                    gateway_key=gateway_key,
                    facts=lambda: facts,
                    alive=tuple,
                    clock=clock,
                )
                tasks.create_task(saying, name="command center: uplink")
                _log.info("command center listens on %s", url)
                if ready is not None:
                    ready(Ready(url, f"{url}/first?token={token}" if token else None))


@dataclass(frozen=True, slots=True)
class _Parts:
    app: App
    feed: Feed
    live: Live
    officers: Officers
    outbox: Outbox
    acts: Acts
    alert_log: AlertLog
    tokens: Tokens
    webhooks: Webhooks
    topics: AlertTopics | None
    exports: Exports


@asynccontextmanager
async def _opened(config: Config, gateway_key: bytes, clock: Clock) -> AsyncIterator[_Parts]:
    """Everything that holds a file, and what stands on it; closed in the opposite order."""
    state, gateway = config.state, config.gateway_source
    async with AsyncExitStack() as stack:
        officers = await stack.enter_async_context(
            Officers.open(state / "officers.sqlite", clock=clock)
        )
        key = Key.load_or_make(state / "key")
        outbox = await stack.enter_async_context(
            Outbox.open(state / "outbox.sqlite", source=config.me, key=key, clock=clock)
        )
        projection = await stack.enter_async_context(Projection.open(state / "board.sqlite"))
        board, head, heard_at = await projection.load(gateway=gateway, gateway_key=gateway_key)
        live = Live(board=board, who=officers.who, clock=clock, places=config.posts)

        async def say(message: OfficerActed | OfficeChanged) -> None:
            await outbox.say(Said(message))

        acts = await stack.enter_async_context(
            Acts.open(state / "acts.sqlite", say=say, told=live.acted)
        )
        for alert in board.snapshot().alerts:
            acts.seen(alert)
        alert_log = await stack.enter_async_context(
            AlertLog.open(state / "alerts.sqlite", head=Cursor(head.epoch, head.number))
        )
        tokens = await stack.enter_async_context(
            Tokens.open(state / "tokens.sqlite", officer=officers.active, clock=clock)
        )
        subscribers = await stack.enter_async_context(
            Subscribers.open(state / "subscribers.sqlite", clock=clock)
        )
        audit = await stack.enter_async_context(
            Audit.open(state / "audit.sqlite", say=say, clock=clock)
        )
        topics = await _topics(stack, config, alert_log, clock)
        webhooks = Webhooks(
            subscribers=subscribers,
            log=alert_log,
            clock=clock,
            allowed=networks(config.webhook_networks),
            patience=Patience(limit=timedelta(hours=config.webhook_give_up_h)),
            me=str(config.me),
        )
        audience = Listeners(live, acts, alert_log, outbox)
        feed = Feed(
            me=config.me,
            gateway=gateway,
            gateway_key=gateway_key,
            follower=Follower(board=board, head=head, projection=projection, audience=audience),
            silence=Silence(now_ns=clock.monotonic_ns(), heard_at=heard_at),
            screens=live,
            clock=clock,
        )
        live.join_up(acts=acts.shown, gateway=lambda: feed.state, watch=feed.watch)
        counted = Metrics(
            board=board,
            live=live,
            acts=acts,
            feed=feed,
            outbox=outbox,
            subscribers=subscribers,
            topics=topics,
        )
        exports = Exports(state / "exports", ask=feed.ask, audit=audit, clock=clock)
        app = api.build(
            api.Parts(
                board=board,
                live=live,
                acts=acts,
                officers=officers,
                pictures=Pictures(
                    state / "pictures", ask=feed.ask, bytes_max=config.pictures_bytes_max
                ),
                ask=feed.ask,
                alert_log=alert_log,
                tokens=tokens,
                webhooks=webhooks,
                topics=topics,
                audit=audit,
                exports=exports,
                clock=clock,
                public_url=config.public_url,
                collect=counted.collect,
            )
        )
        yield _Parts(
            app, feed, live, officers, outbox, acts, alert_log, tokens, webhooks, topics, exports
        )


async def _topics(
    stack: AsyncExitStack, config: Config, log: AlertLog, clock: Clock
) -> AlertTopics | None:
    if not config.alert_topics.enabled:
        return None
    opening = AlertTopics.open(
        config.state / "alert-topics.sqlite",
        log=log,
        posts=parse(config.alert_topics.posts),
        clock=clock,
    )
    return await stack.enter_async_context(opening)


async def _keep(parts: _Parts, clock: Clock) -> None:
    """Every half minute what has no hurry; when all ends, let the alert streams go at once."""
    try:
        while True:
            await clock.sleep(SAVE_S)
            try:
                await parts.tokens.save()
                await parts.acts.age()
            except Unavailable as error:
                _log.warning("command center: %s", error)
    finally:
        parts.alert_log.end()


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the state directory; two would say acts under the same numbers."""
    with held(state) as is_ours:
        if not is_ours:
            raise Rejected(f"another command center is running on {state}")
        yield


def _gateway_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Rejected(
            f"this command center is not enrolled ({path} holds no key of a gateway): make a code "
            "with `greenlane gateway code`, then enter it with `greenlane command-center enroll`"
        )
    return key


def _version() -> str:
    try:
        return version("greenlane")
    except PackageNotFoundError:
        return "0"
