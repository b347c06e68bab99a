"""Who counts no more at the broker: is refused, is thrown out, and cannot come back."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from contract.clock import SystemClock
from contract.delivery.certificate import Papers, keep_renewed
from contract.delivery.outbox import Outbox
from contract.identifiers import Source
from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.links.mqtt import dialler
from contract.links.packets import connect
from contract.signing import Key
from edge.identity import Credentials, StateDir, enrol, rotate
from gateway.trust.authority import Authority
from gateway.trust.codes import make_code
from gateway.trust.revoking import Wish, wish
from tests.support.box import speaking
from tests.support.waiting import until
from tests.system.secured import (
    LANE_1,
    ROOT,
    Secured,
    enrolled_at,
    first,
    gateway_at,
    paper,
    speaks,
    until_answered,
)

pytestmark = [pytest.mark.system, pytest.mark.anyio, pytest.mark.timeout(300)]


async def test_a_revoked_box_is_refused_and_one_whose_key_rotated_is_not(
    secured: Secured, tmp_path: Path
) -> None:
    """By the broker itself, once it has read the list; enrolled anew, the box is let in again.

    The rotated box has a certificate of its new key by then, so the old key's may be revoked.
    """
    clock = SystemClock()
    revoked, rotated = (StateDir(tmp_path / name) for name in ("revoked", "rotated"))
    boxes = {revoked: Source("/KEMBA/lane-5"), rotated: Source("/KEMBA/lane-6")}
    door = dialler(secured.config.door())
    async with gateway_at(secured):
        for state, source in boxes.items():
            await enrolled_at(secured, source, state)
            await speaks(secured.dial_with(state.papers), source.name)
        old = await rotated_at(secured, boxes[rotated], rotated)
        wishes = [Wish(source=boxes[revoked], reason="stolen", by="a test")]
        wishes.append(Wish(source=boxes[rotated], keyid=old, reason="an old card", by="a test"))
        await revoked_at(secured, *wishes)
        await until_spoken(secured, revoked, "lane-5")  # not yet
        secured.reload()
        await refused(secured.dial_with(revoked.papers))
        await until_spoken(secured, rotated, "lane-6")
        code = make_code(secured.gateway_state, boxes[revoked], clock)
        await until_answered(
            lambda: enrol(
                *(boxes[revoked], revoked, door),
                code=code,
                clock=clock,
                is_certified=True,
                is_new_key=True,
            )
        )
        await until_spoken(secured, revoked, "lane-5")


async def test_a_revoked_box_that_is_connected_hangs_up_when_it_is_told(
    secured: Secured, tmp_path: Path
) -> None:
    """Before the broker knows of it: who is in good hands leaves by itself."""
    clock, source, state = SystemClock(), Source("/KEMBA/lane-7"), StateDir(tmp_path / "told")
    stands: list[bool] = []

    @contextlib.asynccontextmanager
    async def dial(client_id: str, *, will: Packet | None = None) -> AsyncIterator[Link]:
        """The real one; notes whether the link stands."""
        async with secured.dial_with(state.papers)(client_id, will=will) as link:
            stands.append(True)
            try:
                yield link
            finally:
                stands.append(False)

    async with gateway_at(secured):
        await enrolled_at(secured, source, state)
        credentials = Credentials.load(state, source)
        async with (
            Outbox.open(state.outbox, source=source, key=credentials.key, clock=clock) as outbox,
            speaking(outbox, dial, credentials.gateway_key, clock),
        ):
            await until(lambda: outbox.end.sender.window)
            await revoked_at(secured, Wish(source=source, reason="stolen", by="a test"))
            await until(lambda: not stands[-1] and outbox.end.is_revoked)
            secured.reload()
            await refused(dial)


async def test_a_thief_who_is_connected_is_thrown_out_and_cannot_come_back(
    secured: Secured, tmp_path: Path
) -> None:
    """Under whatever client ids, also if he comes back before the broker has read its list.

    The box beside it, and the gateway, keep their links all the time.
    """
    source, state = Source("/KEMBA/lane-8"), StateDir(tmp_path / "stolen")
    async with gateway_at(secured), secured.dial("lane-1")("neighbour") as neighbour:
        await enrolled_at(secured, source, state)
        thieves = [Thief(secured.dial_with(state.papers), name) for name in ("one", "another")]
        async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
            for thief in thieves:
                tasks.create_task(thief.run(), name=thief.name)
            await until(lambda: all(thief.links for thief in thieves))
            await revoked_at(secured, Wish(source=source, reason="stolen", by="a test"))
            await until(lambda: all(thief.links > 1 for thief in thieves))
            secured.reload()
        for _ in range(2):
            await neighbour.publish([Packet(topic=f"{LANE_1}/events", body=b"{}")])
        async with secured.dial("gateway")("listener") as listener:
            await listener.subscribe(f"{LANE_1}/events")
            await neighbour.publish([Packet(topic=f"{LANE_1}/events", body=b"still here")])
            assert await first(listener) == b"still here"


class Thief:
    """Does not listen to anybody: speaks on and on, and dials again until it is refused."""

    def __init__(self, dial: Dial, name: str) -> None:
        self._dial = dial
        self.name = name
        self.links = 0

    async def run(self) -> None:
        """Until the broker says why."""
        while True:
            try:
                async with self._dial(f"{self.name}-{self.links}") as link:
                    self.links += 1
                    while True:
                        packet = Packet(topic=f"{ROOT}/lane-8/events", body=b"{}")
                        await link.publish([packet])
                        await asyncio.sleep(0.1)
            except (Rejected, Unavailable) as error:
                if "revoked" in str(error):
                    return
            await asyncio.sleep(0.1)


async def test_a_saved_tls_session_lets_nobody_in_again(secured: Secured) -> None:
    """Who resumes a session shows no certificate; a broker that read its list forgot them all."""
    authority = Authority.load(secured.gateway_state / "authority")
    assert authority is not None
    now, folder = datetime.now(UTC), secured.directory / "lane-9"
    serial = paper(folder, "lane-9", by=authority, trusts=authority, at=now)
    papers = Papers(folder)
    context = ssl.create_default_context(cafile=str(papers.authority))
    context.load_cert_chain(str(papers.own))
    saved = await asyncio.to_thread(resumed, secured.config.port, context, None)
    assert saved is not None
    assert await asyncio.to_thread(resumed, secured.config.port, context, saved) is not None
    known = x509.load_pem_x509_crl((authority.folder / "ca.crl").read_bytes())
    authority.keep_list({f"{one.serial_number:x}" for one in known} | {serial}, now)
    secured.reload()
    async with asyncio.timeout(30):
        while await asyncio.to_thread(resumed, secured.config.port, context, saved) is not None:
            await asyncio.sleep(0.1)


def resumed(
    port: int, context: ssl.SSLContext, saved: ssl.SSLSession | None
) -> ssl.SSLSession | None:
    """The session of a link that the broker welcomed, resumed if there was one; or nothing."""
    greeting = connect("saved", keepalive_s=20, username="", password=None, will=None)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="127.0.0.1", session=saved) as link:
                link.sendall(greeting)
                if not link.recv(100):
                    return None
                assert saved is None or link.session_reused
                return link.session
        except OSError:
            return None


async def revoked_at(secured: Secured, *wanted: Wish) -> None:
    """Until the gateway's list has them; the broker has not read it by then."""
    authority = secured.gateway_state / "authority"
    before = listed(authority)
    for one in wanted:
        wish(secured.gateway_state, one)
    await until(lambda: listed(authority) >= before + len(wanted))


async def until_spoken(secured: Secured, state: StateDir, name: str) -> None:
    """The box is let in; it may have to dial again, for others of its name are thrown out."""
    await until_answered(lambda: speaks(secured.dial_with(state.papers), name))


async def rotated_at(secured: Secured, source: Source, state: StateDir) -> str:
    """The box goes on with a new key and gets a certificate of it; returns the old key's id."""
    old, clock = Credentials.load(state, source), SystemClock()
    await asyncio.to_thread(Key.load_or_make, state.next_key)
    await rotate(source, state, clock=clock)
    new = Credentials.load(state, source)
    dial = secured.dial_with(state.papers)
    async with (
        Outbox.open(state.outbox, source=source, key=new.key, clock=clock) as outbox,
        speaking(outbox, dial, new.gateway_key, clock),
        asyncio.TaskGroup() as tasks,
    ):
        keeping = tasks.create_task(
            keep_renewed(
                (dial, dialler(secured.config.door())),
                state.papers,
                source=source,
                key=new.key,
                gateway_key=new.gateway_key,
                clock=clock,
            )
        )
        await until(lambda: state.papers.keyid == new.key.keyid)
        keeping.cancel()
    return old.key.keyid


def listed(authority: Path) -> int:
    """How many certificates the broker's list has."""
    return len(x509.load_pem_x509_crl((authority / "ca.crl").read_bytes()))


async def refused(dial: Dial) -> None:
    """The broker ends the handshake and says why; a reset may overtake the reason on its way.

    It may take a moment until it has read its list.
    """
    async with asyncio.timeout(30):
        while True:
            try:
                async with dial("revoked") as link:
                    await link.subscribe("greenlane/1/+/+/receipts")
            except (Rejected, Unavailable) as error:
                if "revoked" in str(error):
                    return
            await asyncio.sleep(0.1)
