"""Whatever a browser, a program or the broker says to a command center."""

import asyncio
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_center.change import read_change
from command_center.cursor import Cursor, NotACursor
from contract.ask import Asker
from contract.clock import SystemClock
from contract.link import Packet, Rejected, Unavailable
from contract.links.memory import Hub
from contract.messages import ChangesAsked, SignedBytes, Unreadable
from contract.signing import BadSignature, Key
from tests.command_center.desk import closed_with, hear, running
from tests.command_center.scripted import Gateway
from tests.command_center.streaming import AMINA, make
from tests.fuzz.mutations import mutated
from tests.support.virtual import VirtualClock, run_virtually

KEY = Key(bytes(range(32)))
WATCH = b'{"kind":"watch","device":"cold-store","metric":"temperature"}'
DEEP = b'{"kind":"watch","device":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
LONG = b'{"kind":"watch","device":"' + b"a" * 50_000 + b'","metric":"m"}'


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=80), mutated(WATCH), st.just(DEEP), st.just(LONG))))
def test_a_screen_may_say_anything(said: list[bytes]) -> None:
    """What cannot be read is ignored."""

    async def main() -> None:
        _, live = make({"token": AMINA})
        screen = live.join("token", AMINA)
        assert screen is not None
        for body in said:
            live.hear(screen, body)
        assert not screen.sent_away.done()

    run_virtually(main())


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_none(text: str) -> None:
    """And what is one is written as it was read."""
    try:
        cursor = Cursor.parse(text)
    except NotACursor:
        return
    assert str(Cursor.parse(str(cursor))) == str(cursor)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_a_change_that_was_tampered_with_is_none(body: bytes, is_signed: bool) -> None:  # noqa: FBT001 - drawn
    """Signed by the gateway or not: it is read, or it is none, and nothing else."""
    signed = SignedBytes(body=body, keyid=KEY.keyid, sig=KEY.sign(body) if is_signed else b"x" * 64)
    with pytest.raises((BadSignature, Unreadable)):
        read_change(signed, gateway="/KEMBA/gateway", gateway_key=KEY.public)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=100), max_size=5), st.booleans())
def test_whatever_comes_instead_of_an_answer_ends_a_question(
    bodies: list[bytes],
    is_signed: bool,  # noqa: FBT001 - drawn
) -> None:
    """It is `Rejected` or `Unavailable`: nobody waits for ever, nobody crashes."""

    async def main() -> None:
        hub = Hub()
        async with hub.dial("asker") as link, hub.dial("liar") as liar:
            asker = Asker(
                link, me="/KEMBA/cc", session="1", clock=VirtualClock(), public_key=KEY.public
            )
            question = asyncio.ensure_future(asker.ask("/KEMBA/gateway", ChangesAsked()))
            await asyncio.sleep(0.1)
            for body in bodies:
                bound = f"application/cloudevents+json; answers={asker.reply_to}; number=31"
                sig = KEY.sign(body, bound) if is_signed else b""
                asker.told(Packet(topic=asker.reply_to, body=body, sig=sig, correlation=b"1"))
            await liar.publish([])
            with pytest.raises((Rejected, Unavailable)):
                await question

    run_virtually(main())


@pytest.mark.anyio
@pytest.mark.timeout(200)
async def test_a_real_socket_may_say_anything(tmp_path: Path) -> None:
    """Text, bytes, depth and length: the screen goes on, or is closed; the others hear on."""
    async with running(tmp_path, Gateway(Hub(), SystemClock())) as desk:
        await desk.sign_in_first()
        async with desk.screen() as screen, desk.screen() as other:
            await hear(screen, "snapshot")
            await hear(other, "snapshot")
            for body in (b"", b"\xff\xfe", b"[]", DEEP[:4_000], LONG[:4_000], WATCH):
                await screen.send(body)
                await screen.send(body.decode("latin-1"))
            await hear(screen, "tick")
            await screen.send(LONG)
            assert await closed_with(screen) in (None, 1009)
            await hear(other, "tick")
        answer = await desk.client.post(
            "/api/sign-in",
            content=b"[" * 15_000,
            headers={"X-Greenlane": "1", "Origin": desk.ready.url},
        )
        assert httpx.codes.is_client_error(answer.status_code), answer.text
