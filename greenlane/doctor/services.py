"""What is looked at for each kind of service: three visible lists."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contract.clock import Clock
from contract.delivery.certificate import Papers
from contract.link import Rejected
from contract.links.mqtt import BrokerConfig
from greenlane.certified import secured
from greenlane.doctor import box, certificates, identity, log, reach, revocations
from greenlane.doctor.finding import Finding, advice, well

if TYPE_CHECKING:
    from command_center.config import Config
    from edge.config import AgentConfig, DetectorSettings
    from gateway.config import GatewayConfig


def nobody(folder: Path, clock: Clock) -> list[Finding]:
    """Without a configuration: the box alone."""
    return [box.clock(clock), box.python(), box.space(folder), box.fsync(folder, clock)]


async def gateway(config: "GatewayConfig", clock: Clock) -> list[Finding]:
    """A gateway."""
    folder, name, now = config.folder, f"{config.posts[0]}-gateway", clock.utc_now()
    return [
        *_kept(folder, clock, wanted_bytes=0),
        identity.key(folder / "key", made_by="the gateway's first start"),
        *(log.signatures(config, now) if _open(folder) else []),
        *_certificates(config.broker, clock),
        await reach.broker(config.broker, name=name),
        *(await _revocations(config, now, name) if _open(config.authority) else []),
        *[await reach.sink(name, one, folder, clock) for name, one in config.sinks.items()],
    ]


async def command_center(config: "Config", clock: Clock) -> list[Finding]:
    """A command center."""
    folder = config.state
    broker = secured(config.broker, Papers(folder / "tls"))
    return [
        *_kept(folder, clock, wanted_bytes=config.pictures_bytes_max),
        identity.key(folder / "key", made_by="its enrolment"),
        identity.enrolled(folder / "gateway.pub", kind="command-center"),
        *_certificates(broker, clock),
        await reach.broker(broker, name=f"{config.post}-{config.name}"),
    ]


async def agent(config: "AgentConfig", clock: Clock) -> list[Finding]:
    """An agent."""
    folder = Path(config.state_dir)
    broker = secured(config.broker, Papers(folder / "tls"))
    return [
        *_kept(folder, clock, wanted_bytes=config.outbox.bytes_max),
        identity.key(folder / "key", made_by="its enrolment"),
        identity.enrolled(folder / "gateway.pub", kind="edge"),
        *_certificates(broker, clock),
        await reach.broker(broker, name=f"{config.post}-{config.name}"),
        await _model(config.detector),
    ]


def _kept(folder: Path, clock: Clock, *, wanted_bytes: int) -> list[Finding]:
    held = (
        sum(path.stat().st_size for path in folder.glob("outbox.sqlite*")) if _open(folder) else 0
    )
    return [
        box.clock(clock),
        box.python(),
        box.space(folder, wanted_bytes=max(0, wanted_bytes - held)),
        box.fsync(folder, clock),
        box.lasting(folder),
        box.state_dir(folder),
    ]


async def _revocations(config: "GatewayConfig", now: datetime, name: str) -> list[Finding]:
    return [
        *revocations.listed(config.authority, now),
        *await revocations.dismissal(config.broker, config.authority, name=name),
    ]


def _open(folder: Path) -> bool:
    """Whether there is anything to see; `box.state_dir` says why not."""
    try:
        return folder.is_dir()
    except PermissionError:
        return False


def _certificates(config: BrokerConfig, clock: Clock) -> list[Finding]:
    if not config.ca_file:
        return []
    now = clock.utc_now()
    named = (("ca_file", config.ca_file), ("cert_file", config.cert_file))
    return [certificates.look(about, Path(path), now) for about, path in named if path]


async def _model(settings: "DetectorSettings") -> Finding:
    """Whether the model is what its passport says, and runs."""
    from edge.detector import Detector, PassportError

    try:
        async with Detector(settings.detector_config) as detector:
            passport = detector.passport
    except (PassportError, Rejected, OSError) as error:
        return advice("model", f"{error}; copy model and passport again, both of one release")
    return well("model", f"{passport.name}-{passport.version}, as its passport says")
