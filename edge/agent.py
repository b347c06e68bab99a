"""The agent: joins devices, detector, outbox and uplink, and runs until cancelled.

    device ─▶ tend(driver) ─▶ line ─▶ outbox ═▶ uplink ═▶ broker
                               │
                            detector

Started from right to left and stopped from left to right: the devices are closed, what was
observed is looked at and written, then the link is left. Nothing of that needs the network.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from contract import exposing
from contract.clock import Clock
from contract.delivery import uplink
from contract.delivery.outbox import Outbox
from contract.link import Dial, Rejected
from contract.messages import ModelUsed
from edge.blob import Blob
from edge.config import AgentConfig, DetectorSettings
from edge.detector import Detector, PassportError
from edge.drift import Drift
from edge.driver import Driver
from edge.drivers import driver_of
from edge.health import Health
from edge.identity import Credentials, StateDir, rotate
from edge.line import Line
from edge.metrics import Watched, collect
from edge.scans import Scans
from edge.speaker import Speaker
from edge.tending import tend

log = logging.getLogger(__name__)

VERSION: Final = "0.1.0"
PASSPORT_TYPE: Final = "application/json"


async def run(config: AgentConfig, dial: Dial, *, clock: Clock) -> None:
    """Be this agent until cancelled; `Rejected` if it is not enrolled or its model is unfit.

    On a full disk it says so, waits for room and goes on.
    """
    state = StateDir(Path(config.state_dir))
    await rotate(config.source, state, clock=clock, limits=config.outbox)
    credentials = await asyncio.to_thread(Credentials.load, state, config.source)
    drivers = tuple(driver_of(settings, clock) for settings in config.device)
    health = Health(tuple(driver.device for driver in drivers))
    async with (
        _detector(config.detector) as detector,
        Outbox.open(
            state.outbox,
            source=config.source,
            key=credentials.key,
            clock=clock,
            limits=config.outbox,
            is_patient=True,
        ) as outbox,
        asyncio.TaskGroup() as links,
    ):
        passport = Blob.of(detector.passport.to_json().encode(), PASSPORT_TYPE)
        model = _called(detector, passport)
        facts = uplink.Facts(version=VERSION, devices=health.devices, models=(model,))
        link = links.create_task(
            uplink.run(
                outbox,
                dial,
                gateway_key=credentials.gateway_key,
                facts=lambda: facts,
                alive=health.alive,
                clock=clock,
            ),
            name="uplink",
        )
        watched = Watched(detector.detect)
        serving = _serve_metrics(links, config.metrics_port, outbox, health, watched)
        try:
            speaker = Speaker(outbox, clock)
            await speaker.say(*passport.said())
            drift = Drift(detector.passport.reference, clock)
            scans = Scans(speaker, watched.detect, model, drift)
            await _observe(drivers, Line(speaker, scans, health, clock), clock)
        finally:
            link.cancel()
            if serving:
                serving.cancel()


def _serve_metrics(
    tasks: asyncio.TaskGroup, port: int, outbox: Outbox, health: Health, watched: Watched
) -> asyncio.Task[None] | None:
    if not port:
        return None
    collecting = partial(collect, outbox, health, watched)
    return tasks.create_task(exposing.serve(port, collecting), name="metrics")


@asynccontextmanager
async def _detector(settings: DetectorSettings) -> AsyncIterator[Detector]:
    """The detector at work."""
    detector = Detector(settings.detector_config)
    try:
        await detector.__aenter__()
    except (PassportError, OSError) as error:
        raise Rejected(f"the model cannot be used: {error}") from error
    try:
        yield detector
    finally:
        await detector.__aexit__(None, None, None)


def _called(detector: Detector, passport: Blob) -> ModelUsed:
    """By which names scans name what looked at them."""
    about = detector.passport
    name = f"{about.name}-{about.version}"
    return ModelUsed(name=name, sha256=about.sha256, passport=passport.sha256)


async def _observe(drivers: tuple[Driver, ...], line: Line, clock: Clock) -> None:
    """Tend all devices until cancelled; what they observed is in the outbox when this ends."""
    chance = random.Random().random  # noqa: S311 - spreads the waits, guards nothing
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(line.batch(), name="batch readings")
            for driver in drivers:
                name = f"tend {driver.device.device}"
                tasks.create_task(tend(driver, line, clock=clock, chance=chance), name=name)
    finally:
        await line.flush()
