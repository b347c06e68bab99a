"""Who guesses at a code of enrolment, by proofs that the gateway itself has to refuse."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from contract.clock import stamp
from contract.delivery.enrolment import Code, answering, enrol, exchange, prove
from contract.identifiers import Source
from contract.link import Packet, Rejected, Unavailable
from contract.messages import (
    CertificateAsked,
    EnrolAnswered,
    EnrolAsked,
    EnrolChallenged,
    EnrolProved,
    compose,
)
from contract.signing import Key
from contract.topics import topic
from gateway.trust.codes import LASTS_H, Codes, make_code
from gateway.trust.enrolling import NONCE_S, TRIES_MAX
from gateway.trust.revoking import Wish, wish
from tests.gateway.gateways import World
from tests.support.virtual import VirtualClock, run_virtually

SOURCE = Source("/KEMBA/gate-2")
OTHER = Source("/KEMBA/gate-3")
KEY = Key.make()


async def proof(world: World, code: str) -> EnrolProved:
    """What the right box would answer to a challenge that it asked for."""
    known = Code.parse(code)
    asked = EnrolAsked(public_key=KEY.public, code=known.name)
    async with answering(world.hub.dial, SOURCE) as link:
        challenged, _ = await exchange(link, SOURCE, asked, world.clock)
    if isinstance(challenged, EnrolAnswered):
        raise Rejected(challenged.reason)
    assert isinstance(challenged, EnrolChallenged)
    return prove(SOURCE, challenged, code=known, key=KEY)


async def answer(world: World, proved: EnrolProved) -> str:
    """What the gateway says to it: why not, or nothing."""
    async with answering(world.hub.dial, SOURCE) as link:
        answered, _ = await exchange(link, SOURCE, proved, world.clock)
    assert isinstance(answered, EnrolAnswered)
    assert answered.is_enrolled == (not answered.reason)
    return answered.reason


async def heard_after(world: World, packet: Packet) -> list[Packet]:
    """What the source is told next after that was said."""
    async with answering(world.hub.dial, SOURCE) as link:
        await link.publish([packet])
        async for batch in link.receive():
            return list(batch)
    return []


def wrong(proved: EnrolProved) -> EnrolProved:
    """As who does not know the secret would say it."""
    return structs.replace(proved, mac=bytes(len(proved.mac)))


def test_so_many_wrong_proofs_void_a_code(tmp_path: Path) -> None:
    """One less does not; then the right one comes too late."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway():
            good, void = (make_code(tmp_path / "gateway", SOURCE, world.clock) for _ in "ab")
            for code, tries in ((good, TRIES_MAX - 1), (void, TRIES_MAX)):
                for _ in range(tries):
                    assert "is wrong" in await answer(world, wrong(await proof(world, code)))
            assert await answer(world, await proof(world, good)) == ""
            with pytest.raises(Rejected, match="no such code"):
                await proof(world, void)

    run_virtually(main())


def test_a_challenge_is_answered_once_and_soon(tmp_path: Path) -> None:
    """A proof that was tried before, or kept back for a minute, is none."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway():
            code = make_code(tmp_path / "gateway", SOURCE, world.clock)
            right = await proof(world, code)
            await answer(world, wrong(right))
            assert "too old" in await answer(world, right)
            late = await proof(world, code)
            await asyncio.sleep(NONCE_S + 1)
            assert "too old" in await answer(world, late)

    run_virtually(main())


def test_a_revoked_key_does_not_come_back_by_a_code(tmp_path: Path) -> None:
    """Whoever stole it may have found a code too."""

    async def main() -> None:
        world = World(tmp_path)
        folder = tmp_path / "gateway"

        async def enrolled() -> None:
            code = make_code(folder, SOURCE, world.clock)
            await enrol(world.hub.dial, source=SOURCE, key=KEY, code=code, clock=world.clock)

        async with world.gateway():
            await enrolled()
        wish(folder, Wish(source=SOURCE, reason="stolen", by="admin"))
        async with world.gateway():
            await asyncio.sleep(3)
            with pytest.raises(Rejected, match="this key was revoked"):
                await enrolled()

    run_virtually(main())


def test_who_speaks_on_anothers_topic_is_not_answered(tmp_path: Path) -> None:
    """The broker lets a box say things on its own topic: what it says there is of itself."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway():
            code = Code.parse(make_code(tmp_path / "gateway", SOURCE, world.clock))
            asked = EnrolAsked(public_key=KEY.public, code=code.name)
            body = compose(asked, source=OTHER, stamp=stamp(world.clock))
            with pytest.raises(Unavailable, match="no gateway answers"):
                await heard_after(world, Packet(topic=topic(SOURCE, "enrol"), body=body))

    run_virtually(main())


@pytest.mark.parametrize("is_theirs", [True, False])
def test_a_certificate_is_for_a_key_that_the_box_holds(tmp_path: Path, *, is_theirs: bool) -> None:
    """An enrolled box cannot have the key of another's TLS certified for itself."""

    async def main() -> None:
        world = World(tmp_path)
        tls = Key.make()
        signer = tls if is_theirs else Key.make()
        asked = CertificateAsked(tls_key=tls.public, tls_sig=signer.sign(KEY.public))
        async with world.gateway():
            code = make_code(tmp_path / "gateway", SOURCE, world.clock)
            assert await answer(world, await proof(world, code)) == ""
            body = compose(asked, source=SOURCE, stamp=stamp(world.clock))
            packet = Packet(
                topic=topic(SOURCE, "enrol"), body=body, keyid=KEY.keyid, sig=KEY.sign(body)
            )
            if is_theirs:
                assert await heard_after(world, packet)
            else:
                with pytest.raises(Unavailable, match="no gateway answers"):
                    await heard_after(world, packet)

    run_virtually(main())


def test_of_too_many_codes_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more wait than may, and the new one is among them; one that is too old takes no room."""
    monkeypatch.setattr("gateway.trust.codes.CODES_MAX", 3)

    async def main() -> None:
        clock = VirtualClock()
        codes = Codes(tmp_path, clock)
        made = []
        for n in range(5):
            made.append(Code.parse(codes.make(SOURCE)))
            os.utime(tmp_path / "codes" / f"{made[-1].name}.json", (n, n))
        good = [codes.secret(code.name, SOURCE) is not None for code in made]
        assert good == [False, False, True, True, True]
        (tmp_path / "codes" / f"{made[3].name}.json").write_text("harmed")
        made.append(Code.parse(codes.make(SOURCE)))
        assert all(codes.secret(made[n].name, SOURCE) for n in (2, 4, 5))

    run_virtually(main())


def test_a_code_that_is_too_old_goes_from_the_disk(tmp_path: Path) -> None:
    """When the next one is made."""

    async def main() -> None:
        clock = VirtualClock()
        codes = Codes(tmp_path, clock)
        codes.make(SOURCE)
        clock.step_s = timedelta(hours=LASTS_H).total_seconds()
        codes.make(SOURCE)
        assert len(list((tmp_path / "codes").iterdir())) == 1

    run_virtually(main())
