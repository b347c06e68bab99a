"""The feed believes the gateway's key, and nobody else."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from contract.ask import Asker, answer
from contract.link import Packet, Unavailable
from contract.links.memory import Hub
from contract.messages import (
    AlertChanged,
    ChangesAsked,
    ChangesTold,
    HistoryAsked,
)
from contract.signing import Key
from contract.topics import topic
from tests.command_center.listening import Scene, scene
from tests.command_center.scripted import ME, Gateway, agent, alert, readings
from tests.support.scripted_gateway import EPOCH, GATEWAY
from tests.support.virtual import START, VirtualClock, run_virtually


def test_what_the_gateways_key_did_not_sign_is_no_change(tmp_path: Path) -> None:
    """A forger on the broker may neither say a change nor keep the gateway alive."""

    async def play(s: Scene) -> None:
        forger = Gateway(Hub(), VirtualClock())
        forger.key = Key(b"f" * 32)
        for id_ in ("a1", "a2"):
            await forger.tell(AlertChanged(alert=alert(id_, title="Nothing to see")))
        for signed in forger.changes:
            await s.gateway.say(signed)
        await asyncio.sleep(0.1)
        assert [one.title for one in s.board.snapshot().alerts] == ["Seal opened"]
        assert s.screens.numbers == []

    scene(tmp_path, play)


def test_an_answer_that_the_gateway_did_not_sign_is_none(tmp_path: Path) -> None:
    """A forger who answers first, with an empty snapshot, blanks no screen; the truth comes."""

    async def play(s: Scene) -> None:
        s.gateway.answer_key = Key(b"f" * 32)
        other = Gateway(Hub(), VirtualClock())
        for id_ in ("x", "y", "z"):
            await other.tell(AlertChanged(alert=alert(id_)))
        # A hole: the feed has to ask, and only the forger answers.
        await s.gateway.tell(AlertChanged(alert=alert("a2")), is_lost=True)
        await s.gateway.tell(AlertChanged(alert=alert("a3")))
        await asyncio.sleep(30)
        assert s.screens.numbers == []
        assert [one.id for one in s.board.snapshot().alerts] == ["a1"]
        s.gateway.answer_key = None
        await asyncio.sleep(30)
        assert s.screens.numbers == [2, 3]

    scene(tmp_path, play)


def test_an_answer_is_the_answer_to_one_question() -> None:
    """An old snapshot that was recorded cannot be said again to a new question."""

    async def main() -> None:
        hub, clock, key = Hub(), VirtualClock(), Key(b"g" * 32)
        async with hub.dial("one") as link, hub.dial("gateway") as far:
            await far.subscribe(topic(GATEWAY, "ask"))
            answered: list[Packet] = []
            for session in ("s1", "s2"):
                asker = Asker(link, me=ME, session=session, clock=clock, public_key=key.public)
                for number in range(2):
                    asking = asyncio.ensure_future(asker.ask(GATEWAY, ChangesAsked()))
                    (question,) = await anext(far.receive())
                    told = ChangesTold(epoch=EPOCH, upto=number, is_snapshot=True, is_last=True)
                    for old in answered:
                        again = msgspec.structs.replace(
                            old, topic=asker.reply_to, correlation=question.correlation
                        )
                        asker.told(again)
                        assert not asking.done()
                    good = answer(question, told, me=GATEWAY, clock=clock, key=key)
                    asker.told(msgspec.structs.replace(good, sig=b""))
                    asker.told(good)
                    assert await asking == told
                    answered.append(good)

    run_virtually(main())


def test_readings_are_heard_only_while_watched_and_only_if_signed(tmp_path: Path) -> None:
    """The agent's own key, as agent.changed names it, decides; nobody watching, nothing heard."""

    async def play(s: Scene) -> None:
        key = Key(b"a" * 32)
        await s.gateway.tell(agent(key))
        async with s.hub.dial("an agent") as link:
            await link.publish([readings(key)])
            s.feed.watch({"scale-1"})
            await asyncio.sleep(0.1)
            await link.publish([readings(key), readings(Key(b"x" * 32))])
            await link.publish([readings(key, device="other")])
            await asyncio.sleep(0.1)
            s.feed.watch(())
            await asyncio.sleep(0.1)
            await link.publish([readings(key)])
            await asyncio.sleep(0.1)
        assert s.screens.values == [("/KEMBA/gate-2", 12.5)]

    scene(tmp_path, play)


def test_answers_of_nobody_are_answered_by_time(tmp_path: Path) -> None:
    """A question to a gateway that is gone ends, with a sentence."""

    async def play(s: Scene) -> None:
        s.hub.fault = lambda packet, _client: (
            () if packet.topic == topic(GATEWAY, "ask") else (0.0,)
        )
        asked = HistoryAsked(device="d", metric="m", start=START, end=START)
        with pytest.raises(Unavailable, match="does not answer"):
            await s.feed.ask(asked)

    scene(tmp_path, play)
