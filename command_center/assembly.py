"""The parts of a command center, opened and joined, as they were at the last end."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from command_center import api
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
from command_center.projection import Projection, Stored
from command_center.silence import Silence
from command_center.subscribers import Subscribers
from command_center.tokens import Tokens
from command_center.webhooks import Patience, Webhooks
from contract.clock import Clock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.messages import OfficeChanged, OfficerActed
from contract.signing import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a running command center consists of."""

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
async def assembled(config: Config, gateway_key: bytes, clock: Clock) -> AsyncIterator[Parts]:
    """Open all that holds a file, and join what stands on it; closed in the opposite order."""
    async with _ground(config, gateway_key, clock) as ground:
        feed = _feed(ground, gateway_key)
        webhooks = _webhooks(ground)
        exports = Exports(config.state / "exports", ask=feed.ask, audit=ground.audit, clock=clock)
        ground.live.join_up(acts=ground.acts.shown, gateway=lambda: feed.state, watch=feed.watch)
        yield Parts(
            app=_app(ground, feed, webhooks, exports),
            feed=feed,
            live=ground.live,
            officers=ground.officers,
            outbox=ground.outbox,
            acts=ground.acts,
            alert_log=ground.alert_log,
            tokens=ground.tokens,
            webhooks=webhooks,
            topics=ground.topics,
            exports=exports,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What holds a file, and what shows it to browsers."""

    config: Config
    clock: Clock
    officers: Officers
    outbox: Outbox
    projection: Projection
    stored: Stored
    live: Live
    acts: Acts
    alert_log: AlertLog
    tokens: Tokens
    subscribers: Subscribers
    audit: Audit
    topics: AlertTopics | None


@asynccontextmanager
async def _ground(config: Config, gateway_key: bytes, clock: Clock) -> AsyncIterator[_Ground]:
    state, me, key = config.state, config.me, Key.load_or_make(config.state / "key")
    async with (
        Officers.open(state / "officers.sqlite", clock=clock) as officers,
        Outbox.open(state / "outbox.sqlite", source=me, key=key, clock=clock) as outbox,
        Projection.open(state / "board.sqlite") as projection,
        Tokens.open(state / "tokens.sqlite", officer=officers.active, clock=clock) as tokens,
        Subscribers.open(state / "subscribers.sqlite", clock=clock) as subscribers,
    ):
        stored = await projection.load(gateway=config.gateway_source, gateway_key=gateway_key)
        live = Live(board=stored.board, who=officers.who, clock=clock, places=config.posts)
        head = Cursor(stored.head.epoch, stored.head.number)
        say = partial(_say, outbox)
        async with (
            Acts.open(state / "acts.sqlite", say=say, told=live.acted) as acts,
            AlertLog.open(state / "alerts.sqlite", head=head) as alert_log,
            Audit.open(state / "audit.sqlite", say=say, clock=clock) as audit,
            _topics(config, alert_log, clock) as topics,
        ):
            for alert in stored.board.snapshot().alerts:
                acts.seen(alert)
            yield _Ground(
                config=config,
                clock=clock,
                officers=officers,
                outbox=outbox,
                projection=projection,
                stored=stored,
                live=live,
                acts=acts,
                alert_log=alert_log,
                tokens=tokens,
                subscribers=subscribers,
                audit=audit,
                topics=topics,
            )


async def _say(outbox: Outbox, message: OfficerActed | OfficeChanged) -> None:
    await outbox.say(Said(message))


def _topics(
    config: Config, log: AlertLog, clock: Clock
) -> AbstractAsyncContextManager[AlertTopics | None]:
    if not config.alert_topics.enabled:
        return nullcontext()
    return AlertTopics.open(
        config.state / "alert-topics.sqlite",
        log=log,
        posts=parse(config.alert_topics.posts),
        clock=clock,
    )


def _feed(on: _Ground, gateway_key: bytes) -> Feed:
    follower = Follower(
        board=on.stored.board,
        head=on.stored.head,
        projection=on.projection,
        audience=Listeners(on.live, on.acts, on.alert_log, on.outbox),
    )
    return Feed(
        me=on.config.me,
        gateway=on.config.gateway_source,
        gateway_key=gateway_key,
        follower=follower,
        silence=Silence(now_ns=on.clock.monotonic_ns(), heard_at=on.stored.heard_at),
        screens=on.live,
        clock=on.clock,
    )


def _webhooks(on: _Ground) -> Webhooks:
    return Webhooks(
        subscribers=on.subscribers,
        log=on.alert_log,
        clock=on.clock,
        allowed=networks(on.config.webhook_networks),
        patience=Patience(limit=timedelta(hours=on.config.webhook_give_up_h)),
        me=str(on.config.me),
    )


def _app(on: _Ground, feed: Feed, webhooks: Webhooks, exports: Exports) -> App:
    config = on.config
    counted = Metrics(
        board=on.stored.board,
        live=on.live,
        acts=on.acts,
        feed=feed,
        outbox=on.outbox,
        subscribers=on.subscribers,
        topics=on.topics,
    )
    return api.build(
        api.Parts(
            board=on.stored.board,
            live=on.live,
            acts=on.acts,
            officers=on.officers,
            pictures=Pictures(
                config.state / "pictures", ask=feed.ask, bytes_max=config.pictures_bytes_max
            ),
            ask=feed.ask,
            alert_log=on.alert_log,
            tokens=on.tokens,
            webhooks=webhooks,
            topics=on.topics,
            audit=on.audit,
            exports=exports,
            clock=on.clock,
            public_url=config.public_url,
            collect=counted.collect,
        )
    )
