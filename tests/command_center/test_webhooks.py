"""Webhooks: signed, in order, patient, and none waits for another."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from command_center.addresses import networks
from command_center.alert_log import AlertLog
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.subscribers import Subscriber, Subscribers
from command_center.webhooks import Patience, Webhooks
from contract.clock import SystemClock, stamp
from contract.links.memory import Hub
from contract.lookup import Lookups
from contract.messages import GENESIS, AlertChanged, Identity, SignedBytes, compose
from tests.command_center.desk import WAIT_S, running
from tests.command_center.scripted import Gateway, alert
from tests.command_center.test_alert_log import change
from tests.command_center.test_streams import until
from tests.support.resolver import DeadResolver
from tests.support.scripted_gateway import EPOCH, GATEWAY

HOME = ("127.0.0.0/8",)
QUICK = Patience(answer_s=5, first_s=0.01, most_s=0.05, limit=timedelta(hours=1))
GONE = 410


@dataclass
class Receiver:
    """A program of somebody else, over a real socket; answers what the script says, then 204."""

    script: list[int] = field(default_factory=list)
    """Statuses of the answers to come; 0 never answers."""
    extra: str = ""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Ids of the deliveries that were answered otherwise."""
    url: str = ""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer until left."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?x=1"
        try:
            yield
        finally:
            server.close()
            for writer in self.writers:
                writer.transport.abort()
            async with asyncio.timeout(WAIT_S):
                while self.writers:
                    await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                pairs = (line.split(": ", 1) for line in head[1:] if line)
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers["content-length"]))
                assert head[0] == "POST /hook?x=1 HTTP/1.1"
                status = self.script.pop(0) if self.script else 204
                if status == 0:
                    await reader.read()
                    return
                if status == 204:
                    self.taken.append((headers, body))
                else:
                    self.refused.append(headers["webhook-id"])
                end = "\r\n" if status == 204 else "Content-Length: 2\r\n\r\nno"
                writer.write(f"HTTP/1.1 {status} x\r\n{self.extra}{end}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            self.writers.remove(writer)


@dataclass
class Scene:
    """A log, subscribers, and their deliveries."""

    log: AlertLog
    subscribers: Subscribers
    webhooks: Webhooks

    async def add(self, url: str, *posts: str) -> tuple[Subscriber, str]:
        """A subscriber from the beginning on."""
        added = await self.subscribers.add(
            name="a", url=url, posts=posts or ("*",), officer="admin", position=0
        )
        self.webhooks.restart(added[0].id)
        return added

    async def say(self, *numbers: int, post: str = "KEMBA") -> None:
        """Changes of alerts."""
        for number in numbers:
            self.log.took(change(number, post=post))
        await self.log.flush()

    async def until(self, id_: str, is_so: Callable[[Subscriber], bool]) -> Subscriber:
        """How it stands once that is so."""
        async with asyncio.timeout(WAIT_S):
            while True:
                one = self.subscribers.get(id_)
                if one is not None and is_so(one):
                    return one
                await asyncio.sleep(0.01)


@asynccontextmanager
async def delivering(
    path: Path,
    *,
    patience: Patience = QUICK,
    allowed: Sequence[str] = HOME,
    kept_max: int = 1_000,
    lookups: Lookups | None = None,
) -> AsyncIterator[Scene]:
    """Deliver until left."""
    clock = SystemClock()
    async with (
        AlertLog.open(path / "alerts.sqlite", head=Cursor(EPOCH, 0), kept_max=kept_max) as log,
        Subscribers.open(path / "subscribers.sqlite", clock=clock) as subscribers,
    ):
        webhooks = Webhooks(
            subscribers=subscribers,
            log=log,
            clock=clock,
            allowed=networks(allowed),
            patience=patience,
            lookups=lookups,
        )
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(webhooks.run(), name="webhooks")
            yield Scene(log, subscribers, webhooks)
            task.cancel()


@pytest.mark.anyio
async def test_an_outsider_verifies_what_the_command_center_delivers(tmp_path: Path) -> None:
    """From the gateway's change to the package of PyPI; the secret was told once."""
    gateway, receiver, hung = Gateway(Hub(), SystemClock()), Receiver(), Receiver(script=[0] * 9)
    async with gateway.running(), receiver.running(), hung.running():
        await gateway.tell(AlertChanged(alert=alert("a1")))
        async with running(tmp_path, gateway, networks=HOME) as desk:
            await desk.sign_in_first()
            await until(desk, 1)
            asked: dict[str, Any] = {"name": "their board", "posts": ["KEMBA"]}
            await desk.post("/api/subscribers", {**asked, "url": hung.url})
            made = (await desk.post("/api/subscribers", {**asked, "url": receiver.url})).json()
            assert "position" not in made["subscriber"]
            for number in range(2, 12):
                await gateway.tell(AlertChanged(alert=alert(f"a{number}")))
            async with asyncio.timeout(WAIT_S):
                while len(receiver.taken) < 10:
                    await asyncio.sleep(0.01)
                while True:
                    listed = (await desk.client.get("/api/subscribers")).json()["subscribers"]
                    if [(one["delivered"], one["lag_changes"]) for one in listed] == [
                        (0, 10),
                        (10, 0),
                    ]:
                        break
                    await asyncio.sleep(0.05)
            assert listed[0]["lag_s"] >= 0
            assert made["secret"] not in str(listed)
            assert listed[1]["cursor"] == f"{EPOCH}:11"
    hook = Webhook(made["secret"])
    told = [hook.verify(body, headers) for headers, body in receiver.taken]
    assert [one["data"]["alert"]["id"] for one in told] == [f"a{n}" for n in range(2, 12)]
    assert [body for _, body in receiver.taken] == [one.body for one in gateway.changes[1:]]
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 10


@pytest.mark.anyio
async def test_a_failure_is_tried_again_under_the_same_id_and_in_order(tmp_path: Path) -> None:
    """Errors, redirects, a broken connection: nothing is skipped, nothing overtakes."""
    receiver = Receiver(script=[500, 302, 429, 204, 503])
    async with receiver.running(), delivering(tmp_path) as s:
        one, _ = await s.add(receiver.url)
        await s.say(1, 2, 3)
        done = await s.until(one.id, lambda it: it.delivered == 3)
        assert (done.state, done.tries, done.reason, done.failing_since) == ("live", 0, "", None)
        ids = [headers["webhook-id"] for headers, _ in receiver.taken]
        assert receiver.refused == [ids[0]] * 3 + [ids[1]]
        assert [body for _, body in receiver.taken] == [b'{"n":1}', b'{"n":2}', b'{"n":3}']


@pytest.mark.anyio
async def test_what_fails_for_too_long_is_disabled_with_the_reason(tmp_path: Path) -> None:
    """It stays so over a restart, until somebody enables it: then it goes on where it stopped."""
    patience = Patience(answer_s=5, first_s=0.01, most_s=0.05, limit=timedelta(seconds=0.3))
    receiver = Receiver(script=[500] * 10_000)
    async with receiver.running():
        async with delivering(tmp_path, patience=patience) as s:
            one, secret = await s.add(receiver.url)
            await s.say(1, 2)
            failed = await s.until(one.id, lambda it: it.state == "disabled")
            assert failed.reason.startswith("Given up after")
            assert failed.reason.endswith("The receiver answered 500.")
            assert failed.tries >= 2
        receiver.script.clear()
        async with delivering(tmp_path, patience=patience) as s:
            (again,) = s.subscribers.all()
            assert (again.state, s.subscribers.secret(again.id)) == ("disabled", secret)
            await s.subscribers.put(
                msgspec.structs.replace(again, state="live", tries=0, failing_since=None)
            )
            s.webhooks.restart(again.id)
            done = await s.until(one.id, lambda it: it.delivered == 2)
            assert done.position == 2


@pytest.mark.anyio
async def test_a_receiver_that_is_gone_is_disabled_at_once(tmp_path: Path) -> None:
    """410 says so (Standard Webhooks)."""
    receiver = Receiver(script=[GONE])
    async with receiver.running(), delivering(tmp_path) as s:
        one, _ = await s.add(receiver.url)
        await s.say(1)
        gone = await s.until(one.id, lambda it: it.state == "disabled")
        assert "410" in gone.reason


@pytest.mark.anyio
async def test_a_private_address_is_never_connected_to(tmp_path: Path) -> None:
    """By number or by name: the receiver there hears nothing, and the reason is shown."""
    receiver = Receiver()
    async with receiver.running(), delivering(tmp_path, allowed=()) as s:
        for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
            one, _ = await s.add(url)
            await s.say(1)
            failing = await s.until(one.id, lambda it: it.state == "failing")
            assert "not public" in failing.reason
        assert receiver.taken == []


@pytest.mark.anyio
async def test_only_its_posts_are_delivered(tmp_path: Path) -> None:
    """And what is not its own does not hold it up."""
    receiver = Receiver()
    async with receiver.running(), delivering(tmp_path) as s:
        one, _ = await s.add(receiver.url, "GBLHR")
        await s.say(1, 2)
        await s.say(3, post="GBLHR")
        await s.until(one.id, lambda it: it.delivered == 1 and it.position == 3)
        assert [body for _, body in receiver.taken] == [b'{"n":3}']


@pytest.mark.anyio
async def test_what_was_pruned_before_its_turn_is_counted(tmp_path: Path) -> None:
    """A receiver away for too long is told the rest, and the number of what it missed is shown."""
    receiver = Receiver()
    async with receiver.running(), delivering(tmp_path, kept_max=10) as s:
        for start in range(1, 101, 10):
            await s.say(*range(start, start + 10))
        one, _ = await s.add(receiver.url)
        done = await s.until(one.id, lambda it: it.position == 100)
        assert done.skipped > 0
        assert done.skipped + done.delivered == 100


@pytest.mark.anyio
async def test_a_removed_subscriber_gets_nothing_more(tmp_path: Path) -> None:
    """Its task ends, and its secret is gone."""
    receiver = Receiver(script=[0])
    async with receiver.running(), delivering(tmp_path) as s:
        one, _ = await s.add(receiver.url)
        await s.say(1)
        async with asyncio.timeout(WAIT_S):
            while receiver.script:
                await asyncio.sleep(0.01)
        await s.subscribers.remove(one.id)
        s.webhooks.restart(one.id)
        await s.say(2)
        other, _ = await s.add(receiver.url)
        await s.until(other.id, lambda it: it.delivered == 2)
        assert len(receiver.taken) == 2
        assert [it.id for it in s.subscribers.all()] == [other.id]


@pytest.mark.parametrize(("tries", "low", "high"), [(1, 2.5, 5), (2, 5, 10), (40, 1_800, 3_600)])
def test_waits_double_up_to_an_hour_and_are_never_the_same(
    tries: int, low: float, high: float
) -> None:
    """Jitter spreads receivers that failed together; what a receiver asks for is heeded."""
    waits = [Patience().wait_s(tries, 0) for _ in range(50)]
    assert all(low <= wait <= high for wait in waits)
    assert len(set(waits)) > 1
    assert Patience().wait_s(tries, 3_000) >= min(3_000, high)
    assert Patience().wait_s(1, 1e9) == 3_600


@pytest.mark.anyio
async def test_who_wants_severe_alerts_gets_no_others(tmp_path: Path) -> None:
    """What is less severe is passed over and does not wait; the rest comes in order."""
    receiver = Receiver()
    async with receiver.running(), delivering(tmp_path) as scene:
        for number, severity in enumerate(("low", "high", "medium", "critical", "low"), start=1):
            one = msgspec.structs.replace(alert(f"a{number}"), severity=severity)
            message = AlertChanged(alert=one)
            identity = Identity(GATEWAY, "changes", EPOCH, number)  # type: ignore[arg-type]  # the gateway's own stream
            body = compose(
                message,
                source=GATEWAY,
                stamp=stamp(SystemClock()),
                identity=identity,
                previous=GENESIS,
            )
            signed = SignedBytes(body=body, keyid="key", sig=b"")
            scene.log.took(Change(EPOCH, number, "", f"h{number}", message, signed))
        await scene.log.flush()
        added, _ = await scene.subscribers.add(
            name="a", url=receiver.url, posts=("*",), officer="admin", position=0, at_least="high"
        )
        scene.webhooks.restart(added.id)
        await scene.until(added.id, lambda one: one.position == 5)
        taken = [msgspec.json.decode(body)["data"]["alert"]["id"] for _, body in receiver.taken]
        assert taken == ["a2", "a4"]


@pytest.mark.anyio
async def test_names_whose_resolver_is_dead_hold_up_nobody_else(tmp_path: Path) -> None:
    """Neither another name nor what else runs in threads; their own subscribers say what is so."""
    receiver, dead = Receiver(), DeadResolver()
    patience = Patience(answer_s=1, first_s=0.01, most_s=0.05)
    home = (*HOME, "::1/128")
    async with (
        receiver.running(),
        delivering(
            tmp_path, allowed=home, patience=patience, lookups=Lookups(dead.resolve)
        ) as scene,
    ):
        with dead:
            lost = [(await scene.add(f"http://dead-{n}.example/"))[0] for n in range(60)]
            await scene.say(1, 2, 3)
            await scene.until(lost[-1].id, lambda one: one.tries > 1)
            live, _ = await scene.add(receiver.url.replace("127.0.0.1", "localhost"))
            done = await scene.until(live.id, lambda one: one.position == 3)
            assert done.delivered == len(receiver.taken) == 3
            async with asyncio.timeout(WAIT_S):
                assert await asyncio.to_thread(int, "1") == 1
            assert dead.most_at_once == len(lost)  # each name once, however often it is tried
            one = await scene.until(lost[0].id, lambda one: one.tries > 1)
            assert (one.state, one.reason) == ("failing", "No answer within 1 s.")
