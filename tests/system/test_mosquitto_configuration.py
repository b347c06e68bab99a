"""firmware_configs/mosquitto as delivered: mutual TLS, and everybody only as themselves.

The certificates are those of the gateway's own authority, got as boxes get them.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from contract.clock import SystemClock
from contract.delivery import uplink
from contract.delivery.certificate import Papers, keep_renewed, renew
from contract.delivery.outbox import Outbox
from contract.identifiers import Source
from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from contract.messages import EnrolAnswered
from contract.signing import Key
from edge.identity import Credentials, StateDir, enrol, rotate
from gateway import service
from gateway.config import GatewayConfig
from gateway.trust.authority import SOURCE_LASTS, Authority
from gateway.trust.codes import make_code
from gateway.trust.revoking import Wish, wish
from greenlane.certified import secured as with_papers
from tests.system.servers import secured_mosquitto

pytestmark = [pytest.mark.system, pytest.mark.anyio]

ROOT = "greenlane/1/KEMBA"
LANE_1, LANE_2 = f"{ROOT}/lane-1", f"{ROOT}/lane-2"
BOX = Source("/KEMBA/lane-3")
LONG_AGO = SOURCE_LASTS + timedelta(days=10)


@dataclass(frozen=True)
class Secured:
    """A running broker, its authority, and certificates that count and that do not."""

    directory: Path
    config: BrokerConfig
    pid: int

    def reload(self) -> None:
        """As `systemctl reload mosquitto`."""
        os.kill(self.pid, signal.SIGHUP)

    def dial(self, name: str) -> Dial:
        """Connect with these papers."""
        return dialler(with_papers(self.config, Papers(self.directory / name)))

    @property
    def gateway_state(self) -> Path:
        """Where the gateway of this post lives."""
        return self.directory / "gateway-state"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The delivered configuration and access lists, with the paths of this test."""
    directory, now = tmp_path_factory.mktemp("secured"), datetime.now(UTC)
    authority = Authority.make(directory / "gateway-state" / "authority", "KEMBA", now)
    authority.issue_broker(["127.0.0.1", "broker.post.example"], now)
    stranger = Authority.make(directory / "another", "KEMBA", now)
    for name in ("gateway", "command-center", "lane-1"):
        paper(directory / name, name, by=authority, trusts=authority, at=now)
    paper(directory / "forged", "lane-1", by=stranger, trusts=authority, at=now)
    paper(directory / "expired", "lane-1", by=authority, trusts=authority, at=now - LONG_AGO)
    paper(directory / "elsewhere", "lane-1", by=authority, trusts=stranger, at=now)
    broker, port, door = secured_mosquitto(directory, authority.folder)
    with broker:
        config = BrokerConfig(port=port, enrol_port=door, timeout_s=5)
        yield Secured(directory, config, broker.pid)


def paper(folder: Path, name: str, *, by: Authority, trusts: Authority, at: datetime) -> None:
    """A certificate as an enrolment leaves it."""
    tls = Key.make()
    issued = by.issue(name, tls.public, at)
    answer = EnrolAnswered(is_enrolled=True, certificate=issued.certificate, authority=trusts.pem)
    Papers(folder).keep(tls, msgspec.structs.replace(answer, renew_at=issued.renew_at))


# --- who gets in, and what they may say --------------------------------------------------------


async def test_an_agent_speaks_as_itself(secured: Secured) -> None:
    """What lane-1 says as lane-1 reaches the gateway, and the gateway's receipt reaches lane-1."""
    async with secured.dial("gateway")("g") as gateway, secured.dial("lane-1")("l") as agent:
        await gateway.subscribe("greenlane/1/+/+/events")
        await agent.subscribe(f"{LANE_1}/receipts")
        await agent.publish([Packet(topic=f"{LANE_1}/events", body=b"mine")])
        assert await first(gateway) == b"mine"
        await gateway.publish([Packet(topic=f"{LANE_1}/receipts", body=b"kept")])
        assert await first(agent) == b"kept"


async def test_an_agent_cannot_speak_as_another(secured: Secured) -> None:
    """A message in another's name is dropped by the broker; the next in its own arrives."""
    async with secured.dial("gateway")("g") as gateway, secured.dial("lane-1")("l") as agent:
        await gateway.subscribe("greenlane/1/+/+/events")
        with contextlib.suppress(Rejected, Unavailable):
            await agent.publish([Packet(topic=f"{LANE_2}/events", body=b"forged")])
        async with secured.dial("lane-1")("l2") as again:
            await again.publish([Packet(topic=f"{LANE_1}/events", body=b"mine")])
            assert await first(gateway) == b"mine"


async def test_an_agent_leaves_its_own_will_and_no_other(secured: Secured) -> None:
    """Of two boxes that end without a word, the one in another's name leaves no last word."""
    async with secured.dial("gateway")("g") as gateway:
        await gateway.subscribe("greenlane/1/+/+/gone")
        for will, word in ((LANE_2, "forged"), (LANE_1, "own")):
            await ends_without_a_word(secured, will=f"{will}/gone", word=word)
        assert await first(gateway) == b"own"


DIES = """
import asyncio, os, sys
from contract.link import Packet
from contract.links.mqtt import BrokerConfig, dialler
port, ca_file, cert_file, will, word = sys.argv[1:]

async def main():
    dial = dialler(BrokerConfig(port=int(port), ca_file=ca_file, cert_file=cert_file))
    async with dial("dies", will=Packet(topic=will, body=word.encode())) as link:
        await link.subscribe(will.replace("gone", "receipts"))
        os._exit(0)

asyncio.run(main())
"""


async def ends_without_a_word(secured: Secured, *, will: str, word: str) -> None:
    """A process with the papers of lane-1 and this will is there, and gone."""
    papers = Papers(secured.directory / "lane-1")
    given = (str(secured.config.port), str(papers.authority), str(papers.own), will, word)
    command = (sys.executable, "-c", DIES, *given)
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0 or word == "forged"


@pytest.mark.parametrize("papers", ["none", "forged", "expired"])
async def test_nobody_connects_without_a_certificate_that_counts(
    secured: Secured, papers: str
) -> None:
    """None, one of another authority, one whose time is over: none of them hears anything."""
    dial = secured.dial(papers)
    if papers == "none":
        ca_file = str(Papers(secured.directory / "lane-1").authority)
        dial = dialler(BrokerConfig(port=secured.config.port, ca_file=ca_file, timeout_s=2))
    with pytest.raises((Rejected, Unavailable)):
        await hear_without_end(dial)


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_an_agent_does_not_speak_to_a_broker_of_another_authority(secured: Secured) -> None:
    """The box checks who the broker is before it says anything."""
    with pytest.raises((Rejected, Unavailable), match="certificate"):
        await hear_without_end(secured.dial("elsewhere"))


async def test_the_door_is_for_enrolment_alone(secured: Secured) -> None:
    """Who comes without a certificate can ask to be enrolled, and hears and says nothing else."""
    async with (
        secured.dial("gateway")("g") as gateway,
        dialler(secured.config.door())("d") as stranger,
    ):
        await gateway.subscribe("greenlane/1/+/+/events", "greenlane/1/+/+/enrol")
        await stranger.subscribe(f"{LANE_1}/receipts", f"{LANE_1}/enrol-told")
        with contextlib.suppress(Rejected, Unavailable):
            await stranger.publish([Packet(topic=f"{LANE_1}/events", body=b"forged")])
        async with dialler(secured.config.door())("d2") as again:
            await again.publish([Packet(topic=f"{LANE_1}/enrol", body=b"please")])
            assert await first(gateway) == b"please"
        for leaf in ("receipts", "enrol-told"):
            await gateway.publish([Packet(topic=f"{LANE_1}/{leaf}", body=leaf.encode())])
        assert await first(stranger) == b"enrol-told"


# --- how a box gets its certificate ------------------------------------------------------------


async def test_a_box_gets_its_certificate_when_it_enrols_and_renews_it(
    secured: Secured, tmp_path: Path
) -> None:
    """Through the door with a code; then over its link; and through the door after long absence."""
    state, clock = StateDir(tmp_path / "box"), SystemClock()
    async with gateway_at(secured):
        with pytest.raises(Rejected):
            await hear_without_end(dialler(with_papers(secured.config, state.papers)))
        code = make_code(secured.gateway_state, BOX, clock)
        door = dialler(secured.config.door())
        await until_answered(
            lambda: enrol(BOX, state, door, code=code, clock=clock, is_certified=True)
        )
        dial = dialler(with_papers(secured.config, state.papers))
        credentials = Credentials.load(state, BOX)
        first_paper = state.papers.own.read_text()
        await speaks(dial)
        await renew(
            dial,
            state.papers,
            source=BOX,
            key=credentials.key,
            gateway_key=credentials.gateway_key,
            clock=clock,
        )
        second_paper = state.papers.own.read_text()
        assert second_paper != first_paper
        await speaks(dial)
        # A year in a store room: what it has does not count any more, and it knows.
        authority = Authority.load(secured.gateway_state / "authority")
        assert authority is not None
        paper(
            *(state.papers.folder, BOX.name),
            by=authority,
            trusts=authority,
            at=datetime.now(UTC) - LONG_AGO,
        )
        with pytest.raises((Rejected, Unavailable)):
            await hear_without_end(dial)
        keeping = asyncio.ensure_future(
            keep_renewed(
                (dial, door),
                state.papers,
                source=BOX,
                key=credentials.key,
                gateway_key=credentials.gateway_key,
                clock=clock,
            )
        )
        async with asyncio.timeout(60):
            while state.papers.renew_at is None or state.papers.renew_at < datetime.now(UTC):
                await asyncio.sleep(0.1)
        keeping.cancel()
        await asyncio.wait({keeping})
        await speaks(dial)


async def test_nobody_gets_a_certificate_for_a_key_that_is_not_enrolled(
    secured: Secured, tmp_path: Path
) -> None:
    """The gateway does not answer who does not sign as the source; its papers stay as they were."""
    clock, stranger = SystemClock(), Key.make()
    async with gateway_at(secured):
        with pytest.raises(Unavailable):
            await renew(
                dialler(secured.config.door()),
                Papers(tmp_path),
                source=BOX,
                key=stranger,
                gateway_key=stranger.public,
                clock=clock,
            )
    assert not Papers(tmp_path).own.exists()


@asynccontextmanager
async def gateway_at(secured: Secured) -> AsyncIterator[None]:
    """The real gateway of the post, over its own certificate."""
    config = GatewayConfig(state_dir=str(secured.gateway_state), posts=("KEMBA",))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(service.run(config, secured.dial("gateway")), name="gateway")
        yield
        running.cancel()


async def until_answered(ask: Callable[[], Awaitable[None]]) -> None:
    """Ask again while the gateway is still on its way to the broker."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask()
            except Unavailable:
                await asyncio.sleep(0.1)


async def speaks(dial: Dial, name: str = BOX.name) -> None:
    """The box is let in and may say something as itself."""
    async with dial("box") as link:
        await link.publish([Packet(topic=f"{ROOT}/{name}/events", body=b"{}")])


async def hear_without_end(dial: Dial) -> None:
    async with dial("nobody") as link:
        await link.subscribe("greenlane/1/+/+/events")
        await first(link)


async def first(link: Link) -> bytes:
    """The first body that arrives."""
    async with asyncio.timeout(20):
        async for batch in link.receive():
            return batch[0].body
    pytest.fail("the link ended")


# --- who counts no more, and who only listens --------------------------------------------------


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
            await speaks(dialler(with_papers(secured.config, state.papers)), source.name)
        old = await rotated_at(secured, boxes[rotated], rotated)
        wishes = [Wish(source=boxes[revoked], reason="stolen", by="a test")]
        wishes.append(Wish(source=boxes[rotated], keyid=old, reason="an old card", by="a test"))
        paths = [wish(secured.gateway_state, one) for one in wishes]
        authority = secured.gateway_state / "authority"
        async with asyncio.timeout(60):
            while any(path.exists() for path in paths) or listed(authority) < 2:
                await asyncio.sleep(0.1)
        await speaks(dialler(with_papers(secured.config, revoked.papers)), "lane-5")  # not yet
        secured.reload()
        await refused(dialler(with_papers(secured.config, revoked.papers)))
        await speaks(dialler(with_papers(secured.config, rotated.papers)), "lane-6")
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
        await speaks(dialler(with_papers(secured.config, revoked.papers)), "lane-5")


async def test_a_revoked_box_that_is_connected_hangs_up_when_it_is_told(
    secured: Secured, tmp_path: Path
) -> None:
    """The broker looks at its list at a handshake only: who is in good hands leaves by itself."""
    clock, source, state = SystemClock(), Source("/KEMBA/lane-7"), StateDir(tmp_path / "told")
    stands: list[bool] = []

    @contextlib.asynccontextmanager
    async def dial(client_id: str, *, will: Packet | None = None) -> AsyncIterator[Link]:
        """The real one; notes whether the link stands."""
        async with dialler(with_papers(secured.config, state.papers))(client_id, will=will) as link:
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
            asyncio.TaskGroup() as tasks,
        ):
            speaking = tasks.create_task(
                uplink.run(
                    outbox,
                    dial,
                    gateway_key=credentials.gateway_key,
                    facts=lambda: uplink.Facts("1"),
                    alive=tuple,
                    clock=clock,
                )
            )
            async with asyncio.timeout(60):
                while not outbox.end.sender.window:
                    await asyncio.sleep(0.1)
                before = listed(secured.gateway_state / "authority")
                wish(secured.gateway_state, Wish(source=source, reason="stolen", by="a test"))
                while listed(secured.gateway_state / "authority") == before:
                    await asyncio.sleep(0.1)
                secured.reload()
                while stands[-1] or not outbox.end.is_revoked:
                    await asyncio.sleep(0.1)
            await refused(dial)
            speaking.cancel()


async def test_who_keeps_checkpoints_hears_them_and_nothing_else(secured: Secured) -> None:
    """By the name of its certificate; it says nothing, and no box hears them."""
    authority = Authority.load(secured.gateway_state / "authority")
    assert authority is not None
    authority.issue_client("checkpoint-reader", datetime.now(UTC))
    files = {f"{name}_file": str(authority.folder / file) for name, file in CLIENT_FILES.items()}
    reader_dial = dialler(msgspec.structs.replace(secured.config, **files))
    checkpoint = f"{ROOT}/gateway/checkpoint"
    async with (
        secured.dial("gateway")("g") as gateway,
        reader_dial("reader") as reader,
        secured.dial("lane-1")("l") as agent,
    ):
        await gateway.subscribe("greenlane/1/+/+/checkpoint")
        await agent.subscribe(checkpoint, f"{LANE_1}/receipts")
        await reader.subscribe(checkpoint, f"{LANE_1}/receipts", "greenlane/1/+/alerts/+")
        for topic in (f"{LANE_1}/receipts", f"{ROOT}/alerts/seal_opened", checkpoint):
            await gateway.publish([Packet(topic=topic, body=topic.encode())])
        assert await first(reader) == checkpoint.encode()
        assert await first(agent) == f"{LANE_1}/receipts".encode()
        with contextlib.suppress(Rejected, Unavailable):
            await reader.publish([Packet(topic=checkpoint, body=b"forged")])
        await gateway.publish([Packet(topic=checkpoint, body=b"the next")])
        assert await heard(gateway, upto=b"the next") == [checkpoint.encode(), b"the next"]
    with pytest.raises(Rejected, match="one of our own"):
        authority.issue_client("command-center", datetime.now(UTC))


async def heard(link: Link, *, upto: bytes) -> list[bytes]:
    """All bodies until this one."""
    bodies: list[bytes] = []
    async with asyncio.timeout(20):
        async for batch in link.receive():
            bodies += [packet.body for packet in batch]
            if upto in bodies:
                return bodies
    pytest.fail("the link ended")


CLIENT_FILES = {"ca": "ca.crt", "cert": "checkpoint-reader.crt", "key": "checkpoint-reader.key"}


async def enrolled_at(secured: Secured, source: Source, state: StateDir) -> None:
    """Through the door, with a code."""
    clock = SystemClock()
    code = make_code(secured.gateway_state, source, clock)
    door = dialler(secured.config.door())
    await until_answered(
        lambda: enrol(source, state, door, code=code, clock=clock, is_certified=True)
    )


async def rotated_at(secured: Secured, source: Source, state: StateDir) -> str:
    """The box goes on with a new key and gets a certificate of it; returns the old key's id."""
    old, clock = Credentials.load(state, source), SystemClock()
    await asyncio.to_thread(Key.load_or_make, state.next_key)
    await rotate(source, state, clock=clock)
    new = Credentials.load(state, source)
    dial = dialler(with_papers(secured.config, state.papers))
    async with (
        Outbox.open(state.outbox, source=source, key=new.key, clock=clock) as outbox,
        asyncio.TaskGroup() as tasks,
    ):
        speaking = tasks.create_task(
            uplink.run(
                outbox,
                dial,
                gateway_key=new.gateway_key,
                facts=lambda: uplink.Facts("1"),
                alive=tuple,
                clock=clock,
            )
        )
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
        async with asyncio.timeout(60):
            while state.papers.keyid != new.key.keyid:
                await asyncio.sleep(0.1)
        speaking.cancel()
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
