"""A service whose broker wants a certificate: it runs, and beside it the paper is renewed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from contract.clock import Clock
from contract.delivery.certificate import Papers, keep_renewed
from contract.identifiers import Source
from contract.link import Dial
from contract.links.mqtt import BrokerConfig, dialler
from edge.identity import Credentials, StateDir

UP_S: Final = 10.0
"""So soon after its start a service has said which key signs from now on, and been heard."""


def secured(config: BrokerConfig, papers: Papers) -> BrokerConfig:
    """How to reach the broker with the papers of the enrolment, where those count."""
    return config.certified(ca_file=str(papers.authority), cert_file=str(papers.own))


def is_certified(config: BrokerConfig) -> bool:
    """Whether the certificate for this broker comes from the enrolment."""
    return bool(config.enrol_port) and not config.cert_file


async def serve_certified(
    service: Callable[[Dial], Awaitable[None]],
    config: BrokerConfig,
    *,
    source: Source,
    state: StateDir,
    clock: Clock,
) -> None:
    """Run the service over the broker, its certificate always in time."""
    dial = dialler(secured(config, state.papers))
    if not is_certified(config):
        await service(dial)
        return
    async with asyncio.TaskGroup() as tasks:
        renewing = tasks.create_task(
            _renewing((dial, dialler(config.door())), source, state, clock), name="certificate"
        )
        try:
            await service(dial)
        finally:
            renewing.cancel()


async def _renewing(dials: tuple[Dial, ...], source: Source, state: StateDir, clock: Clock) -> None:
    """With the key that signs once the service is up: at its start another may take over."""
    await clock.sleep(UP_S)
    credentials = await asyncio.to_thread(Credentials.load, state, source)
    await keep_renewed(
        *(dials, state.papers),
        source=source,
        key=credentials.key,
        gateway_key=credentials.gateway_key,
        clock=clock,
    )
