"""A post whose broker has the delivered configuration, and papers that count and that do not.

The certificates are those of the gateway's own authority, got as boxes get them.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from contract.clock import SystemClock
from contract.delivery.certificate import Papers
from contract.delivery.enrolment import answering, exchange
from contract.identifiers import Source
from contract.link import Dial, Link, Packet, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from contract.messages import EnrolAnswered, EnrolAsked
from contract.signing import Key
from edge.identity import StateDir, enrol
from gateway import service
from gateway.config import GatewayConfig
from gateway.trust.authority import SOURCE_LASTS, Authority
from gateway.trust.codes import make_code
from greenlane.certified import secured as with_papers
from tests.system.servers import secured_mosquitto

ROOT = "greenlane/1/KEMBA"
LANE_1, LANE_2 = f"{ROOT}/lane-1", f"{ROOT}/lane-2"
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
        return self.dial_with(Papers(self.directory / name))

    def dial_with(self, papers: Papers) -> Dial:
        """As a box does that keeps its papers there."""
        return dialler(with_papers(self.config, papers))

    @property
    def gateway_state(self) -> Path:
        """Where the gateway of this post lives."""
        return self.directory / "gateway-state"


@contextmanager
def secured_post(directory: Path) -> Iterator[Secured]:
    """The delivered configuration and access lists, with the paths of this test."""
    now = datetime.now(UTC)
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


def paper(folder: Path, name: str, *, by: Authority, trusts: Authority, at: datetime) -> str:
    """A certificate as an enrolment leaves it; returns its serial."""
    tls = Key.make()
    issued = by.issue(name, tls.public, at)
    answer = EnrolAnswered(is_enrolled=True, certificate=issued.certificate, authority=trusts.pem)
    Papers(folder).keep(tls, msgspec.structs.replace(answer, renew_at=issued.renew_at))
    return issued.serial


@asynccontextmanager
async def gateway_at(secured: Secured) -> AsyncIterator[None]:
    """The real gateway of the post, over its own certificate."""
    config = GatewayConfig(state_dir=str(secured.gateway_state), posts=("KEMBA",))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(service.run(config, secured.dial("gateway")), name="gateway")
        await until_answered(lambda: asked_in_vain(secured))
        yield
        running.cancel()


async def asked_in_vain(secured: Secured) -> None:
    """A gateway that listens says no to who has no code; asked a little patiently."""
    nobody, nothing = Source("/KEMBA/nobody"), EnrolAsked(code="0", public_key=bytes(32))
    try:
        async with asyncio.timeout(1), answering(dialler(secured.config.door()), nobody) as link:
            await exchange(link, nobody, nothing, SystemClock())
    except TimeoutError as error:
        raise Unavailable("not yet") from error


async def until_answered(ask: Callable[[], Awaitable[None]]) -> None:
    """Ask again while the gateway is still on its way to the broker."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask()
            except Unavailable:
                await asyncio.sleep(0.1)


async def speaks(dial: Dial, name: str) -> None:
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


async def heard(link: Link, *, upto: bytes) -> list[bytes]:
    """All bodies until this one."""
    bodies: list[bytes] = []
    async with asyncio.timeout(20):
        async for batch in link.receive():
            bodies += [packet.body for packet in batch]
            if upto in bodies:
                return bodies
    pytest.fail("the link ended")


async def enrolled_at(secured: Secured, source: Source, state: StateDir) -> None:
    """Through the door, with a code."""
    clock = SystemClock()
    code = make_code(secured.gateway_state, source, clock)
    door = dialler(secured.config.door())
    await until_answered(
        lambda: enrol(source, state, door, code=code, clock=clock, is_certified=True)
    )
