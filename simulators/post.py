"""A small simulated post: cold store, door, platform, seals and a bag scanner, all real wires.

    scenario ─▶ Modbus TCP server, seal reader's TCP server, scanner's folder   ◀─ an agent

Nothing here knows an agent: it is the other end of the wires. `agent_config` says how one is told
to use them. Whatever people see of it says that it is simulated.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from contract.clock import Clock
from contract.links.mqtt import BrokerConfig
from edge.config import AgentConfig, DetectorSettings
from edge.driver import Settings
from edge.drivers.modbus import ModbusSettings
from edge.drivers.modbus_registers import MAPS
from edge.drivers.scan_folder import ScanFolderSettings
from edge.drivers.seal_lines import SealLine
from edge.drivers.seal_reader import SealReaderSettings
from gateway.judge.settings import Limit
from simulators import modbus_sensor, scanner
from simulators.scenario import CHAPTER_S, Scenario
from simulators.seal_reader import SealReaderServer

log = logging.getLogger(__name__)

COLD_STORE, DOOR, PLATFORM = 1, 2, 3
"""Modbus unit ids."""
DONE_BYTES_MAX: Final = 200 * 1024 * 1024
"""Pictures that the simulated scanner's folder keeps."""
WAITING_MAX: Final = 50
"""Pictures that wait in the folder; while nobody takes them the belt stands still."""

LIMITS: Final = (
    Limit(metric="temperature", device="cold-store", low=1.0, high=8.0, for_s=5.0, severity="high"),
    Limit(metric="door", device="warehouse-door", high=0.5, for_s=30.0, severity="medium"),
    Limit(metric="shock", device="platform", high=15.0, for_s=1.0, severity="medium"),
)
"""Ranges that suit the devices of this post, as the gateway's settings take them."""


class PostConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the simulated devices are, and which story they tell."""

    folder: str
    """The scanner's folder; made if it is not there."""
    modbus_port: int
    seal_port: int
    host: str = "127.0.0.1"
    seed: int = 1


def devices(config: PostConfig) -> tuple[Settings, ...]:
    """The devices as an agent's configuration names them."""
    modbus = {"host": config.host, "port": config.modbus_port}
    return (
        ModbusSettings(
            device="cold-store",
            title="Cold store (simulated)",
            lane="1",
            unit_id=COLD_STORE,
            map="climate",
            **modbus,  # type: ignore[arg-type]  # host is a str and port an int
        ),
        ModbusSettings(
            device="warehouse-door",
            title="Warehouse door (simulated)",
            lane="1",
            unit_id=DOOR,
            map="door",
            poll_s=0.5,
            **modbus,  # type: ignore[arg-type]  # the same
        ),
        ModbusSettings(
            device="platform",
            title="Unloading platform (simulated)",
            lane="2",
            unit_id=PLATFORM,
            map="shock",
            poll_s=0.5,
            **modbus,  # type: ignore[arg-type]  # the same
        ),
        SealReaderSettings(
            device="seal-reader",
            title="Seal reader (simulated)",
            lane="2",
            host=config.host,
            port=config.seal_port,
        ),
        ScanFolderSettings(
            device="bag-scanner",
            title="Bag scanner (simulated)",
            lane="1",
            folder=config.folder,
            done_bytes_max=DONE_BYTES_MAX,
        ),
    )


def agent_config(
    config: PostConfig,
    *,
    post: str,
    name: str,
    state_dir: Path,
    broker: BrokerConfig | None = None,
    detector: DetectorSettings | None = None,
) -> AgentConfig:
    """The configuration of an agent that stands at this post."""
    return AgentConfig(
        post=post,
        name=name,
        state_dir=str(state_dir),
        broker=broker or BrokerConfig(),
        detector=detector or DetectorSettings(),
        device=devices(config),
    )


async def run(config: PostConfig, *, clock: Clock) -> None:
    """Be the post until cancelled; says the truth about each happening when it happens."""
    story = _Story(Scenario(config.seed), clock)
    folder = Path(config.folder)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    seals = SealReaderServer(story.seals, reader="simulated")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            modbus_sensor.serving(story.units(), host=config.host, port=config.modbus_port)
        )
        await stack.enter_async_context(seals.serving(host=config.host, port=config.seal_port))
        log.info("simulated post is open", extra={"seed": config.seed})
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(story.move_bags(folder), name="simulated bags")
            tasks.create_task(story.tell(), name="simulated truth")


class _Story:
    """A scenario that runs on a clock since now."""

    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        self._scenario: Final = scenario
        self._clock: Final = clock
        self._opened_at: Final[datetime] = clock.utc_now().replace(microsecond=0)
        self._opened_ns: Final = clock.monotonic_ns()

    @property
    def _now_s(self) -> float:
        return (self._clock.monotonic_ns() - self._opened_ns) / 1e9

    def units(self) -> tuple[modbus_sensor.Unit, ...]:
        """The Modbus devices."""
        scenario = self._scenario
        return (
            modbus_sensor.Unit(COLD_STORE, MAPS["climate"], lambda: scenario.climate(self._now_s)),
            modbus_sensor.Unit(DOOR, MAPS["door"], lambda: {"door": scenario.door(self._now_s)}),
            modbus_sensor.Unit(
                PLATFORM, MAPS["shock"], lambda: {"shock": scenario.shock(self._now_s)}
            ),
        )

    def seals(self) -> tuple[SealLine, ...]:
        """What the reader finds now."""
        return self._scenario.seals(self._now_s, self._opened_at)

    async def move_bags(self, folder: Path) -> None:
        """Put one bag after the other through the scanner."""
        index = 0
        while True:
            bag = self._scenario.bag(index)
            await self._until(bag.at_s)
            waiting = await asyncio.to_thread(lambda: len(list(folder.glob("*.png"))))
            if waiting < WAITING_MAX:
                made_at = self._clock.utc_now()
                name = f"{bag.tag}_{made_at:%Y%m%dT%H%M%S}.png"
                await scanner.scan(folder, name, bag.seed, bag.threat)
            index += 1

    async def tell(self) -> None:
        """Log what really happens, for whoever judges the judge."""
        chapter = 0
        while True:
            for happening in self._scenario.happenings(chapter):
                await self._until(happening.at_s)
                log.info("simulated truth: %s", self._scenario.truth(happening))
            chapter += 1
            await self._until(chapter * CHAPTER_S)

    async def _until(self, at_s: float) -> None:
        await self._clock.sleep(max(0.0, at_s - self._now_s))
