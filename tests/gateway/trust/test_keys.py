"""Keys that change while everything runs: rotated by the box, revoked at the gateway, stolen."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.clock import stamp
from contract.delivery.certificate import Papers, renew
from contract.delivery.enrolment import enrol
from contract.delivery.outbox import Outbox
from contract.identifiers import Source
from contract.link import Packet, Rejected, Unavailable
from contract.messages import (
    AgentChanged,
    KeyRevoked,
)
from contract.signing import Key
from edge.identity import rotate
from gateway.entry import Draft
from gateway.journal.journal import Outcome, entries
from gateway.trust.revoking import Wish, wish
from tests.gateway.intake.sent import KEY, SOURCE, gateway
from tests.gateway.trust.post import BOX, Post, found
from tests.support.virtual import run_virtually


def test_a_box_goes_on_with_another_key(tmp_path: Path) -> None:
    """What it said with the old one is kept whenever it comes; anything new of the old is not."""

    async def main() -> None:
        post = Post(tmp_path)
        async with post.gateway():
            async with post.agent("lane-1") as outbox:
                await outbox.say(found("first"))
                await asyncio.sleep(3)
            old = Key.load_or_make(post.state.key)
            await said_while_away(post, old, "second")
            Key.load_or_make(post.state.next_key)
            await rotate(BOX, post.state, clock=post.clock)
            new = Key.load_or_make(post.state.key)
            assert new.keyid != old.keyid
            assert not post.state.next_key.exists()
            async with post.agent("lane-1", is_new=False) as outbox:
                await outbox.say(found("third"))
                await asyncio.sleep(30)
                assert post.devices() == {"first": 1, "second": 1, "third": 1}
                assert await post.status() == "complete"
                twin = [c for c in await post.changes() if isinstance(c, AgentChanged)][-1]
                assert twin.public_key == new.public
            await post.steal(old, "stolen")
            assert "stolen" not in post.devices()
            assert "signed with a key that this source has replaced" in post.quarantined()
        async with post.gateway():  # and it is known after a restart
            await post.steal(old, "stolen again")
            assert "stolen again" not in post.devices()

    run_virtually(main())


async def said_while_away(post: Post, key: Key, name: str) -> None:
    """The box says something into its outbox, and is switched off before anybody hears."""
    opened = Outbox.open(post.state.outbox, source=BOX, key=key, clock=post.clock)
    async with opened as outbox:
        await outbox.say(found(name))


def test_a_power_cut_in_the_middle_of_a_rotation_changes_nothing(tmp_path: Path) -> None:
    """It is said once, and the key that follows is the one that was named."""

    async def main() -> None:
        post = Post(tmp_path)
        async with post.gateway():
            async with post.agent("lane-1") as outbox:
                await outbox.say(found("first"))
                await asyncio.sleep(2)
            old = Key.load_or_make(post.state.key)
            new = Key.load_or_make(post.state.next_key)
            opened = Outbox.open(post.state.outbox, source=BOX, key=old, clock=post.clock)
            async with opened as outbox:
                await outbox.call(outbox.end.rotate, new, stamp(post.clock))
            await rotate(BOX, post.state, clock=post.clock)  # the next start
            async with post.agent("lane-1", is_new=False) as outbox:
                await outbox.say(found("second"))
                await asyncio.sleep(30)
            said = [one for one in entries(post.journal) if one.type == "key.rotated"]
            assert len(said) == 1
            assert post.devices() == {"first": 1, "second": 1}

    run_virtually(main())


def heard_of(post: Post, name: str) -> list[str]:
    """Everything that a box says from now on, by its topic."""
    said: list[str] = []

    def note(packet: Packet, client_id: str) -> tuple[float, ...]:
        if client_id.startswith("KEMBA-gateway") and f"/{name}/" in packet.topic:
            said.append(packet.topic)
        return (0.0,)

    post.hub.fault = note
    return said


def test_a_revoked_box_says_again_what_nobody_kept(tmp_path: Path) -> None:
    """From the entry on nothing counts; the box is told, keeps everything, and enrols anew."""

    async def main() -> None:
        post = Post(tmp_path)
        async with post.gateway():
            async with post.agent("lane-1") as outbox:
                await outbox.say(found("before"))
                await asyncio.sleep(3)
                post.revoke()
                await asyncio.sleep(3)
                await outbox.say(found("after"))
                await asyncio.sleep(30)
                assert outbox.end.is_revoked
                assert post.devices() == {"before": 1}
                said = heard_of(post, "lane-1")
                await asyncio.sleep(400)
                assert not said, "a revoked box has hung up"
                await asyncio.sleep(400)
                assert len(said) == 1, "but asks now and then whether that still holds"
            [alert] = await post.alerts("revoked_key_speaks")
            assert alert.severity == "critical"
            assert "the box was stolen" in alert.detail
            assert not await post.alerts("strangers_knock")
            await post.enrol_anew()
            async with post.agent("lane-1", is_new=False) as outbox:
                await outbox.say(found("anew"))
                await asyncio.sleep(60)
                assert not outbox.end.is_revoked
                assert post.devices() == {"before": 1, "after": 1, "anew": 1}
                assert await post.status() in ("complete", "declared lost")
        [revoked] = [one.message for one in entries(post.journal) if one.type == KeyRevoked.type]
        assert isinstance(revoked, KeyRevoked)
        assert revoked.reason == "the box was stolen"

    run_virtually(main())


def test_a_thief_with_a_revoked_key_does_not_disturb_the_box(tmp_path: Path) -> None:
    """The box has another key by then: it is heard as before, and the thief is an alert."""

    async def main() -> None:
        post = Post(tmp_path)
        async with post.gateway():
            async with post.agent("lane-1"):
                await asyncio.sleep(2)
            stolen = Key.load_or_make(post.state.key)
            post.revoke()
            await asyncio.sleep(3)
            code = await post.code()
            with pytest.raises(Rejected, match="revoked"):
                await enrol(post.hub.dial, source=BOX, key=stolen, code=code, clock=post.clock)
            await post.enrol_anew()
            async with post.agent("lane-1", is_new=False) as outbox:
                await post.steal(stolen, "stolen")
                await outbox.say(found("mine"))
                await asyncio.sleep(10)
                assert not outbox.end.is_revoked
                assert post.devices() == {"mine": 1}
                assert len(await post.alerts("revoked_key_speaks")) == 1
            with pytest.raises(Rejected, match="revoked"):
                await renew(
                    *(post.hub.dial, Papers(tmp_path / "tls")),
                    source=BOX,
                    key=stolen,
                    gateway_key=bytes.fromhex(post.state.gateway.read_text()),
                    clock=post.clock,
                )

    run_virtually(main())


def test_a_wish_that_came_while_the_gateway_was_away_holds_from_its_start(tmp_path: Path) -> None:
    """Nothing of the box is kept after it."""

    async def main() -> None:
        post = Post(tmp_path)
        async with post.gateway(), post.agent("lane-1") as outbox:
            await outbox.say(found("before"))
            await asyncio.sleep(3)
        path = post.revoke()
        async with post.gateway(), post.agent("lane-1", is_new=False) as outbox:
            await asyncio.sleep(3)
            assert not path.exists()
            await outbox.say(found("after"))
            await asyncio.sleep(10)
            assert post.devices() == {"before": 1}

    run_virtually(main())


def test_a_wish_waits_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key counts no more from the wish on; the entry follows, or the next start sees to it."""
    wanted = Wish(source=Source(SOURCE), reason="the box was stolen", by="admin")

    async def main() -> None:
        async with gateway(tmp_path) as parts, asyncio.TaskGroup() as tasks:
            path = wish(tmp_path, wanted)

            async def full(_drafts: Sequence[Draft]) -> list[Outcome]:
                raise Unavailable("the disk is full")

            with monkeypatch.context() as patch:
                patch.setattr(parts.journal, "append", full)
                running = tasks.create_task(parts.trust.revoking.run())
                await asyncio.sleep(5)
                assert path.exists()
                assert not parts.trust.keys.counting(SOURCE)
            await asyncio.sleep(5)
            assert not path.exists()
            running.cancel()

    run_virtually(main())
    said = [one.message for one in entries(tmp_path / "journal.sqlite")]
    [revoked] = [one for one in said if isinstance(one, KeyRevoked)]
    assert (revoked.keyid, revoked.reason) == (KEY.keyid, "the box was stolen")


def test_two_boxes_with_one_key_are_found(tmp_path: Path) -> None:
    """A card was copied, and both boxes speak: nothing is lost, and it is an alert."""

    async def main() -> None:
        post = Post(tmp_path)
        async with post.gateway():
            async with post.agent("lane-1") as outbox:
                await outbox.say(found("first"))
                await asyncio.sleep(2)
            copy = Post(tmp_path / "copy", hub=post.hub, clock=post.clock)
            copy.state.path.mkdir(parents=True)
            for file in post.state.path.iterdir():
                (copy.state.path / file.name).write_bytes(file.read_bytes())
            async with (
                post.agent("lane-1", is_new=False) as mine,
                copy.agent("lane-1", is_new=False) as theirs,
            ):
                for round_ in range(3):
                    await mine.say(found(f"mine-{round_}"))
                    await theirs.say(found(f"theirs-{round_}"))
                    await asyncio.sleep(15)
            [alert] = await post.alerts("agent_doubled")
            assert alert.severity == "critical"
            assert sum(post.devices().values()) == 7

    run_virtually(main())
