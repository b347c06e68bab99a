"""Webhooks: signed, in order, patient, and none waits for another."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from command_center.change import Change
from command_center.webhooks import Patience
from contract.clock import SystemClock, stamp
from contract.links.memory import Hub
from contract.lookup import Lookups
from contract.messages import GENESIS, AlertChanged, Identity, SignedBytes, compose
from tests.command_center.delivering import HOME, Receiver, delivering
from tests.command_center.desk import WAIT_S, running
from tests.command_center.scripted import Gateway, alert
from tests.support.resolver import DeadResolver
from tests.support.scripted_gateway import EPOCH, GATEWAY

GONE = 410


@pytest.mark.anyio
async def test_an_outsider_verifies_what_the_command_center_delivers(tmp_path: Path) -> None:
    """From the gateway's change to the package of PyPI; the secret was told once."""
    gateway, receiver, hung = Gateway(Hub(), SystemClock()), Receiver(), Receiver(script=[0] * 9)
    async with gateway.running(), receiver.running(), hung.running():
        await gateway.tell(AlertChanged(alert=alert("a1")))
        async with running(tmp_path, gateway, networks=HOME) as desk:
            await desk.sign_in_first()
            await desk.until(1)
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
