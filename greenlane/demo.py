"""The whole line in one process: embedded broker, gateway, command center, a simulated post.

    simulated post ◀─ agents ═▶ broker ═▶ gateway ═▶ command center ─▶ browser

Entered from right to left in the order of `_Line.open`, left the other way round: agents first, so
that nothing observed is lost, the broker last, so that everybody can say goodbye. The parts are
those of production; only who calls `run` differs.
"""

import asyncio
import logging
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from command_center import service as command_center
from command_center.config import AlertTopicsConfig
from command_center.config import Config as CommandCenterConfig
from command_center.place import Place
from contract.clock import Clock, SystemClock
from contract.folder import held
from contract.identifiers import Source
from contract.link import Dial
from contract.links.mqtt import BrokerConfig, dialler
from edge import agent
from edge.config import AgentConfig
from edge.identity import StateDir, enrol
from gateway import service as gateway
from gateway.config import GatewayConfig
from gateway.judge.settings import JudgeSettings
from gateway.timeseries.sinks.embedded import EmbeddedConfig
from gateway.trust.codes import make_code
from greenlane import broker
from greenlane.evidence.archivist import Archivist
from greenlane.exits import Outside
from greenlane.presence import Presence, all_found, gateway_answers
from simulators import post

POST: Final = "KEMBA"
PLACE: Final = Place(post=POST, name="Mombasa (simulated)", latitude=-4.04, longitude=39.66)
FREE_BYTES_MIN: Final = 256 * 1024 * 1024
"""The demo writes a few MiB an hour; a disk this full would end it soon."""

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoConfig:
    """Where the demo keeps its state and what it is told."""

    state: Path
    port: int
    seed: int = 1
    broker: BrokerConfig | None = None
    """Your own broker; none for the embedded one."""
    free_bytes_min: int = FREE_BYTES_MIN


@dataclass(frozen=True, slots=True)
class Heard:
    """Who is told how the start goes."""

    says: Callable[[str, str], None]
    """(part, how it stands)"""
    ready: Callable[[str], None]
    """(address to open, with the one-time link while nobody can sign in)"""


async def run(config: DemoConfig, heard: Heard) -> None:
    """Run the whole line until cancelled."""
    with _claimed(config):
        async with AsyncExitStack() as stack:
            line = _Line(config, heard, stack, SystemClock())
            heard.ready(await line.open())
            await asyncio.Event().wait()


class _Line:
    """The parts, opened one after the other on one stack."""

    def __init__(
        self, config: DemoConfig, heard: Heard, stack: AsyncExitStack, clock: Clock
    ) -> None:
        self._config: Final = config
        self._heard: Final = heard
        self._stack: Final = stack
        self._clock: Final = clock
        self._broker = config.broker or BrokerConfig()

    async def open(self) -> str:
        """Start everything; returns the address to open."""
        await self._open_broker()
        await self._open_gateway()
        address = await self._open_command_center()
        agents = await self._open_post()
        await all_found(self._presence, agents)
        self._heard.says("agents", ", ".join(one.name for one in agents))
        return address

    @property
    def _dial(self) -> Dial:
        return dialler(self._broker)

    async def _open_broker(self) -> None:
        if self._config.broker is None:
            port = await self._stack.enter_async_context(broker.running(self._config.state))
            self._broker = BrokerConfig(port=port)
        self._heard.says("broker", f"{self._broker.host}:{self._broker.port}")

    async def _open_gateway(self) -> None:
        config = GatewayConfig(
            state_dir=str(self._config.state / "gateway"),
            posts=(POST,),
            broker=self._broker,
            judge=JudgeSettings(readings=post.LIMITS),
            sinks={"embedded": EmbeddedConfig()},
        )
        archivist = Archivist(config)
        running = gateway.run(config, self._dial, clock=self._clock, archivist=archivist)
        await self._beside(running, "gateway")
        self._presence = await self._stack.enter_async_context(
            Presence.at(config.source, self._dial, self._clock)
        )
        await gateway_answers(self._presence)
        self._heard.says("gateway", "journal, judge and time series")

    async def _open_command_center(self) -> str:
        config = CommandCenterConfig(
            state_dir=str(self._config.state / "command-center"),
            post=POST,
            posts=(PLACE,),
            broker=self._broker,
            port=self._config.port,
            alert_topics=AlertTopicsConfig(enabled=True),
        )
        await self._enrolled(config.me, config.state)
        is_ready: asyncio.Future[command_center.Ready] = asyncio.get_running_loop().create_future()
        service = command_center.run(
            config, self._dial, clock=self._clock, ready=is_ready.set_result
        )
        await self._beside(service, "command center")
        ready = await is_ready
        self._heard.says("command center", ready.url)
        return ready.first_link or f"{ready.url}/"

    async def _open_post(self) -> tuple[Source, ...]:
        config = post.PostConfig(
            folder=str(self._config.state / "scans"),
            modbus_port=_free_port(),
            seal_port=_free_port(),
            seed=self._config.seed,
        )
        await self._beside(post.run(config, clock=self._clock), "simulated post")
        self._heard.says("simulated post", f"seed {self._config.seed}")
        agents = [self._agent(config, lane) for lane in ("1", "2")]
        for one in agents:
            await self._enrolled(one.source, Path(one.state_dir))
            await self._beside(agent.run(one, self._dial, clock=self._clock), one.name)
        return tuple(one.source for one in agents)

    def _agent(self, config: post.PostConfig, lane: str) -> AgentConfig:
        """One box for each lane, with the devices of that lane."""
        name = f"lane-{lane}"
        whole = post.agent_config(
            config, post=POST, name=name, state_dir=self._config.state / name, broker=self._broker
        )
        devices = tuple(device for device in whole.device if device.lane == lane)
        return msgspec.structs.replace(whole, device=devices)

    async def _enrolled(self, source: Source, state: Path) -> None:
        """Enter the key of a source, unless it was entered at an earlier start."""
        files = StateDir(state)
        if files.gateway.exists():
            return
        code = make_code(self._config.state / "gateway", source, self._clock)
        await enrol(source, files, self._dial, code=code, clock=self._clock)

    async def _beside(self, service: Coroutine[None, None, None], name: str) -> None:
        await self._stack.enter_async_context(_beside(service, name))


@asynccontextmanager
async def _beside(service: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Run a service beside what is inside the context; if it ends by itself, all of it ends."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(service, name=name)
        try:
            yield
        finally:
            task.cancel()


@contextmanager
def _claimed(config: DemoConfig) -> Iterator[None]:
    """The state directory is there, ours alone, with room; and the port is free."""
    state = config.state
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(state).free
    if free < config.free_bytes_min:
        raise Outside(
            f"The disk of {state} is full: {free // 1_000_000} MB are free, "
            f"the demo needs {config.free_bytes_min // 1_000_000} MB (see --state DIR)."
        )
    with held(state) as is_ours:
        if not is_ours:
            raise Outside(f"Another demo is running with {state} (see --state DIR).")
        _check_port(config.port)
        yield


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Outside(
                f"Port {port} of 127.0.0.1 cannot be used ({error.strerror}): choose another "
                "with --port N."
            ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
